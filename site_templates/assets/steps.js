// The steps of the history that a list makes: one for each choice, one for what is typed without a pause.
(function () {
  "use strict";

  const TYPING_ENDS = 1000; // milliseconds without a key press

  function make() {
    let lastTyped = -Infinity;
    let made = 0;
    let step = nameShown(); // of the step that is shown; the page's first has none
    let late = null; // the query that is still to be written into it
    const missed = new Map(); // queries of steps that the reader left before that

    // A step is made at once, so that no way back passes it by. What follows in the same step is written when the
    // list is complete: browsers take their time for it.
    function note(query, isTyping) {
      const now = window.performance.now();
      const isNew = !isTyping || now - lastTyped > TYPING_ENDS;
      lastTyped = isTyping ? now : -Infinity;
      if (!isNew) {
        noteWithin(query);
        return;
      }
      writeLate();
      if (isWritten(query)) {
        lastTyped = -Infinity; // blanks are no step: the letter after them is
        return;
      }
      made += 1;
      step = window.performance.timeOrigin + "-" + made;
      window.history.pushState({ step: step }, "", addressOf(query));
    }

    // The step that is shown gets this query, in time.
    function noteWithin(query) {
      late = query;
    }

    function writeLate() {
      if (late !== null && !isWritten(late)) {
        window.history.replaceState(window.history.state, "", addressOf(late));
      }
      late = null;
    }

    // After the reader went back or forward: what was not written yet is noted, until the step is shown again.
    function arrive() {
      if (late !== null) {
        missed.set(step, late);
      }
      step = nameShown();
      late = missed.has(step) ? missed.get(step) : null;
      missed.delete(step);
      writeLate();
      lastTyped = -Infinity;
    }

    // Before the page is left: how many cards it shows and where it stands, for who comes back.
    function leave(painted) {
      writeLate();
      window.history.replaceState({ step: step, painted: painted, top: window.scrollY }, "");
    }

    return { note: note, noteWithin: noteWithin, writeLate: writeLate, arrive: arrive, leave: leave };
  }

  function nameShown() {
    return window.history.state ? window.history.state.step || null : null;
  }

  function isWritten(query) {
    return addressOf(query).href === window.location.href;
  }

  function addressOf(query) {
    const address = new URL(window.location.href);
    address.search = query;
    return address;
  }

  window.CatalogSteps = { make: make };
})();
