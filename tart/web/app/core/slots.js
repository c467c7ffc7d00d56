// @ts-check
/**
 * Figures and texts of slots and their blocks. Pure.
 *
 * @typedef {import("../../../client/web/tart.js").SlotSummary} SlotSummary
 * @typedef {import("../../../client/web/tart.js").SlotBlock} SlotBlock
 */

import { median } from "./median.js";
import { counted, DASH, duration, number } from "./format.js";
import { implementationText } from "./implementations.js";

/** Ends of the scale of times until most nodes had a block: two slots of six seconds. */
export const LEAST_MS = 50;
export const MOST_MS = 12_000;

/** Height of a time on the logarithmic scale of the strip, 0 to 1; null stays. @param {number | null | undefined} ms */
export function heightOf(ms) {
  if (ms === null || ms === undefined) return null;
  const place = Math.log(Math.max(ms, LEAST_MS) / LEAST_MS) / Math.log(MOST_MS / LEAST_MS);
  return Math.min(1, Math.max(0, place));
}

/** The block of a slot that counts: the one on the best chain, or that most nodes had. @param {SlotSummary} slot */
export function mainBlock(slot) {
  return slot.blocks[0] ?? null;
}

/** Whether the nodes may still be receiving a block. @param {SlotSummary} slot @param {number} newest @param {SlotBlock} block */
export function isSpreading(slot, newest, block) {
  return block.until_90_ms === null && slot.slot >= newest - 1;
}

/**
 * A slot of the strip.
 *
 * @typedef {object} Cell
 * @property {number} slot
 * @property {"authored" | "missed" | "pending" | "unknown"} state
 * @property {number | null} height 0 to 1; null where 90 % of the nodes did not have it.
 * @property {boolean} spreading
 * @property {boolean} fork Whether the slot has more than one block, or one that is a fork.
 * @property {boolean} failed Whether a node failed to author, verify or execute one.
 * @property {string | null | undefined} implementation Of the author; null if it is not known.
 * @property {string} text
 */

/** @param {{ slots: SlotSummary[], newest_slot: number }} answer @returns {Cell[]} */
export function stripCells({ slots, newest_slot: newest }) {
  return slots.map((slot) => {
    const block = mainBlock(slot);
    const spreading = block !== null && isSpreading(slot, newest, block);
    return {
      slot: slot.slot,
      state: slot.state,
      height: heightOf(block?.until_90_ms),
      spreading,
      fork: isForked(slot),
      failed: slot.authoring_failed + slot.import_failed > 0,
      implementation: block?.author?.implementation_name,
      text: describeSlot(slot, newest),
    };
  });
}

/** @param {SlotSummary} slot */
export function isForked(slot) {
  return slot.blocks.length > 1 || slot.blocks.some(({ chain }) => chain === "fork");
}

/** What happened in a slot, in one line. @param {SlotSummary} slot @param {number} newest */
export function describeSlot(slot, newest) {
  const block = mainBlock(slot);
  const failures = [
    slot.authoring_failed > 0 && `${counted(slot.authoring_failed, "authoring")} failed`,
    slot.import_failed > 0 && `${counted(slot.import_failed, "import")} failed`,
  ].filter(Boolean);
  const parts = block === null ? [WITHOUT_BLOCK[slot.state]] : describeBlock(slot, block, newest);
  return [`Slot ${number(slot.slot)}`, ...parts, ...failures].join(" · ");
}

/** @type {Record<string, string>} */
const WITHOUT_BLOCK = {
  missed: "missed: no node had a block",
  pending: "no block yet",
  unknown: "unknown: no node was connected",
  authored: DASH,
};

/** @param {SlotSummary} slot @param {SlotBlock} block @param {number} newest @returns {string[]} */
function describeBlock(slot, block, newest) {
  const { author, nodes, expected, until_90_ms: ms } = block;
  const name = author ? implementationText(author.implementation_name, author.implementation_version) : "author unknown";
  const reached = ms === null ? (isSpreading(slot, newest, block) ? "still spreading" : "90 % not reached") : `90 % after ${duration(ms)}`;
  return [name, `${number(nodes)} of ${counted(expected, "node")}`, reached, ...(isForked(slot) ? [`fork: ${counted(slot.blocks.length, "block")}`] : [])];
}

/**
 * Slots to request for a range: at most `most`, the newest of it.
 *
 * @param {[number, number]} bounds Milliseconds since 1970.
 * @param {{ slotSeconds: number, newest: number, newestMs: number }} calendar The newest slot, and when it began.
 * @param {number} most
 * @returns {{ count: number, before: number, cut: boolean }}
 */
export function slotsOfRange([from, to], { slotSeconds, newest, newestMs }, most) {
  const slotAt = (/** @type {number} */ ms) => newest + Math.floor((ms - newestMs) / (1000 * slotSeconds));
  const last = Math.max(0, Math.min(newest, slotAt(to)));
  const first = Math.max(0, Math.min(last, slotAt(from)));
  const wanted = last - first + 1;
  return { count: Math.min(wanted, most), before: last + 1, cut: wanted > most };
}

/**
 * Slots of two answers, those of the newer one where both have them; null if slots are between them.
 *
 * @param {SlotSummary[]} older Oldest first.
 * @param {SlotSummary[]} newer
 */
export function joinSlots(older, newer) {
  if (!older.length || !newer.length) return older.length ? older : newer;
  if (newer[0].slot > older[older.length - 1].slot + 1) return null;
  return [...older.filter(({ slot }) => slot < newer[0].slot), ...newer];
}

