// core/slots.js: figures and texts of slots and their blocks.

import assert from "node:assert/strict";
import test from "node:test";

import * as slots from "../../../tart/web/app/core/slots.js";

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
const author = { node_id: "a".repeat(64), implementation_name: "polkajam", implementation_version: "0.1.27" };

test("heights are between the ends of the scale, and unknown where a share was not reached", () => {
  assert.deepEqual([10, 50, 12_000, 99_999].map(slots.heightOf), [0, 0, 1, 1]);
  assert.equal(slots.heightOf(null), null);
  assert.ok(slots.heightOf(200) < slots.heightOf(600));
});

test("a slot is told in one line", () => {
  const normal = slots.describeSlot(slot(7, [block("a", { author })], { import_failed: 2 }), 9);
  assert.equal(normal, "Slot 7 · polkajam 0.1.27 · 6 of 6 nodes · 90 % after 200\u2009ms · 2 imports failed");
  const fork = slots.describeSlot(slot(7, [block("a"), block("b", { chain: "fork" })], { authoring_failed: 1 }), 9);
  assert.match(fork, /author unknown .* fork: 2 blocks · 1 authoring failed$/);
  const states = ["missed", "pending", "unknown"].map((state) => slots.describeSlot(slot(7, [], { state }), 9));
  assert.match(states[0], /missed/);
  assert.match(states[1], /no block yet/);
  assert.match(states[2], /no node was connected/);
});

test("only the newest blocks are still spreading", () => {
  const late = block("a", { until_90_ms: null });
  assert.match(slots.describeSlot(slot(9, [late]), 9), /still spreading/);
  assert.match(slots.describeSlot(slot(5, [late]), 9), /90 % not reached/);
  const [, cell] = slots.stripCells({ slots: [slot(5, [late]), slot(9, [late])], newest_slot: 9 });
  assert.deepEqual([cell.spreading, cell.height, cell.fork], [true, null, false]);
});
