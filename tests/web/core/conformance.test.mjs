import assert from "node:assert/strict";
import { test } from "node:test";

import {
  commandsOf,
  countText,
  excerptOf,
  keyOf,
  markdownOf,
  matrixRows,
  reportOf,
  shadeOf,
  stateOf,
} from "../../../tart/web/app/core/conformance.js";

const rule = (/** @type {string} */ code, /** @type {string} */ severity) => ({
  code,
  severity,
  scope: "event",
  explanation: `${code} is wrong.`,
  counted: "events",
  docs: `/api/docs/rules/${code}`,
  count: 5,
  nodes: 2,
  first_at: "2026-11-20T12:00:00Z",
  last_at: "2026-11-20T12:00:00Z",
});
const node = (/** @type {string} */ id, /** @type {number} */ implementation) => ({
  node_id: id,
  implementation,
  is_connected: true,
  verdict: "error",
  event_count: 10,
});
const cell = (/** @type {number} */ ruleIndex, /** @type {number} */ nodeIndex, /** @type {number} */ count) => ({
  rule: ruleIndex,
  node: nodeIndex,
  count,
  first_at: "2026-11-20T12:00:00Z",
  last_at: `2026-11-20T12:00:0${nodeIndex}Z`,
});
/** @type {any} */
const MATRIX = {
  verdict: "error",
  event_count: 30,
  rules: [rule("truncated", "error"), rule("events_dropped", "info")],
  implementations: [
    { name: "alpha", version: "1", nodes: 2, verdict: "error" },
    { name: null, version: null, nodes: 1, verdict: "conformant" },
  ],
  nodes: [node("aa", 0), node("bb", 0), node("cc", 1)],
  cells: [cell(0, 0, 2), cell(0, 1, 3), cell(1, 2, 9)],
  window: { start: "2026-11-20T11:00:00Z", end: "2026-11-20T12:00:00Z" },
};
/** @type {any} */
const EXAMPLE = {
  code: "truncated",
  id: 77,
  node_id: "aa",
  event_name: "BestBlockChanged",
  at: "2026-11-20T12:00:00.000001Z",
  field: "slot",
  offset: 2,
  expectation: "4 bytes",
  found: "0x2233",
  hex: "0x00112233",
  size: 4,
};

test("a group has the sum of its nodes, which stand below it if it is open", () => {
  const rows = matrixRows(MATRIX, (key) => key === keyOf("alpha", "1"));
  assert.deepEqual(rows.map(({ key }) => key), ["alpha@1", "aa", "bb", "@"]);
  const [group, first, , unknown] = rows;
  assert.deepEqual(group.cells[0], { count: 5, broken: 2, of: 2, lastAt: "2026-11-20T12:00:01Z" });
  assert.deepEqual([group.events, group.findings, group.nodes], [20, 5, 2]);
  assert.deepEqual([first.cells[0].count, first.cells[1].count], [2, 0]);
  assert.equal(unknown.findings, 9);
});

test("shades grow with the share of nodes, or with the count", () => {
  const group = (/** @type {number} */ broken) => shadeOf({ count: broken, broken, of: 10, lastAt: null });
  assert.equal(group(0), 0);
  assert.ok(group(10) > group(2));
  const one = (/** @type {number} */ count) => shadeOf({ count, broken: 1, of: 1, lastAt: null });
  assert.ok(one(1000) > one(10) && one(10) > one(1) && one(1e9) <= 30);
});

test("one of a unit is in the singular", () => {
  assert.deepEqual([countText(1, "hours"), countText(0, "hours"), countText(12345, "events")], ["1 hour", "0 hours", "12\u2009345 events"]);
});

test("severities and verdicts have a state", () => {
  assert.deepEqual(["error", "warning", "info", "conformant", "new"].map(stateOf), ["bad", "warn", "info", "ok", "warn"]);
});

test("the bytes around an offset", () => {
  assert.deepEqual(excerptOf(EXAMPLE, 1), { start: 1, before: "11", found: "22 33", after: "", more: false });
  assert.deepEqual(excerptOf({ hex: null, offset: 0, found: null }), { start: 0, before: "", found: "", after: "", more: false });
  assert.equal(excerptOf({ ...EXAMPLE, offset: 0, found: "0x00112233" }, 0).more, false);
});

test("commands fetch the message and check it", () => {
  const [fetch, check] = commandsOf(EXAMPLE, "http://host/tart/") ?? [];
  assert.match(fetch, /"http:\/\/host\/tart\/api\/events\/export\?format=capture&node_id=aa&start=2026-11-20T12:00:00.000001Z&end=/);
  assert.equal(check, "tart check --partial example.capture");
  assert.match((commandsOf(EXAMPLE, "http://host/", "conversation") ?? [])[0], /start=2026-11-20T11:50:00.000Z/);
  assert.equal(commandsOf({ ...EXAMPLE, node_id: null }, "http://host/"), null);
});

test("a report is of one implementation", () => {
  const report = reportOf(MATRIX, [EXAMPLE, { ...EXAMPLE, code: "other" }], { name: "alpha", version: "1" });
  assert.deepEqual([report.verdict, report.nodes, report.events, report.known], ["error", 2, 20, true]);
  assert.deepEqual(report.rules.map(({ code, count, nodes }) => [code, count, nodes]), [["truncated", 5, 2]]);
  assert.deepEqual(report.rules[0].examples, [EXAMPLE]);
  assert.equal(reportOf(MATRIX, [], { name: "alpha", version: "2" }).known, false);
  assert.equal(reportOf(MATRIX, [], {}).rules.length, 2);
});

test("a report as Markdown has all that is needed to reproduce", () => {
  const report = reportOf(MATRIX, [EXAMPLE], { name: "alpha", version: "1" });
  const text = markdownOf(report, { base: "http://host/", link: "http://host/#/conformance" });
  for (const part of [
    "# Conformance to JIP-3: alpha 1",
    "20 events of 2 nodes were checked from 2026-11-20 11:00:00 to 2026-11-20 12:00:00 UTC. Verdict: error.",
    "## `truncated` (error)",
    "(http://host/#/events/77?offset=2)",
    "http://host/api/docs/rules/truncated",
    "expected: 4 bytes",
    "found: `0x2233`",
    "tart check --partial example.capture",
  ]) {
    assert.ok(text.includes(part), part);
  }
  assert.match(markdownOf(reportOf(MATRIX, [], { name: "nobody" }), { base: "", link: "" }), /No findings\./);
});
