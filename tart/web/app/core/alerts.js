// @ts-check
/**
 * Texts and order of alerts and their rules. Pure.
 *
 * @typedef {import("../../../client/web/tart.js").ActiveAlert} ActiveAlert
 * @typedef {import("../../../client/web/tart.js").AlertRule} AlertRule
 * @typedef {"ok" | "warn" | "bad" | "idle" | "info"} StateName
 * @typedef {"firing" | "pending" | "silenced" | "explained" | "resolved"} Standing An alert's state as
 *   a reader sees it: one that fires and sends nothing is silenced, or explained by another.
 */

import { bytes, compact, counted, DASH, duration, number, percent, shortNode } from "./format.js";
import { parseHash } from "./hash_route.js";

export const SEVERITIES = ["critical", "warning", "info"];

/** @type {Record<string, StateName>} */
const SEVERITY_STATES = { critical: "bad", warning: "warn", info: "info" };

/** The mark of a severity. @param {string} severity @returns {StateName} */
export function stateOfSeverity(severity) {
  return SEVERITY_STATES[severity] ?? "warn";
}

/** The words of each standing, in the order of the filter. @type {Record<Standing, string>} */
export const STANDINGS = {
  firing: "Firing",
  pending: "Pending",
  silenced: "Silenced",
  explained: "Explained",
  resolved: "Resolved",
};

/** @param {Pick<ActiveAlert, "state" | "silenced_by" | "inhibited_by">} alert @returns {Standing} */
export function standingOf({ state, silenced_by: silences, inhibited_by: cause }) {
  if (state !== "firing") return state;
  if (silences.length) return "silenced";
  return cause === null ? "firing" : "explained";
}

/** The mark of an alert: its severity while it demands something. @param {ActiveAlert} alert @returns {StateName} */
export function markOf(alert) {
  return standingOf(alert) === "firing" ? stateOfSeverity(alert.severity) : "idle";
}

/** @type {Record<string, (value: number) => string>} */
const UNITS = {
  seconds: (value) => duration(value * 1000),
  minutes: (value) => duration(value * 60_000),
  hours: (value) => duration(value * 3_600_000),
  days: (value) => duration(value * 86_400_000),
  share: percent,
  bytes,
  slots: (value) => counted(rounded(value), "slot"),
};

/** A value with its unit. @param {number | null | undefined} value @param {string | null | undefined} unit */
export function valueText(value, unit) {
  if (value === null || value === undefined) return DASH;
  const text = UNITS[unit ?? ""];
  if (text) return text(value);
  return `${compact(value)}${unit && unit !== "score" ? ` ${unit}` : ""}`;
}

/** @param {number} value */
function rounded(value) {
  return Math.round(value * 10) / 10;
}

/** The threshold, as "> 5 slots"; empty where there is none, as for SQL. @param {{ above: number | null, below: number | null, unit: string | null }} condition */
export function limitText({ above, below, unit }) {
  if (above !== null) return `> ${valueText(above, unit)}`;
  return below === null ? "" : `< ${valueText(below, unit)}`;
}

/** A value against its threshold, with the unit once. @param {Pick<ActiveAlert, "value" | "above" | "below" | "unit">} alert @returns {[string, string]} */
export function againstLimit({ value, above, below, unit }) {
  const counts = unit !== null && !(unit in UNITS);
  return [valueText(value, unit), limitText({ above, below, unit: counts ? null : unit })];
}

/** What a rule compares, in words. @param {AlertRule} rule */
export function conditionText(rule) {
  if (rule.figure === null) return "a statement of SQL has rows";
  const parts = [rule.figure, rule.by && `by ${rule.by}`];
  if (rule.window_seconds !== null) parts.push(`over ${duration(rule.window_seconds * 1000)}`);
  // A value that is divided by an earlier one has no unit.
  const compared = rule.against_seconds !== null;
  if (compared) parts.push(`against ${duration((rule.against_seconds ?? 0) * 1000)} before`);
  parts.push(limitText(compared ? { ...rule, unit: "times" } : rule));
  return parts.filter(Boolean).join(" ");
}

/** The labels that tell the alerts of a rule apart. @param {Record<string, string>} labels @returns {[string, string][]} */
export function ownLabels(labels) {
  return Object.entries(labels).filter(([name]) => name !== "alertname" && name !== "severity");
}

