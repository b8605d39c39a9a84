// Finds entries by words: texts in, numbers of entries with scores out. It touches no page, so tests run it too.
//
// A word finds the words of the catalog that are equal to it, start with it or contain it. Where nothing does,
// words that are one slip of the keyboard away count too: a letter missing, added, wrong, or two exchanged.
(function (root) {
  "use strict";

  const EXACT = 1;
  const PREFIX = 0.7;
  const INSIDE = 0.3;
  const ALIKE = 0.5;
  // The bonus when the whole of what was typed is the name or title: equal, its start, or one slip away.
  const WHOLE_EQUAL = 100;
  const WHOLE_START = 30;
  const WHOLE_ALIKE = 60;
  const SHORTEST_INSIDE = 2; // a single letter is inside nearly every word
  const SHORTEST_ALIKE = 4;
  const SHORTEST_WHOLE = 5;

  const MARKS = /[\u0300-\u036f\u0591-\u05c7\u064b-\u065f\u0670]/g;
  const LETTERS = { "ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ð": "d", "ł": "l", "ı": "i", "þ": "th" };
  const ODD_LETTERS = /[ßæœøđðłıþ]/g;
  const WORDS = /[\p{L}\p{N}\p{M}]+/gu;
  const UNSPACED = "\\p{sc=Han}\\p{sc=Hiragana}\\p{sc=Katakana}\\p{sc=Hangul}\\p{sc=Thai}\\p{sc=Lao}\\p{sc=Khmer}ー";
  const RUNS = new RegExp("[" + UNSPACED + "]+|[^" + UNSPACED + "]+", "gu");
  const IS_UNSPACED = new RegExp("[" + UNSPACED + "]", "u");
  const BEYOND_ASCII = /[^\x00-\x7f]/;

  // Lower case, without accents, in compatible forms: what two spellings of one word have in common.
  function fold(text) {
    const lower = text.toLowerCase();
    return BEYOND_ASCII.test(lower)
      ? lower.normalize("NFKD").replace(MARKS, "").normalize("NFC").replace(ODD_LETTERS, (letter) => LETTERS[letter])
      : lower;
  }

  // The words of a folded text; writing without spaces is cut into pairs of neighbouring letters.
  function words(folded) {
    const found = folded.match(WORDS) || [];
    return BEYOND_ASCII.test(folded) ? found.flatMap(pairs) : found;
  }

  function pairs(word) {
    return word.match(RUNS).flatMap((run) => {
      const letters = IS_UNSPACED.test(run) ? Array.from(run) : [];
      return letters.length > 1 ? letters.slice(1).map((letter, i) => letters[i] + letter) : [run];
    });
  }

  // Whether one slip turns a word into the other: a letter missing, added or wrong, or neighbours exchanged.
  function isAlike(one, other) {
    const difference = one.length - other.length;
    if (difference > 1 || difference < -1) {
      return false;
    }
    let start = 0;
    const shorter = Math.min(one.length, other.length);
    while (start < shorter && one.charCodeAt(start) === other.charCodeAt(start)) {
      start += 1;
    }
    let end = 0;
    while (end < shorter - start && one.charCodeAt(one.length - 1 - end) === other.charCodeAt(other.length - 1 - end)) {
      end += 1;
    }
    const left = one.length - start - end;
    const right = other.length - start - end;
    return (left <= 1 && right <= 1) ||
      (left === 2 && right === 2 && one[start] === other[start + 1] && one[start + 1] === other[start]);
  }

  // An index that is filled row after row. `weights` has one number per field, the weightiest first.
  function makeIndex(weights) {
    return { weights: weights, rows: 0, terms: [], numbers: new Map(), places: [], names: [], namesOf: [] };
  }

  // The words of a text as numbers of terms. They are the same for every row that has the text.
  function termsOf(index, text) {
    return words(fold(text)).map((word) => termOf(index, word));
  }

  function termOf(index, word) {
    let number = index.numbers.get(word);
    if (number === undefined) {
      number = index.terms.length;
      index.numbers.set(word, number);
      index.terms.push(word);
      index.places.push([]);
    }
    return number;
  }

  // Adds terms of a field to the row that is being filled; the weightiest field comes first.
  function addTerms(index, terms, field) {
    for (let i = 0; i < terms.length; i += 1) {
      const places = index.places[terms[i]];
      const last = places.length - 1;
      if (last < 0 || places[last] >> 4 !== index.rows) {
        places.push((index.rows << 4) | field);
      }
    }
  }

  // Ends a row: its names as people type them.
  function endRow(index, names) {
    const wholes = names.map((name) => joined(fold(name)));
    wholes.filter((whole, i) => wholes.indexOf(whole) === i).forEach((whole) => {
      index.names.push(whole);
      index.namesOf.push(index.rows);
    });
    index.rows += 1;
  }

  function joined(folded) {
    return (folded.match(WORDS) || []).join("");
  }

  // What was typed: null when there is nothing to look for, else a score for each row (0: not found) and
  // whether words had to be taken for others that look alike.
  function search(index, typed) {
    const folded = fold(typed);
    const wanted = Array.from(new Set(words(folded)));
    if (!wanted.length) {
      return null;
    }
    const literal = wanted.map((word) => matches(index, word, literalQuality));
    let isAlike = literal.some((found) => !found.length);
    let answer = allOf(index, literal.map((found, i) => found.length ? found : matches(index, wanted[i], alikeQuality)));
    if (!answer.found) {
      isAlike = true;
      answer = allOf(index, wanted.map((word) => matches(index, word, anyQuality)));
    }
    const wholes = addWholes(index, joined(folded), answer.scores);
    return { scores: answer.scores, isAlike: answer.found ? isAlike : wholes > 0 };
  }

  // The same answer without an index, from the one text that `textOf` gives for a row: every word is inside.
  function glance(rows, textOf, typed) {
    const wanted = fold(typed).match(WORDS);
    if (!wanted) {
      return null;
    }
    const scores = new Float32Array(rows);
    for (let row = 0; row < rows; row += 1) {
      const text = fold(textOf(row));
      scores[row] = wanted.every((word) => text.includes(word)) ? 1 : 0;
    }
    return { scores: scores, isAlike: false };
  }

  function literalQuality(term, word) {
    const place = word.length < SHORTEST_INSIDE ? (term.startsWith(word) ? 0 : -1) : term.indexOf(word);
    if (place < 0) {
      return 0;
    }
    const share = word.length / term.length; // of two words that start alike, the shorter is meant
    return share === 1 ? EXACT : (place === 0 ? PREFIX : INSIDE) * (0.5 + share / 2);
  }

  function alikeQuality(term, word) {
    if (word.length < SHORTEST_ALIKE) {
      return 0;
    }
    // What is still being typed is compared with the start of the longer word.
    return isAlike(term, word) ? ALIKE
      : term.length > word.length + 1 && isAlike(term.slice(0, word.length), word) ? ALIKE / 2 : 0;
  }

  function anyQuality(term, word) {
    return literalQuality(term, word) || alikeQuality(term, word);
  }

  // The numbers of the terms that a word finds, each followed by how well it fits.
  function matches(index, word, quality) {
    const found = [];
    for (let number = 0; number < index.terms.length; number += 1) {
      const fit = quality(index.terms[number], word);
      if (fit) {
        found.push(number, fit);
      }
    }
    return found;
  }

  // The score of each row that has a match for every word, 0 for others, and how many there are.
  function allOf(index, matched) {
    const total = new Float32Array(index.rows);
    const best = new Float32Array(index.rows);
    let found = 0;
    matched.forEach((terms, i) => {
      best.fill(0);
      for (let at = 0; at < terms.length; at += 2) {
        raise(best, index.places[terms[at]], terms[at + 1], index.weights);
      }
      found = 0;
      for (let row = 0; row < best.length; row += 1) {
        total[row] = best[row] && (total[row] || i === 0) ? total[row] + best[row] : 0;
        found += total[row] ? 1 : 0;
      }
    });
    return { scores: total, found: found };
  }

  function raise(best, places, fit, weights) {
    for (let i = 0; i < places.length; i += 1) {
      const score = fit * weights[places[i] & 15];
      const row = places[i] >> 4;
      if (score > best[row]) {
        best[row] = score;
      }
    }
  }

  // Adds what a row gets for its name as a whole; gives how many got something.
  function addWholes(index, whole, scores) {
    let found = 0;
    for (let i = 0; i < index.names.length && whole; i += 1) {
      const bonus = wholeBonus(index.names[i], whole);
      if (bonus) {
        const row = index.namesOf[i];
        found += 1;
        scores[row] = Math.max(scores[row], 1) + bonus;
      }
    }
    return found;
  }

  function wholeBonus(name, whole) {
    if (name === whole) {
      return WHOLE_EQUAL;
    }
    if (name.startsWith(whole)) {
      return whole.length > 1 ? WHOLE_START * whole.length / name.length : 0;
    }
    return whole.length >= SHORTEST_WHOLE - 1 && name.length >= SHORTEST_WHOLE && isAlike(name, whole) ? WHOLE_ALIKE : 0;
  }

  const api = {
    fold: fold, words: words, isAlike: isAlike, makeIndex: makeIndex, termsOf: termsOf, addTerms: addTerms, endRow: endRow,
    search: search, glance: glance,
  };
  root.CatalogSearch = api;
  if (typeof module === "object") {
    module.exports = api;
  }
})(typeof window === "object" ? window : globalThis);
