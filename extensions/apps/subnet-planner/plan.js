/** Cuts a network into subnets. Addresses are BigInts, so that IPv4 and IPv6 are reckoned alike. */

export class PlanError extends Error {}

const MOST_WANTED = 256;
const BITS = { 4: 32, 6: 128 };

/** The subnets of `network` for the `wanted` lines, and the blocks that stay free. Throws PlanError. */
export function plan(network, wanted) {
  if (!Array.isArray(wanted) || wanted.length > MOST_WANTED) throw new PlanError(`Ask for at most ${MOST_WANTED} subnets.`);
  const whole = parseNetwork(network);
  const bits = BITS[whole.version];
  const needs = wanted.map((line, index) => ({ ...parseNeed(line, whole.version), index }));
  let free = [whole];
  const subnets = [];
  // From the largest to the smallest, every block lies on its own boundary and no gap comes of it.
  for (const need of [...needs].sort((a, b) => a.prefix - b.prefix)) {
    const block = free.filter((candidate) => candidate.prefix <= need.prefix).sort((a, b) => b.prefix - a.prefix)[0];
    if (!block) throw new PlanError(`There is no room left for "${need.name}" (/${need.prefix}).`);
    const [taken, ...rest] = split(block, need.prefix, bits);
    free = [...free.filter((candidate) => candidate !== block), ...rest];
    subnets.push({ name: need.name, ...shown(taken), index: need.index });
  }
  subnets.sort((a, b) => a.index - b.index);
  free.sort((a, b) => (a.base < b.base ? -1 : 1));
  return { network: cidr(whole), subnets: subnets.map(({ index, ...rest }) => rest), free: free.map(cidr) };
}

/** The first subnet of `block` with this prefix, then the halves that are left. */
function split(block, prefix, bits) {
  const rest = [];
  let taken = block;
  while (taken.prefix < prefix) {
    const next = taken.prefix + 1;
    rest.unshift({ ...taken, prefix: next, base: taken.base + (1n << BigInt(bits - next)) });
    taken = { ...taken, prefix: next };
  }
  return [taken, ...rest];
}

function parseNeed(line, version) {
  const found = /^\s*(\S.{0,58}\S|\S)\s+(?:\/(\d{1,3})|(\d{1,15}))\s*$/.exec(typeof line === "string" ? line : "");
  if (!found) throw new PlanError(`"${String(line).slice(0, 60)}" is not understood. Write: office 200, or: link /30`);
  const [, name, prefix, hosts] = found;
  const bits = BITS[version];
  if (prefix !== undefined) {
    if (Number(prefix) > bits) throw new PlanError(`/${prefix} is longer than an address.`);
    return { name, prefix: Number(prefix) };
  }
  const kept = version === 4 ? 2n : 0n; // network and broadcast
  const size = BigInt(hosts) + kept;
  if (size <= kept) throw new PlanError(`"${name}" needs at least one host.`);
  return { name, prefix: bits - (size - 1n).toString(2).length * Number(size > 1n) };
}

export function parseNetwork(text) {
  const [address, prefix, ...more] = typeof text === "string" ? text.trim().split("/") : [];
  const version = address?.includes(":") ? 6 : 4;
  if (more.length || !/^\d{1,3}$/.test(prefix ?? "") || Number(prefix) > BITS[version]) {
    throw new PlanError("Write a network as 10.20.0.0/16 or 2001:db8::/48.");
  }
  const value = version === 4 ? parseIPv4(address) : parseIPv6(address);
  const size = 1n << BigInt(BITS[version] - Number(prefix));
  return { version, prefix: Number(prefix), base: value - (value % size) };
}

function parseIPv4(text) {
  const parts = text.split(".");
  if (parts.length !== 4 || !parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) < 256)) {
    throw new PlanError(`${text} is no IPv4 address.`);
  }
  return parts.reduce((value, part) => value * 256n + BigInt(part), 0n);
}

function parseIPv6(text) {
  const [head, tail, ...more] = text.split("::");
  const groups = (part) => (part ? part.split(":") : []);
  const [before, after] = [groups(head), groups(tail)];
  const missing = 8 - before.length - after.length;
  const isComplete = tail === undefined ? missing === 0 : missing > 0;
  if (more.length || !isComplete || ![...before, ...after].every((group) => /^[0-9a-f]{1,4}$/i.test(group))) {
    throw new PlanError(`${text} is no IPv6 address.`);
  }
  const all = [...before, ...Array(tail === undefined ? 0 : missing).fill("0"), ...after];
  return all.reduce((value, group) => value * 65536n + BigInt(`0x${group}`), 0n);
}

function shown(block) {
  const size = 1n << BigInt(BITS[block.version] - block.prefix);
  const isPlain = block.version === 4 && block.prefix < 31;
  const [first, last] = isPlain ? [block.base + 1n, block.base + size - 2n] : [block.base, block.base + size - 1n];
  const format = (value) => formatted(value, block.version);
  return { network: cidr(block), first: format(first), last: format(last), hosts: (isPlain ? size - 2n : size).toString() };
}

const cidr = (block) => `${formatted(block.base, block.version)}/${block.prefix}`;

function formatted(value, version) {
  if (version === 4) return [24n, 16n, 8n, 0n].map((shift) => (value >> shift) & 255n).join(".");
  const groups = Array.from({ length: 8 }, (_, index) => ((value >> BigInt(112 - 16 * index)) & 65535n).toString(16));
  // RFC 5952: the longest run of two or more zeros is left out, the first of equals.
  const runs = [...groups.join(":").matchAll(/(?:^|:)0(?::0)+(?=:|$)/g)].sort((a, b) => b[0].replace(/^:/, "").length - a[0].replace(/^:/, "").length);
  if (!runs.length) return groups.join(":");
  const text = groups.join(":");
  return `${text.slice(0, runs[0].index)}::${text.slice(runs[0].index + runs[0][0].length).replace(/^:/, "")}`;
}
