import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { createServer } from "../server.js";

let answer = async () => ({ ok: true });
let server;
let url;

before(async () => {
  server = createServer({ backend: "http://backend", title: 'Deck <3> & "bridge"', fetched: (...rest) => answer(...rest) });
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  url = `http://127.0.0.1:${server.address().port}`;
});
after(() => server.close());

test("the page has the title, as text", async () => {
  const text = await (await fetch(`${url}/`)).text();
  assert.match(text, /<h1>Deck &#60;3&#62; &#38; &#34;bridge&#34;<\/h1>/);
});

test("every file has its type and loads nothing from elsewhere", async () => {
  for (const [name, type] of [["board.js", "text/javascript"], ["board.css", "text/css"], ["icon.svg", "image/svg+xml"]]) {
    const reply = await fetch(`${url}/${name}`);
    assert.equal(reply.headers.get("content-type"), `${type}; charset=utf-8`);
    assert.match(reply.headers.get("content-security-policy"), /default-src 'none'/);
    assert.doesNotMatch(await reply.text(), /https?:\/\/(?!www\.w3\.org)/);
  }
});

test("nothing but the page's files is served", async () => {
  for (const path of ["/server.js", "/../server.js", "/%2e%2e/server.js", "/site/", "/none"]) {
    assert.equal((await fetch(`${url}${path}`)).status, 404);
  }
});

test("health is the backend's", async () => {
  assert.equal((await fetch(`${url}/health`)).status, 200);
  answer = async () => ({ ok: false });
  assert.equal((await fetch(`${url}/health`)).status, 503);
  answer = async () => { throw new Error("gone"); };
  assert.deepEqual(await (await fetch(`${url}/health`)).json(), { status: "degraded", checks: { backend: "error" } });
});
