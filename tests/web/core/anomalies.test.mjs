import assert from "node:assert/strict";
import { test } from "node:test";

import { cohortText, figureText, outstanding, scoreState, scoreText } from "../../../tart/web/app/core/anomalies.js";

test("a score is marked by its size, and signed", () => {
  assert.deepEqual([0, 2.9, -3, 6, -30].map(scoreState), ["ok", "ok", "warn", "bad", "bad"]);
  assert.deepEqual([2.25, -4, 0].map(scoreText), ["+2.3", "−4", "0"]);
});

test("figures and cohorts are told in words", () => {
  assert.deepEqual(["import_ms", "best_blocks", "age_seconds", "peers"].map(figureText), ["import (ms)", "best blocks", "age (s)", "peers"]);
  assert.equal(cohortText({ network: 3.2, version: -1 }), "network +3.2, version −1");
});

test("only what is far off is outstanding", () => {
  const found = outstanding({ nodes: [{ score: 4 }, { score: 2 }], groups: [{ score: -5 }], network: [{ score: 0.4 }] });
  assert.deepEqual([found.nodes.length, found.groups.length, found.network.length], [1, 1, 0]);
});
