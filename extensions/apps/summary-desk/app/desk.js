/** Sends the text to the desk and shows what comes back. */
const find = (id) => document.getElementById(id);
const [form, summary, by, copy] = ["desk", "summary", "by", "copy"].map(find);

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  summary.textContent = "Reading…";
  by.textContent = "";
  const { text, sentences } = Object.fromEntries(new FormData(form));
  const body = JSON.stringify({ text, sentences: Number(sentences) });
  const reply = await fetch("api/summary", { method: "POST", body }).catch(() => null);
  const answer = (await reply?.json().catch(() => null)) ?? { detail: "The desk cannot be reached." };
  summary.className = reply?.ok ? "" : "problem";
  summary.textContent = reply?.ok ? answer.summary : answer.detail;
  by.textContent = reply?.ok ? `By: ${answer.by}${answer.problem ? `. ${answer.problem}` : ""}` : "";
  copy.hidden = !reply?.ok;
});

copy.addEventListener("click", () => {
  const from = document.body.dataset.url;
  navigator.clipboard?.writeText(from ? `${summary.textContent}\n\n${from}` : summary.textContent);
});
