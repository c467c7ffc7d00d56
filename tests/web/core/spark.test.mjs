import assert from "node:assert/strict";
import { test } from "node:test";

import { sparkPath } from "../../../tart/web/app/core/spark.js";

test("the highest value reaches the top, 0 the bottom, and a gap is a gap", () => {
  assert.equal(sparkPath([0, 10, null, 5], 72, 18), "M0 17L24 1M72 9");
});

test("no values, one value and only zeros have a path", () => {
  assert.equal(sparkPath([], 72, 18), "");
  assert.equal(sparkPath([3], 72, 18), "M0 1");
  assert.equal(sparkPath([0, 0], 72, 18), "M0 17L72 17");
});
