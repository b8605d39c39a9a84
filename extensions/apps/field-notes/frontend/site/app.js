"use strict";

// The page keeps nothing of its own: every change goes to the API, and the list is asked for again.
// All addresses are relative, so the app also works below a path.

const by = (id) => document.getElementById(id);
const form = document.querySelector("#editor form");
const state = { tag: "", edited: null, asked: 0 };

async function api(path, options = {}) {
  const reply = await fetch(`api/${path}`, {
    ...options,
    headers: options.body ? { "Content-Type": "application/json" } : {},
  });
  if (!reply.ok) throw new Error(await reason(reply));
  return reply.status === 204 ? null : reply.json();
}

async function reason(reply) {
  const body = await reply.json().catch(() => ({}));
  if (typeof body.detail === "string") return body.detail;
  const field = body.detail?.[0]?.loc?.[1];
  if (field === "tags") return "A tag is one word of letters, digits and hyphens; ten at most.";
  return field ? `Please check the ${field}.` : `The server answered ${reply.status}. Try again soon.`;
}

function wanted() {
  const pairs = { q: by("search").value.trim(), tag: state.tag };
  return new URLSearchParams(Object.entries(pairs).filter(([, value]) => value)).toString();
}

async function refresh() {
  const turn = ++state.asked;
  const query = wanted();
  try {
    const [page, tags] = await Promise.all([api(`notes?${query}`), api("tags")]);
    if (turn !== state.asked) return; // a later question was asked meanwhile
    showNotes(page);
    showTags(tags);
    by("export").href = `api/export.md?${query}`;
    show(by("problem"), "");
  } catch (error) {
    show(by("problem"), error.message);
  }
}

function show(element, text) {
  element.textContent = text;
  element.hidden = !text;
}

function showNotes({ notes, total }) {
  by("notes").replaceChildren(...notes.map(card));
  by("count").textContent = `${total} note${total === 1 ? "" : "s"}`;
  const nothing = wanted() ? "No note matches. Try fewer words." : "No notes yet. Write the first one.";
  show(by("empty"), notes.length ? "" : nothing);
}

function card(note) {
  const item = by("note").content.cloneNode(true);
  const title = item.querySelector("h3 button");
  title.append(...marked(note.title));
  title.addEventListener("click", () => edit(note));
  item.querySelector(".body").append(...marked(note.body));
  item.querySelector(".tags").append(...note.tags.map((tag) => element("li", tag)));
  const time = item.querySelector("time");
  time.dateTime = note.created;
  time.textContent = new Date(note.created).toLocaleDateString(undefined, { day: "numeric", month: "short", year: "numeric" });
  return item;
}

function element(name, text) {
  const made = document.createElement(name);
  made.textContent = text;
  return made;
}

// Splits text around the searched words; it becomes text nodes, never HTML.
function marked(text) {
  const words = by("search").value.match(/(?<![\p{L}\p{N}-])[\p{L}\p{N}]{2,}/gu);
  if (!words) return [text];
  const stems = words.map((word) => (word.length > 5 ? word.slice(0, -2) : word));
  const parts = text.split(new RegExp(`((?:${stems.join("|")})[\\p{L}\\p{N}]*)`, "giu"));
  return parts.map((part, place) => (place % 2 ? element("mark", part) : part));
}

function showTags(tags) {
  const buttons = Object.entries(tags).map(([tag, count]) => {
    const button = document.createElement("button");
    button.type = "button";
    button.setAttribute("aria-pressed", String(tag === state.tag));
    button.append(element("span", tag), element("span", count));
    button.addEventListener("click", () => {
      state.tag = tag === state.tag ? "" : tag;
      refresh();
    });
    const item = document.createElement("li");
    item.append(button);
    return item;
  });
  by("tags").replaceChildren(...buttons);
}

function edit(note) {
  state.edited = note;
  by("editor-title").textContent = note ? "Edit note" : "New note";
  form.elements.title.value = note?.title ?? "";
  form.elements.body.value = note?.body ?? "";
  form.elements.tags.value = note?.tags.join(", ") ?? state.tag;
  by("delete").hidden = !note;
  show(form.querySelector(".problem"), "");
  by("editor").showModal();
}

async function change(work) {
  try {
    await work();
    by("editor").close();
    await refresh();
  } catch (error) {
    show(form.querySelector(".problem"), error.message);
  }
}

function draft() {
  const tags = form.elements.tags.value.split(",").map((tag) => tag.trim()).filter(Boolean);
  return JSON.stringify({ title: form.elements.title.value, body: form.elements.body.value, tags });
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const [path, method] = state.edited ? [`notes/${state.edited.id}`, "PUT"] : ["notes", "POST"];
  change(() => api(path, { method, body: draft() }));
});
by("delete").addEventListener("click", () => {
  if (confirm(`Delete "${state.edited.title}"?`)) {
    change(() => api(`notes/${state.edited.id}`, { method: "DELETE" }));
  }
});
by("cancel").addEventListener("click", () => by("editor").close());
by("new").addEventListener("click", () => edit(null));

let typing = 0;
by("search").addEventListener("input", () => {
  clearTimeout(typing);
  typing = setTimeout(refresh, 150);
});

// A search can be kept as a bookmark: ?q=pump&tag=deck
const asked = new URLSearchParams(location.search);
by("search").value = asked.get("q") ?? "";
state.tag = asked.get("tag") ?? "";
refresh();
