// The live list: search as one types, filters with counts, sorting, and the choice of entries to compare. All of
// it stands in the address. Without a wish the page shows the cards that it came with. Its parts are the filters
// (panel.js), what is said of the answer (outcome.js), the steps of the history (steps.js), the index (indexing.js) and
// the comparison (tray.js).
(function () {
  "use strict";

  const frame = document.querySelector("[data-browse]");
  if (!frame) {
    document.documentElement.classList.remove("waiting");
    return; // there is nothing to browse
  }

  const { element, card, cardList, write } = window.CatalogCards;
  const { afterPaint } = window.CatalogData;
  const { emptyState, isBlank, isFiltered, select, tidy, readAddress, writeAddress } = window.CatalogFilters;
  const { search, glance } = window.CatalogSearch;
  const CHUNK = 48;
  const PAUSE = 250; // milliseconds without a wish after which there is time for what nobody sees yet

  const part = (name) => frame.querySelector("[data-" + name + "]");
  const way = frame.dataset.root;
  const input = part("search");
  const list = part("cards");
  const pages = frame.querySelector(".pagination");
  const more = element("button", { type: "button", "class": "more", hidden: true }, "Show more");
  const outcome = window.CatalogOutcome.make(frame, { change: change, choose: choose, clear: clear });

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

  // Changes a part of the state: `isTyping` changes follow one another in one step of the history.
  function change(part, isTyping) {
    state = tidy(catalog, Object.assign({}, state, part));
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
    change({ chosen: Object.assign({}, state.chosen, { [key]: isChosen ? others.concat(number) : others }) });
  }

  // Shows what the state asks for; cards that nobody sees yet follow after `pause` milliseconds. Then the counts of
  // the filters may follow, too: whoever types looks at the list.
  function render(pause) {
    const found = find();
    shown = select(catalog, state, within, found && found.scores);
    paint(pause);
    if (pause) {
      count();
    } else {
      panel.update(state, shown.counts);
    }
    outcome.show(catalog, state, shown, within.length, Boolean(found && found.isAlike));
    document.documentElement.classList.remove("waiting");
  }

  // Counts that a later wish has outdated are not shown.
  function count() {
    const counted = shown;
    afterPaint(() => counted === shown && panel.update(state, shown.counts));
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
    outcome.nothing.hidden = true;
    if (!isOwn && !shown.rows.length) {
      outcome.showNothing(state, countUnfiltered());
    }
  }

  // How many entries the search finds where only the filters keep them out.
  function countUnfiltered() {
    const found = isFiltered(state) && find();
    return found ? select(catalog, Object.assign({}, state, { chosen: {} }), within, found.scores).rows.length : 0;
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

  function clear() {
    input.value = "";
    change(Object.assign(emptyState(), { compare: state.compare }));
    input.focus();
  }

  function compare(name, isChosen) {
    const others = state.compare.filter((one) => one !== name);
    state = tidy(catalog, Object.assign({}, state, { compare: isChosen ? others.concat(name) : others }));
    steps.noteWithin(writeAddress(catalog, state));
    afterPaint(steps.writeLate);
    tray.show(catalog, state.compare);
  }

  function listen() {
    input.addEventListener("input", () => catalog && change({ q: input.value }, true));
    input.addEventListener("keydown", (event) => {
      const first = list.querySelector(".card:not([hidden]) a");
      if (event.key === "ArrowDown" && first) {
        event.preventDefault();
        first.focus();
      }
    });
    part("sort").addEventListener("change", (event) => change({ sort: event.target.value }));
    part("facets-switch").addEventListener("click", (event) => {
      const isOpen = frame.classList.toggle("facets-open");
      event.currentTarget.setAttribute("aria-expanded", String(isOpen));
    });
    more.addEventListener("click", showMore);
    window.addEventListener("pagehide", () => steps.leave(cards.end()));
    window.addEventListener("popstate", goBack);
  }

  list.after(outcome.nothing, more);
  window.CatalogData.load(way + "catalog-data.js", (loaded) => {
    listen();
    start(loaded);
  });
})();
