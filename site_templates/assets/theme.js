// Shows the dark style sheet as the reader chose, before anything is painted. Without a choice, and without
// this script, the system decides.
(function () {
  "use strict";
  var key = "catalog.theme";
  var sheet = document.querySelector("link[data-dark]");
  var system = window.matchMedia("(prefers-color-scheme: dark)");

  function stored() {
    try {
      return window.localStorage.getItem(key);
    } catch (error) {
      return null; // storage may be forbidden
    }
  }

  function store(theme) {
    try {
      window.localStorage.setItem(key, theme);
    } catch (error) {
      // the choice then lasts as long as the page
    }
  }

  function show(theme) {
    var isDark = theme === "dark";
    sheet.media = theme ? (isDark ? "all" : "not all") : "(prefers-color-scheme: dark)";
  }

  var theme = stored();
  show(theme);

  document.addEventListener("DOMContentLoaded", function () {
    document.querySelectorAll("[data-theme-switch]").forEach(function (button) {
      button.hidden = false;
      button.addEventListener("click", function () {
        var isDark = theme ? theme === "dark" : system.matches;
        theme = isDark ? "light" : "dark";
        store(theme);
        show(theme);
      });
    });
  });
})();
