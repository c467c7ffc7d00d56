// @ts-check
/**
 * What needs attention: one sentence and one link each, worst first. Pure.
 *
 * @typedef {object} Item
 * @property {"bad" | "warn" | "info"} state
 * @property {string} text One sentence, without a full stop.
 * @property {string} path Page that it opens.
 * @property {Record<string, string>} [parameters] Of that page.
 * @property {number} harm Orders items of one state.
 */

import { counted, duration, number, percent, shortNode } from "./format.js";
import { implementationText } from "./implementations.js";

/** Nodes in one state are listed one by one up to this number, then counted. */
const MAX_SINGLE = 3;
const FINALITY_WARN = 6;
const FINALITY_BAD = 20;
/** Of the slots, the share without a block from which it is worth a look. */
const MISSED_WARN = 0.1;
const SLOW_MS = 2000;
/** Imports that an implementation needs before it is compared with others. */
const MIN_IMPORTS = 50;
const SLOWER = 1.4;
const MAX_REASONS = 3;

/** @type {Record<string, "bad" | "warn" | "info">} */
const LEVELS = { bad: "bad", warning: "warn", critical: "bad", error: "bad", warn: "warn", info: "info" };

/**
 * Return all items, worst first.
 *
 * @param {{
 *   nodes?: any, slots?: any, alerts?: any, failures?: any, funnel?: any, conformance?: any, implementations?: any,
 *   shards?: { shards_answered: number, shards_total: number } | null,
 * }} answers Those of /api/nodes/summary, /api/slots, /api/alerts, /api/failures,
 *   /api/workpackages/funnel,
 *   /api/conformance and /api/implementations, and of the shards the summary; null if they are not known.
 * @returns {Item[]}
 */
export function attention({ nodes, slots, alerts, failures, funnel, conformance, implementations, shards }) {
  const named = new Set();
  const items = [
    ...(shards ? ofShards(shards) : []),
    ...(slots ? ofSlots(slots) : []),
    ...(nodes ? ofNodes(nodes, named) : []),
    ...(alerts ? ofAlerts(alerts, named) : []),
    ...(failures ? ofFailures(failures) : []),
    ...(funnel ? ofWork(funnel) : []),
    ...(conformance ? ofFindings(conformance) : []),
    ...(implementations ? ofImplementations(implementations) : []),
  ];
  const order = ["bad", "warn", "info"];
  return items.sort((a, b) => order.indexOf(a.state) - order.indexOf(b.state) || b.harm - a.harm);
}

/** @param {{ shards_answered: number, shards_total: number }} shards @returns {Item[]} */
function ofShards({ shards_answered: answered, shards_total: total }) {
  if (answered >= total) return [];
  const silent = total - answered;
  return [{ state: "bad", text: `${number(silent)} of ${counted(total, "shard")} of this server ${silent === 1 ? "does" : "do"} not answer: all figures lack what ${silent === 1 ? "it has" : "they have"}`, path: "server", harm: 10_000 }];
}

/** @param {any} slots @returns {Item[]} */
function ofSlots({ best_slot: best, finalized_slot: finalized, slots }) {
  /** @type {Item[]} */
  const items = [];
  if (best !== null && finalized !== null && best - finalized >= FINALITY_WARN) {
    const behind = best - finalized;
    items.push({ state: behind >= FINALITY_BAD ? "bad" : "warn", text: `The finalized block is ${number(behind)} slots behind the best`, path: "blocks", harm: 1000 });
  }
  const decided = slots.filter((/** @type {any} */ { state }) => state === "authored" || state === "missed");
  const missed = decided.filter((/** @type {any} */ { state }) => state === "missed").length;
  if (decided.length >= 10 && missed / decided.length >= MISSED_WARN) {
    items.push({ state: missed / decided.length >= 0.5 ? "bad" : "warn", text: `${number(missed)} of the last ${counted(decided.length, "slot")} have no block (${percent(missed / decided.length)})`, path: "blocks", harm: 900 });
  }
  const slow = slots.filter((/** @type {any} */ { blocks }) => blocks.length && (blocks[0].until_90_ms ?? 0) > SLOW_MS);
  if (slow.length) {
    const worst = slow.reduce((/** @type {any} */ a, /** @type {any} */ b) => (a.blocks[0].until_90_ms >= b.blocks[0].until_90_ms ? a : b));
    items.push({ state: "warn", text: `${counted(slow.length, "block")} took more than ${duration(SLOW_MS)} to reach 90 % of the nodes; slot ${number(worst.slot)} took ${duration(worst.blocks[0].until_90_ms)}`, path: `slots/${worst.slot}`, harm: 500 });
  }
  return items;
}

