import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { createServer } from "../server.js";

let server;
let url;

before(async () => {
  server = createServer();
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  url = `http://127.0.0.1:${server.address().port}`;
});
after(() => server.close());

const post = (body) => fetch(`${url}/api/plan`, { method: "POST", body });

test("a plan comes as JSON", async () => {
  const found = await (await post(JSON.stringify({ network: "10.0.0.0/24", wanted: ["a /25"] }))).json();
  assert.equal(found.subnets[0].network, "10.0.0.0/25");
});

test("a wrong question is told and nothing more", async () => {
  for (const body of ["", "{", "null", "[]", '{"network": "x"}', "x".repeat(70000)]) {
    assert.equal((await post(body)).status, 422);
  }
});

test("the shared library says who is logged in", async () => {
  const reply = await fetch(`${url}/api/session`, { headers: { "X-User-Id": "u7", "X-User-Name": "Example User" } });
  assert.equal((await reply.json()).user.name, "Example User");
});

test("the page is served, its sources are not", async () => {
  assert.match(await (await fetch(`${url}/`)).text(), /Subnet Planner/);
  assert.equal((await fetch(`${url}/server.js`)).status, 404);
  assert.deepEqual(await (await fetch(`${url}/health`)).json(), { status: "healthy" });
});
