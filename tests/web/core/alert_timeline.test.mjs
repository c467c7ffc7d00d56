import assert from "node:assert/strict";
import { test } from "node:test";

import { lanesOf, ticksOf } from "../../../tart/web/app/core/alert_timeline.js";

const RANGE = [0, 1000];
const at = (ms) => new Date(ms).toISOString();
let number = 0;
const change = (id, ms, from, to, more = {}) => ({ id: (number += 1), alert_id: id, alert: "A", severity: "warning", labels: {}, at: at(ms), from, to, value: 1, summary: "", ...more });
const active = (id, more = {}) => ({ id, alert: "A", severity: "warning", since: at(0), fired_at: null, resolved_at: null, ...more });
const parts = (lanes) => lanes.map((lane) => lane.parts.map(({ state, from, to, count }) => [state, from, to, count]));

test("an alert is pending, fires and ends", () => {
  const lanes = lanesOf([change("1", 500, "firing", "resolved"), change("1", 100, "inactive", "pending"), change("1", 200, "pending", "firing")], [], RANGE);
  assert.deepEqual(parts(lanes), [[["pending", 0.1, 0.2, 1], ["firing", 0.2, 0.5, 1]]]);
  assert.equal(lanes[0].firing, 1);
});

test("what began before the range is drawn from its beginning, what goes on to its end", () => {
  const ended = change("1", 300, "firing", "resolved");
  assert.deepEqual(parts(lanesOf([ended], [], RANGE)), [[["firing", 0, 0.3, 1]]]);
  const now = active("2", { since: at(-5000), fired_at: at(-4000) });
  assert.deepEqual(parts(lanesOf([], [now], RANGE)), [[["firing", 0, 1, 1]]]);
  assert.deepEqual(parts(lanesOf([], [active("3", { since: at(600) })], RANGE)), [[["pending", 0.6, 1, 1]]]);
});

test("alerts of one rule share a lane, with how many there were at a time", () => {
  const history = [
    ...[change("1", 100, "pending", "firing"), change("1", 400, "firing", "resolved")],
    ...[change("2", 300, "pending", "firing"), change("2", 500, "firing", "resolved")],
    ...[change("3", 700, "pending", "firing"), change("3", 800, "firing", "resolved")],
  ].map((each) => ({ ...each, from: each.from === "pending" ? "inactive" : each.from }));
  assert.deepEqual(parts(lanesOf(history, [], RANGE)), [[["firing", 0.1, 0.5, 2], ["firing", 0.7, 0.8, 1]]]);
});

test("the worst lane comes first, and what lies outside of the range is left out", () => {
  const before = active("1", { since: at(-900), fired_at: at(-800), resolved_at: at(-10) });
  assert.deepEqual(lanesOf([], [before], RANGE), []);
  const lanes = lanesOf([change("2", 100, "inactive", "firing"), change("3", 900, "inactive", "firing", { alert: "B", severity: "critical" })], [], RANGE);
  assert.deepEqual(lanes.map(({ alert }) => alert), ["B", "A"]);
});

test("ticks go from the first to the last moment", () => {
  assert.deepEqual(ticksOf([0, 100], 3), [0, 50, 100]);
});
