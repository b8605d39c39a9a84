import assert from "node:assert/strict";
import test from "node:test";

import { AuthenticationError, getIdentity, requireAuth } from "../src/index.js";
import { getBasePath, withBasePath } from "../src/base-path.js";

test("the platform's headers say who asks", () => {
  const headers = { "x-user-id": "u7", "x-user-name": "Example User", "x-user-roles": "admin, viewer," };
  assert.deepEqual(getIdentity(headers, {}), {
    userId: "u7", name: "Example User", email: null, roles: ["admin", "viewer"],
  });
});

test("without a login nobody is told, and a server answers 401", () => {
  assert.equal(getIdentity({}, {}), null);
  assert.throws(() => requireAuth({}, {}), (error) => error instanceof AuthenticationError && error.status === 401);
});

test("where no login is wanted everybody is the developer", () => {
  assert.equal(requireAuth({}, { KAMIWAZA_USE_AUTH: "False" }).userId, "developer");
});

test("the base path has one slash before it and none behind it", () => {
  assert.equal(getBasePath({}), "");
  assert.equal(getBasePath({ KAMIWAZA_APP_PATH: "/" }), "");
  assert.equal(getBasePath({ KAMIWAZA_APP_PATH: "runtime//apps/x/" }), "/runtime/apps/x");
  assert.equal(withBasePath("/help", "/runtime"), "/runtime/help");
});
