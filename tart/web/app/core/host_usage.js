// @ts-check
/**
 * Limits of the machine and its figures over time. Pure.
 *
 * @typedef {import("../../../client/web/tart.js").ServerHost} ServerHost
 * @typedef {import("../../../client/web/tart.js").ServerHistory} ServerHistory
 * @typedef {{ name: string, share: number, text: string, state: "ok" | "warn" | "bad" }} Budget share is
 *   that in use, 0 to 1.
 * @typedef {{ title: string, unit: "share" | "cores" | "bytes" | "bytes/s" | "count", series: { label: string, values: (number | null)[] }[] }} Chart
 */

import { bytes, number, percent } from "./format.js";

/** A limit beyond this is none: the kernel gives the largest number that it has. */
const NO_LIMIT = 1e15;
/** From these shares on a limit is near, and very near. */
const NEAR = 0.8;
const VERY_NEAR = 0.95;

/** Limits with what is in use of them, the nearest first. @param {ServerHost} host @returns {Budget[]} */
export function budgetsOf({ usage, memory_total_bytes: total, processes }) {
  if (!usage) return [];
  const found = [
    budget("Memory of the machine", usage.memory_used_bytes, total, bytes),
    budget("Memory of the service", usage.memory_budget_used_bytes, usage.memory_budget_bytes, bytes),
    budget("Open files of the machine", usage.descriptors_open, usage.descriptors_limit, number),
    ...processes.map(({ name, descriptors_open: open, descriptors_limit: limit }) => budget(`Descriptors of ${name}`, open, limit, number)),
  ];
  return found.flatMap((each) => each ?? []).sort((one, other) => other.share - one.share);
}

/**
 * @param {string} name
 * @param {number | null} used
 * @param {number | null} limit
 * @param {(value: number) => string} text
 * @returns {Budget | null} Null without a limit.
 */
function budget(name, used, limit, text) {
  if (used === null || !limit || limit > NO_LIMIT) return null;
  const share = used / limit;
  const state = share >= VERY_NEAR ? "bad" : share >= NEAR ? "warn" : "ok";
  return { name, share, text: `${text(used)} of ${text(limit)} (${percent(share)})`, state };
}

/** @type {[string, Chart["unit"], [string, string][]][]} Titles, units, and members with their labels. */
const HOST = [
  ["Processors", "share", [["cpu_share", "busy"], ["cpu_wait_share", "wait for disks"]]],
  ["Memory", "bytes", [["memory_used_bytes", "in use"], ["memory_budget_used_bytes", "of the service"]]],
  ["Disks", "bytes/s", [["disk_written_bytes_per_second", "written"], ["disk_read_bytes_per_second", "read"]]],
  ["Network", "bytes/s", [["network_received_bytes_per_second", "received"], ["network_sent_bytes_per_second", "sent"]]],
];

/** Charts of the machine and its processes; those without a value are left out. @param {ServerHistory} history @returns {Chart[]} */
export function hostSeries({ host, processes }) {
  const charts = HOST.map(([title, unit, members]) => ({
    title,
    unit,
    series: members.map(([member, label]) => ({ label, values: host[member] ?? [] })),
  }));
  const of = (/** @type {string} */ member) => Object.entries(processes).map(([label, series]) => ({ label, values: series[member] ?? [] }));
  charts.push({ title: "Processors by process", unit: "cores", series: of("cpu_cores") });
  charts.push({ title: "Memory by process", unit: "bytes", series: of("resident_bytes") });
  return charts
    .map((chart) => ({ ...chart, series: chart.series.filter(({ values }) => values.some((value) => value !== null)) }))
    .filter(({ series }) => series.length);
}
