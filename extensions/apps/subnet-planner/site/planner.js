/** Asks for a plan and shows it. */
const find = (id) => document.getElementById(id);
const form = find("form");

function make(tag, ...children) {
  const element = document.createElement(tag);
  element.append(...children);
  return element;
}

async function ask() {
  const { network, wanted } = Object.fromEntries(new FormData(form));
  const body = JSON.stringify({ network, wanted: wanted.split("\n").filter((line) => line.trim()) });
  const reply = await fetch("api/plan", { method: "POST", body }).catch(() => null);
  const found = await reply?.json().catch(() => null);
  find("problem").textContent = reply?.ok ? "" : found?.detail ?? "The planner cannot be reached.";
  if (!reply?.ok) return;
  const columns = ["name", "network", "first", "last", "hosts"];
  find("subnets").replaceChildren(...found.subnets.map((subnet) => make("tr", ...columns.map((name) => make("td", subnet[name])))));
  find("free").replaceChildren(...found.free.map((block) => make("li", block)));
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  ask();
});
fetch("api/session").then((reply) => reply.json()).then(({ user }) => {
  find("user").textContent = user ? `Logged in as ${user.name}` : "";
});
ask();
