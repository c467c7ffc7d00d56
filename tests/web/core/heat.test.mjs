import assert from "node:assert/strict";
import { test } from "node:test";

import { channelsOf, ramp, scaleOf } from "../../../tart/web/app/core/heat.js";

test("a scale keeps to its ends", () => {
  const scale = scaleOf([10, 20]);
  assert.deepEqual([5, 10, 15, 20, 99].map(scale), [0, 0, 0.5, 1, 1]);
  const log = scaleOf([1, 100], true);
  assert.equal(Math.round(log(10) * 100), 50);
  assert.equal(scaleOf([3, 3])(3), 0);
});

test("a ramp begins and ends with its stops", () => {
  const colours = ramp([[0, 0, 0], [100, 0, 0], [100, 200, 0]]);
  assert.deepEqual([...colours.slice(0, 3)], [0, 0, 0]);
  assert.deepEqual([...colours.slice(-3)], [100, 200, 0]);
  assert.deepEqual([...colours.slice(128 * 3, 128 * 3 + 3)].map((each) => each > 0), [true, true, false]);
});

test("channels of a computed colour", () => {
  assert.deepEqual(channelsOf("rgb(1, 20, 255)"), [1, 20, 255]);
});
