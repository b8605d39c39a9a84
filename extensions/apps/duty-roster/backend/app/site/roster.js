/** Shows who is on duty, and lets the user sign on and off. */
const find = (id) => document.getElementById(id);
const time = (text) => new Date(text).toLocaleString([], { dateStyle: "medium", timeStyle: "short" });
let isOn = false;

function show(found) {
  document.title = document.querySelector("h1").textContent = found.title;
  isOn = found.on_duty.some((duty) => duty.user_id === found.you);
  find("sign").textContent = isOn ? "Sign off" : "Sign on";
  find("note-label").hidden = !isOn;
  find("on-duty").replaceChildren(...(found.on_duty.length ? found.on_duty.map((duty) => row(duty.name, `since ${time(duty.begun)}`)) : [row("Nobody", "")]));
  find("ended").replaceChildren(...found.ended.map((duty) => row(duty.name, `${time(duty.begun)} to ${time(duty.ended)}`, duty.note)));
}

function row(name, when, note = "") {
  const item = document.createElement("li");
  for (const [tag, text] of [["strong", name], ["time", when], ["p", note]]) {
    if (text) item.append(Object.assign(document.createElement(tag), { textContent: text }));
  }
  return item;
}

async function ask(path, body) {
  const options = body && { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
  const reply = await fetch(path, options).catch(() => null);
  const answer = await reply?.json().catch(() => null);
  find("problem").textContent = reply?.ok ? "" : answer?.detail ?? "The roster cannot be reached.";
  if (reply?.ok) show(answer);
}

find("form").addEventListener("submit", async (event) => {
  event.preventDefault();
  const note = event.target.note.value;
  await (isOn ? ask("api/duties/end", { note }) : ask("api/duties", {}));
  event.target.reset();
});

ask("api/duties");
setInterval(() => ask("api/duties"), 30_000);
