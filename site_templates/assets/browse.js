// The live list: search as one types, filters with counts, sorting, and the choice of entries to compare. All of
// it stands in the address. Without a wish the page shows the cards that it came with.
(function () {
  "use strict";

  const frame = document.querySelector("[data-browse]");
  if (!frame) {
    document.documentElement.classList.remove("waiting");
    return; // there is nothing to browse
  }

  const { element, card, cardList, number } = window.CatalogCards;
  const { textOf, valuesOf, afterPaint } = window.CatalogData;
  const { SORTS, MOST_COMPARED, emptyState, isBlank, sortOf, tidy, readAddress, writeAddress } = window.CatalogFilters;
  const { makeIndex, termsOf, addTerms, endRow, search, glance } = window.CatalogSearch;
  const CHUNK = 48;
  const PAUSE = 250; // milliseconds without a wish after which there is time for what nobody sees yet
  const FIELDS = ["name", "title", "tag", "category", "summary", "author", "images", "services", "variables"];
  const WEIGHTS = [10, 10, 5, 3, 3, 2, 1, 1, 1];
  const ROWS_AT_ONCE = 32;
  const SLICE = 40; // milliseconds; browsers call a task of more than 50 a long one
  const TYPING_ENDS = 1000;

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
  let lastTyped = -Infinity;
  let steps = 0; // of the history, that this page made
  let step = null; // the name of the one that is shown; the page's first has none
  let late = null; // the query that is still to be written into it
  const missed = new Map(); // steps that the reader left before that

  function start(loaded) {
    catalog = loaded;
    within = window.CatalogFilters.rowsWithin(catalog, readAddress(catalog, frame.dataset.within));
    panel = window.CatalogPanel.make(catalog, within, part("facets"), choose);
    const typed = input.value;
    step = stepShown();
    state = readAddress(catalog, window.location.search);
    if (document.activeElement === input && typed && !state.q) {
      state.q = typed; // before the data came
    } else {
      input.value = state.q;
    }
    cardsOfPage.forEach((made) => made.append(compareBox(made.dataset.name, made)));
    render(0);
    showChoice();
    restorePlace();
    frame.dataset.ready = "list";
    fillIndex(makeIndex(WEIGHTS), FIELDS.map(adderOf));
  }

  // The index is filled in slices, so that the page answers in between; until then texts are looked through.
  function fillIndex(growing, adders) {
    const end = window.performance.now() + SLICE;
    while (growing.rows < catalog.count && window.performance.now() < end) {
      const last = Math.min(catalog.count, growing.rows + ROWS_AT_ONCE);
      for (let row = growing.rows; row < last; row += 1) {
        adders.forEach((add) => add(growing, row));
        endRow(growing, [catalog.name[row], textOf(catalog, "title", row)]);
      }
    }
    if (growing.rows < catalog.count) {
      soon(() => fillIndex(growing, adders));
      return;
    }
    index = growing;
    if (state.q) {
      render(0);
    }
    drawTo(0);
    frame.dataset.ready = "search";
  }

  // After what the reader did meanwhile, and without the milliseconds that browsers put before a timer.
  function soon(task) {
    const channel = new window.MessageChannel();
    channel.port1.onmessage = task;
    channel.port2.postMessage(null);
  }

  // What adds a field of a row to the index. Texts that have a number stand in many rows: they are cut into words
  // once.
  function adderOf(key, field) {
    const facet = catalog.facet[key];
    if (!facet && typeof catalog[key][0] === "string") {
      return (growing, row) => addTerms(growing, termsOf(growing, textOf(catalog, key, row)), field);
    }
    const texts = facet ? facet.words : catalog.texts;
    const terms = new Array(texts.length);
    const add = (growing, number) => {
      terms[number] = terms[number] || termsOf(growing, texts[number]);
      addTerms(growing, terms[number], field);
    };
    const numbersOf = facet ? (row) => valuesOf(catalog, key, row) : (row) => [catalog[key][row]].flat();
    return (growing, row) => numbersOf(row).forEach((number) => add(growing, number));
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
    const now = window.performance.now();
    const isNewStep = !isTyping || now - lastTyped > TYPING_ENDS;
    lastTyped = isTyping ? now : -Infinity;
    state = tidy(catalog, next);
    noteStep(isNewStep);
    render(PAUSE);
  }

  // A step of the history is made at once, so that no way back passes it by. What follows in the same step is written
  // when the list is complete: browsers take their time for it.
  function noteStep(isNewStep) {
    const query = writeAddress(catalog, state);
    if (!isNewStep) {
      late = query;
      return;
    }
    writeLate();
    if (isWritten(query)) {
      lastTyped = -Infinity; // blanks are no step: the letter after them is
      return;
    }
    steps += 1;
    step = window.performance.timeOrigin + "-" + steps;
    window.history.pushState({ step: step }, "", addressOf(query));
  }

  function writeLate() {
    if (late !== null && !isWritten(late)) {
      window.history.replaceState(window.history.state, "", addressOf(late));
    }
    late = null;
  }

  function isWritten(query) {
    return addressOf(query).href === window.location.href;
  }

  function addressOf(query) {
    const address = new URL(window.location.href);
    address.search = query;
    return address;
  }

  // After the reader went back or forward: what was not written yet is noted, until the step is shown again.
  function goToStep() {
    if (late !== null) {
      missed.set(step, late);
    }
    step = stepShown();
    late = missed.has(step) ? missed.get(step) : null;
    missed.delete(step);
    writeLate();
    state = readAddress(catalog, window.location.search);
    input.value = state.q;
    lastTyped = -Infinity;
  }

  function stepShown() {
    return window.history.state ? window.history.state.step || null : null;
  }

  function choose(key, number, isChosen) {
    const others = (state.chosen[key] || []).filter((one) => one !== number);
    const chosen = Object.assign({}, state.chosen, { [key]: isChosen ? others.concat(number) : others });
    become(Object.assign({}, state, { chosen: chosen }));
  }

  // Shows what the state asks for; cards that nobody sees yet follow after `pause` milliseconds.
  function render(pause) {
    const found = find();
    shown = window.CatalogFilters.select(catalog, state, within, found && found.scores);
    paint(pause);
    panel.update(state, shown.counts);
    showOutcome(Boolean(found && found.isAlike));
    document.documentElement.classList.remove("waiting");
  }

  const cardsOfPage = list ? Array.from(list.children) : [];

  const cards = list && cardList(list, (row, at) => {
    const made = card(catalog, row, at, way);
    made.append(compareBox(catalog.name[row], made));
    return made;
  });

  function paint(pause) {
    const isOwn = isBlank(state);
    list.toggleAttribute("data-painted", !isOwn);
    if (isOwn) {
      cards.showMade(cardsOfPage, pause, writeLate);
    } else {
      cards.show(shown.rows, CHUNK, pause, complete);
    }
    if (pages) {
      pages.hidden = !isOwn;
    }
    showBoxes();
    showRest();
  }

  function complete() {
    writeLate();
    showBoxes();
  }

  function showRest() {
    const isOwn = isBlank(state);
    const left = shown.rows.length - cards.end();
    more.hidden = isOwn || !left;
    write(more, "Show " + Math.min(CHUNK, left) + " more");
    const isEmpty = !isOwn && !shown.rows.length;
    if (isEmpty) {
      nothing.replaceChildren(element("p", { "class": "nothing-title" }, "Nothing matches"), element("p", {}, advice()),
        button("link", "Show everything", clear));
    }
    nothing.hidden = !isEmpty;
  }

  function advice() {
    const filters = Object.values(state.chosen).some((one) => one.length);
    return filters ? "Remove one of the chosen filters above, or start again." : "Try fewer or other words.";
  }

  function showMore() {
    const first = cards.end();
    drawTo(first + CHUNK);
    list.children[first].querySelector("a").focus({ preventScroll: true });
  }

  function drawTo(last) {
    cards.drawTo(last);
    showBoxes();
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

  function notePlace() {
    writeLate();
    window.history.replaceState({ step: step, painted: cards.end(), top: window.scrollY }, "");
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

  // Comparing: a box on each card, and a tray with what was chosen.

  const tray = element("div", { "class": "tray", role: "region", "aria-label": "Comparison", hidden: true });

  function compareBox(name, made) {
    const title = made.querySelector("h2").textContent;
    const isChosen = state.compare.includes(name);
    const box = element("input", {
      type: "checkbox", "data-compare": name, checked: isChosen, disabled: !isChosen && isFull(),
      "aria-label": "Compare " + title,
    });
    return element("label", { "class": "pick" }, box, element("span", { "aria-hidden": "true" }, "Compare"));
  }

  function isFull() {
    return state.compare.length >= MOST_COMPARED;
  }

  function compare(name, isChosen) {
    const others = state.compare.filter((one) => one !== name);
    state = tidy(catalog, Object.assign({}, state, { compare: isChosen ? others.concat(name) : others }));
    noteStep(false);
    afterPaint(writeLate);
    showChoice();
  }

  // Shows which entries are chosen for a comparison: on their cards, and in the tray.
  function showChoice() {
    showBoxes();
    frame.classList.toggle("comparing", state.compare.length > 0);
    tray.hidden = !state.compare.length;
    const focused = Array.from(tray.querySelectorAll("button")).indexOf(document.activeElement);
    const query = new URLSearchParams(state.compare.map((name) => ["with", name]));
    tray.replaceChildren(
      element("ul", {}, state.compare.map((name) => element("li", {}, trayChip(name)))),
      state.compare.length > 1
        ? element("a", { "class": "button", href: way + "compare.html?" + query }, "Compare " + state.compare.length)
        : element("span", { "class": "note" }, "Choose another to compare"));
    if (focused >= 0) {
      const chips = tray.querySelectorAll("button");
      (chips[Math.min(focused, chips.length - 1)] || input).focus();
    }
  }

  function showBoxes() {
    list.querySelectorAll("[data-compare]").forEach((box) => {
      box.checked = state.compare.includes(box.dataset.compare);
      box.disabled = !box.checked && isFull();
    });
  }

  function trayChip(name) {
    const title = textOf(catalog, "title", catalog.rowOf(name));
    const made = button("chip", "", () => compare(name, false));
    made.setAttribute("aria-label", "Do not compare " + title);
    made.append(element("bdi", {}, title), element("span", { "class": "cross", "aria-hidden": "true" }, "×"));
    return made;
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
    list.addEventListener("change", (event) => {
      if (event.target.dataset.compare) {
        compare(event.target.dataset.compare, event.target.checked);
      }
    });
    more.addEventListener("click", showMore);
    window.addEventListener("pagehide", notePlace);
    window.addEventListener("popstate", () => {
      goToStep();
      render(0);
      showChoice();
      restorePlace();
    });
  }

  list.after(nothing, more);
  frame.append(tray);
  window.CatalogData.load(way + "catalog-data.js", (loaded) => {
    listen();
    start(loaded);
  });
})();