/** A label in brief. @param {string} name @param {string} value */
export function labelText(name, value) {
  return `${name} ${name === "node" ? shortNode(value) : value}`;
}

/** What an alert is about, in brief. @param {{ about: { kind: string, id: string } }} alert */
export function aboutText({ about: { kind, id } }) {
  if (kind === "network" || !kind) return "the network";
  if (kind === "server") return "this server";
  return labelText(kind, id);
}

/** Where the steps of a pipeline are shown; those of work-packages, which are not here, on Work. @type {Record<string, [string, Record<string, string>]>} */
const PIPELINES = {
  connections: ["events", { event_types: "ConnectInFailed,ConnectOutFailed" }],
  block_authoring: ["blocks", {}],
  block_verification: ["blocks", {}],
  block_execution: ["blocks", {}],
  block_requests: ["events", { event_types: "BlockRequestFailed" }],
  ticket_generation: ["events", { event_types: "TicketGenerationFailed" }],
  ticket_transfers: ["events", { event_types: "TicketTransferFailed" }],
  shard_requests: ["availability", {}],
  assurance_sending: ["availability", {}],
  assurance_receiving: ["availability", {}],
  bundle_shard_requests: ["availability", {}],
  bundle_requests: ["availability", {}],
  segment_shard_requests: ["availability", {}],
  segment_reconstruction: ["availability", {}],
  segment_verification: ["availability", {}],
  segment_requests: ["availability", {}],
  preimage_announcements: ["preimages", {}],
  preimage_requests: ["preimages", {}],
};

/**
 * The page that shows more of an alert, as path and parameters; null if that is the page of alerts.
 *
 * @param {Pick<ActiveAlert, "page" | "about">} alert
 * @returns {[string, Record<string, string>] | null}
 */
export function placeOf({ page, about }) {
  const { path, parameters } = parseHash(page);
  if (path && path !== "alerts") return [path, parameters];
  return about.kind === "pipeline" ? (PIPELINES[about.id] ?? ["work", {}]) : null;
}

/**
 * @typedef {{ severity?: string, state?: string, q?: string, node?: string, rule?: string }} Filter As
 *   the address has it.
 */

/** The alerts that pass a filter. @param {readonly ActiveAlert[]} alerts @param {Filter} filter */
export function filtered(alerts, { severity, state, q, node, rule }) {
  const words = (q ?? "").trim().toLowerCase().split(/\s+/).filter(Boolean);
  return alerts.filter((alert) => {
    if (severity && alert.severity !== severity) return false;
    if (state && standingOf(alert) !== state) return false;
    if (node && !alert.labels.node?.startsWith(node)) return false;
    if (rule && alert.alert !== rule) return false;
    if (!words.length) return true;
    const text = [alert.alert, alert.summary, ...Object.values(alert.labels)].join(" ").toLowerCase();
    return words.every((word) => text.includes(word));
  });
}

/** Alerts of one rule and one standing are a row of their own each up to this number. */
export const MAX_SINGLE = 3;

/**
 * @typedef {object} GroupRow Many alerts of one rule.
 * @property {"group"} kind
 * @property {string} key
 * @property {string} alert
 * @property {Standing} standing
 * @property {ActiveAlert[]} alerts The worst first.
 * @property {boolean} open
 * @typedef {{ kind: "alert", key: string, alert: ActiveAlert, inside: boolean }} AlertRow
 */

/**
 * Rows of a table: alerts in their order; many of one rule and standing are one row, below which
 * they stand if it is open.
 *
 * @param {readonly ActiveAlert[]} alerts
 * @param {ReadonlySet<string>} open Keys of groups.
 * @returns {(GroupRow | AlertRow)[]}
 */
export function groupedRows(alerts, open) {
  /** @type {Map<string, ActiveAlert[]>} */
  const groups = new Map();
  for (const alert of alerts) {
    const key = groupKey(alert);
    const group = groups.get(key);
    if (group) group.push(alert);
    else groups.set(key, [alert]);
  }
  return [...groups].flatMap(([key, members]) => {
    if (members.length <= MAX_SINGLE) return members.map((alert) => rowOf(alert, false));
    const isOpen = open.has(key);
    /** @type {GroupRow} */
    const head = { kind: "group", key, alert: members[0].alert, standing: standingOf(members[0]), alerts: members, open: isOpen };
    return [head, ...(isOpen ? members.map((alert) => rowOf(alert, true)) : [])];
  });
}

