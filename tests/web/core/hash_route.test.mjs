import assert from "node:assert/strict";
import { test } from "node:test";

import { formatHash, matchPath, parseHash } from "../../../tart/web/app/core/hash_route.js";

test("a hash is a path and parameters, and back", () => {
  const cases = [
    ["#/nodes/ab?sort=-lag&q=a%26b", "nodes/ab", { sort: "-lag", q: "a&b" }],
    ["#/", "", {}],
    ["#/events?from=2026-11-20T12:00:00.000Z", "events", { from: "2026-11-20T12:00:00.000Z" }],
  ];
  for (const [hash, path, parameters] of cases) {
    assert.deepEqual(parseHash(hash), { path, parameters });
    assert.equal(formatHash(path, parameters), hash);
  }
});

test("odd hashes are read as far as they go", () => {
  assert.deepEqual(parseHash(""), { path: "", parameters: {} });
  assert.deepEqual(parseHash("#nodes/"), { path: "nodes", parameters: {} });
  assert.deepEqual(parseHash("#/%zz?a"), { path: "%zz", parameters: { a: "" } });
});

test("parameters without a value are omitted, true is 1", () => {
  assert.equal(formatHash("x", { a: undefined, b: null, c: "", d: false, e: true, f: 0 }), "#/x?e=1&f=0");
});

test("a pattern's parts have the values of the path", () => {
  assert.deepEqual(matchPath("nodes/{id}", "nodes/ab"), { id: "ab" });
  assert.deepEqual(matchPath("", ""), {});
  assert.equal(matchPath("nodes/{id}", "nodes"), null);
  assert.equal(matchPath("nodes", "work"), null);
});
