import assert from "node:assert/strict";
import { test } from "node:test";

import { axisOf, placeOf, ridgePath, stackedShares, ticksOf } from "../../../tart/web/app/core/distributions.js";

const bin = (up_to_ms, count) => ({ up_to_ms, count });

test("an axis has powers of ten around all that is not rare", () => {
  assert.deepEqual(axisOf([[bin(3, 5), bin(40, 5)]]), [1, 100]);
  assert.deepEqual(axisOf([[bin(0.001, 1), bin(3, 500)], [bin(9, 1)]]), [1, 10]);
  assert.deepEqual(axisOf([]), [1, 10]);
  assert.deepEqual(axisOf([[bin(5, 0)]]), [1, 10]);
});

test("places on an axis are by ratio, and stay on it", () => {
  const axis = [1, 100];
  assert.deepEqual([1, 10, 100, 0, 1e9].map((ms) => placeOf(ms, axis)), [0, 0.5, 1, 0, 1]);
  assert.deepEqual(ticksOf([1, 1000]), [1, 10, 100, 1000]);
});

test("a ridge is highest at the most frequent bin", () => {
  const path = ridgePath([bin(10, 5), bin(20, 10)], [1, 100], 100, 20);
  assert.ok(path.startsWith("M0 20") && path.endsWith("L100 20Z"));
  const heights = [...path.matchAll(/L[\d.]+ ([\d.]+)/g)].map(([, y]) => Number(y));
  assert.equal(Math.min(...heights), 1);
  assert.ok(heights.includes(10.5));
  assert.equal(ridgePath([], [1, 10], 100, 20), "");
});

test("shares of a bucket lie on one another and reach 1", () => {
  const parts = stackedShares([[1, 0, 0], [3, 2, 0]]);
  assert.deepEqual(parts, [
    [{ from: 0, to: 0.25 }, { from: 0, to: 0 }, { from: 0, to: 0 }],
    [{ from: 0.25, to: 1 }, { from: 0, to: 1 }, { from: 0, to: 0 }],
  ]);
  assert.deepEqual(stackedShares([]), []);
});
