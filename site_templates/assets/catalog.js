// What scripts add to a page that is complete without them: a filter over its cards, and buttons that copy.
(function () {
  "use strict";

  function addFilter(toolbar, list) {
    var input = toolbar.querySelector("[data-filter]");
    var chips = Array.from(toolbar.querySelectorAll("[data-kind-chip]"));
    var found = toolbar.querySelector("[data-found]");
    var nothing = document.querySelector("[data-nothing]");
    var cards = Array.from(list.children).map(function (element) {
      return { element: element, kind: element.dataset.kind, text: fold(element.textContent) };
    });

    function fold(text) {
      return text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
    }

    function apply() {
      var words = fold(input.value).split(/\s+/).filter(Boolean);
      var kinds = chips.filter(isPressed).map(function (chip) { return chip.dataset.kindChip; });
      var shown = cards.filter(function (card) {
        var fits = (!kinds.length || kinds.includes(card.kind)) &&
          words.every(function (word) { return card.text.includes(word); });
        card.element.hidden = !fits;
        return fits;
      }).length;
      nothing.hidden = shown > 0;
      found.textContent = words.length || kinds.length ? shown + " of " + cards.length : "";
    }

    function isPressed(chip) {
      return chip.getAttribute("aria-pressed") === "true";
    }

    chips.forEach(function (chip) {
      chip.addEventListener("click", function () {
        chip.setAttribute("aria-pressed", String(!isPressed(chip)));
        apply();
      });
    });
    document.querySelector("[data-reset]").addEventListener("click", function () {
      input.value = "";
      chips.forEach(function (chip) { chip.setAttribute("aria-pressed", "false"); });
      apply();
      input.focus();
    });
    document.addEventListener("keydown", function (event) {
      var isTyping = /^(?:INPUT|TEXTAREA|SELECT)$/.test(document.activeElement.tagName);
      if (event.key === "/" && !isTyping && !event.ctrlKey && !event.metaKey && !event.altKey) {
        event.preventDefault();
        input.focus();
      }
    });
    input.addEventListener("input", apply);
    toolbar.hidden = false;
    apply(); // browsers put the text back when one returns to a page
  }

  function addCopyButton(block) {
    var button = document.createElement("button");
    var frame = document.createElement("div");
    button.type = "button";
    button.className = "copy";
    button.textContent = "Copy";
    button.setAttribute("aria-live", "polite");
    frame.className = "copy-frame";
    block.replaceWith(frame);
    frame.append(block, button);
    button.addEventListener("click", function () {
      copy(block).then(function (word) {
        button.textContent = word;
        window.setTimeout(function () { button.textContent = "Copy"; }, 2000);
      });
    });
  }

  // The clipboard is only there on https and file; elsewhere the text is selected for Ctrl+C.
  function copy(block) {
    var text = block.textContent;
    var written = navigator.clipboard ? navigator.clipboard.writeText(text) : Promise.reject(new Error());
    return written.then(function () { return "Copied"; }, function () {
      window.getSelection().selectAllChildren(block);
      return "Selected";
    });
  }

  var toolbar = document.querySelector("[data-toolbar]");
  var list = document.querySelector("[data-cards]");
  if (toolbar && list) {
    addFilter(toolbar, list);
  }
  document.querySelectorAll("[data-copy]").forEach(addCopyButton);
})();
