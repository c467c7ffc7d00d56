// core/slot_nodes.js: a block's nodes by their columns.

import assert from "node:assert/strict";
import test from "node:test";

import { byImplementation, curveDots, EARLY_STAGES, nodeRows, readPart, stageCells, STAGES, within, writePart } from "../../../tart/web/app/core/slot_nodes.js";

const node = (letter, name, version = "1") => ({ node_id: letter.repeat(64), implementation_name: name, implementation_version: version });
const nodes = [node("a", "polkajam"), node("b", "jamixir"), node("c", "jamixir"), node("d", null, null)];
const column = (...values) => values;
const stages = {
  node: column(2, 0, 1, 3),
  had: column(0, 300, 70_000, null),
  ...Object.fromEntries(STAGES.map(([name]) => [name, column(null, null, null, null)])),
  announced_to: column(null, 10, 20, 30),
  verification_ms: column(null, 5, 9, null),
  execution_ms: column(50, 60, null, null),
};
const rows = nodeRows({ stages }, nodes);

test("rows are the nodes by the places in the answer", () => {
  assert.deepEqual(rows.map((row) => row.node.node_id[0]), ["c", "a", "b", "d"]);
  assert.deepEqual([rows[1].had, rows[1].verification, rows[1].stages.announced_to], [300, 5, 10]);
});

test("the curve has the nodes that had the block in time, as shares of the expected", () => {
  const dots = curveDots(rows, 4);
  assert.deepEqual(dots.map(({ x, y }) => [x, y]), [[0, 0.25], [300, 0.5]]);
});

test("a part of the axis selects nodes and survives the address", () => {
  assert.deepEqual(within(rows, [100, 400]).map((row) => row.node.node_id[0]), ["a"]);
  assert.equal(within(rows, null).length, 4);
  assert.deepEqual(readPart(writePart([-0.04, 300.01])), [-0.1, 300.1]);
  for (const text of [undefined, "", "1", "5~5", "9~1", "a~b"]) assert.equal(readPart(text), null);
  assert.equal(writePart(null), undefined);
});

test("cells of the heat map are by node and stage; what was not reported has no value", () => {
  const cells = stageCells(rows);
  assert.equal(cells.length, 4 * EARLY_STAGES.length);
  assert.ok(Number.isNaN(cells[0]));
  assert.equal(cells[EARLY_STAGES.length], 10);
});

test("durations are grouped by implementation, the largest group first", () => {
  const groups = byImplementation(rows, "execution");
  assert.deepEqual(groups.map(({ name, rows: own, median }) => [name, own.length, median]), [["jamixir", 1, 50], ["polkajam", 1, 60]]);
  assert.deepEqual(byImplementation([], "verification"), []);
});
