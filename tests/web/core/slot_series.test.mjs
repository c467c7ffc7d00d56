// core/slot_series.js: series and figures of many slots.

import assert from "node:assert/strict";
import test from "node:test";

import * as series from "../../../tart/web/app/core/slot_series.js";

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

test("series have the times of the calendar, or those of the blocks", () => {
  const at = (ms) => new Date(ms).toISOString();
  const range = [slot(1, [block("1", { first_had_at: at(6100) })]), slot(2, []), slot(3, [block("3", { first_had_at: at(18_150), until_50_ms: 0 })])];
  const byCalendar = series.slotSeries(range, true);
  assert.deepEqual(byCalendar.x, [6000, 12_000, 18_000]);
  assert.deepEqual(byCalendar.interval, [null, null, 12_050]);
  assert.deepEqual(byCalendar.p90, [200, null, 200]);
  assert.equal(byCalendar.p50[2], null);
  assert.deepEqual(series.slotSeries(range, false).x, [6100, 18_150]);
});

test("a range is summarised without slots that are not known", () => {
  const range = [
    slot(1, [], { state: "unknown" }),
    slot(2, [block("2"), block("f", { chain: "fork" })], { import_failed: 3 }),
    slot(3, [], { authoring_failed: 1 }),
    slot(4, [block("4", { until_90_ms: null })]),
    slot(9, [], { state: "pending" }),
  ];
  const summary = series.summarise(range, 9);
  assert.deepEqual(
    [summary.settled, summary.authored, summary.missed, summary.unknown, summary.forks, summary.incomplete],
    [3, 2, 1, 1, 1, 1],
  );
  assert.deepEqual([summary.failedImports, summary.failedAuthorings, summary.p90], [3, 1, 200]);
  assert.equal(series.summarise([], 9).p50, null);
});

test("authors are those of the most blocks first", () => {
  const other = { ...author, node_id: "b".repeat(64) };
  const range = [slot(1, [block("1", { author: other })]), slot(2, [block("2", { author }), block("f", { author, chain: "fork", until_90_ms: 400 })]), slot(3, [block("3")])];
  const rows = series.authorsOf(range);
  assert.deepEqual(rows.map((row) => [row.node.node_id[0], row.blocks, row.forks]), [["a", 2, 1], ["b", 1, 0]]);
  assert.equal(rows[0].p90, 300);
});

test("newer slots replace older ones, and a gap is noticed", () => {
  const older = [1, 2, 3].map((number) => slot(number, []));
  const newer = [3, 4].map((number) => slot(number, [block(String(number))]));
  assert.deepEqual(series.joinSlots(older, newer).map(({ slot: number, blocks }) => [number, blocks.length]), [[1, 0], [2, 0], [3, 1], [4, 1]]);
  assert.equal(series.joinSlots(older, [slot(9, [])]), null);
  assert.deepEqual([series.joinSlots([], newer).length, series.joinSlots(older, []).length], [2, 3]);
});

test("a range of time is a range of slots, at most so many", () => {
  const calendar = { slotSeconds: 6, newest: 100, newestMs: 600_000 };
  assert.deepEqual(series.slotsOfRange([540_000, 600_000], calendar, 60), { count: 11, before: 101, cut: false });
  assert.deepEqual(series.slotsOfRange([0, 599_999], calendar, 60), { count: 60, before: 100, cut: true });
  assert.deepEqual(series.slotsOfRange([700_000, 800_000], calendar, 60), { count: 1, before: 101, cut: false });
});
