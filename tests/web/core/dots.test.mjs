// core/dots.js: places of points on an axis.

import assert from "node:assert/strict";
import test from "node:test";

import { axisOf, jitter, marksOf, placeOf, valueAt } from "../../../tart/web/app/core/dots.js";

test("a linear axis begins at zero, or below it", () => {
  assert.deepEqual(axisOf([5, 20], false), { low: 0, high: 20, log: false });
  assert.equal(axisOf([-5, 20], false).low, -5);
  assert.equal(axisOf([], false).high, 1);
});

test("places and values are inverse on both kinds of axis", () => {
  for (const log of [false, true]) {
    const axis = axisOf([3, 40, 900], log);
    for (const value of [9, 40, 400]) assert.ok(Math.abs(valueAt(placeOf(value, axis), axis) - value) < 1e-9 * value);
    assert.equal(placeOf(900, axis), 1);
  }
  assert.equal(placeOf(0, axisOf([0, 900], true)), 0);
});

test("marks are round and within the axis", () => {
  assert.deepEqual(marksOf(axisOf([0, 480], false), 5), [0, 100, 200, 300, 400]);
  assert.deepEqual(marksOf({ low: 9, high: 450, log: true }), [10, 20, 50, 100, 200]);
  assert.deepEqual(marksOf({ low: 1, high: 20_000, log: true }), [1, 10, 100, 1000, 10_000]);
});

test("points of a row lie side by side, always alike", () => {
  const places = Array.from({ length: 100 }, (_, index) => jitter(index));
  assert.ok(places.every((place) => place >= -0.5 && place <= 0.5));
  assert.equal(new Set(places).size, 100);
});
