// @ts-check
/**
 * Alerts over time: a lane for each rule, with the times in which it was pending and fired. Pure.
 *
 * @typedef {import("../../../client/web/tart.js").ActiveAlert} ActiveAlert
 * @typedef {import("../../../client/web/tart.js").AlertTransition} AlertTransition
 * @typedef {{ from: number, to: number, state: "pending" | "firing", count: number }} Part Shares of the
 *   range; count is the most alerts at one time.
 * @typedef {{ alert: string, severity: string, firing: number, parts: Part[] }} Lane firing is the number of
 *   episodes that fired.
 * @typedef {{ alert: string, severity: string, spans: { from: number, to: number, state: "pending" | "firing" }[] }} Episode
 */

import { SEVERITIES } from "./alerts.js";
import { millis } from "./format.js";

/**
 * Lanes of a range, the worst first, then those that changed last.
 *
 * @param {readonly AlertTransition[]} history Of the range, in any order.
 * @param {readonly ActiveAlert[]} alerts That there are now.
 * @param {[number, number]} bounds Milliseconds since 1970.
 * @returns {Lane[]}
 */
export function lanesOf(history, alerts, [start, end]) {
  /** @type {Map<string, Episode[]>} */
  const byRule = new Map();
  for (const episode of episodesOf(history, alerts, [start, end])) {
    const known = byRule.get(episode.alert);
    if (known) known.push(episode);
    else byRule.set(episode.alert, [episode]);
  }
  const lanes = [...byRule].map(([alert, episodes]) => {
    const spans = episodes.flatMap((episode) => episode.spans);
    const firing = spans.filter(({ state }) => state === "firing");
    const pending = spans.filter(({ state }) => state === "pending");
    const share = (/** @type {number} */ ms) => Math.min(1, Math.max(0, (ms - start) / (end - start)));
    const parts = [...union(pending, "pending"), ...union(firing, "firing")]
      .filter(({ from, to }) => to >= start && from <= end)
      .map((part) => ({ ...part, from: share(part.from), to: share(part.to) }));
    const severity = SEVERITIES.find((each) => episodes.some((episode) => episode.severity === each)) ?? "warning";
    return { alert, severity, firing: firing.length, parts };
  });
  const last = (/** @type {Lane} */ lane) => Math.max(...lane.parts.map(({ to }) => to));
  return lanes
    .filter(({ parts }) => parts.length)
    .sort((one, other) => SEVERITIES.indexOf(one.severity) - SEVERITIES.indexOf(other.severity) || last(other) - last(one));
}

/**
 * @param {readonly AlertTransition[]} history
 * @param {readonly ActiveAlert[]} alerts
 * @param {[number, number]} bounds
 * @returns {Episode[]}
 */
function episodesOf(history, alerts, [start, end]) {
  /** @type {Map<string, { alert: string, severity: string, changes: { at: number, from: string, to: string }[] }>} */
  const episodes = new Map();
  const ordered = [...history].map((change) => ({ ...change, at: millis(change.at) ?? 0 })).sort((one, other) => one.at - other.at || one.id - other.id);
  for (const { alert_id: id, alert, severity, at, from, to } of ordered) {
    const known = episodes.get(id) ?? { alert, severity, changes: [] };
    known.changes.push({ at, from, to });
    episodes.set(id, known);
  }
  // Of alerts that there are now, the beginning is known even if it was long before the range.
  for (const alert of alerts) {
    if (episodes.has(alert.id)) continue;
    const changes = [{ at: millis(alert.since) ?? start, from: "inactive", to: "pending" }];
    if (alert.fired_at) changes.push({ at: millis(alert.fired_at) ?? start, from: "pending", to: "firing" });
    if (alert.resolved_at) changes.push({ at: millis(alert.resolved_at) ?? end, from: "firing", to: "resolved" });
    episodes.set(alert.id, { alert: alert.alert, severity: alert.severity, changes });
  }
  return [...episodes.values()].map(({ alert, severity, changes }) => ({ alert, severity, spans: spansOf(changes, [start, end]) }));
}

/**
 * @param {{ at: number, from: string, to: string }[]} changes Oldest first.
 * @param {[number, number]} bounds
 */
function spansOf(changes, [start, end]) {
  /** @type {Episode["spans"]} */
  const spans = [];
  const add = (/** @type {string} */ state, /** @type {number} */ from, /** @type {number} */ to) => {
    if (state === "pending" || state === "firing") spans.push({ state, from, to });
  };
  // What it was when the range began.
  add(changes[0].from, Math.min(start, changes[0].at), changes[0].at);
  changes.forEach(({ at, to }, index) => add(to, at, changes[index + 1]?.at ?? end));
  return spans;
}

/**
 * Spans that overlap as one, with the most of them at one time.
 *
 * @param {{ from: number, to: number }[]} spans
 * @param {"pending" | "firing"} state
 * @returns {Part[]}
 */
function union(spans, state) {
  const edges = spans.flatMap(({ from, to }) => [{ at: from, step: 1 }, { at: to, step: -1 }]);
  // One that begins as another ends goes on.
  edges.sort((one, other) => one.at - other.at || other.step - one.step);
  /** @type {Part[]} */
  const parts = [];
  let open = 0;
  for (const { at, step } of edges) {
    if (open === 0) parts.push({ from: at, to: at, state, count: 0 });
    open += step;
    const part = parts[parts.length - 1];
    part.count = Math.max(part.count, open);
    part.to = at;
  }
  return parts;
}

/** Times that are named below a range: from three to six, evenly. @param {[number, number]} bounds @param {number} count */
export function ticksOf([start, end], count) {
  return Array.from({ length: count }, (_, index) => start + ((end - start) * index) / (count - 1));
}
