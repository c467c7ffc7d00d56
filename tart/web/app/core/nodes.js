// @ts-check
/**
 * Rows of nodes from the columns of /api/nodes/summary, and what the pages about nodes make of
 * them. Pure.
 *
 * @typedef {import("../../../client/web/tart.js").NodesSummary} Summary
 * @typedef {import("../components/basics.js").StateName} StateName
 *
 * @typedef {object} NodeRow
 * @property {string} node_id
 * @property {string | null} implementation_name
 * @property {string | null} implementation_version
 * @property {string | null} address
 * @property {string} state
 * @property {StateName} mark
 * @property {boolean} is_connected
 * @property {string | null} changed_at
 * @property {string | null} last_seen_at
 * @property {number | null} best_slot
 * @property {number | null} best_lag
 * @property {number | null} finalized_slot
 * @property {number | null} finalized_lag
 * @property {boolean | null} synced
 * @property {number | null} clock_offset_ms
 * @property {number | null} peers
 * @property {number | null} validator_peers
 * @property {number} events
 * @property {number | null} events_per_second
 * @property {number[]} series
 * @property {number} dropped
 * @property {number} dropped_messages
 * @property {number} undecodable
 * @property {number} failures
 * @property {number} errors
 * @property {number} warnings
 * @property {number} infos
 * @property {string | null} finding
 * @property {string | null} finding_at
 */

/** Marks of the levels of states. @type {Record<string, StateName>} */
export const LEVEL_MARKS = { well: "ok", warning: "warn", bad: "bad", no_data: "idle" };

/** Levels in order of harm, with their words. @type {{ level: "bad" | "warning" | "no_data" | "well", mark: StateName, word: string }[]} */
export const LEVELS = [
  { level: "bad", mark: "bad", word: "bad" },
  { level: "warning", mark: "warn", word: "warning" },
  { level: "no_data", mark: "idle", word: "no data" },
  { level: "well", mark: "ok", word: "well" },
];

/** @type {Record<string, string>} */
const WORDS = {
  gone: "gone",
  disconnected: "disconnected",
  silent: "silent",
  isolated: "no peers",
  far_behind: "far behind",
  syncing: "syncing",
  behind: "behind",
  finality_behind: "finality behind",
  clock_off: "clock off",
  dropping: "drops events",
  no_block: "no block yet",
  well: "well",
};

/** The word of a state. @param {string} state */
export function stateWord(state) {
  return WORDS[state] ?? state.replaceAll("_", " ");
}

/** Rows from columns. @param {Summary} summary @returns {NodeRow[]} */
export function rowsOf(summary) {
  const { nodes, implementations, rules } = summary;
  const levels = Object.fromEntries(rules.map(({ state, level }) => [state, level]));
  const names = /** @type {(keyof typeof nodes)[]} */ (Object.keys(nodes).filter((name) => name !== "implementation"));
  return nodes.node_id.map((_, index) => {
    /** @type {any} */
    const row = {};
    for (const name of names) row[name] = nodes[name][index];
    const { name, version } = implementations[nodes.implementation[index]];
    row.implementation_name = name;
    row.implementation_version = version;
    row.mark = LEVEL_MARKS[levels[row.state]] ?? "idle";
    return row;
  });
}

/** How harmful a state is, 0 is worst; for order. @param {NodeRow} row @param {Summary["rules"]} rules */
export function harmOf(row, rules) {
  const index = rules.findIndex(({ state }) => state === row.state);
  const level = LEVELS.findIndex(({ mark }) => mark === row.mark);
  return level * 100 + index;
}

/**
 * Return the rows that a text describes: each of its words is the beginning of the id, or is in
 * the implementation, the address, the state or the newest finding. A word with "!" before it
 * excludes.
 *
 * @param {NodeRow[]} rows
 * @param {string} text
 */
export function filterRows(rows, text) {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  if (!words.length) return rows;
  return rows.filter((row) =>
    words.every((word) => {
      const excluded = word.startsWith("!") && word.length > 1;
      return matches(row, excluded ? word.slice(1) : word) !== excluded;
    }),
  );
}

/** @param {NodeRow} row @param {string} word */
function matches(row, word) {
  return (
    row.node_id.startsWith(word.replace(/^0x/, "")) ||
    [
      implementationOf(row),
      row.address ?? "",
      stateWord(row.state),
      row.finding ?? "",
    ].some((text) => text.toLowerCase().includes(word))
  );
}

/** Implementation and version as one text, for groups. @param {{ implementation_name: string | null, implementation_version: string | null }} row */
export function implementationOf(row) {
  if (!row.implementation_name) return "unknown";
  return row.implementation_version ? `${row.implementation_name} ${row.implementation_version}` : row.implementation_name;
}

/**
 * Rows in groups by implementation, the groups in order of their names.
 *
 * @template {{ implementation_name: string | null, implementation_version: string | null }} Row
 * @param {Row[]} rows
 * @returns {{ name: string, rows: Row[] }[]}
 */
export function byImplementation(rows) {
  /** @type {Map<string, Row[]>} */
  const groups = new Map();
  for (const row of rows) {
    const name = implementationOf(row);
    const group = groups.get(name);
    if (group) group.push(row);
    else groups.set(name, [row]);
  }
  return [...groups].sort(([a], [b]) => a.localeCompare(b, "en", { numeric: true })).map(([name, members]) => ({ name, rows: members }));
}

