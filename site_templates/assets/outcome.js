// What is said of an answer: how many were found, what was asked, and the way out when nothing matches.
(function () {
  "use strict";

  const { element, number, write } = window.CatalogCards;
  const { SORTS, isFiltered, sortOf } = window.CatalogFilters;

  // The words around the list in `frame`. Clicks are told: `acts.change(part)` of the state, `acts.clear()`, and
  // `acts.choose(key, number, isChosen)`.
  function make(frame, acts) {
    const part = (name) => frame.querySelector("[data-" + name + "]");
    const input = part("search");
    const nothing = element("div", { "class": "nothing", hidden: true });
    let lastChosen = "";

    // `shown` is the answer to `state`, out of `all` entries; `isAlike` when its words are spelled otherwise.
    function show(catalog, state, shown, all, isAlike) {
      const count = shown.rows.length;
      const what = all === 1 ? " extension" : " extensions";
      const text = (count === all ? number(all) : number(count) + " of " + number(all)) + what;
      write(part("found"), isAlike && count ? text + ", spelled alike" : text);
      showHiddenNote(state, shown.hidden);
      showChosen(catalog, state);
      showSorts(state);
      part("asked").replaceChildren(...asked(catalog, state));
    }

    function showHiddenNote(state, hidden) {
      const note = part("hidden-note");
      const hadFocus = note.contains(document.activeElement);
      const swap = (isShown) => acts.change({ deprecated: isShown });
      if (hidden) {
        note.replaceChildren(number(hidden) + " deprecated hidden ", button("link", "Show", () => swap(true)));
      } else if (state.deprecated) {
        note.replaceChildren("Deprecated ones included ", button("link", "Hide", () => swap(false)));
      } else {
        note.replaceChildren();
      }
      if (hadFocus) {
        (note.querySelector("button") || input).focus();
      }
    }

    function showChosen(catalog, state) {
      if (JSON.stringify(state.chosen) === lastChosen) {
        return;
      }
      lastChosen = JSON.stringify(state.chosen);
      const chips = catalog.facets.flatMap((facet) => (state.chosen[facet.key] || []).map((one) => chip(facet, one)));
      const total = part("chosen-number");
      total.textContent = chips.length;
      total.hidden = !chips.length;
      if (chips.length > 1) {
        chips.push(element("li", {}, button("link", "Clear all", acts.clear)));
      }
      part("chosen").replaceChildren(...chips);
    }

    function chip(facet, one) {
      const made = button("chip", "", () => {
        acts.choose(facet.key, one, false);
        (part("chosen").querySelector("button") || input).focus();
      });
      made.setAttribute("aria-label", "Remove " + facet.label + ": " + facet.labels[one]);
      made.append(element("span", { "class": "chip-facet" }, facet.label), element("bdi", {}, facet.labels[one]),
        element("span", { "class": "cross", "aria-hidden": "true" }, "×"));
      return element("li", {}, made);
    }

    function showSorts(state) {
      const select = part("sort");
      const isSearched = Boolean(state.q.trim());
      const words = Object.keys(SORTS).filter((word) => isSearched || word !== "relevance");
      if (select.options.length !== words.length) {
        const first = isSearched ? "relevance" : "name";
        select.replaceChildren(...words.map((word) =>
          element("option", { value: word }, SORTS[word] + (word === first ? " (default)" : ""))));
      }
      if (select.value !== sortOf(state)) {
        select.value = sortOf(state);
      }
    }

    // Says that nothing matches, and what helps: where filters keep out what the search found, which is
    // `unfiltered` entries, to leave them away.
    function showNothing(state, unfiltered) {
      const words = isFiltered(state) ? "Remove one of the chosen filters above, or start again." : "Try fewer or other words.";
      const leaveAway = () => {
        acts.change({ chosen: {} });
        input.focus();
      };
      nothing.replaceChildren(
        element("p", { "class": "nothing-title" }, "Nothing matches"),
        element("p", {}, words),
        unfiltered ? button("link", "Search without filters (" + number(unfiltered) + ")", leaveAway) : "",
        button("link", "Show everything", acts.clear));
      nothing.hidden = false;
    }

    return { nothing: nothing, show: show, showNothing: showNothing };
  }

  // What paper says in place of the controls.
  function asked(catalog, state) {
    const chosen = catalog.facets
      .map((facet) => [facet.label, (state.chosen[facet.key] || []).map((one) => facet.labels[one])])
      .filter(([, labels]) => labels.length)
      .map(([name, labels]) => [name + ": ", ...labels.flatMap((label, i) => [i ? ", " : "", element("bdi", {}, label)])]);
    const wishes = [
      ...(state.q.trim() ? [["Search: “", element("bdi", {}, state.q.trim()), "”"]] : []),
      ...chosen,
      ...(state.sort ? [["Sorted by: " + SORTS[state.sort]]] : []),
      ...(state.deprecated ? [["Deprecated ones included"]] : []),
    ];
    return wishes.flatMap((wish, i) => [i ? "; " : "", ...wish]);
  }

  function button(classes, text, act) {
    const made = element("button", { type: "button", "class": classes }, text);
    made.addEventListener("click", act);
    return made;
  }

  window.CatalogOutcome = { make: make };
})();
