import assert from "node:assert/strict";
import { test } from "node:test";

import { chartOf, curveOf } from "../../../tart/web/app/core/alert_chart.js";

const alert = (figure, labels = {}, more = {}) => ({ figure, labels, above: null, below: null, ...more });
const time = (minute) => `2026-11-30T12:0${minute}:00Z`;

test("the chart is that of the figure, of the node, or none", () => {
  assert.equal(chartOf(alert("node_silent_seconds", { node: "ab".repeat(32) })).title, "Events of abababab");
  assert.equal(chartOf(alert("step_failure_share", { pipeline: "refinement" })).source, "failures");
  assert.equal(chartOf(alert("step_failure_share", { pipeline: "refinement", node: "ab" })).source, "node");
  assert.equal(chartOf(alert("certificate_expires_days")), null);
  assert.equal(chartOf(alert(null)), null);
});

test("connections are drawn oldest first, with the threshold of their figure", () => {
  const answer = { timeline: [{ timestamp: time(1), open: 3 }, { timestamp: time(0), open: 5 }] };
  const curve = curveOf("connections", answer, alert("nodes_connected", {}, { below: 4 }));
  assert.deepEqual([curve.values, curve.limit], [[5, 3], 4]);
  assert.ok(curve.x[0] < curve.x[1]);
  assert.equal(curveOf("connections", answer, alert("nodes_disconnected_share", {}, { above: 0.1 })).limit, null);
});

test("blocks of whole buckets, best or finalized", () => {
  const answer = { data: [{ timestamp: time(2), partial: true, blocks: 1 }, { timestamp: time(1), partial: false, blocks: 9, finalized: 7 }] };
  assert.deepEqual(curveOf("blocks", answer, alert("missed_slots_share")).values, [9]);
  assert.deepEqual(curveOf("blocks", answer, alert("finality_lag_slots")).values, [7]);
});

test("events of a node, failures of a pipeline, figures of the machine", () => {
  const nodes = { buckets: { start: time(0), seconds: 60 }, nodes: { series: [[4, 0, 2]] } };
  assert.deepEqual(curveOf("node", nodes, alert("x")), { x: [0, 1, 2].map((minute) => Date.parse(time(minute))), label: "events", values: [4, 0, 2], limit: null });
  assert.deepEqual(curveOf("node", { ...nodes, nodes: { series: [] } }, alert("x")).x, []);
  const failures = { data: [{ timestamp: time(1), category: "a", failures: 2 }, { timestamp: time(1), category: "b", failures: 9 }] };
  assert.deepEqual(curveOf("failures", failures, alert("x", { pipeline: "a" })).values, [2]);
  const history = { times: [time(0)], host: { memory_used_bytes: [5], descriptors_open: [7] } };
  assert.deepEqual(curveOf("server", history, alert("memory_free_share")).values, [5]);
  assert.deepEqual(curveOf("server", history, alert("descriptors_used_share")).values, [7]);
});