/** @param {any} answer @param {Set<string>} named @returns {Item[]} */
function ofNodes({ nodes, rules, implementations, total }, named) {
  /** @type {Map<string, number[]>} */
  const byState = new Map();
  for (const [index, state] of nodes.state.entries()) {
    if (!byState.has(state)) byState.set(state, []);
    byState.get(state)?.push(index);
  }
  /** @type {Item[]} */
  const items = [];
  for (const { state, level, meaning } of rules) {
    const found = byState.get(state);
    if (!found || !LEVELS[level] || LEVELS[level] === "info") continue;
    for (const index of found) named.add(nodes.node_id[index]);
    if (found.length > MAX_SINGLE) {
      items.push({ state: LEVELS[level], text: `${number(found.length)} of ${number(total)} nodes: ${lower(meaning)}`, path: "nodes", parameters: { state }, harm: found.length });
      continue;
    }
    for (const index of found) {
      const { name, version } = implementations[nodes.implementation[index]] ?? {};
      items.push({
        state: LEVELS[level],
        text: `${shortNode(nodes.node_id[index])} (${implementationText(name, version)}): ${lower(meaning)}`,
        path: `nodes/${nodes.node_id[index]}`,
        harm: 1,
      });
    }
  }
  return items;
}

/** @param {any} answer @param {Set<string>} named @returns {Item[]} */
function ofAlerts({ alerts }, named) {
  /** @type {Map<string, any[]>} */
  const byRule = new Map();
  for (const alert of alerts) {
    if (alert.state !== "firing" || alert.silenced_by.length || alert.inhibited_by !== null || named.has(alert.about.id)) continue;
    byRule.set(alert.alert, [...(byRule.get(alert.alert) ?? []), alert]);
  }
  return [...byRule].flatMap(([rule, fired]) => {
    const many = fired.length > MAX_SINGLE;
    return (many ? [fired[0]] : fired).map(({ severity, summary, fingerprint }) => /** @type {Item} */ ({
      state: LEVELS[severity],
      text: many ? `${counted(fired.length, "alert")} of ${rule}, such as: ${plain(summary)}` : plain(summary),
      path: "alerts",
      parameters: many ? { rule } : { alert: fingerprint },
      harm: 9 + fired.length,
    }));
  });
}

/** Kinds of failure that are new, or have come back. @param {any} answer @returns {Item[]} */
function ofFailures({ failures }) {
  const found = failures.filter((/** @type {any} */ { state, is_new: fresh }) => state === "regressed" || (fresh && state === "open"));
  const more = found.length - MAX_REASONS;
  /** @type {Item[]} */
  const rest = more > 0 ? [{ state: "warn", text: `${counted(more, "further kind")} of failure ${more === 1 ? "is" : "are"} new or back`, path: "failures", harm: 0 }] : [];
  return found
    .slice(0, MAX_REASONS)
    .map((/** @type {any} */ { state, fingerprint, event_name: event, template, count, nodes, regressed_version: version }) => ({
      state: "warn",
      text: `${state === "regressed" ? `Back after it was resolved${version ? `, in ${version}` : ""}` : "New kind of failure"}: ${event}${template && `, ${template}`} (${counted(count, "time")} on ${counted(nodes, "node")})`,
      path: `failures/${fingerprint}`,
      harm: nodes,
    }))
    .concat(rest);
}

/** @param {any} answer @returns {Item[]} */
function ofWork({ stages, packages }) {
  const lost = stages.flatMap((/** @type {any} */ { stage, reasons }) => reasons.map((/** @type {any} */ reason) => ({ stage, ...reason })));
  return lost
    .sort((/** @type {any} */ a, /** @type {any} */ b) => b.count - a.count)
    .slice(0, MAX_REASONS)
    .map((/** @type {any} */ { stage, count, reason }) => ({
      state: count / Math.max(packages, 1) >= 0.2 ? "bad" : count / Math.max(packages, 1) >= 0.02 ? "warn" : "info",
      text: `${number(count)} of ${counted(packages, "work-package")} lost after ${stage}: ${reason}`,
      path: "work",
      harm: count,
    }));
}

/** @param {any} answer @returns {Item[]} */
function ofFindings({ rules }) {
  return rules
    .filter((/** @type {any} */ { severity }) => severity !== "info")
    .map((/** @type {any} */ { code, severity, count, nodes }) => ({
      state: severity === "error" ? "bad" : "warn",
      text: `${counted(nodes, "node")}: ${counted(count, "finding")} of ${code}`,
      path: "conformance",
      parameters: { rule: code },
      harm: nodes,
    }));
}

/** @param {any} answer @returns {Item[]} */
function ofImplementations({ implementations }) {
  const compared = implementations.filter((/** @type {any} */ each) => each.imports >= MIN_IMPORTS && each.import_p95_ms !== null);
  return compared.flatMap((/** @type {any} */ each) => {
    const others = compared.filter((/** @type {any} */ other) => other !== each).map((/** @type {any} */ other) => other.import_p95_ms);
    if (others.length < 2) return [];
    const typical = others.sort((/** @type {number} */ a, /** @type {number} */ b) => a - b)[Math.floor(others.length / 2)];
    if (!(each.import_p95_ms > typical * SLOWER)) return [];
    return {
      state: "warn",
      text: `${implementationText(each.name, each.version)}: 95 % of imports take up to ${duration(each.import_p95_ms)}, those of the others ${duration(typical)}`,
      path: "implementations",
      harm: each.nodes,
    };
  });
}

/** @param {string} text */
function plain(text) {
  return text.replace(/\.$/, "");
}

/** @param {string} text */
function lower(text) {
  return text.slice(0, 1).toLowerCase() + plain(text).slice(1);
}
