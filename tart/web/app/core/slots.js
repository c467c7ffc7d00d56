// @ts-check
/**
 * Figures and texts of slots and their blocks. Pure.
 *
 * @typedef {import("../../../client/web/tart.js").SlotSummary} SlotSummary
 * @typedef {import("../../../client/web/tart.js").SlotBlock} SlotBlock
 */

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
