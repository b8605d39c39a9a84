// Compares entries field by field; which ones, and whether only differences are shown, stands in the address.
(function () {
  "use strict";

  const frame = document.querySelector("[data-comparison]");
  if (!frame) {
    return;
  }

  const { element, size, day } = window.CatalogCards;
  const { textOf, textsOf, labelsOf } = window.CatalogData;
  const { MOST_COMPARED } = window.CatalogFilters;
  const MOST_SUGGESTED = 6;

  const part = (name) => frame.querySelector("[data-" + name + "]");
  const way = frame.dataset.root;
  const inviting = part("search").placeholder;
  let catalog = null;
  let names = [];
  let isOnlyDifferences = false;

  // The rows of the table: what it is called, and the values of an entry as a list of texts.
  function fields() {
    const facet = (key) => [catalog.facet[key].label, (row) => labelsOf(catalog, key, row)];
    const text = (name, key) => [name, (row) => [textOf(catalog, key, row)].filter(Boolean)];
    const texts = (name, key) => [name, (row) => textsOf(catalog, key, row)];
    const date = (name, key) => [name, (row) => [textOf(catalog, key, row)].filter(Boolean).map(day)];
    return [
      text("Version", "version"), facet("kind"), facet("category"), facet("tag"), text("Author", "author"),
      facet("licence"), facet("status"), text("Successor", "successor"), facet("verified"), facet("risk"),
      facet("reason"), facet("airgap"), facet("model"), facet("gpu"), facet("arch"),
      ["Size of all images", (row) => catalog.size[row] < 0 ? [] : [size(catalog.size[row])]],
      texts("Images", "images"), texts("Services", "services"), texts("Settings", "variables"),
      date("Added", "added"), date("Updated", "updated"),
    ];
  }

  function read() {
    const values = new URLSearchParams(window.location.search);
    const known = values.getAll("with").filter((name) => catalog.rowOf(name) !== undefined);
    names = Array.from(new Set(known)).slice(0, MOST_COMPARED);
    isOnlyDifferences = values.get("only") === "differences";
    part("only").checked = isOnlyDifferences;
    render();
  }

  function become(nextNames, nextOnly) {
    names = nextNames;
    isOnlyDifferences = nextOnly;
    const values = new URLSearchParams(names.map((name) => ["with", name]));
    if (isOnlyDifferences) {
      values.append("only", "differences");
    }
    const address = new URL(window.location.href);
    address.search = values.toString();
    window.history.pushState(null, "", address);
    render();
  }

  function render() {
    const rows = names.map((name) => catalog.rowOf(name));
    const compared = fields().map(([label, valuesOf]) => line(label, rows.map(valuesOf)));
    const differing = compared.filter((one) => one.differs).length;
    const lines = compared.filter((one) => !one.isEmpty && (one.differs || !isOnlyDifferences || rows.length < 2));
    part("found").textContent = rows.length > 1 ? outcome(differing) : rows.length ? "Add another to compare it with" : "";
    part("only").disabled = rows.length < 2;
    part("search").disabled = rows.length >= MOST_COMPARED;
    part("search").placeholder = rows.length < MOST_COMPARED ? inviting : "No more than " + MOST_COMPARED + " at once";
    part("table").replaceChildren(rows.length ? table(rows, lines) : empty());
    document.documentElement.classList.remove("waiting");
  }

  function outcome(differing) {
    return differing === 0 ? "They do not differ" : "They differ in " + differing + (differing === 1 ? " field" : " fields");
  }

  function empty() {
    return element("p", { "class": "nothing" }, "Nothing is chosen yet. Add two extensions above, or tick ",
      element("em", {}, "Compare"), " on their cards in ", element("a", { href: frame.dataset.home }, "the list"), ".");
  }

  function line(label, values) {
    const texts = values.map((one) => one.slice().sort().join("\n"));
    return { label: label, values: values, differs: new Set(texts).size > 1, isEmpty: texts.every((text) => !text) };
  }

  function table(rows, lines) {
    return element("div", { "class": "comparison-scroll", tabindex: 0, role: "region", "aria-label": "Comparison" },
      element("table", {},
        element("thead", {}, element("tr", {}, element("td", {}), rows.map(head))),
        element("tbody", {}, lines.map((one) => element("tr", { "class": one.differs && rows.length > 1 ? "differs" : "" },
          element("th", { scope: "row" }, one.label, one.differs && rows.length > 1 && element("span", { "class": "unseen" }, " (differs)")),
          one.values.map((values) => cell(values, one.values)))))));
  }

  function head(row) {
    const name = catalog.name[row];
    const title = textOf(catalog, "title", row);
    const remove = element("button", { type: "button", "class": "link", "aria-label": "Remove " + title }, "Remove");
    remove.addEventListener("click", () => {
      become(names.filter((one) => one !== name), isOnlyDifferences);
      part("search").focus();
    });
    return element("th", { scope: "col" },
      element("a", { href: way + textOf(catalog, "href", row) }, element("bdi", {}, title)),
      title !== name && element("code", { dir: "auto" }, name), remove);
  }

  // Values that not all of the compared entries have are marked.
  function cell(values, all) {
    const isShared = (value) => all.every((others) => others.includes(value));
    return element("td", {}, values.length
      ? element("ul", {}, values.map((value) => element("li", {}, isShared(value) ? element("bdi", {}, value) : element("mark", { dir: "auto" }, value))))
      : element("span", { "class": "none" }, "none stated"));
  }

  function suggest() {
    const found = window.CatalogSearch.glance(catalog.count, (row) => catalog.name[row] + " " + textOf(catalog, "title", row), part("search").value);
    const rows = Array.from(catalog.name.keys()).filter((row) => found && found.scores[row] && !names.includes(catalog.name[row]));
    part("suggestions").replaceChildren(...rows.slice(0, MOST_SUGGESTED).map((row) => {
      const add = element("button", { type: "button", "class": "chip" }, element("bdi", {}, textOf(catalog, "title", row)));
      add.addEventListener("click", () => {
        part("search").value = "";
        become(names.concat(catalog.name[row]), isOnlyDifferences);
        suggest();
        part("search").focus();
      });
      return element("li", {}, add);
    }));
    if (found && !rows.length) {
      part("suggestions").replaceChildren(element("li", { "class": "note" }, "Nothing has this name"));
    }
  }

  window.CatalogData.load(way + "catalog-data.js", (loaded) => {
    catalog = loaded;
    part("search").addEventListener("input", suggest);
    part("search").addEventListener("keydown", (event) => {
      const first = part("suggestions").querySelector("button");
      if (event.key === "Enter" && first) {
        first.click();
      }
    });
    part("only").addEventListener("change", (event) => become(names, event.target.checked));
    window.addEventListener("popstate", read);
    read();
    frame.dataset.ready = "table";
  });
})();