/** @param {ActiveAlert} alert @param {boolean} inside @returns {AlertRow} */
function rowOf(alert, inside) {
  return { kind: "alert", key: alert.id, alert, inside };
}

/** @param {ActiveAlert} alert */
export function groupKey(alert) {
  return `${alert.alert}.${standingOf(alert)}`;
}

/** What a group is about: "1 000 nodes". @param {readonly ActiveAlert[]} alerts */
export function groupText(alerts) {
  const { kind } = alerts[0].about;
  const named = kind && kind !== "network" && kind !== "server";
  return counted(alerts.length, named ? kind : "alert");
}

/** The range of the values of a group. @param {readonly ActiveAlert[]} alerts */
export function groupValue(alerts) {
  const values = alerts.flatMap(({ value }) => (value === null ? [] : [value]));
  if (!values.length) return DASH;
  const [least, most] = [Math.min(...values), Math.max(...values)].map((value) => valueText(value, alerts[0].unit));
  return least === most ? least : `${least} to ${most}`;
}

/**
 * What a silence may cover, narrowest first, with its matchers.
 *
 * @param {readonly ActiveAlert[]} alerts One, or a group of one rule.
 * @returns {{ id: string, label: string, matchers: string[] }[]}
 */
export function silenceScopes(alerts) {
  const [first] = alerts;
  const rule = matcher("alertname", first.alert);
  const scopes = [];
  const own = ownLabels(first.labels);
  if (alerts.length === 1 && own.length) {
    scopes.push({ id: "alert", label: "This alert", matchers: [rule, ...own.map(([name, value]) => matcher(name, value))] });
  }
  scopes.push({ id: "rule", label: `All of ${first.alert}`, matchers: [rule] });
  if (alerts.length === 1 && first.labels.node) {
    scopes.push({ id: "node", label: "All of this node", matchers: [matcher("node", first.labels.node)] });
  }
  return scopes;
}

/** A matcher of one value, as the API reads it. @param {string} name @param {string} value */
export function matcher(name, value) {
  return `${name}="${value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n")}"`;
}

/** Words of a title for what fires. @param {Record<string, number>} bySeverity */
export function severityText(bySeverity) {
  const parts = SEVERITIES.filter((severity) => bySeverity[severity] > 0).map((severity) => `${number(bySeverity[severity])} ${severity}`);
  return parts.join(", ");
}

/** The worst severity that fires; null if nothing does. @param {Record<string, number>} bySeverity */
export function worstSeverity(bySeverity) {
  return SEVERITIES.find((severity) => bySeverity[severity] > 0) ?? null;
}

/** What is watched, for a page without alerts. @param {readonly AlertRule[]} rules */
export function watchedText(rules) {
  const enabled = rules.filter((rule) => rule.enabled);
  const figures = new Set(enabled.flatMap(({ figure }) => (figure === null ? [] : [figure])));
  const statements = enabled.filter(({ figure }) => figure === null).length;
  const parts = [counted(figures.size, "figure"), ...(statements ? [counted(statements, "statement of SQL", "statements of SQL")] : [])];
  return `${counted(enabled.length, "rule")} over ${parts.join(" and ")}`;
}

/** @type {Record<string, StateName>} */
const RULE_STATES = { firing: "bad", pending: "warn", inactive: "ok", failing: "warn", unknown: "idle" };

/** The state of a rule as mark and word. @param {AlertRule} rule @returns {[StateName, string]} */
export function ruleState(rule) {
  if (!rule.enabled) return ["idle", "off"];
  if (rule.state === "firing") return [stateOfSeverity(rule.severity), `${number(rule.firing)} firing`];
  if (rule.state === "pending") return ["warn", `${number(rule.pending)} pending`];
  if (rule.state === "failing") return ["bad", "cannot be evaluated"];
  if (rule.state === "unknown") return ["idle", "not evaluated yet"];
  return [RULE_STATES[rule.state] ?? "ok", "well"];
}

/** The last value of a rule: the worst, of how many. @param {AlertRule} rule */
export function lastValueText({ values, unit, against_seconds: against }) {
  const [worst] = values;
  return worst ? valueText(worst.value, against === null ? unit : "times") : DASH;
}
