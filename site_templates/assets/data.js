// The catalog's data: loads its script once the page is painted, and gives every entry as columns.
(function (root) {
  "use strict";

  // The catalog in `raw`, which is what the data script says. Nothing is unpacked before it is asked for: that
  // would take longer than looking for a word.
  function open(raw) {
    const catalog = Object.assign({}, raw, { count: raw.name.length, facets: raw.facets.map(openFacet) });
    let offset = 0;
    catalog.facets.forEach((facet, place) => {
      Object.assign(facet, { place: place, offset: offset });
      offset += facet.words.length;
    });
    catalog.valueCount = offset;
    catalog.facet = Object.fromEntries(catalog.facets.map((facet) => [facet.key, facet]));
    catalog.rowOf = rowsByName(raw.name);
    return Object.assign(catalog, packed(catalog, raw));
  }

  function openFacet(raw) {
    const words = raw.values.map((value) => value[0]);
    return {
      key: raw.key,
      label: raw.label,
      words: words,
      labels: raw.values.map((value) => value[value.length - 1]),
      known: new Map(words.map((word, number) => [wellFormed(word), number]).reverse()),
    };
  }

  function rowsByName(names) {
    let rows = null;
    return (name) => {
      rows = rows || new Map(names.map((one, row) => [one, row]));
      return rows.get(name);
    };
  }

  // All values of all entries in one array: those of a row and a facet stand from `starts[row * facets + place]`
  // to the next start, as numbers that go on from one facet to the next.
  function packed(catalog, raw) {
    const width = raw.facets.length;
    const starts = new Uint32Array(catalog.count * width + 1);
    const numbers = [];
    for (let row = 0; row < catalog.count; row += 1) {
      for (let place = 0; place < width; place += 1) {
        const of = raw.facets[place].of[row];
        const offset = catalog.facets[place].offset;
        if (typeof of === "number") {
          numbers.push(offset + of);
        } else {
          for (const number of of) {
            numbers.push(offset + number);
          }
        }
        starts[row * width + place + 1] = numbers.length;
      }
    }
    return { starts: starts, numbers: Uint32Array.from(numbers) };
  }

  // The numbers of an entry's values of a facet.
  function valuesOf(catalog, key, row) {
    const facet = catalog.facet[key];
    const place = row * catalog.facets.length + facet.place;
    const values = [];
    for (let i = catalog.starts[place]; i < catalog.starts[place + 1]; i += 1) {
      values.push(catalog.numbers[i] - facet.offset);
    }
    return values;
  }

  function wordsOf(catalog, key, row) {
    return valuesOf(catalog, key, row).map((number) => catalog.facet[key].words[number]);
  }

  function labelsOf(catalog, key, row) {
    return valuesOf(catalog, key, row).map((number) => catalog.facet[key].labels[number]);
  }

  // A text of an entry, from the column that has it as itself, as its number, or not when it says nothing new.
  function textOf(catalog, column, row) {
    const value = catalog[column][row];
    if (value === "") {
      return { title: catalog.name[row], href: "extensions/" + catalog.name[row] + ".html" }[column] || "";
    }
    return typeof value === "number" ? catalog.texts[value] : value;
  }

  // The texts of an entry in a column that has several for each.
  function textsOf(catalog, column, row) {
    return catalog[column][row].map((number) => catalog.texts[number]);
  }

  // Half a letter, as broken texts have them, cannot stand in an address.
  function wellFormed(text) {
    return text.replace(/[\ud800-\udfff]/gu, "\ufffd");
  }

  // Calls `then` with the catalog, after the page has been painted; without data the page stays as it is.
  function load(source, then) {
    afterPaint(() => {
      const script = document.createElement("script");
      script.src = source;
      script.addEventListener("load", () => root.setTimeout(() => begin(then), 0));
      script.addEventListener("error", giveUp);
      document.head.append(script);
    });
  }

  function begin(then) {
    try {
      then(open(root.__CATALOG));
    } catch (error) {
      giveUp(); // a script that was cut off, or of another build
      throw error;
    }
  }

  // The page stays as it came.
  function giveUp() {
    document.documentElement.classList.remove("live", "waiting");
  }

  // A page in the background is not painted, so a timer goes along.
  function afterPaint(task) {
    let isDone = false;
    const once = () => {
      if (!isDone) {
        isDone = true;
        task();
      }
    };
    root.requestAnimationFrame(() => root.setTimeout(once, 0));
    root.setTimeout(once, 200);
  }

  const api = {
    open: open, valuesOf: valuesOf, wordsOf: wordsOf, labelsOf: labelsOf, textOf: textOf, textsOf: textsOf,
    wellFormed: wellFormed, load: load, afterPaint: afterPaint,
  };
  root.CatalogData = api;
  if (typeof module === "object") {
    module.exports = api;
  }
})(typeof window === "object" ? window : globalThis);
