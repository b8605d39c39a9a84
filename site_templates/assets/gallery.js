// The lightbox: pictures that are linked open one after the other in a dialog, by mouse or keyboard. Without this
// script the links lead to the pictures themselves.
(function () {
  "use strict";
  const links = Array.from(document.querySelectorAll("a[data-shot]"));
  if (!links.length || !window.HTMLDialogElement) {
    return;
  }

  // The picture at the top of the page is the first of the gallery, if there is one: each is shown once.
  const addresses = Array.from(new Set(links.map(function (link) { return link.href; })));
  let current = 0;

  const dialog = document.createElement("dialog");
  const image = document.createElement("img");
  const count = document.createElement("p");
  dialog.className = "lightbox";
  dialog.setAttribute("aria-label", "Pictures");
  count.setAttribute("role", "status");
  dialog.append(
    button("close", "Close", "\u2715", function () { dialog.close(); }),
    button("previous", "Previous picture", "\u2190", function () { show(current - 1); }),
    image,
    button("next", "Next picture", "\u2192", function () { show(current + 1); }),
    count
  );
  document.body.append(dialog);

  function button(name, label, sign, act) {
    const made = document.createElement("button");
    made.type = "button";
    made.className = name;
    made.setAttribute("aria-label", label);
    made.textContent = sign;
    made.hidden = name !== "close" && addresses.length < 2;
    made.addEventListener("click", act);
    return made;
  }

  function show(number) {
    current = (number + addresses.length) % addresses.length;
    const words = "Picture " + (current + 1) + " of " + addresses.length;
    image.src = addresses[current];
    image.alt = words;
    count.textContent = words;
  }

  links.forEach(function (link) {
    link.addEventListener("click", function (event) {
      if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) {
        return; // the reader wants a tab of its own
      }
      event.preventDefault();
      show(addresses.indexOf(link.href));
      dialog.showModal();
    });
  });
  dialog.addEventListener("keydown", function (event) {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (step) {
      event.preventDefault();
      show(current + step);
    }
  });
  dialog.addEventListener("click", function (event) {
    if (event.target === dialog) {
      dialog.close();
    }
  });
})();
