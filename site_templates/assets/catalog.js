// What scripts add to every page that is complete without them: buttons that copy, and a key for the search.
(function () {
  "use strict";

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

  // A slash goes to the search, unless it is being typed somewhere.
  function addShortcut(input) {
    document.addEventListener("keydown", function (event) {
      var isTyping = /^(?:INPUT|TEXTAREA|SELECT)$/.test(document.activeElement.tagName) &&
        !/^(?:checkbox|radio|button)$/.test(document.activeElement.type);
      if (event.key === "/" && !isTyping && !event.ctrlKey && !event.metaKey && !event.altKey) {
        event.preventDefault();
        input.focus();
        input.select();
      }
    });
  }

  var search = document.querySelector("[data-search]");
  if (search) {
    addShortcut(search);
  }
  document.querySelectorAll("[data-copy]").forEach(addCopyButton);
})();
