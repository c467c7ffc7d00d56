import assert from "node:assert/strict";
import { test } from "node:test";

import * as failures from "../../../tart/web/app/core/failures.js";

const group = (more = {}) => ({
  ...{ fingerprint: "ab", event_name: "WorkPackageFailed", template: "timeout after <duration>", state: "open", is_new: false },
  ...{ count: 9, nodes: 3, versions: [{ name: "polkajam", version: "0.1.27", count: 9, nodes: 3 }], regressed_version: null },
  ...{ changed_by: null, comment: "", resolved_version: null },
  ...more,
});

test("a list shows what is open unless another state is chosen", () => {
  const all = [group(), group({ state: "regressed" }), group({ state: "resolved" }), group({ state: "ignored", is_new: true }), group({ is_new: true })];
  const states = (shown) => failures.filtered(all, { shown }).map(({ state }) => state);
  assert.deepEqual(states(""), ["open", "regressed", "open"]);
  assert.deepEqual(states("new"), ["open"]);
  assert.deepEqual(states("regressed"), ["regressed"]);
  assert.deepEqual(states("ignored"), ["ignored"]);
  assert.equal(states("all").length, 5);
  assert.equal(failures.filtered(all, { q: "polkajam TIMEOUT" }).length, 3);
  assert.equal(failures.filtered(all, { q: "jamzilla" }).length, 0);
});

test("a state is a mark and a word, and a sentence", () => {
  assert.deepEqual(failures.stateOf(group()), ["info", "open"]);
  assert.deepEqual(failures.stateOf(group({ is_new: true })), ["warn", "new"]);
  assert.deepEqual(failures.stateOf(group({ state: "regressed", regressed_version: "0.3.2" })), ["bad", "back in 0.3.2"]);
  assert.deepEqual(failures.stateOf(group({ state: "regressed" })), ["bad", "back again"]);
  assert.deepEqual(["resolved", "ignored"].map((state) => failures.stateOf(group({ state }))[0]), ["ok", "idle"]);
  const sentence = (more) => failures.stateSentence(group(more));
  assert.equal(sentence({}), "open");
  assert.equal(sentence({ comment: "not fixed", changed_by: "ada" }), "open by ada: not fixed");
  assert.equal(sentence({ state: "resolved", resolved_version: "0.3.1", changed_by: "ada", comment: "sender" }), "resolved in 0.3.1 by ada: sender");
  assert.equal(sentence({ state: "regressed", resolved_version: "0.3.1", regressed_version: "0.3.2" }), "seen again in 0.3.2 after it was resolved in 0.3.1");
  assert.equal(sentence({ state: "ignored" }), "ignored");
});

test("outcomes are rows, the worst first, without those that did not occur", () => {
  const rows = failures.outcomeRows({ recovered: 3, superseded: 0, lost: 1, unknown: 2, examined: 6, rule: null });
  assert.deepEqual(rows.map(({ id, value, state }) => [id, value, state]), [["lost", 1, "bad"], ["recovered", 3, "ok"], ["unknown", 2, "idle"]]);
  assert.deepEqual(["recovered", "lost", "of a later version"].map(failures.stateOfOutcome), ["ok", "bad", "idle"]);
});

test("texts", () => {
  assert.equal(failures.templateText({ template: "" }), "without a reason");
  assert.equal(failures.rateText({ rate: 0.083 }), "in the range, 8.3\u2009% of the attempts");
  assert.equal(failures.rateText({ rate: null }), "in the range");
  assert.equal(failures.sourceText(group()), "3 nodes of 1 version");
  assert.deepEqual(failures.limitTexts({ node_id: "abababababab", event_types: "92" }), ["node abababab", "type 92"]);
  const start = "2026-11-30T12:00:00.000Z";
  assert.deepEqual(failures.bucketTimes({ start, seconds: 60, count: 2 }), [Date.parse(start), Date.parse(start) + 60_000]);
});
