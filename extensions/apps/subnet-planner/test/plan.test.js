import assert from "node:assert/strict";
import test from "node:test";

import { PlanError, parseNetwork, plan } from "../plan.js";

const networks = (found) => found.subnets.map((subnet) => `${subnet.name} ${subnet.network}`);

test("the largest subnet comes first, so that none is wasted", () => {
  const found = plan("10.20.0.0/22", ["link /30", "office 200", "guests 60"]);
  assert.deepEqual(networks(found), ["link 10.20.1.64/30", "office 10.20.0.0/24", "guests 10.20.1.0/26"]);
  assert.deepEqual(found.free, ["10.20.1.68/30", "10.20.1.72/29", "10.20.1.80/28", "10.20.1.96/27", "10.20.1.128/25", "10.20.2.0/23"]);
});

test("a subnet has room for its hosts, the network and the broadcast", () => {
  const [subnet] = plan("192.168.0.0/16", ["lab 254"]).subnets;
  assert.deepEqual(subnet, { name: "lab", network: "192.168.0.0/24", first: "192.168.0.1", last: "192.168.0.254", hosts: "254" });
  assert.equal(plan("192.168.0.0/16", ["lab 255"]).subnets[0].network, "192.168.0.0/23");
});

test("IPv6 is reckoned in full and written in short", () => {
  const found = plan("2001:db8::/32", ["site /48", "net 1", "all /64"]);
  assert.deepEqual(networks(found), ["site 2001:db8::/48", "net 2001:db8:1:1::/128", "all 2001:db8:1::/64"]);
  assert.equal(found.subnets[0].hosts, (2n ** 80n).toString());
  assert.equal(plan("1:0:0:2::/64", []).network, "1:0:0:2::/64");
});

test("what is taken and what is free is the whole network, once", () => {
  const found = plan("10.0.0.0/20", ["a 500", "b 100", "c 100", "d /31", "e /32"]);
  const sizes = [...found.subnets.map((subnet) => subnet.network), ...found.free].map((text) => 2 ** (32 - text.split("/")[1]));
  assert.equal(sizes.reduce((sum, size) => sum + size), 2 ** 12);
});

test("the host part of a network is left out", () => {
  assert.equal(parseNetwork(" 10.1.2.3/8 ").base, 10n << 24n);
});

test("what does not fit is named", () => {
  assert.throws(() => plan("10.0.0.0/30", ["office 200"]), /office.*\/24/);
});

for (const network of ["", "10.0.0.0", "10.0.0/8", "10.0.0.0/33", "256.0.0.0/8", "010.0.0.0/8", "1::2::3/64", ":::/8", "1:2:3/64", "g::/64", "a/b/c", 7, null]) {
  test(`${JSON.stringify(network)} is no network`, () => assert.throws(() => plan(network, []), PlanError));
}

for (const line of ["", "office", "office 0", "office -1", "office /129", "x".repeat(80) + " 1", 5, null]) {
  test(`${JSON.stringify(line)} is no wish`, () => assert.throws(() => plan("10.0.0.0/8", [line]), PlanError));
}
