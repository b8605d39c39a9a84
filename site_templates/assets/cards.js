// Draws entries from the catalog's data, in the markup of the static pages, and lists of them.
(function (root) {
  "use strict";

  const { textOf, wordsOf, labelsOf } = root.CatalogData;
  const SVG = "http://www.w3.org/2000/svg";
  const EAGER = 4;
  const WIDEST = 640;
  const TAGS_SHOWN = 3;
  const AT_ONCE = 6;
  const SCREEN_FOR_A_CARD = 170000; // square pixels of a window, with what else stands in it
  const MOST_KEPT = 400;
  const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
  const UNITS = ["B", "kB", "MB", "GB", "TB"];

  // An element with attributes and children; texts become text, never markup, and false leaves a child out.
  function element(name, attributes, ...children) {
    return filled(document.createElement(name), attributes, children);
  }

  function drawing(name, attributes, ...children) {
    return filled(document.createElementNS(SVG, name), attributes, children);
  }

  function filled(made, attributes, children) {
    Object.entries(attributes || {}).forEach(([key, value]) => {
      if (value !== false) {
        made.setAttribute(key, value === true ? "" : value);
      }
    });
    made.append(...children.flat().filter((child) => child !== false && child !== ""));
    return made;
  }

  // The card of an entry; `place` is its place in the list, `way` leads to the site folder.
  function card(catalog, row, place, way) {
    const [kind] = wordsOf(catalog, "kind", row);
    const summary = catalog.summary[row];
    const [status] = wordsOf(catalog, "status", row);
    return element("li", { "class": "card", "data-name": catalog.name[row], "data-status": status !== "active" && status },
      picture(catalog, row, place, way),
      element("div", { "class": "card-body" },
        element("p", { "class": "card-top" },
          label(catalog, "kind", row, "kind kind-" + kind),
          element("span", { "class": "version" }, textOf(catalog, "version", row))),
        element("h2", { dir: "auto" },
          element("a", { href: way + textOf(catalog, "href", row) }, textOf(catalog, "title", row))),
        summary && element("p", { "class": "summary", dir: "auto" }, summary),
        element("p", { "class": "badges" }, badges(catalog, row),
          wordsOf(catalog, "tag", row).slice(0, TAGS_SHOWN).map((tag) => element("bdi", { "class": "tag" }, tag))),
        dated(textOf(catalog, "added", row), textOf(catalog, "updated", row))));
  }

  function dated(added, updated) {
    return updated && element("p", { "class": "dated" }, updated > added ? "Updated " : "Added ",
      element("time", { datetime: updated }, day(updated)));
  }

  // A day as people write it; what is no day stays.
  function day(text) {
    const [year, month, dayOfMonth] = text.split("-").map(Number);
    return MONTHS[month - 1] ? dayOfMonth + " " + MONTHS[month - 1] + " " + year : text;
  }

  function label(catalog, key, row, classes) {
    return element("span", { "class": classes }, labelsOf(catalog, key, row).join(", "));
  }

  // What is worth knowing before one opens the page: whether it is verified, its status, its risk.
  function badges(catalog, row) {
    const word = (key) => wordsOf(catalog, key, row)[0];
    return [
      word("verified") === "yes" && element("span", { "class": "badge badge-verified" }, tick(), "Verified"),
      word("status") !== "active" && label(catalog, "status", row, "badge status-" + word("status")),
      Number(word("risk")) > 0 && label(catalog, "risk", row, "badge risk-" + word("risk")),
    ];
  }

  function tick() {
    return drawing("svg", { viewBox: "0 0 16 16", "aria-hidden": "true" }, drawing("path", { d: "m3.5 8.5 3 3 6-7" }));
  }

  function picture(catalog, row, place, way) {
    const [first, second, third] = catalog.picture[row];
    if (typeof third === "number") {
      const classes = "picture placeholder tint-" + second + " motif-" + third;
      return element("span", { "class": classes, "aria-hidden": "true" }, element("span", {}, first));
    }
    const [isIcon, middle, variants] = catalog.shapes[second];
    const address = (variant) => way + "pictures/" + first + variant[0];
    return element("span", { "class": isIcon ? "picture picture-icon" : "picture" },
      third && !isIcon && drawing("svg", { "class": "picture-box", "aria-hidden": "true" },
        drawing("rect", { width: "100%", height: "100%", fill: third })),
      element("img", {
        loading: place >= EAGER && "lazy", decoding: "async", alt: "",
        sizes: "(max-width:640px) 100vw,320px", width: variants[middle][1], height: variants[middle][2],
        srcset: variants.filter((variant) => variant[1] <= WIDEST).map((variant) => address(variant) + " " + variant[1] + "w").join(", "),
        src: address(variants[middle]),
      }));
  }

  // A list of cards in the element `place`; `make(row, at)` draws one, which is used again. What fills the screen
  // is there at once, the rest follows in small parts, so that a key press waits for none of it.
  function cardList(place, make) {
    const kept = new Map();
    let rows = [];
    let painted = 0;
    let end = 0;
    let timer = 0;

    function cardsTo(last) {
      const first = painted;
      painted = Math.max(first, Math.min(last, rows.length));
      return rows.slice(first, painted).map((row, i) => {
        if (!kept.has(row)) {
          kept.set(row, make(row, first + i));
        }
        return kept.get(row);
      });
    }

    // Begins with other rows; after `pause` milliseconds come the rest of the first `count`, then `then` is called.
    function show(next, count, pause, then) {
      if (kept.size > MOST_KEPT) {
        kept.clear();
      }
      rows = next;
      painted = 0;
      end = Math.min(count, rows.length);
      const screen = Math.round(root.innerWidth * root.innerHeight / SCREEN_FOR_A_CARD);
      arrange(place, cardsTo(Math.min(end, Math.max(AT_ONCE, screen))));
      growAfter(pause, then);
    }

    // Begins with cards that are there already.
    function showMade(cards, pause, then) {
      rows = [];
      painted = 0;
      end = 0;
      arrange(place, cards);
      growAfter(pause, then);
    }

    function growAfter(pause, then) {
      root.clearTimeout(timer);
      timer = root.setTimeout(grow, pause, then);
    }

    function grow(then) {
      if (painted < end) {
        place.append(...cardsTo(Math.min(end, painted + AT_ONCE)));
        growAfter(0, then);
      } else {
        then();
      }
    }

    // Draws what is still to come of the list, and as far as `last`.
    function drawTo(last) {
      end = Math.max(end, Math.min(last, rows.length));
      place.append(...cardsTo(end));
    }

    return { show: show, showMade: showMade, drawTo: drawTo, end: () => end };
  }

  // Gives an element these children; those that stay, in their order, are not touched.
  function arrange(place, wanted) {
    const staying = new Set(wanted.filter((child) => child.parentNode === place));
    if (!staying.size) {
      place.replaceChildren(...wanted); // much quicker than one after the other
      return;
    }
    Array.from(place.children).filter((child) => !staying.has(child)).forEach((child) => child.remove());
    let next = place.firstElementChild;
    wanted.forEach((child) => {
      if (child === next) {
        next = next.nextElementSibling;
      } else {
        place.insertBefore(child, next);
      }
    });
  }

  // Bytes as the pages write them, in powers of 1000.
  function size(bytes) {
    let value = bytes;
    let unit = 0;
    while (unit < UNITS.length - 1 && Math.round(value) >= 1000) {
      value /= 1000;
      unit += 1;
    }
    return (unit && value < 100 ? value.toFixed(1) : String(Math.round(value))) + " " + UNITS[unit];
  }

  // A whole number with commas. What browsers have for it takes them longer to make ready than this page.
  function number(value) {
    return String(value).replace(/\B(?=(\d{3})+$)/g, ",");
  }

  // A text that is written again is laid out again.
  function write(place, text) {
    if (place.textContent !== text) {
      place.textContent = text;
    }
  }

  root.CatalogCards = {
    element: element, drawing: drawing, card: card, cardList: cardList, day: day, size: size, number: number, write: write,
  };
})(window);
