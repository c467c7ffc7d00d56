// @ts-check
/**
 * The chart of an alert: what the API has over time of its figure, or of what moves it. Pure.
 *
 * @typedef {import("../../../client/web/tart.js").ActiveAlert} ActiveAlert
 * @typedef {"node" | "connections" | "blocks" | "failures" | "server"} Source
 * @typedef {{ source: Source, title: string }} Chart
 * @typedef {{ x: number[], label: string, values: (number | null)[], limit: number | null }} Curve
 *   limit is the threshold where the curve is the figure itself.
 */

import { shortNode } from "./format.js";

/** @type {Record<string, Chart>} */
const BY_FIGURE = {
  nodes_connected: { source: "connections", title: "Connected nodes" },
  nodes_disconnected_share: { source: "connections", title: "Connected nodes" },
  best_block_age_seconds: { source: "blocks", title: "New best blocks" },
  finalized_block_age_seconds: { source: "blocks", title: "New finalized blocks" },
  finality_lag_slots: { source: "blocks", title: "New finalized blocks" },
  missed_slots_share: { source: "blocks", title: "New best blocks" },
  memory_free_share: { source: "server", title: "Memory in use" },
  descriptors_used_share: { source: "server", title: "Open files of the machine" },
};

/** The chart of an alert; null if the API has none. @param {Pick<ActiveAlert, "figure" | "labels">} alert @returns {Chart | null} */
export function chartOf({ figure, labels }) {
  if (figure === "step_failure_share" && labels.pipeline && !labels.node) return { source: "failures", title: `Failures of ${labels.pipeline}` };
  if (labels.node) return { source: "node", title: `Events of ${shortNode(labels.node)}` };
  return BY_FIGURE[figure ?? ""] ?? null;
}

/**
 * The curve of an alert's chart.
 *
 * @param {Source} source
 * @param {any} answer Of nodesSummary, connectionTimeline, timeseries, groupedTimeseries or serverHistory.
 * @param {Pick<ActiveAlert, "figure" | "labels" | "above" | "below">} alert
 * @returns {Curve}
 */
export function curveOf(source, answer, alert) {
  return CURVES[source](answer, alert);
}

/** @type {Record<Source, (answer: any, alert: Pick<ActiveAlert, "figure" | "labels" | "above" | "below">) => Curve>} */
const CURVES = {
  node({ buckets, nodes }) {
    const values = nodes.series?.[0] ?? [];
    const start = Date.parse(buckets.start);
    return { x: values.map((/** @type {number} */ _, /** @type {number} */ index) => start + 1000 * buckets.seconds * index), label: "events", values, limit: null };
  },
  connections({ timeline }, alert) {
    const rows = [...timeline].reverse();
    const limit = alert.figure === "nodes_connected" ? (alert.above ?? alert.below) : null;
    return { ...byTime(rows, (row) => row.open), label: "connected", limit };
  },
  blocks({ data }, { figure }) {
    const member = figure?.startsWith("final") ? "finalized" : "blocks";
    const rows = [...data].reverse().filter(({ partial }) => !partial);
    return { ...byTime(rows, (row) => row[member] ?? null), label: "blocks", limit: null };
  },
  failures({ data }, { labels }) {
    const rows = [...data].reverse().filter(({ category }) => category === labels.pipeline);
    return { ...byTime(rows, (row) => row.failures ?? 0), label: "failures", limit: null };
  },
  server({ times, host }, { figure }) {
    const member = figure === "memory_free_share" ? "memory_used_bytes" : "descriptors_open";
    const x = times.map((/** @type {string} */ time) => Date.parse(time));
    return { x, label: figure === "memory_free_share" ? "bytes" : "open", values: host[member] ?? [], limit: null };
  },
};

/** @param {any[]} rows Oldest first. @param {(row: any) => number | null} of */
function byTime(rows, of) {
  return { x: rows.map(({ timestamp }) => Date.parse(timestamp)), values: rows.map(of) };
}
