// core/waterfall_layout.js: lines, the part that is shown, places of bars.

import assert from "node:assert/strict";
import test from "node:test";

import * as layout from "../../../tart/web/app/core/waterfall_layout.js";

const bar = (stage, start, end, more = {}) => ({
  ...{ stage, status: "completed", start_ms: start, end_ms: end, start_event_id: 1, end_event_id: 2 },
  ...{ reason: null, peer_id: null, typical: null, is_critical: false },
  ...more,
});
const ONE = "1".repeat(64);
const TWO = "2".repeat(64);
const data = {
  rows: [
    {
      ...{ node_id: ONE, role: "primary", outcome: "distributed", session: 1, start_ms: 0, end_ms: 50 },
      ...{ clock_offset_ms: 7, is_corrected: true, marks: [{ stage: "imports_received", at_ms: 20, event_id: 3 }] },
      bars: [bar("submit", 0, 10), bar("refine", 10, 50, { is_critical: true })],
      shares: [bar("share", 12, 40, { peer_id: TWO })],
    },
  ],
  groups: [
    {
      ...{ name: "guarantees_received", event_type: 112, count: 9, read: 2, nodes: 2, reasons: {} },
      ...{ first_ms: 100, p50_ms: 100, p90_ms: 120, last_ms: 120, first_event_id: 4, last_event_id: 5 },
      histogram: { start_ms: 100, bin_ms: 1, counts: [1, ...Array(22).fill(0), 1] },
    },
  ],
  chain: { guarantee_received_ms: 100, included_ms: 200, available_ms: null, discarded_ms: null },
  critical_path: [{ stage: "included", node_id: null, start_ms: 50, end_ms: 200, event_id: 8 }],
};

test("a package has lines for its guarantors, shares, other nodes and the chain", () => {
  const lines = layout.linesOf(data);
  assert.deepEqual(lines.map(({ kind }) => kind), ["node", "share", "group", "chain"]);
  assert.equal(lines[1].label, "to 22222222");
  assert.deepEqual(lines[3].marks.map(({ stage, eventId }) => [stage, eventId]), [["guarantee received", null], ["included", 8]]);
  assert.equal(new Set(lines.map(({ key }) => key)).size, lines.length);
});

test("a closed guarantor hides its shares and counts them", () => {
  const lines = layout.linesOf(data, { closed: new Set([ONE]) });
  assert.deepEqual(lines.map(({ kind }) => kind), ["node", "group", "chain"]);
  assert.equal(lines[0].shares, 1);
});

test("without correction a row is by the clock of its node, and other nodes stay", () => {
  const lines = layout.linesOf(data, { corrected: false });
  assert.deepEqual(lines.map(({ shift }) => shift), [-7, -7, 0, 0]);
  assert.ok(layout.extentOf(lines)[0] <= -7);
});

test("the extent has everything with a little room", () => {
  const [first, last] = layout.extentOf(layout.linesOf(data));
  assert.ok(first < 0 && first > -10);
  assert.ok(last > 200 && last < 210);
  assert.deepEqual(layout.extentOf([]), [0, 1]);
});

test("the part of the address is inside the extent, whatever is written there", () => {
  assert.deepEqual(layout.viewOf("10~50", [0, 100]), [10, 50]);
  assert.deepEqual(layout.viewOf("50~-10.5", [0, 100]), [0, 50]);
  for (const wrong of [undefined, "", "x", "5~5", "500~600", "1~2~3"]) assert.deepEqual(layout.viewOf(wrong, [0, 100]), [0, 100]);
  assert.deepEqual(layout.viewOf(layout.viewText([1.23456, 7]), [0, 100]), [1.235, 7]);
});

test("keys zoom about the middle and move, inside the extent", () => {
  assert.deepEqual(layout.changedView([0, 100], [0, 100], "in"), [25, 75]);
  assert.deepEqual(layout.changedView([25, 75], [0, 100], "out"), [0, 100]);
  assert.deepEqual(layout.changedView([0, 40], [0, 100], "left"), [0, 40]);
  assert.deepEqual(layout.changedView([0, 40], [0, 100], "right"), [10, 50]);
  let view = [0, 100];
  for (let count = 0; count < 40; count += 1) view = layout.changedView(view, [0, 100], "in");
  assert.ok(view[1] - view[0] > 0.09);
});

test("a bar is cut at the ends of what is shown, and is never too thin to be seen", () => {
  assert.deepEqual(layout.placeOf(-50, 50, [0, 100]), { left: 0, width: 50 });
  assert.equal(layout.placeOf(101, 200, [0, 100]), null);
  assert.ok(layout.placeOf(10, 10, [0, 100]).width > 0);
});

test("ticks are round numbers inside what is shown", () => {
  assert.deepEqual(layout.ticksOf([0, 100], 5), [0, 20, 40, 60, 80, 100]);
  for (const tick of layout.ticksOf([-3.2, 7.7])) assert.ok(tick >= -3.2 && tick <= 7.7);
});

test("the small map counts what happens in each part", () => {
  const counts = layout.activity(layout.linesOf(data), [0, 240], 24);
  assert.equal(counts.length, 24);
  assert.ok(counts[1] >= 2);
  assert.equal(counts[23], 0);
});

test("the table has every bar, mark and group", () => {
  const rows = layout.tableOf(layout.linesOf(data));
  assert.equal(rows.length, 2 + 1 + 1 + 1 + 2);
  assert.deepEqual(rows.find(({ step }) => step === "refine").critical, true);
  assert.equal(new Set(rows.map(({ key }) => key)).size, rows.length);
});
