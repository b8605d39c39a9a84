// Marks the page as one whose scripts run, before anything is painted: what needs them is then laid out from the
// start. An address that asks for something keeps the list unseen until its answer is there.
(function () {
  "use strict";
  const page = document.documentElement;
  page.classList.add("live");
  page.classList.toggle("waiting", window.location.search.length > 1);
})();
