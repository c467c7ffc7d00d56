// core/chain_graph.js: the chain as a graph.

import assert from "node:assert/strict";
import test from "node:test";

import * as graph from "../../../tart/web/app/core/chain_graph.js";

const block = (hash, more = {}) => ({
  ...{ hash, parent: null, author: null, chain: "best", first_had_at: null, authored_at: null },
  ...{ nodes: 6, expected: 6, late: 0, size_bytes: 10 },
  ...{ until_50_ms: 100, until_90_ms: 200, until_99_ms: 300 },
  ...more,
});
const slot = (number, blocks, more = {}) => ({
  ...{ slot: number, time: new Date(6000 * number).toISOString(), state: blocks.length ? "authored" : "missed" },
  ...{ blocks, authoring_failed: 0, import_failed: 0 },
  ...more,
});

test("the best chain has the first lane, and forks have lanes below it", () => {
  const chain = [
    slot(1, [block("1")]),
    slot(2, [block("2", { parent: "1" }), block("f", { parent: "1", chain: "fork" })]),
    slot(3, [block("g", { parent: "f", chain: "fork" })]),
    slot(4, [block("4", { parent: "2", chain: "unknown" }), block("h", { parent: null, chain: "fork" }), block("i", { chain: "fork" })]),
  ];
  const { nodes, edges, lanes } = graph.chainGraph(chain);
  assert.deepEqual(Object.fromEntries(nodes.map(({ hash, lane }) => [hash, lane])), { 1: 0, 2: 0, f: 1, g: 1, 4: 0, h: 1, i: 2 });
  assert.deepEqual(edges.map(({ from, to }) => from.hash + to.hash).sort(), ["12", "1f", "24", "fg"]);
  assert.equal(lanes, 3);
});
