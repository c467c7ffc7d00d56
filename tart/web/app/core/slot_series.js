// @ts-check
/** Series and figures of many slots. Pure. */

import { median } from "./median.js";
import { isForked, isSpreading, mainBlock } from "./slots.js";

/** @typedef {import("../../../client/web/tart.js").SlotSummary} SlotSummary */

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
