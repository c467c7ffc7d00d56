import assert from "node:assert/strict";
import { test } from "node:test";

import {
  aligned,
  anchorLimit,
  byImplementation,
  coverageGrid,
  LEVEL,
  settled,
  slowServers,
  summaryOf,
} from "../../../tart/web/app/core/availability.js";

const [A, B, C, D] = ["a", "b", "c", "d"];
const anchor = (/** @type {any} */ more) => ({
  first_at: "2026-11-20T12:00:00Z",
  assured: 4,
  late: [],
  missing: [],
  elsewhere: [],
  reached: [3, 3, 3, 3],
  until_two_thirds_ms: 500,
  until_all_ms: 900,
  ...more,
});
const NOON = Date.parse("2026-11-20T12:00:00Z");

test("cells tell how many received an assurance, and why there is none", () => {
  const newer = anchor({ reached: [3, 2, 1, null], missing: [3] });
  const older = anchor({ reached: [3, 3, null, 0], missing: [2], elsewhere: [2] });
  const { values, anchors } = coverageGrid(/** @type {any} */ ({ nodes: [A, B, C, D], anchors: [newer, older] }), [3, 0, 1, 2]);
  assert.deepEqual(anchors, [older, newer]);
  assert.deepEqual(
    [...values],
    [LEVEL.FEW, LEVEL.MISSING, LEVEL.ALL, LEVEL.ALL, LEVEL.ALL, LEVEL.MOST, LEVEL.ELSEWHERE, LEVEL.FEW],
  );
});

test("rows are grouped by implementation, unknown ones last", () => {
  const known = new Map([
    ["b", { implementation_name: "zeta", implementation_version: "1" }],
    ["c", { implementation_name: "alpha", implementation_version: "2" }],
    ["d", { implementation_name: "alpha", implementation_version: "1" }],
  ]);
  assert.deepEqual(byImplementation([A, B, C, D], known), [3, 2, 1, 0]);
});

test("an anchor of a moment ago is not judged", () => {
  const anchors = [anchor({ first_at: "2026-11-20T12:00:05Z" }), anchor({})];
  assert.equal(settled(anchors, NOON + 6000).length, 1);
  const summary = summaryOf(/** @type {any} */ ({ nodes: [A, B, C, D], anchors }), NOON + 6000);
  assert.deepEqual([summary.anchors, summary.twoThirds, summary.allReached, summary.possible], [1, 500, 1, 4]);
});

test("nodes of another branch are not missing", () => {
  const anchors = [anchor({ missing: [1, 2], elsewhere: [2], late: [0], until_all_ms: null })];
  const summary = summaryOf(/** @type {any} */ ({ nodes: [A, B, C, D], anchors }), NOON + 60_000);
  assert.deepEqual([summary.missing, summary.late, summary.all, summary.allReached], [1, 1, null, 0]);
});

test("the range before stands at the places of this one, where it has something near", () => {
  assert.deepEqual(aligned([100, 106, 112, 150], [40, 47, 52], [1, null, 3], 60, 4), [1, null, 3, null]);
  assert.deepEqual(aligned([100], [], [], 60, 4), [null]);
});

test("large networks are asked for fewer anchors", () => {
  assert.deepEqual([anchorLimit(0), anchorLimit(6), anchorLimit(500), anchorLimit(1023)], [120, 120, 40, 20]);
});

test("a slow server has twice the time of the others, over enough transfers", () => {
  const servers = [
    { node_id: "a", transferred: 50, p95_ms: 90 },
    { node_id: "b", transferred: 50, p95_ms: 40 },
    { node_id: "c", transferred: 50, p95_ms: 42 },
    { node_id: "d", transferred: 2, p95_ms: 900 },
    { node_id: "e", transferred: 50, p95_ms: null },
  ];
  assert.deepEqual([...slowServers(servers)], ["a"]);
  assert.deepEqual([...slowServers(servers.slice(0, 2))], []);
});
