// Marks in the bar of sections where the reader is. Without this script the bar is a list of links.
(function () {
  "use strict";
  const bar = document.querySelector("[data-section-nav]");
  if (!bar || !window.IntersectionObserver) {
    return;
  }
  const links = new Map(Array.from(bar.querySelectorAll("a"), function (link) {
    return [link.hash.slice(1), link];
  }));
  const sections = Array.from(links.keys(), function (id) { return document.getElementById(id); });
  const inView = new Set();
  let marked = null;

  function mark() {
    const first = sections.find(function (section) { return inView.has(section); });
    const link = first && links.get(first.id);
    if (!link || link === marked) {
      return;
    }
    if (marked) {
      marked.removeAttribute("aria-current");
    }
    link.setAttribute("aria-current", "true");
    link.parentElement.parentElement.scrollTo({ left: link.offsetLeft - bar.offsetWidth / 3 });
    marked = link;
  }

  const observer = new IntersectionObserver(function (entries) {
    entries.forEach(function (entry) {
      inView[entry.isIntersecting ? "add" : "delete"](entry.target);
    });
    mark();
  }, { rootMargin: "-30% 0px -69% 0px" });
  sections.forEach(function (section) { observer.observe(section); });
})();
