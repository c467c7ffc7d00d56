// @ts-check
/**
 * Links between nodes: order of a matrix, neighbours, poorly connected nodes. Pure.
 *
 * @typedef {import("../../../client/web/tart.js").Links} Links
 *
 * @typedef {object} LinkedNode
 * @property {number} index In the answer.
 * @property {string} node_id
 * @property {string | null} implementation_name
 * @property {string | null} implementation_version
 * @property {boolean} known Whether it sends telemetry.
 * @property {boolean} is_connected
 * @property {number} sent
 * @property {number} received
 * @property {number} targets
 * @property {number} sources
 * @property {number} degree The greater of both.
 * @property {number | null} peers
 */

import { median } from "./median.js";

/** Rows of nodes. @param {Links} answer @returns {LinkedNode[]} */
export function linkedNodes({ nodes, implementations }) {
  return nodes.node_id.map((node_id, index) => {
    const place = nodes.implementation[index];
    const version = place === null ? { name: null, version: null } : implementations[place];
    return {
      index,
      node_id,
      implementation_name: version.name,
      implementation_version: version.version,
      known: place !== null,
      is_connected: nodes.is_connected[index],
      sent: nodes.sent[index],
      received: nodes.received[index],
      targets: nodes.targets[index],
      sources: nodes.sources[index],
      degree: Math.max(nodes.targets[index], nodes.sources[index]),
      peers: nodes.peers[index],
    };
  });
}

/** Orders of the rows and columns of the matrix. */
export const ORDERS = ["implementation", "links", "id"];

/**
 * Return the nodes in an order: by implementation and then by links, by links, or by id.
 *
 * @param {LinkedNode[]} nodes
 * @param {string} order
 */
export function orderedNodes(nodes, order) {
  const byId = (/** @type {LinkedNode} */ a, /** @type {LinkedNode} */ b) => (a.node_id < b.node_id ? -1 : 1);
  const byLinks = (/** @type {LinkedNode} */ a, /** @type {LinkedNode} */ b) => b.degree - a.degree || b.sent - a.sent || byId(a, b);
  if (order === "id") return [...nodes].sort(byId);
  if (order === "links") return [...nodes].sort(byLinks);
  return [...nodes].sort((a, b) => compareText(labelOf(a), labelOf(b)) || byLinks(a, b));
}

/** @param {LinkedNode} node */
export function labelOf({ implementation_name: name, implementation_version: version, known }) {
  if (!known) return "\uffffno telemetry";
  return name ? `${name} ${version ?? ""}`.trim() : "unknown";
}

/** @param {string} a @param {string} b */
function compareText(a, b) {
  return a < b ? -1 : a > b ? 1 : 0;
}

/**
 * Return the colours of the matrix, one byte for each cell: 0 without a link, else 1 to 255 by the
 * logarithm of its messages. Rows are senders.
 *
 * @param {Links["links"]} links
 * @param {LinkedNode[]} ordered
 */
export function matrixOf(links, ordered) {
  const size = ordered.length;
  const places = new Int32Array(size);
  ordered.forEach(({ index }, place) => (places[index] = place));
  let most = 1;
  for (const count of links.messages) if (count > most) most = count;
  const scale = 254 / (Math.log(most + 1) || 1);
  const cells = new Uint8Array(size * size);
  for (let link = 0; link < links.messages.length; link += 1) {
    const cell = places[links.source[link]] * size + places[links.target[link]];
    cells[cell] = 1 + Math.round(Math.log(links.messages[link] + 1) * scale);
  }
  return { cells, size, most };
}

/** The number of messages from one node to another; 0 without a link. @param {Links["links"]} links @param {number} source @param {number} target */
export function messagesBetween(links, source, target) {
  // Links are in order of sender and receiver.
  let [low, high] = [0, links.source.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    const before = links.source[middle] < source || (links.source[middle] === source && links.target[middle] < target);
    if (before) low = middle + 1;
    else high = middle;
  }
  return links.source[low] === source && links.target[low] === target ? links.messages[low] : 0;
}

/** Ranges of rows of one implementation, for the margins. @param {LinkedNode[]} ordered */
export function bandsOf(ordered) {
  /** @type {{ name: string, label: string, from: number, to: number }[]} */
  const bands = [];
  ordered.forEach((node, place) => {
    const label = labelOf(node);
    const last = bands.at(-1);
    if (last?.label === label) last.to = place + 1;
    else bands.push({ name: node.implementation_name ?? "", label, from: place, to: place + 1 });
  });
  return bands;
}

/**
 * Neighbours of a node with the messages to and from each, most messages first.
 *
 * @param {Links["links"]} links
 * @param {number} own
 */
export function neighboursOf(links, own) {
  /** @type {Map<number, { index: number, sent: number, received: number }>} */
  const found = new Map();
  for (let link = 0; link < links.messages.length; link += 1) {
    const [source, target] = [links.source[link], links.target[link]];
    if (source !== own && target !== own) continue;
    const other = source === own ? target : source;
    const entry = found.get(other) ?? { index: other, sent: 0, received: 0 };
    entry[source === own ? "sent" : "received"] += links.messages[link];
    found.set(other, entry);
  }
  return [...found.values()].sort((a, b) => b.sent + b.received - a.sent - a.received || a.index - b.index);
}

/**
 * Return the nodes that have few links, fewest first: fewer than a third of the median of the
 * nodes that send telemetry.
 *
 * @param {LinkedNode[]} nodes
 */
export function poorlyConnected(nodes) {
  const known = nodes.filter(({ known: sends }) => sends);
  const typical = median(known.map(({ degree }) => degree)) ?? 0;
  return {
    median: typical,
    nodes: known
      .filter(({ targets, sources }) => Math.min(targets, sources) < typical / 3)
      .sort((a, b) => Math.min(a.targets, a.sources) - Math.min(b.targets, b.sources) || a.index - b.index),
  };
}

/** Places on a circle around (0, 0), the first above. @param {number} count @param {number} radius */
export function circle(count, radius) {
  return Array.from({ length: count }, (_, index) => {
    const angle = (index / Math.max(count, 1)) * 2 * Math.PI - Math.PI / 2;
    return { x: radius * Math.cos(angle), y: radius * Math.sin(angle) };
  });
}
