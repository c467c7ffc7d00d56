import assert from "node:assert/strict";
import { test } from "node:test";

import * as alerts from "../../../tart/web/app/core/alerts.js";

const NODE = "ab".repeat(32);
const alert = (more = {}) => ({
  ...{ id: "f-1", fingerprint: "f", alert: "NodeSilent", state: "firing", severity: "critical", scope: "member" },
  ...{ labels: { alertname: "NodeSilent", severity: "critical", node: NODE }, annotations: {}, summary: "abab is silent." },
  ...{ figure: "node_silent_seconds", unit: "seconds", value: 184, above: 60, below: null },
  ...{ since: "2026-11-30T12:00:00Z", fired_at: "2026-11-30T12:00:30Z", resolved_at: null, missing_since: null },
  ...{ silenced_by: [], inhibited_by: null, about: { kind: "node", id: NODE }, page: `#/nodes/${NODE}`, is_builtin: true },
  ...more,
});
const rule = (more = {}) => ({
  ...{ alert: "R", figure: "forks_share", unit: "share", by: null, above: 0.1, below: null, window_seconds: 600 },
  ...{ against_seconds: null, sql: null, for_seconds: 30, keep_firing_for_seconds: 0, severity: "warning" },
  ...{ enabled: true, state: "inactive", firing: 0, pending: 0, values: [], last_error: null },
  ...more,
});

test("an alert that sends nothing is told apart from one that does", () => {
  assert.equal(alerts.standingOf(alert()), "firing");
  assert.equal(alerts.standingOf(alert({ silenced_by: ["1"], inhibited_by: "X" })), "silenced");
  assert.equal(alerts.standingOf(alert({ inhibited_by: "ServerTrouble" })), "explained");
  assert.equal(alerts.standingOf(alert({ state: "pending", silenced_by: ["1"] })), "pending");
  assert.deepEqual([alert(), alert({ inhibited_by: "X" }), alert({ severity: "warning" })].map(alerts.markOf), ["bad", "idle", "warn"]);
  assert.equal(alerts.stateOfSeverity("of a later version"), "warn");
});

test("values and thresholds have the unit of their figure", () => {
  assert.equal(alerts.valueText(184, "seconds"), "3\u2009min 4\u2009s");
  assert.equal(alerts.valueText(0.125, "share"), "13\u2009%");
  assert.equal(alerts.valueText(12, "slots"), "12 slots");
  assert.equal(alerts.valueText(3, "nodes"), "3 nodes");
  assert.equal(alerts.valueText(4.5, "score"), "4.5");
  assert.equal(alerts.valueText(7, null), "7");
  assert.equal(alerts.valueText(null, "slots"), "—");
  assert.equal(alerts.limitText(alert()), "> 60\u2009s".replace("60\u2009s", "1\u2009min"));
  assert.equal(alerts.limitText({ above: null, below: 0.1, unit: "share" }), "< 10\u2009%");
  assert.equal(alerts.limitText({ above: null, below: null, unit: null }), "");
});

test("a condition is told in words", () => {
  assert.equal(alerts.conditionText(rule()), "forks_share over 10\u2009min > 10\u2009%");
  assert.equal(
    alerts.conditionText(rule({ figure: "step_failure_share", by: "pipeline", above: 2, window_seconds: 300, against_seconds: 3600 })),
    "step_failure_share by pipeline over 5\u2009min against 1\u2009h before > 2 times",
  );
  assert.match(alerts.conditionText(rule({ figure: null, sql: "SELECT 1" })), /SQL/);
});

test("an alert leads to the page that shows more", () => {
  assert.deepEqual(alerts.placeOf(alert()), [`nodes/${NODE}`, {}]);
  assert.deepEqual(alerts.placeOf(alert({ page: "#/events?core=3" })), ["events", { core: "3" }]);
  assert.equal(alerts.placeOf(alert({ page: "#/alerts" })), null);
  const failing = (id) => alerts.placeOf(alert({ page: "#/alerts", about: { kind: "pipeline", id } }));
  assert.deepEqual(failing("ticket_transfers"), ["events", { event_types: "TicketTransferFailed" }]);
  assert.deepEqual(failing("refinement"), ["work", {}]);
  assert.equal(alerts.aboutText(alert()), "node abababab");
  assert.equal(alerts.aboutText({ about: { kind: "network", id: "" } }), "the network");
  assert.equal(alerts.aboutText({ about: { kind: "server", id: "" } }), "this server");
});

