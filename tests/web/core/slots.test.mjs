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

test("the best chain has the first lane, and forks have lanes below it", () => {
  const chain = [
    slot(1, [block("1")]),
    slot(2, [block("2", { parent: "1" }), block("f", { parent: "1", chain: "fork" })]),
    slot(3, [block("g", { parent: "f", chain: "fork" })]),
    slot(4, [block("4", { parent: "2", chain: "unknown" }), block("h", { parent: null, chain: "fork" }), block("i", { chain: "fork" })]),
  ];
  const { nodes, edges, lanes } = slots.chainGraph(chain);
  assert.deepEqual(Object.fromEntries(nodes.map(({ hash, lane }) => [hash, lane])), { 1: 0, 2: 0, f: 1, g: 1, 4: 0, h: 1, i: 2 });
  assert.deepEqual(edges.map(({ from, to }) => from.hash + to.hash).sort(), ["12", "1f", "24", "fg"]);
  assert.equal(lanes, 3);
});

test("series have the times of the calendar, or those of the blocks", () => {
  const at = (ms) => new Date(ms).toISOString();
  const range = [slot(1, [block("1", { first_had_at: at(6100) })]), slot(2, []), slot(3, [block("3", { first_had_at: at(18_150), until_50_ms: 0 })])];
  const byCalendar = slots.slotSeries(range, true);
  assert.deepEqual(byCalendar.x, [6000, 12_000, 18_000]);
  assert.deepEqual(byCalendar.interval, [null, null, 12_050]);
  assert.deepEqual(byCalendar.p90, [200, null, 200]);
  assert.equal(byCalendar.p50[2], null);
  assert.deepEqual(slots.slotSeries(range, false).x, [6100, 18_150]);
});

test("a range is summarised without slots that are not known", () => {
  const range = [
    slot(1, [], { state: "unknown" }),
    slot(2, [block("2"), block("f", { chain: "fork" })], { import_failed: 3 }),
    slot(3, [], { authoring_failed: 1 }),
    slot(4, [block("4", { until_90_ms: null })]),
    slot(9, [], { state: "pending" }),
  ];
  const summary = slots.summarise(range, 9);
  assert.deepEqual(
    [summary.settled, summary.authored, summary.missed, summary.unknown, summary.forks, summary.incomplete],
    [3, 2, 1, 1, 1, 1],
  );
  assert.deepEqual([summary.failedImports, summary.failedAuthorings, summary.p90], [3, 1, 200]);
  assert.equal(slots.summarise([], 9).p50, null);
});

test("authors are those of the most blocks first", () => {
  const other = { ...author, node_id: "b".repeat(64) };
  const range = [slot(1, [block("1", { author: other })]), slot(2, [block("2", { author }), block("f", { author, chain: "fork", until_90_ms: 400 })]), slot(3, [block("3")])];
  const rows = slots.authorsOf(range);
  assert.deepEqual(rows.map((row) => [row.node.node_id[0], row.blocks, row.forks]), [["a", 2, 1], ["b", 1, 0]]);
  assert.equal(rows[0].p90, 300);
});

test("newer slots replace older ones, and a gap is noticed", () => {
  const older = [1, 2, 3].map((number) => slot(number, []));
  const newer = [3, 4].map((number) => slot(number, [block(String(number))]));
  assert.deepEqual(slots.joinSlots(older, newer).map(({ slot: number, blocks }) => [number, blocks.length]), [[1, 0], [2, 0], [3, 1], [4, 1]]);
  assert.equal(slots.joinSlots(older, [slot(9, [])]), null);
  assert.deepEqual([slots.joinSlots([], newer).length, slots.joinSlots(older, []).length], [2, 3]);
});

test("a range of time is a range of slots, at most so many", () => {
  const calendar = { slotSeconds: 6, newest: 100, newestMs: 600_000 };
  assert.deepEqual(slots.slotsOfRange([540_000, 600_000], calendar, 60), { count: 11, before: 101, cut: false });
  assert.deepEqual(slots.slotsOfRange([0, 599_999], calendar, 60), { count: 60, before: 100, cut: true });
  assert.deepEqual(slots.slotsOfRange([700_000, 800_000], calendar, 60), { count: 1, before: 101, cut: false });
});
