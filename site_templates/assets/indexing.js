// Fills the index of the search from the catalog's data, in slices, so that the page answers in between.
(function () {
  "use strict";

  const { textOf, valuesOf } = window.CatalogData;
  const { makeIndex, termsOf, addTerms, endRow } = window.CatalogSearch;
  const FIELDS = ["name", "title", "tag", "category", "summary", "author", "images", "services", "variables"];
  const WEIGHTS = [10, 10, 5, 3, 3, 2, 1, 1, 1];
  const ROWS_AT_ONCE = 32;
  const SLICE = 40; // milliseconds; browsers call a task of more than 50 a long one

  // Calls `then` with the index once it is whole.
  function fill(catalog, then) {
    fillSlice(catalog, makeIndex(WEIGHTS), FIELDS.map((key, field) => adderOf(catalog, key, field)), then);
  }

  function fillSlice(catalog, growing, adders, then) {
    const end = window.performance.now() + SLICE;
    while (growing.rows < catalog.count && window.performance.now() < end) {
      const last = Math.min(catalog.count, growing.rows + ROWS_AT_ONCE);
      for (let row = growing.rows; row < last; row += 1) {
        adders.forEach((add) => add(growing, row));
        endRow(growing, [catalog.name[row], textOf(catalog, "title", row)]);
      }
    }
    if (growing.rows < catalog.count) {
      soon(() => fillSlice(catalog, growing, adders, then));
    } else {
      then(growing);
    }
  }

  // After what the reader did meanwhile, and without the milliseconds that browsers put before a timer.
  function soon(task) {
    const channel = new window.MessageChannel();
    channel.port1.onmessage = task;
    channel.port2.postMessage(null);
  }

  // What adds a field of a row to the index. Texts that have a number stand in many rows: they are cut into words
  // once.
  function adderOf(catalog, key, field) {
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

  window.CatalogIndexing = { fill: fill };
})();
