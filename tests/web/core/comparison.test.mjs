import assert from "node:assert/strict";
import { test } from "node:test";

import {
  differing,
  foundText,
  groupAxis,
  groupTicks,
  intervalAxis,
  measureRows,
  measureText,
  oriented,
  pairSentence,
  placeOnAxis,
  ratioTicks,
  spreadText,
  valueText,
} from "../../../tart/web/app/core/comparison.js";

const STEP = /** @type {any} */ ({ name: "Importing_to_BlockVerified", kind: "step", unit: "ms", effect: "ratio" });
const SHARE = /** @type {any} */ ({ name: "failure_share", kind: "metric", unit: "share", effect: "difference" });
const pair = (/** @type {any} */ more) =>
  /** @type {any} */ ({
    measure: STEP.name, a: "alpha", b: "beta", ratio: 0.5, difference: null, low: 0.4, high: 0.8,
    p: 0.01, significant: true, worse: "alpha", state: "different", reason: null, ...more,
  });
const plain = (/** @type {string} */ text) => text.replaceAll("\u2009", " ");

test("a pair of implementations is read so that the greater one is named first", () => {
  const turned = oriented(pair({}), "implementation");
  assert.deepEqual([turned.a, turned.b, turned.ratio, turned.low, turned.high], ["beta", "alpha", 2, 1.25, 2.5]);
  assert.equal(plain(pairSentence(turned, STEP)), "alpha takes 2 × as long as beta (1.25 × to 2.5 ×).");
  const less = oriented(pair({ ratio: null, difference: -0.02, low: -0.03, high: -0.01 }), "implementation");
  assert.deepEqual([less.a, less.difference, less.low, less.high], ["beta", 0.02, 0.01, 0.03]);
});

test("a later version is always measured by the one before", () => {
  const versions = pair({ a: "alpha 1", b: "alpha 2" });
  assert.equal(oriented(versions, "version"), versions);
  assert.match(pairSentence(versions, STEP), /^alpha 2 takes 0.5/);
});

test("no difference shown is not the same as none, and missing data is no rank", () => {
  const open = pair({ ratio: 1.1, low: 0.9, high: 1.4, significant: false, state: "not_different" });
  assert.equal(plain(pairSentence(open, STEP)), "alpha and beta: no difference shown; from 0.9 × to 1.4 × is possible.");
  const few = pair({ ratio: null, low: null, high: null, significant: false, state: "not_enough_data", reason: "beta has 2 nodes; 3 are needed" });
  assert.equal(pairSentence(few, STEP), "alpha and beta: not enough data: beta has 2 nodes; 3 are needed.");
});

test("differences of shares are in percentage points", () => {
  const more = pair({ measure: SHARE.name, ratio: null, difference: 0.012, low: 0.004, high: 0.02 });
  assert.equal(plain(pairSentence(more, SHARE)), "beta has +1.2 percentage points against alpha (+0.4 percentage points to +2 percentage points).");
});

test("no difference is in the middle of the axis, whatever the intervals", () => {
  const ratios = intervalAxis([pair({})], "ratio");
  assert.equal(placeOnAxis(1, ratios).toFixed(6), "0.500000");
  assert.ok(placeOnAxis(0.4, ratios) > 0 && placeOnAxis(1000, ratios) === 1 && placeOnAxis(0, ratios) === 0);
  assert.ok(ratioTicks(ratios).includes(1));
  const differences = intervalAxis([pair({ ratio: null, difference: 2, low: -1, high: 5 })], "difference");
  assert.equal(placeOnAxis(0, differences), 0.5);
  assert.deepEqual(intervalAxis([], "difference"), { low: -1, high: 1, log: false });
});

test("groups have one axis, which is logarithmic where there is no zero", () => {
  const group = /** @type {any} */ ({ value: 12, node_min: 10, node_max: 20, p50_ms: 12, p99_ms: 40 });
  const axis = groupAxis([group]);
  assert.ok(axis.log && axis.low < 10 && axis.high > 40);
  assert.deepEqual(groupTicks(axis), [10, 20]);
  const rates = groupAxis([{ ...group, node_min: 0, p50_ms: null, p99_ms: null }]);
  assert.ok(!rates.log && rates.low === 0);
  assert.deepEqual(groupAxis([]), { low: 0, high: 1, log: false });
});

test("what differs comes first, what cannot be known last", () => {
  const measures = ["few", "calm", "other"].map((name) => ({ ...STEP, name }));
  const differences = [
    pair({ measure: "few", state: "not_enough_data", significant: false, ratio: null }),
    pair({ measure: "calm", state: "not_different", significant: false }),
    pair({ measure: "other" }),
  ];
  const rows = measureRows(/** @type {any} */ ({ measures, differences }));
  assert.deepEqual(rows.map(({ measure }) => measure.name), ["other", "calm", "few"]);
  assert.deepEqual(rows.map(foundText), ["1 of 1 pair", "none shown", "not enough data"]);
  const found = differing(/** @type {any} */ ({ measures, differences, by: "implementation" }));
  assert.deepEqual(found.map(({ measure }) => measure.name), ["other"]);
});

test("names, values and spread are words", () => {
  assert.equal(measureText(STEP), "Importing → block verified");
  assert.equal(measureText(SHARE), "Failure share");
  assert.deepEqual(
    [["ms", 12.3], ["ns", 2000], ["bytes", 688_862], ["share", 0.0151], ["1/h", 3], ["factor", 1.1], ["ms", null]].map(([unit, value]) => plain(valueText(/** @type {any} */ (value), String(unit)))),
    ["12.3 ms", "2 µs", "689 kB", "1.5 %", "3/h", "1.1 ×", "—"],
  );
  const spread = { nodes: 4, reached: 4, at_start: 0, first_at: "2026-11-20T12:00:00Z", half_at: null, most_at: null, all_at: "2026-11-20T12:03:00Z" };
  assert.equal(plain(spreadText(spread)), "3 min until all");
  assert.equal(plain(spreadText({ ...spread, reached: 2, all_at: null })), "2 of 4 nodes");
  assert.equal(spreadText({ ...spread, at_start: 4 }), "on all nodes since before");
});