test("a filter takes severity, state, node, rule and words", () => {
  const all = [alert(), alert({ alert: "Fork", severity: "warning", summary: "Many forks", labels: { alertname: "Fork" }, state: "pending" })];
  const found = (filter) => alerts.filtered(all, filter).map(({ alert: name }) => name);
  assert.deepEqual(found({}), ["NodeSilent", "Fork"]);
  assert.deepEqual(found({ severity: "warning" }), ["Fork"]);
  assert.deepEqual(found({ state: "firing" }), ["NodeSilent"]);
  assert.deepEqual(found({ node: "abab" }), ["NodeSilent"]);
  assert.deepEqual(found({ rule: "Fork" }), ["Fork"]);
  assert.deepEqual(found({ q: "FORKS many" }), ["Fork"]);
  assert.deepEqual(found({ q: NODE }), ["NodeSilent"]);
});

test("a thousand alerts of one rule are one row that opens", () => {
  const many = Array.from({ length: 1000 }, (_, index) => alert({ id: `f${index}`, value: 61 + index }));
  const all = [...many, alert({ id: "x", alert: "Fork" })];
  const [head, other, ...rest] = alerts.groupedRows(all, new Set());
  assert.deepEqual([head.kind, head.key, head.alerts.length, head.open], ["group", "NodeSilent.firing", 1000, false]);
  assert.deepEqual([other.key, rest.length], ["x", 0]);
  assert.equal(alerts.groupText(many), "1000 nodes");
  assert.equal(alerts.groupValue(many), "1\u2009min 1\u2009s to 17\u2009min 40\u2009s");
  assert.equal(alerts.groupValue([alert({ value: null })]), "—");
  const open = alerts.groupedRows(all, new Set(["NodeSilent.firing"]));
  assert.deepEqual([open.length, open[1].inside, open[1001].inside], [1002, true, false]);
  // Silenced ones are a group of their own.
  const silenced = many.slice(0, 4).map((each) => ({ ...each, silenced_by: ["1"] }));
  assert.equal(alerts.groupedRows([...many.slice(4), ...silenced], new Set()).length, 2);
});

test("a silence covers the alert, its rule, or its node", () => {
  assert.deepEqual(alerts.silenceScopes([alert()]), [
    { id: "alert", label: "This alert", matchers: ['alertname="NodeSilent"', `node="${NODE}"`] },
    { id: "rule", label: "All of NodeSilent", matchers: ['alertname="NodeSilent"'] },
    { id: "node", label: "All of this node", matchers: [`node="${NODE}"`] },
  ]);
  assert.deepEqual(alerts.silenceScopes([alert(), alert()]).map(({ id }) => id), ["rule"]);
  assert.deepEqual(alerts.silenceScopes([alert({ labels: { alertname: "NodeSilent" } })]).map(({ id }) => id), ["rule"]);
  assert.equal(alerts.matcher("reason", 'a "b" \\ c'), 'reason="a \\"b\\" \\\\ c"');
});

test("what fires, and what is watched", () => {
  assert.equal(alerts.severityText({ critical: 1, warning: 0, info: 3 }), "1 critical, 3 info");
  assert.deepEqual([alerts.worstSeverity({ critical: 0, warning: 2 }), alerts.worstSeverity({})], ["warning", null]);
  const rules = [rule(), rule({ figure: "best_block_age_seconds" }), rule({ figure: null }), rule({ figure: "x", enabled: false })];
  assert.equal(alerts.watchedText(rules), "3 rules over 2 figures and 1 statement of SQL");
});

test("a rule is in one state, with its last value", () => {
  const state = (more) => alerts.ruleState(rule(more));
  assert.deepEqual(state({}), ["ok", "well"]);
  assert.deepEqual(state({ enabled: false, state: "firing" }), ["idle", "off"]);
  assert.deepEqual(state({ state: "firing", severity: "critical", firing: 2 }), ["bad", "2 firing"]);
  assert.deepEqual(state({ state: "pending", pending: 1 }), ["warn", "1 pending"]);
  assert.equal(state({ state: "failing" })[0], "bad");
  assert.equal(state({ state: "unknown" })[0], "idle");
  assert.equal(alerts.lastValueText(rule({ values: [{ labels: {}, value: 0.02 }] })), "2\u2009%");
  assert.equal(alerts.lastValueText(rule({ values: [{ labels: {}, value: 3 }], against_seconds: 60 })), "3 times");
  assert.equal(alerts.lastValueText(rule()), "—");
});
