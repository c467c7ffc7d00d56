import assert from "node:assert/strict";
import { test } from "node:test";

import { windowOfRows } from "../../../tart/web/app/core/window_of_rows.js";

test("every row on the screen is drawn, and few others", () => {
  for (const count of [0, 1, 50, 1023]) {
    for (let top = 0; top <= count * 32; top += 37) {
      const [first, last] = windowOfRows(count, 32, top, 600);
      assert.ok(first >= 0 && first <= last && last <= count);
      assert.ok(last - first <= 600 / 32 + 2 + 16);
      for (let row = Math.floor(top / 32); row < Math.min(count, (top + 600) / 32); row += 1) {
        assert.ok(row >= first && row < last, `${row} of ${count} at ${top}`);
      }
    }
  }
});

test("a table that has become shorter than the scroll position has no rows there", () => {
  assert.deepEqual(windowOfRows(5, 32, 10_000, 600), [5, 5]);
});