/**
 * Parts of a strip that shows when a node was connected, oldest first.
 *
 * @typedef {object} SessionPart
 * @property {number} from Share of the range at which it begins, 0 to 1.
 * @property {number} to
 * @property {"open" | "closed" | "died" | "refused"} outcome
 * @property {any} session
 *
 * @param {{ started_at: string, ended_at: string | null, last_event_at?: string | null, outcome: any }[]} sessions
 * @param {[number, number]} bounds Milliseconds.
 * @returns {SessionPart[]}
 */
export function sessionParts(sessions, [from, to]) {
  const place = (/** @type {number} */ ms) => Math.min(1, Math.max(0, (ms - from) / (to - from || 1)));
  return sessions
    .map((session) => ({
      from: place(Date.parse(session.started_at)),
      to: place(session.ended_at === null ? to : Date.parse(session.ended_at)),
      outcome: session.outcome,
      session,
    }))
    .sort((a, b) => a.from - b.from || a.to - b.to);
}

/** Number of connections of a node that began while the range lasted, beyond the first. @param {{ started_at: string }[]} sessions @param {number} from */
export function reconnects(sessions, from) {
  const begun = sessions.filter(({ started_at: start }) => Date.parse(start) >= from).length;
  return begun === sessions.length ? Math.max(0, begun - 1) : begun;
}

/**
 * Share of a range in which at least one connection was open.
 *
 * @param {SessionPart[]} parts In order of their beginning.
 */
export function connectedShare(parts) {
  let [total, until] = [0, 0];
  for (const { from, to, outcome } of parts) {
    if (outcome === "refused") continue;
    total += Math.max(0, to - Math.max(from, until));
    until = Math.max(until, to);
  }
  return Math.min(1, total);
}

/** Event types whose number says what a node did, by the event that ends a step. @type {Record<string, { text: string, failed?: boolean }>} */
const DEEDS = {
  Authored: { text: "blocks authored" },
  AuthoringFailed: { text: "authoring failed", failed: true },
  BlockExecuted: { text: "blocks executed" },
  BlockVerificationFailed: { text: "verification failed", failed: true },
  BlockExecutionFailed: { text: "execution failed", failed: true },
  BlockTransferred: { text: "blocks transferred" },
  TicketsGenerated: { text: "ticket generations" },
  TicketGenerationFailed: { text: "ticket generation failed", failed: true },
  WorkPackageReceived: { text: "work-packages received" },
  WorkPackageFailed: { text: "work-packages failed", failed: true },
  Refined: { text: "work-packages refined" },
  WorkReportBuilt: { text: "work-reports built" },
  GuaranteeBuilt: { text: "guarantees built" },
  GuaranteesDistributed: { text: "guarantees distributed" },
  GuaranteeSent: { text: "guarantees sent" },
  GuaranteeSendFailed: { text: "guarantees not sent", failed: true },
  AssuranceSent: { text: "assurances sent" },
  AssuranceSendFailed: { text: "assurances not sent", failed: true },
  ShardsTransferred: { text: "shards transferred" },
  ShardRequestFailed: { text: "shard requests failed", failed: true },
  BundleShardTransferred: { text: "bundle shards transferred" },
  SegmentsTransferred: { text: "segments transferred" },
  PreimageTransferred: { text: "preimages transferred" },
};

/**
 * What a node did in a window, from the steps of its latencies: numbers by the event that ends
 * them. An event that ends two steps (after authoring and after importing) counts for both.
 *
 * @param {{ to: string, from: string, node: { count: number } }[]} steps
 */
export function deedsOf(steps) {
  /** @type {Map<string, { id: string, text: string, failed: boolean, count: number }>} */
  const deeds = new Map();
  for (const { to, from, node } of steps) {
    const known = DEEDS[to];
    const failed = known?.failed ?? to.endsWith("Failed");
    if (!known && !failed) continue;
    const id = to === "BlockExecuted" && from === "Importing" ? "imported" : to;
    const text = id === "imported" ? "blocks imported" : (known?.text ?? spaced(to));
    const deed = deeds.get(id) ?? { id, text, failed, count: 0 };
    deed.count += node.count;
    deeds.set(id, deed);
  }
  const order = Object.keys(DEEDS);
  const place = (/** @type {string} */ id) => {
    const index = order.indexOf(id === "imported" ? "BlockExecuted" : id);
    return index < 0 ? order.length : index;
  };
  return [...deeds.values()].sort((a, b) => Number(a.failed) - Number(b.failed) || place(a.id) - place(b.id));
}

/** Words of a name: "Block executed" of BlockExecuted. @param {string} name */
export function spaced(name) {
  const words = name.replace(/([a-z])([A-Z])/g, "$1 $2").toLowerCase();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** A step's name for people. @param {string} from @param {string} to */
export function stepText(from, to) {
  return `${spaced(from)} → ${spaced(to).toLowerCase()}`;
}

/**
 * How a node's median stands against the network's; a difference counts from twice on, with
 * enough samples.
 *
 * @param {{ ratio: number | null, node: { count: number } }} step
 * @returns {StateName}
 */
export function ratioState({ ratio, node }) {
  if (ratio === null || node.count < 5) return "idle";
  if (ratio >= 4) return "bad";
  return ratio >= 2 ? "warn" : "ok";
}
