// @ts-check
/**
 * A block's nodes by their columns: rows, selections, and groups by implementation. Pure.
 *
 * @typedef {import("../../../client/web/tart.js").BlockPropagationDetail} BlockDetail
 * @typedef {import("../../../client/web/tart.js").SlotNode} SlotNode
 */

import { median } from "./median.js";
import { colourPlace } from "./implementations.js";

/** Stages in their order, as columns of the heat map. */
export const STAGES = /** @type {const} */ ([
  ["announced_to", "announced to it"],
  ["transferred", "transferred"],
  ["importing", "importing"],
  ["verified", "verified"],
  ["announced_by", "announced by it"],
  ["executed", "executed"],
  ["best", "best"],
  ["finalized", "finalized"],
]);
/** Those of the heat map: finality comes too late for one scale. */
export const EARLY_STAGES = STAGES.slice(0, -1);
/** A node that has a block later than this was catching up. */
export const LATE_MS = 60_000;

/**
 * @typedef {object} NodeRow
 * @property {SlotNode} node
 * @property {number | null} had Milliseconds since authoring.
 * @property {Record<string, number | null>} stages
 * @property {number | null} verification
 * @property {number | null} execution
 */

/** @param {BlockDetail} block @param {SlotNode[]} nodes @returns {NodeRow[]} */
export function nodeRows(block, nodes) {
  const { stages } = block;
  return stages.node.map((place, index) => ({
    node: nodes[place],
    had: stages.had[index],
    stages: Object.fromEntries(STAGES.map(([name]) => [name, stages[name][index]])),
    verification: stages.verification_ms[index],
    execution: stages.execution_ms[index],
  }));
}

/** Points of the curve of a block: each node at its time, as high as the share that had it by then. @param {NodeRow[]} rows @param {number} expected */
export function curveDots(rows, expected) {
  const had = rows.filter((row) => row.had !== null && row.had <= LATE_MS).sort((a, b) => Number(a.had) - Number(b.had));
  return had.map((row, index) => ({
    id: row.node.node_id,
    x: Number(row.had),
    y: (index + 1) / expected,
    place: colourPlace(row.node.implementation_name),
    row,
  }));
}

/** Nodes within a part of the axis; all without one. @param {NodeRow[]} rows @param {[number, number] | null} selected */
export function within(rows, selected) {
  return selected === null ? rows : rows.filter(({ had }) => had !== null && had >= selected[0] && had <= selected[1]);
}

/** Part of the axis of a text such as "120-900"; null if it is none. @param {string | undefined} text @returns {[number, number] | null} */
export function readPart(text) {
  const match = /^(-?\d+(?:\.\d+)?)~(-?\d+(?:\.\d+)?)$/.exec(text ?? "");
  if (!match) return null;
  const [from, to] = [Number(match[1]), Number(match[2])];
  return from < to ? [from, to] : null;
}

/** @param {[number, number] | null} part */
export function writePart(part) {
  // Rounded outwards, so that the nodes at its ends stay in it.
  return part === null ? undefined : `${Math.floor(part[0] * 10) / 10}~${Math.ceil(part[1] * 10) / 10}`;
}

/** Cells of the heat map: rows of nodes, columns of stages. @param {NodeRow[]} rows @returns {Float64Array} */
export function stageCells(rows) {
  const values = new Float64Array(rows.length * EARLY_STAGES.length);
  rows.forEach(({ stages }, row) => {
    EARLY_STAGES.forEach(([name], column) => {
      values[row * EARLY_STAGES.length + column] = stages[name] ?? NaN;
    });
  });
  return values;
}

/** Implementations of rows with a value, most nodes first. @param {NodeRow[]} rows @param {"verification" | "execution"} name */
export function byImplementation(rows, name) {
  /** @type {Map<string, { name: string | null, version: string | null, rows: NodeRow[], median: number }>} */
  const groups = new Map();
  for (const row of rows) {
    if (row[name] === null) continue;
    const key = `${row.node.implementation_name ?? ""} ${row.node.implementation_version ?? ""}`;
    const group = groups.get(key) ?? { name: row.node.implementation_name, version: row.node.implementation_version, rows: [], median: 0 };
    group.rows.push(row);
    groups.set(key, group);
  }
  for (const group of groups.values()) {
    group.median = median(group.rows.map((row) => Number(row[name]))) ?? 0;
  }
  return [...groups.values()].sort((a, b) => b.rows.length - a.rows.length || String(a.name).localeCompare(String(b.name)));
}
