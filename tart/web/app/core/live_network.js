// @ts-check
/** The network as the summarised live channel tells of it: a state, and the changes to it. */

/** @typedef {import("../../../client/web/tart.js").Summary} Summary */

/**
 * The figures of a node that change; see `SummaryNodes` of the API.
 *
 * @typedef {object} LiveNode
 * @property {string} id
 * @property {boolean} is_connected
 * @property {number | null} best_slot
 * @property {number | null} finalized_slot
 * @property {boolean | null} synced
 * @property {number | null} peers
 * @property {number | null} last_seen_ms
 * @property {number} event_count
 * @property {number | null} events_per_second
 * @property {number} dropped_count
 * @property {number} undecodable
 */

/**
 * @typedef {object} LiveNetwork
 * @property {number} sequence
 * @property {LiveNode[]} nodes A node that did not change is the same object as before.
 * @property {Map<string, number>} numbers Where each id is in `nodes`.
 */

/**
 * Return the network after a summary; null if the summary does not follow what is known: a full
 * state is needed then.
 *
 * @param {LiveNetwork | null} before
 * @param {Summary} summary
 * @returns {LiveNetwork | null}
 */
export function applySummary(before, summary) {
  const known = summary.since === null ? null : before;
  if (summary.since !== null && (!known || summary.since > known.sequence)) return null;
  const nodes = known ? known.nodes.slice() : [];
  const numbers = known && !summary.added.length ? known.numbers : new Map(known?.numbers);
  for (const id of summary.added) {
    // A client that gets the same changes twice knows the node.
    if (!numbers.has(id)) numbers.set(id, nodes.push(unknownNode(id)) - 1);
  }
  const columns = summary.nodes;
  columns.number.forEach((number, position) => {
    nodes[number] = {
      id: nodes[number].id,
      is_connected: columns.is_connected[position],
      best_slot: columns.best_slot[position],
      finalized_slot: columns.finalized_slot[position],
      synced: columns.synced[position],
      peers: columns.peers[position],
      last_seen_ms: columns.last_seen_ms[position],
      event_count: columns.event_count[position],
      events_per_second: columns.events_per_second[position],
      dropped_count: columns.dropped_count[position],
      undecodable: columns.undecodable[position],
    };
  });
  return { sequence: summary.sequence, nodes, numbers };
}

/** @param {string} id @returns {LiveNode} */
function unknownNode(id) {
  return {
    id,
    is_connected: false,
    best_slot: null,
    finalized_slot: null,
    synced: null,
    peers: null,
    last_seen_ms: null,
    event_count: 0,
    events_per_second: null,
    dropped_count: 0,
    undecodable: 0,
  };
}

/**
 * The ways to the channel, best first. A way that brings nothing is left for the next one; a way
 * that worked is tried again.
 *
 * @typedef {"socket" | "stream" | "poll"} Way
 */
/** @type {Way[]} */
export const WAYS = ["socket", "stream", "poll"];

/**
 * The next way after an attempt ended: the same one if it worked; after polling the best one.
 *
 * @param {Way} way
 * @param {boolean} worked Whether it brought a summary.
 * @returns {Way}
 */
export function nextWay(way, worked) {
  if (worked) return way === "poll" ? "socket" : way;
  return WAYS[(WAYS.indexOf(way) + 1) % WAYS.length];
}

/**
 * Milliseconds to wait before the next attempt.
 *
 * @param {number} failures How many rounds of attempts failed in a row.
 * @param {number} chance From 0 to 1: pages that lost the same server do not all return at once.
 */
export function retryDelay(failures, chance) {
  return Math.min(10_000, 500 * 2 ** Math.min(failures, 5)) * (0.5 + chance / 2);
}
