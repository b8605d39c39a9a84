/** Shows the board, and every change of it as soon as it happens. Addresses are relative: the path before them is the platform's. */
const WORDS = { ok: "works", degraded: "limited", down: "down" };
const find = (id) => document.getElementById(id);
const [board, form, summary, problem] = ["board", "form", "summary", "problem"].map(find);

function show(items) {
  board.replaceChildren(...items.map(row));
  const bad = items.filter((item) => item.state !== "ok").length;
  summary.textContent = !items.length ? "Nothing on the board yet." : bad ? `${bad} of ${items.length} need attention.` : "Everything works.";
  document.body.dataset.state = items[0]?.state ?? "ok";
}

function row(item) {
  const element = find("item").content.cloneNode(true).firstElementChild;
  element.dataset.state = item.state;
  element.querySelector("strong").textContent = item.name;
  element.querySelector("em").textContent = WORDS[item.state];
  element.querySelector(".note").textContent = item.note;
  const time = element.querySelector("time");
  time.dateTime = item.since;
  time.textContent = new Date(item.since).toLocaleString();
  element.querySelector("button").addEventListener("click", () => send("DELETE", item.name));
  element.addEventListener("dblclick", () => Object.assign(form.name, { value: item.name }) && form.note.focus());
  return element;
}

async function send(method, name, body) {
  const options = { method, body: body && JSON.stringify(body) };
  const reply = await fetch(`api/items/${encodeURIComponent(name)}`, options).catch(() => null);
  problem.hidden = Boolean(reply?.ok);
  if (!reply?.ok) problem.textContent = (await reply?.json().catch(() => null))?.detail ?? "The board cannot be reached.";
  return Boolean(reply?.ok);
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const { name, state, note } = Object.fromEntries(new FormData(form));
  if (await send("PUT", name, { state, note })) form.reset();
});

const events = new EventSource("api/sse/board");
events.addEventListener("board", (event) => show(JSON.parse(event.data)));
events.addEventListener("error", () => { summary.textContent = "The connection is lost; trying again…"; });
