/** Serves the page, and plans as JSON. */
import { readFile } from "node:fs/promises";
import http from "node:http";
import { pathToFileURL } from "node:url";

import { getIdentity } from "@kamiwaza/auth";
import { getBasePath, withBasePath } from "@kamiwaza/auth/base-path";

import { PlanError, plan } from "./plan.js";

const TYPES = { html: "text/html", css: "text/css", js: "text/javascript" };
const FILES = new Set(["index.html", "planner.css", "planner.js"]);
const HEADERS = {
  "Content-Security-Policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'",
  "X-Content-Type-Options": "nosniff",
  "Cache-Control": "no-cache",
};
const LARGEST_BODY = 65536;

export function createServer() {
  return http.createServer(async (request, response) => {
    try {
      await answer(request, response);
    } catch (error) {
      const isTheirs = error instanceof PlanError || error instanceof SyntaxError;
      json(response, isTheirs ? 422 : 500, { detail: isTheirs ? error.message : "That went wrong." });
    }
  });
}

async function answer(request, response) {
  const name = new URL(request.url, "http://planner").pathname.slice(1) || "index.html";
  if (request.method === "POST" && name === "api/plan") {
    const { network, wanted } = Object(JSON.parse(await body(request)));
    json(response, 200, plan(network, wanted ?? []));
  } else if (name === "api/session") {
    json(response, 200, { user: getIdentity(request.headers), home: withBasePath("/", getBasePath()) });
  } else if (name === "health") {
    json(response, 200, { status: "healthy" });
  } else if (FILES.has(name)) {
    const content = await readFile(new URL(`site/${name}`, import.meta.url));
    send(response, 200, TYPES[name.split(".").pop()], content);
  } else {
    json(response, 404, { detail: "There is nothing here." });
  }
}

async function body(request) {
  let text = "";
  for await (const piece of request.setEncoding("utf8")) {
    text += piece;
    if (text.length > LARGEST_BODY) throw new PlanError("That is too much at once.");
  }
  return text;
}

const json = (response, status, value) => send(response, status, "application/json", JSON.stringify(value));

function send(response, status, type, content) {
  response.writeHead(status, { ...HEADERS, "Content-Type": `${type}; charset=utf-8` });
  response.end(content);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const server = createServer().listen(3000, "0.0.0.0");
  process.on("SIGTERM", () => server.close(() => process.exit(0)));
}
