/** Serves the page's files, and answers /health for the whole app by asking the backend. */
import { readFile } from "node:fs/promises";
import http from "node:http";
import { pathToFileURL } from "node:url";

const TYPES = { html: "text/html", css: "text/css", js: "text/javascript", svg: "image/svg+xml" };
const FILES = new Set(["index.html", "board.css", "board.js", "icon.svg"]);
const HEADERS = {
  "Content-Security-Policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'",
  "X-Content-Type-Options": "nosniff",
  "Referrer-Policy": "no-referrer",
  "Cache-Control": "no-cache",
};
const PATIENCE = 900; // milliseconds; the platform waits for a second

export function createServer({ backend, title, fetched = fetch }) {
  return http.createServer(async (request, response) => {
    const name = new URL(request.url, "http://board").pathname.slice(1) || "index.html";
    if (name === "health") {
      await health(response, backend, fetched);
    } else if (!FILES.has(name)) {
      send(response, 404, "text/plain", "There is nothing here.");
    } else {
      await file(response, name, title);
    }
  });
}

async function health(response, backend, fetched) {
  let isHealthy = false;
  try {
    isHealthy = (await fetched(`${backend}/health`, { signal: AbortSignal.timeout(PATIENCE) })).ok;
  } catch {
    // A backend that cannot be reached is as bad as one that says no.
  }
  const state = { status: isHealthy ? "healthy" : "degraded", checks: { backend: isHealthy ? "ok" : "error" } };
  send(response, isHealthy ? 200 : 503, "application/json", JSON.stringify(state));
}

async function file(response, name, title) {
  const content = await readFile(new URL(`site/${name}`, import.meta.url));
  const isPage = name.endsWith(".html");
  const text = isPage ? content.toString().replaceAll("{{title}}", () => escaped(title)) : content;
  send(response, 200, TYPES[name.split(".").pop()], text);
}

function send(response, status, type, content) {
  response.writeHead(status, { ...HEADERS, "Content-Type": `${type}; charset=utf-8` });
  response.end(content);
}

const escaped = (text) => text.replace(/[&<>"]/g, (letter) => `&#${letter.charCodeAt(0)};`);

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const { BACKEND_URL: backend = "http://backend:8001", BOARD_TITLE: title = "Status Board" } = process.env;
  const server = createServer({ backend, title }).listen(3000, "0.0.0.0");
  process.on("SIGTERM", () => server.close(() => process.exit(0)));
}
