// Which entries a reader asked for: a state in, entries with counts out; and the state as an address and back.
//
// A state has the typed words `q`, the `chosen` numbers of values by facet key, the `sort`, whether `deprecated`
// entries are shown, and the names to `compare`. It touches no page, so tests run it too.
(function (root) {
  "use strict";

  const data = typeof module === "object" ? require("./data.js") : root.CatalogData;

  const SORTS = { relevance: "Best match", name: "Name", updated: "Updated", added: "Added", size: "Size" };
  const MOST_COMPARED = 4;
  const LONGEST_QUERY = 200;
  const ROWS = 2 ** 24; // more than any catalog has
  const HIDDEN_STATUS = "deprecated";

  function emptyState() {
    return { q: "", chosen: {}, sort: "", deprecated: false, compare: [] };
  }

  // Whether nothing was asked for; what is noted for a comparison does not narrow the list.
  function isBlank(state) {
    return !state.q.trim() && !state.sort && !state.deprecated && !isFiltered(state);
  }

  function isFiltered(state) {
    return Object.values(state.chosen).some((one) => one.length);
  }

  function defaultSort(state) {
    return state.q.trim() ? "relevance" : "name";
  }

  function sortOf(state) {
    return state.sort || defaultSort(state);
  }

  // The same state in the one form in which it is written: defaults are left out, values stand in order.
  function tidy(catalog, state) {
    const chosen = {};
    catalog.facets.forEach((facet) => {
      const numbers = new Set((state.chosen[facet.key] || []).filter((number) => number in facet.words));
      if (numbers.size) {
        chosen[facet.key] = Array.from(numbers).sort((one, other) => one - other);
      }
    });
    const q = state.q.trim() ? state.q.slice(0, LONGEST_QUERY) : "";
    const isKnown = Object.hasOwn(SORTS, state.sort) && (q || state.sort !== "relevance");
    const compare = Array.from(new Set(state.compare.filter((name) => catalog.rowOf(name) !== undefined))).slice(0, MOST_COMPARED);
    return {
      q: q,
      chosen: chosen,
      sort: isKnown && state.sort !== defaultSort({ q: q }) ? state.sort : "",
      deprecated: Boolean(state.deprecated),
      compare: compare,
    };
  }

  // The state in the query of an address; a value that means nothing is dropped, the others stay.
  function readAddress(catalog, query) {
    const values = new URLSearchParams(query);
    const state = emptyState();
    state.q = values.get("q") || "";
    state.sort = values.get("sort") || "";
    state.deprecated = values.get("deprecated") === "shown";
    state.compare = values.getAll("compare");
    catalog.facets.forEach((facet) => {
      state.chosen[facet.key] = values.getAll(facet.key)
        .map((word) => facet.known.get(word))
        .filter((number) => number !== undefined);
    });
    return tidy(catalog, state);
  }

  // The query of an address for a state, with its question mark; empty when nothing was asked for.
  function writeAddress(catalog, state) {
    const values = new URLSearchParams();
    const tidied = tidy(catalog, state);
    if (tidied.q) {
      values.append("q", tidied.q);
    }
    catalog.facets.forEach((facet) => (tidied.chosen[facet.key] || []).forEach((number) => {
      values.append(facet.key, data.wellFormed(facet.words[number]));
    }));
    if (tidied.sort) {
      values.append("sort", tidied.sort);
    }
    if (tidied.deprecated) {
      values.append("deprecated", "shown");
    }
    tidied.compare.forEach((name) => values.append("compare", name));
    const written = values.toString();
    return written ? "?" + written : "";
  }

  // The rows of a page that is about one category or tag: those that have all of the chosen values.
  function rowsWithin(catalog, state) {
    const chosen = Object.entries(state.chosen);
    return Array.from(catalog.name.keys()).filter((row) => chosen.every(([key, numbers]) => {
      const values = data.valuesOf(catalog, key, row);
      return numbers.every((number) => values.includes(number));
    }));
  }

  // What a state shows of `within` (rows): the `rows` in order, for each facet key the `counts` of its values,
  // and how many deprecated ones are `hidden`. `scores` is null or has a number for each row, 0 for not found.
  //
  // The count of a value is the length of the list if it were the only one chosen of its facet.
  function select(catalog, state, within, scores) {
    const allowed = new Uint8Array(catalog.valueCount);
    const asked = catalog.facets.filter((facet) => allow(facet, state, allowed)).map((facet) => facet.place);
    const counts = new Uint32Array(catalog.valueCount);
    const width = catalog.facets.length;
    const rows = [];
    for (const row of within) {
      if (scores && !scores[row]) {
        continue;
      }
      const failing = failingFacet(catalog, asked, allowed, row);
      if (failing === NONE) {
        rows.push(row);
        countValues(catalog, counts, row * width, row * width + width);
      } else if (failing !== SEVERAL) {
        countValues(catalog, counts, row * width + failing, row * width + failing + 1);
      }
    }
    const countsOf = (facet) => counts.subarray(facet.offset, facet.offset + facet.words.length);
    return {
      rows: sorted(catalog, state, rows, scores),
      counts: Object.fromEntries(catalog.facets.map((facet) => [facet.key, countsOf(facet)])),
      hidden: hiddenCount(catalog, state, countsOf),
    };
  }

  const NONE = -1;
  const SEVERAL = -2;

  // Marks the values of a facet that let an entry pass; false when all do. Nobody asked for deprecated entries
  // who asked for no status.
  function allow(facet, state, allowed) {
    const chosen = state.chosen[facet.key] || [];
    if (!chosen.length && hides(facet, state)) {
      facet.words.forEach((word, number) => { allowed[facet.offset + number] = word === HIDDEN_STATUS ? 0 : 1; });
      return true;
    }
    chosen.forEach((number) => { allowed[facet.offset + number] = 1; });
    return chosen.length > 0;
  }

  function hides(facet, state) {
    return facet.key === "status" && !state.deprecated && !(state.chosen.status || []).length;
  }

  // The only one of the asked facets that keeps a row out, as its place in the table.
  function failingFacet(catalog, asked, allowed, row) {
    let failing = NONE;
    for (const place of asked) {
      if (!passes(catalog, allowed, row * catalog.facets.length + place)) {
        if (failing !== NONE) {
          return SEVERAL;
        }
        failing = place;
      }
    }
    return failing;
  }

  function passes(catalog, allowed, start) {
    for (let i = catalog.starts[start]; i < catalog.starts[start + 1]; i += 1) {
      if (allowed[catalog.numbers[i]]) {
        return true;
      }
    }
    return false;
  }

  function countValues(catalog, counts, first, end) {
    for (let i = catalog.starts[first]; i < catalog.starts[end]; i += 1) {
      counts[catalog.numbers[i]] += 1;
    }
  }

  function hiddenCount(catalog, state, countsOf) {
    const facet = catalog.facet.status;
    return hides(facet, state) ? countsOf(facet)[facet.words.indexOf(HIDDEN_STATUS)] : 0;
  }

  // Rows are numbered by name. Newest and smallest first; what is not known comes last.
  function sorted(catalog, state, rows, scores) {
    const text = (column, row) => data.textOf(catalog, column, row);
    const sort = sortOf(state);
    if (sort === "relevance") {
      return scores ? byScore(rows, scores) : rows;
    }
    const by = {
      name: null,
      added: (one, other) => newest(text("added", one), text("added", other)),
      updated: (one, other) => newest(text("updated", one), text("updated", other)),
      size: (one, other) => smallest(catalog.size[one], catalog.size[other]),
    }[sort];
    return by ? rows.sort((one, other) => by(one, other) || one - other) : rows;
  }

  // Numbers are sorted ten times as fast as rows by a function: the score in thousandths, then the row.
  function byScore(rows, scores) {
    const keys = Float64Array.from(rows, (row) => row - Math.round(scores[row] * 1000) * ROWS);
    return Array.from(keys.sort(), (key) => key - Math.floor(key / ROWS) * ROWS);
  }

  function newest(one, other) {
    return one < other ? 1 : one > other ? -1 : 0;
  }

  function smallest(one, other) {
    return (one < 0) - (other < 0) || one - other;
  }

  const api = {
    SORTS: SORTS, MOST_COMPARED: MOST_COMPARED, emptyState: emptyState, isBlank: isBlank, isFiltered: isFiltered, sortOf: sortOf,
    tidy: tidy, readAddress: readAddress, writeAddress: writeAddress, rowsWithin: rowsWithin, select: select,
  };
  root.CatalogFilters = api;
  if (typeof module === "object") {
    module.exports = api;
  }
})(typeof window === "object" ? window : globalThis);
