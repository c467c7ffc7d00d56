import assert from "node:assert/strict";
import { test } from "node:test";

import {
  byImplementation,
  connectedShare,
  deedsOf,
  filterRows,
  harmOf,
  implementationOf,
  LEVELS,
  ratioState,
  reconnects,
  rowsOf,
  sessionParts,
  spaced,
  stateWord,
  stepText,
} from "../../../tart/web/app/core/nodes.js";

const RULES = [
  { state: "disconnected", level: "bad", meaning: "" },
  { state: "behind", level: "warning", meaning: "" },
  { state: "well", level: "well", meaning: "" },
];

function summary() {
  return {
    rules: RULES,
    implementations: [{ name: "polkajam", version: "0.1" }, { name: null, version: null }],
    nodes: {
      node_id: ["aa11", "bb22", "cc33"],
      implementation: [0, 1, 0],
      state: ["well", "behind", "disconnected"],
      address: ["10.0.0.1:5", null, "10.0.0.2:5"],
      finding: [null, "events_dropped", null],
    },
  };
}

test("columns become rows with names of implementations and marks", () => {
  const [one, two, three] = rowsOf(summary());
  assert.deepEqual([one.node_id, one.implementation_name, one.mark], ["aa11", "polkajam", "ok"]);
  assert.deepEqual([two.implementation_version, two.mark, three.mark], [null, "warn", "bad"]);
});

test("the most harmful state comes first", () => {
  const rows = rowsOf(summary()).sort((a, b) => harmOf(a, RULES) - harmOf(b, RULES));
  assert.deepEqual(rows.map(({ state }) => state), ["disconnected", "behind", "well"]);
  assert.equal(new Set(LEVELS.map(({ mark }) => mark)).size, 4);
});

test("a filter takes words in any order, and ! excludes", () => {
  const rows = rowsOf(summary());
  const ids = (text) => filterRows(rows, text).map(({ node_id: id }) => id);
  assert.deepEqual(ids(""), ["aa11", "bb22", "cc33"]);
  assert.deepEqual(ids("  AA"), ["aa11"]);
  assert.deepEqual(ids("0xbb"), ["bb22"]);
  assert.deepEqual(ids("polkajam 10.0.0.2"), ["cc33"]);
  assert.deepEqual(ids("polkajam !disconnected"), ["aa11"]);
  assert.deepEqual(ids("events_dropped"), ["bb22"]);
  // The end of an id is not its beginning.
  assert.deepEqual(ids("22"), []);
});

test("groups are by implementation and version", () => {
  const groups = byImplementation(rowsOf(summary()));
  assert.deepEqual(groups.map(({ name, rows }) => [name, rows.length]), [["polkajam 0.1", 2], ["unknown", 1]]);
  assert.equal(implementationOf({ implementation_name: "x", implementation_version: null }), "x");
});

const AT = "2026-11-20T12:00:00Z";
const NOON = Date.parse(AT);
const session = (from, to, outcome = "closed") => ({
  session: from,
  started_at: new Date(NOON + from).toISOString(),
  ended_at: to === null ? null : new Date(NOON + to).toISOString(),
  outcome,
});

test("sessions are parts of the range, those that began before it from its start", () => {
  const parts = sessionParts([session(60, null, "open"), session(-50, 40)], [NOON, NOON + 100]);
  assert.deepEqual(parts.map(({ from, to }) => [from, to]), [[0, 0.4], [0.6, 1]]);
});

test("a node was connected while any connection was open, and refused ones count not", () => {
  const bounds = [NOON, NOON + 100];
  const share = (...sessions) => Math.round(connectedShare(sessionParts(sessions, bounds)) * 100);
  assert.equal(share(session(0, 50), session(40, 60)), 60);
  assert.equal(share(session(0, 90), session(10, 20)), 90);
  assert.equal(share(session(0, 50, "refused")), 0);
  assert.equal(share(), 0);
});

test("a reconnect is a connection that began in the range, beyond the first", () => {
  assert.equal(reconnects([session(-5, 10), session(20, 30)], NOON), 1);
  assert.equal(reconnects([session(5, 10), session(20, 30)], NOON), 1);
  assert.equal(reconnects([session(-5, 30)], NOON), 0);
  assert.equal(reconnects([], NOON), 0);
});

test("deeds are numbers of ended steps, failures last", () => {
  const step = (from, to, count) => ({ from, to, node: { count } });
  const deeds = deedsOf([
    step("Importing", "BlockExecuted", 4),
    step("Authoring", "BlockExecuted", 1),
    step("Authoring", "Authored", 1),
    step("Authoring", "AuthoringFailed", 2),
    step("Sending", "SomethingFailed", 3),
    step("Sending", "SomethingElse", 9),
  ]);
  assert.deepEqual(
    deeds.map(({ text, count, failed }) => [text, count, failed]),
    [
      ["blocks authored", 1, false],
      ["blocks imported", 4, false],
      ["blocks executed", 1, false],
      ["authoring failed", 2, true],
      ["Something failed", 3, true],
    ],
  );
});

test("names of events and states are words", () => {
  assert.equal(spaced("BlockExecuted"), "Block executed");
  assert.equal(stepText("Importing", "BlockExecuted"), "Importing → block executed");
  assert.equal(stateWord("far_behind"), "far behind");
  assert.equal(stateWord("of_the_future"), "of the future");
});

test("a node is slower from twice the network's median on, with enough samples", () => {
  const state = (ratio, count) => ratioState({ ratio, node: { count } });
  assert.deepEqual(
    [state(1.9, 9), state(2, 9), state(4, 9), state(4, 4), state(null, 9)],
    ["ok", "warn", "bad", "idle", "idle"],
  );
});
