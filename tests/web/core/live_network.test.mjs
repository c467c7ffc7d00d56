import assert from "node:assert/strict";
import { test } from "node:test";

import { applySummary, nextWay, retryDelay } from "../../../tart/web/app/core/live_network.js";

const COLUMNS = [
  ...["number", "is_connected", "best_slot", "finalized_slot", "synced", "peers", "last_seen_ms"],
  ...["event_count", "events_per_second", "dropped_count", "undecodable"],
];

/** A summary; rows are number and event count. */
function summary(sequence, since, added, rows) {
  const nodes = Object.fromEntries(COLUMNS.map((name) => [name, rows.map(() => null)]));
  nodes.number = rows.map(([number]) => number);
  nodes.event_count = rows.map(([, count]) => count);
  return { sequence, since, added, nodes };
}

const counts = ({ nodes }) => nodes.map(({ id, event_count }) => `${id}${event_count}`).join(" ");

test("changes apply to the state that they follow", () => {
  const first = applySummary(null, summary(5, null, ["a", "b"], [[0, 1], [1, 2]]));
  assert.equal(counts(first), "a1 b2");
  const second = applySummary(first, summary(6, 5, ["c"], [[1, 3], [2, 9]]));
  assert.equal(counts(second), "a1 b3 c9");
  assert.equal(second.numbers.get("c"), 2);
  // What did not change is the same object, and what was shown before is as it was.
  assert.equal(second.nodes[0], first.nodes[0]);
  assert.equal(counts(first), "a1 b2");
  // Changes since an older state than the known one are no gap; known ids come once.
  assert.equal(counts(applySummary(second, summary(7, 5, ["c"], [[2, 10]]))), "a1 b3 c10");
});

test("a gap needs a full state, which replaces everything", () => {
  const known = applySummary(null, summary(5, null, ["a"], [[0, 1]]));
  assert.equal(applySummary(known, summary(8, 7, [], [])), null);
  assert.equal(applySummary(null, summary(8, 7, [], [])), null);
  const other = applySummary(known, summary(3, null, ["z"], [[0, 4]]));
  assert.deepEqual([counts(other), other.numbers.has("a"), other.sequence], ["z4", false, 3]);
});

test("a way that brings nothing is left for the next, one that worked is tried again", () => {
  assert.deepEqual(["socket", "stream", "poll"].map((way) => nextWay(way, false)), ["stream", "poll", "socket"]);
  assert.deepEqual(["socket", "stream", "poll"].map((way) => nextWay(way, true)), ["socket", "stream", "socket"]);
});

test("attempts come at longer and longer intervals, at most ten seconds", () => {
  assert.equal(retryDelay(0, 1), 500);
  assert.equal(retryDelay(2, 0), 1000);
  assert.equal(retryDelay(99, 1), 10_000);
});

test("a thousand nodes that all change are applied within a frame", () => {
  const ids = Array.from({ length: 1023 }, (_, index) => index.toString(16).padStart(64, "0"));
  const rows = ids.map((_, index) => [index, 1]);
  let known = applySummary(null, summary(1, null, ids, rows));
  const began = performance.now();
  for (let sequence = 2; sequence <= 101; sequence += 1) {
    known = applySummary(known, summary(sequence, sequence - 1, [], rows));
  }
  // Generous: it guards against work that grows with the square of the nodes.
  assert.ok((performance.now() - began) / 100 < 16);
});
