// The live list: search as one types, filters with counts, sorting, and the choice of entries to compare. All of
// it stands in the address. Without a wish the page shows the cards that it came with. Its parts are the filters
// (panel.js), the steps of the history (steps.js), the index (indexing.js) and the comparison (tray.js).
(function () {
  "use strict";

  const frame = document.querySelector("[data-browse]");
  if (!frame) {
    document.documentElement.classList.remove("waiting");
    return; // there is nothing to browse
  }

  const { element, card, cardList, number } = window.CatalogCards;
  const { afterPaint } = window.CatalogData;
  const { SORTS, emptyState, isBlank, select, sortOf, tidy, readAddress, writeAddress } = window.CatalogFilters;
  const { search, glance } = window.CatalogSearch;
  const CHUNK = 48;
  const PAUSE = 250; // milliseconds without a wish after which there is time for what nobody sees yet

  const part = (name) => frame.querySelector("[data-" + name + "]");
  const way = frame.dataset.root;
  const input = part("search");
  const list = part("cards");
  const pages = frame.querySelector(".pagination");
  const more = element("button", { type: "button", "class": "more", hidden: true }, "Show more");
  const nothing = element("div", { "class": "nothing", hidden: true });

  let catalog = null;
  let within = [];
  let index = null;
  let state = emptyState();
  let shown = { rows: [], counts: {}, hidden: 0 };
  let panel = null;
  let steps = null;
  let tray = null;

  function start(loaded) {
    catalog = loaded;
    within = window.CatalogFilters.rowsWithin(catalog, readAddress(catalog, frame.dataset.within));
    panel = window.CatalogPanel.make(catalog, within, part("facets"), choose);
    tray = window.CatalogTray.make(frame, compare);
    steps = window.CatalogSteps.make();
    const typed = input.value;
    state = readAddress(catalog, window.location.search);
    if (document.activeElement === input && typed && !state.q) {
      state.q = typed; // before the data came
    } else {
      input.value = state.q;
    }
    cardsOfPage.forEach(tray.addBox);
    render(0);
    tray.show(catalog, state.compare);
    restorePlace();
    frame.dataset.ready = "list";
    window.CatalogIndexing.fill(catalog, indexed);
  }

  // Until the index is whole, texts are looked through.
  function indexed(whole) {
    index = whole;
    if (state.q) {
      render(0);
    }
    drawTo(0);
    frame.dataset.ready = "search";
  }

  function glanced(row) {
    return catalog.name[row] + " " + catalog.title[row] + " " + catalog.summary[row];
  }

  function find() {
    if (!state.q.trim()) {
      return null;
    }
    return index ? search(index, state.q) : glance(catalog.count, glanced, state.q);
  }

  // Changes the state: `isTyping` changes follow one another in one step of the history.
  function become(next, isTyping) {
    state = tidy(catalog, next);
    steps.note(writeAddress(catalog, state), isTyping);
    render(PAUSE);
  }

  // After the reader went back or forward.
  function goBack() {
    steps.arrive();
    state = readAddress(catalog, window.location.search);
    input.value = state.q;
    render(0);
    tray.show(catalog, state.compare);
    restorePlace();
  }

  function choose(key, number, isChosen) {
    const others = (state.chosen[key] || []).filter((one) => one !== number);
    const chosen = Object.assign({}, state.chosen, { [key]: isChosen ? others.concat(number) : others });
    become(Object.assign({}, state, { chosen: chosen }));
  }

  // Shows what the state asks for; cards that nobody sees yet follow after `pause` milliseconds.
  function render(pause) {
    const found = find();
    shown = select(catalog, state, within, found && found.scores);
    paint(pause);
    panel.update(state, shown.counts);
    showOutcome(Boolean(found && found.isAlike));
    document.documentElement.classList.remove("waiting");
  }

  const cardsOfPage = list ? Array.from(list.children) : [];

  const cards = list && cardList(list, (row, at) => {
    const made = card(catalog, row, at, way);
    tray.addBox(made);
    return made;
  });

  function paint(pause) {
    const isOwn = isBlank(state);
    list.toggleAttribute("data-painted", !isOwn);
    if (isOwn) {
      cards.showMade(cardsOfPage, pause, steps.writeLate);
    } else {
      cards.show(shown.rows, CHUNK, pause, complete);
    }
    if (pages) {
      pages.hidden = !isOwn;
    }
    tray.showBoxes();
    showRest();
  }

  function complete() {
    steps.writeLate();
    tray.showBoxes();
  }

  function showRest() {
    const isOwn = isBlank(state);
    const left = shown.rows.length - cards.end();
    more.hidden = isOwn || !left;
    write(more, "Show " + Math.min(CHUNK, left) + " more");
    const isEmpty = !isOwn && !shown.rows.length;
    if (isEmpty) {
      nothing.replaceChildren(element("p", { "class": "nothing-title" }, "Nothing matches"), ...waysOut());
    }
    nothing.hidden = !isEmpty;
  }

  // What helps when nothing matches: where filters keep out what the search found, to leave them away.
  function waysOut() {
    const isFiltered = Object.values(state.chosen).some((one) => one.length);
    const unfiltered = () => Object.assign({}, state, { chosen: {} });
    const found = isFiltered && find();
    const count = found ? select(catalog, unfiltered(), within, found.scores).rows.length : 0;
    const words = isFiltered ? "Remove one of the chosen filters above, or start again." : "Try fewer or other words.";
    const leaveAway = () => {
      become(unfiltered());
      input.focus();
    };
    return [
      element("p", {}, words),
      count ? button("link", "Search without filters (" + number(count) + ")", leaveAway) : "",
      button("link", "Show everything", clear),
    ];
  }

  function showMore() {
    const first = cards.end();
    drawTo(first + CHUNK);
    list.children[first].querySelector("a").focus({ preventScroll: true });
  }

  function drawTo(last) {
    cards.drawTo(last);
    tray.showBoxes();
    showRest();
  }

  // After the reader came back, the page is as long as it was, and where it was.
  function restorePlace() {
    const place = window.history.state;
    if (place && place.painted && !isBlank(state)) {
      drawTo(place.painted);
    }
    if (place && place.top) {
      window.scrollTo(0, place.top);
    }
  }

  function showOutcome(isAlike) {
    const all = within.length;
    const count = shown.rows.length;
    const what = all === 1 ? " extension" : " extensions";
    const text = (count === all ? number(all) : number(count) + " of " + number(all)) + what;
    write(part("found"), isAlike && count ? text + ", spelled alike" : text);
    showHiddenNote();
    showChosen();
    showSorts();
  }

  // A text that is written again is laid out again.
  function write(place, text) {
    if (place.textContent !== text) {
      place.textContent = text;
    }
  }

  function showHiddenNote() {
    const note = part("hidden-note");
    const hadFocus = note.contains(document.activeElement);
    const swap = (isShown) => become(Object.assign({}, state, { deprecated: isShown }));
    if (shown.hidden) {
      note.replaceChildren(number(shown.hidden) + " deprecated hidden ", button("link", "Show", () => swap(true)));
    } else if (state.deprecated) {
      note.replaceChildren("Deprecated ones included ", button("link", "Hide", () => swap(false)));
    } else {
      note.replaceChildren();
    }
    if (hadFocus) {
      (note.querySelector("button") || input).focus();
    }
  }

  let lastChosen = "";

  function showChosen() {
    if (JSON.stringify(state.chosen) === lastChosen) {
      return;
    }
    lastChosen = JSON.stringify(state.chosen);
    const chips = catalog.facets.flatMap((facet) => (state.chosen[facet.key] || []).map((one) => chip(facet, one)));
    const total = part("chosen-number");
    total.textContent = chips.length;
    total.hidden = !chips.length;
    if (chips.length > 1) {
      chips.push(element("li", {}, button("link", "Clear all", clear)));
    }
    part("chosen").replaceChildren(...chips);
  }

  function chip(facet, one) {
    const made = button("chip", "", () => {
      choose(facet.key, one, false);
      (part("chosen").querySelector("button") || input).focus();
    });
    made.setAttribute("aria-label", "Remove " + facet.label + ": " + facet.labels[one]);
    made.append(element("span", { "class": "chip-facet" }, facet.label), element("bdi", {}, facet.labels[one]),
      element("span", { "class": "cross", "aria-hidden": "true" }, "×"));
    return element("li", {}, made);
  }

  function showSorts() {
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

  function clear() {
    input.value = "";
    become(Object.assign(emptyState(), { compare: state.compare }));
    input.focus();
  }

  function compare(name, isChosen) {
    const others = state.compare.filter((one) => one !== name);
    state = tidy(catalog, Object.assign({}, state, { compare: isChosen ? others.concat(name) : others }));
    steps.noteWithin(writeAddress(catalog, state));
    afterPaint(steps.writeLate);
    tray.show(catalog, state.compare);
  }

  function button(classes, text, act) {
    const made = element("button", { type: "button", "class": classes }, text);
    made.addEventListener("click", act);
    return made;
  }

  function listen() {
    input.addEventListener("input", () => catalog && become(Object.assign({}, state, { q: input.value }), true));
    input.addEventListener("keydown", (event) => {
      const first = list.querySelector(".card:not([hidden]) a");
      if (event.key === "ArrowDown" && first) {
        event.preventDefault();
        first.focus();
      }
    });
    part("sort").addEventListener("change", (event) => become(Object.assign({}, state, { sort: event.target.value })));
    part("facets-switch").addEventListener("click", (event) => {
      const isOpen = frame.classList.toggle("facets-open");
      event.currentTarget.setAttribute("aria-expanded", String(isOpen));
    });
    more.addEventListener("click", showMore);
    window.addEventListener("pagehide", () => steps.leave(cards.end()));
    window.addEventListener("popstate", goBack);
  }

  list.after(nothing, more);
  window.CatalogData.load(way + "catalog-data.js", (loaded) => {
    listen();
    start(loaded);
  });
})();