// --- The chain as a graph -------------------------------------------------------------------

/** @type {Record<string, string>} */
export const CHAIN_WORDS = { finalized: "finalized", best: "best chain", fork: "fork", unknown: "not best yet" };

/**
 * @typedef {{ hash: string, slot: number, column: number, lane: number, block: SlotBlock }} ChainNode
 * @typedef {{ from: ChainNode, to: ChainNode }} ChainEdge From the parent to the child.
 */

/**
 * Blocks as a graph: the best chain on lane 0, forks on the lanes below it.
 *
 * @param {SlotSummary[]} slots Oldest first.
 * @returns {{ nodes: ChainNode[], edges: ChainEdge[], lanes: number }}
 */
export function chainGraph(slots) {
  /** @type {Map<string, ChainNode>} */
  const byHash = new Map();
  /** @type {ChainNode[]} */
  const nodes = [];
  /** @type {ChainEdge[]} */
  const edges = [];
  let lanes = 1;
  slots.forEach((slot, column) => {
    const taken = new Set();
    for (const block of slot.blocks) {
      const parent = block.parent === null ? undefined : byHash.get(block.parent);
      const main = block.chain === "finalized" || block.chain === "best" || (block.chain === "unknown" && !taken.has(0));
      let lane = main ? 0 : Math.max(1, parent?.lane ?? 1);
      while (taken.has(lane)) lane += 1;
      taken.add(lane);
      lanes = Math.max(lanes, lane + 1);
      const node = { hash: block.hash, slot: slot.slot, column, lane, block };
      byHash.set(block.hash, node);
      nodes.push(node);
      if (parent) edges.push({ from: parent, to: node });
    }
  });
  return { nodes, edges, lanes };
}

// --- Series by slot ---------------------------------------------------------------------------

/**
 * Times of slots and their figures for charts.
 *
 * @param {SlotSummary[]} slots Oldest first.
 * @param {boolean} follows Whether the calendar has the times of slots.
 */
export function slotSeries(slots, follows) {
  /** @type {number[]} */
  const x = [];
  /** @type {{ p50: (number | null)[], p90: (number | null)[], p99: (number | null)[], interval: (number | null)[] }} */
  const series = { p50: [], p90: [], p99: [], interval: [] };
  let before = /** @type {number | null} */ (null);
  for (const slot of slots) {
    const block = mainBlock(slot);
    const seen = block?.first_had_at ? Date.parse(block.first_had_at) : null;
    const ms = follows && slot.time ? Date.parse(slot.time) : seen;
    if (ms === null || (x.length && ms <= x[x.length - 1])) continue;
    x.push(ms);
    series.p50.push(aboveZero(block?.until_50_ms));
    series.p90.push(aboveZero(block?.until_90_ms));
    series.p99.push(aboveZero(block?.until_99_ms));
    series.interval.push(seen !== null && before !== null ? seen - before : null);
    before = seen ?? before;
  }
  return { x, ...series };
}

/** A time for a logarithmic scale. @param {number | null | undefined} ms */
function aboveZero(ms) {
  return ms !== null && ms !== undefined && ms > 0 ? ms : null;
}

/**
 * Figures of a range of slots.
 *
 * @param {SlotSummary[]} slots
 * @param {number} newest
 */
export function summarise(slots, newest) {
  const blocks = slots.map(mainBlock).filter((block) => block !== null);
  const settled = slots.filter(({ state }) => state === "authored" || state === "missed");
  const times = (/** @type {"until_50_ms" | "until_90_ms" | "until_99_ms"} */ name) =>
    median(blocks.map((block) => block[name]).filter((value) => value !== null));
  return {
    settled: settled.length,
    authored: settled.filter(({ state }) => state === "authored").length,
    missed: settled.filter(({ state }) => state === "missed").length,
    unknown: slots.filter(({ state }) => state === "unknown").length,
    forks: slots.filter(isForked).length,
    failedImports: slots.reduce((sum, slot) => sum + slot.import_failed, 0),
    failedAuthorings: slots.reduce((sum, slot) => sum + slot.authoring_failed, 0),
    p50: times("until_50_ms"),
    p90: times("until_90_ms"),
    p99: times("until_99_ms"),
    incomplete: slots.filter((slot) => {
      const block = mainBlock(slot);
      return block !== null && block.until_90_ms === null && !isSpreading(slot, newest, block);
    }).length,
  };
}

/**
 * Authors of blocks, those of the most blocks first.
 *
 * @param {SlotSummary[]} slots
 */
export function authorsOf(slots) {
  /** @type {Map<string, { node: import("../../../client/web/tart.js").SlotNode, blocks: number, forks: number, p90: number[], bytes: number[] }>} */
  const authors = new Map();
  for (const block of slots.flatMap((slot) => slot.blocks)) {
    if (!block.author) continue;
    const known = authors.get(block.author.node_id) ?? { node: block.author, blocks: 0, forks: 0, p90: [], bytes: [] };
    known.blocks += 1;
    if (block.chain === "fork") known.forks += 1;
    if (block.until_90_ms !== null) known.p90.push(block.until_90_ms);
    if (block.size_bytes !== null) known.bytes.push(block.size_bytes);
    authors.set(block.author.node_id, known);
  }
  return [...authors.values()]
    .map(({ p90, bytes, ...author }) => ({ ...author, p90: median(p90), bytes: median(bytes) }))
    .sort((a, b) => b.blocks - a.blocks || a.node.node_id.localeCompare(b.node.node_id));
}
