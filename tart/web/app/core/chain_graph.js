// @ts-check
/** The chain as a graph. Pure. */

/** @typedef {import("../../../client/web/tart.js").SlotSummary} SlotSummary */
/** @typedef {import("../../../client/web/tart.js").SlotBlock} SlotBlock */

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
