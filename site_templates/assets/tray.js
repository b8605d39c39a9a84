// What is noted for a comparison: a box on each card, and a tray with the names below the list.
(function () {
  "use strict";

  const { element } = window.CatalogCards;
  const { textOf } = window.CatalogData;
  const { MOST_COMPARED } = window.CatalogFilters;

  // The tray of a list in `frame`; `compare(name, isChosen)` is told of clicks.
  function make(frame, compare) {
    const list = frame.querySelector("[data-cards]");
    const place = element("div", { "class": "tray", role: "region", "aria-label": "Comparison", hidden: true });
    let names = [];

    function addBox(card) {
      const title = card.querySelector("h2").textContent;
      const box = element("input", { type: "checkbox", "data-compare": card.dataset.name, "aria-label": "Compare " + title });
      showBox(box);
      card.append(element("label", { "class": "pick" }, box, element("span", { "aria-hidden": "true" }, "Compare")));
    }

    function showBox(box) {
      box.checked = names.includes(box.dataset.compare);
      box.disabled = !box.checked && names.length >= MOST_COMPARED;
    }

    function showBoxes() {
      list.querySelectorAll("[data-compare]").forEach(showBox);
    }

    // Shows which entries are chosen: on their cards, and in the tray.
    function show(catalog, chosen) {
      names = chosen;
      showBoxes();
      frame.classList.toggle("comparing", names.length > 0);
      place.hidden = !names.length;
      const focused = Array.from(place.querySelectorAll("button")).indexOf(document.activeElement);
      const query = new URLSearchParams(names.map((name) => ["with", name]));
      place.replaceChildren(
        element("ul", {}, names.map((name) => element("li", {}, chip(catalog, name)))),
        names.length > 1
          ? element("a", { "class": "button", href: frame.dataset.root + "compare.html?" + query }, "Compare " + names.length)
          : element("span", { "class": "note" }, "Choose another to compare"));
      if (focused >= 0) {
        const chips = place.querySelectorAll("button");
        (chips[Math.min(focused, chips.length - 1)] || frame.querySelector("[data-search]")).focus();
      }
    }

    function chip(catalog, name) {
      const title = textOf(catalog, "title", catalog.rowOf(name));
      const made = element("button", { type: "button", "class": "chip", "aria-label": "Do not compare " + title },
        element("bdi", {}, title), element("span", { "class": "cross", "aria-hidden": "true" }, "×"));
      made.addEventListener("click", () => compare(name, false));
      return made;
    }

    list.addEventListener("change", (event) => {
      if (event.target.dataset.compare) {
        compare(event.target.dataset.compare, event.target.checked);
      }
    });
    frame.append(place);
    return { addBox: addBox, showBoxes: showBoxes, show: show };
  }

  window.CatalogTray = { make: make };
})();
