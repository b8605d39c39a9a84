// The filters beside the list: boxes for the values of each facet, with the number of entries behind each.
(function () {
  "use strict";

  const { element, number: written } = window.CatalogCards;
  const OPEN = new Set(["kind", "category", "tag", "risk", "airgap"]);
  const FEW = 8;
  const MANY = 100;

  // Fills `place` with the filters that can narrow `within`; `choose(key, number, isChosen)` is told of clicks.
  function make(catalog, within, place, choose) {
    const everything = Object.assign(window.CatalogFilters.emptyState(), { deprecated: true });
    const totals = window.CatalogFilters.select(catalog, everything, within, null).counts;
    const parts = catalog.facets.map((facet) => makeFacet(facet, totals[facet.key], within.length)).filter(Boolean);
    place.replaceChildren(...parts.map((one) => one.element));
    place.addEventListener("change", (event) => {
      const box = event.target;
      if (box.dataset.key) {
        choose(box.dataset.key, Number(box.value), box.checked);
      }
    });
    return { update: (state, counts) => parts.forEach((one) => one.update(state, counts)) };
  }

  // Nothing when the facet cannot narrow the list. Authors' words that no entry here has are left out; a few fixed
  // values stay, so that one sees that there are none. Many would push those that there are out of sight.
  function makeFacet(facet, totals, entries) {
    if (!totals.some((total) => total > 0 && total < entries)) {
      return null;
    }
    const isFixed = facet.words.some((word, number) => facet.labels[number] !== word);
    const numbers = Array.from(totals.keys()).filter((number) => (isFixed && totals.length <= FEW) || totals[number]);
    if (!isFixed) {
      numbers.sort((one, other) => totals[other] - totals[one] || one - other);
    }
    return controls(facet, numbers);
  }

  function controls(facet, numbers) {
    const values = element("ul", {});
    const badge = element("span", { "class": "number", hidden: true });
    const finder = element("input", {
      type: "search", "class": "finder", placeholder: "Find in " + numbers.length, "aria-label": "Find a value of " + facet.label,
      autocomplete: "off", hidden: numbers.length <= FEW * 2,
    });
    const rest = element("button", { type: "button", "class": "link", hidden: numbers.length <= FEW });
    const made = element("details", { "class": "facet", "data-facet": facet.key, open: OPEN.has(facet.key) },
      element("summary", {}, element("span", {}, facet.label), badge),
      element("fieldset", {}, element("legend", { "class": "unseen" }, facet.label), finder, values, rest));
    const boxes = new Map();
    let last = { state: { chosen: {} }, counts: {} };
    let isLong = false;

    function numbersShown() {
      const wanted = window.CatalogSearch.fold(finder.value.trim());
      const chosen = last.state.chosen[facet.key] || [];
      if (wanted) {
        return numbers.filter((number) => window.CatalogSearch.fold(facet.labels[number]).includes(wanted)).slice(0, MANY);
      }
      const first = numbers.slice(0, isLong ? MANY : FEW);
      return first.concat(chosen.filter((number) => !first.includes(number) && numbers.includes(number)));
    }

    function layOut() {
      const items = numbersShown().map((number) => boxOf(number).item);
      if (items.length !== values.children.length || items.some((item, i) => item !== values.children[i])) {
        values.replaceChildren(...items);
      }
      const words = numbers.length > MANY ? "Show the first " + MANY : "Show all " + numbers.length;
      rest.textContent = isLong ? "Show fewer" : words;
      rest.setAttribute("aria-expanded", String(isLong));
      rest.hidden = numbers.length <= FEW || Boolean(finder.value.trim());
    }

    function boxOf(number) {
      if (!boxes.has(number)) {
        const box = element("input", { type: "checkbox", value: number, "data-key": facet.key });
        const count = element("span", { "class": "count" });
        const item = element("li", {}, element("label", {}, box, element("bdi", {}, facet.labels[number]), count));
        boxes.set(number, { box: box, count: count, item: item, entries: null });
        refresh(number);
      }
      return boxes.get(number);
    }

    function refresh(number) {
      const shown = boxes.get(number);
      const entries = last.counts[facet.key] ? last.counts[facet.key][number] : 0;
      const isChosen = (last.state.chosen[facet.key] || []).includes(number);
      const isDisabled = !entries && !isChosen; // what was chosen can always be taken back
      shown.box.checked = isChosen;
      if (shown.box.disabled !== isDisabled) {
        shown.box.disabled = isDisabled;
      }
      if (shown.entries !== entries) {
        shown.entries = entries;
        shown.count.textContent = written(entries);
      }
    }

    function update(state, counts) {
      last = { state: state, counts: counts };
      const chosen = (state.chosen[facet.key] || []).length;
      if (badge.textContent !== String(chosen)) {
        badge.textContent = chosen;
        badge.hidden = !chosen;
      }
      made.open = made.open || chosen > 0;
      show();
    }

    // What is folded away is worked out when it is opened.
    function show() {
      if (made.open) {
        boxes.forEach((_, number) => refresh(number));
        layOut();
      }
    }

    rest.addEventListener("click", () => {
      isLong = !isLong;
      layOut();
    });
    finder.addEventListener("input", layOut);
    made.addEventListener("toggle", show);
    return { element: made, update: update };
  }

  window.CatalogPanel = { make: make };
})();
