import assert from "node:assert/strict";
import { test } from "node:test";

import { median } from "../../../tart/web/app/core/median.js";

test("the median of an even number is between the two in the middle", () => {
  assert.deepEqual([median([]), median([3]), median([9, 1]), median([5, 1, 3])], [null, 3, 5, 3]);
});
