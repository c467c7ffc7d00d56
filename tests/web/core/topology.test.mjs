import assert from "node:assert/strict";
import { test } from "node:test";

import {
  bandsOf,
  circle,
  labelOf,
  linkedNodes,
  matrixOf,
  messagesBetween,
  neighboursOf,
  orderedNodes,
  poorlyConnected,
} from "../../../tart/web/app/core/topology.js";

/** Links in the form of the API: [from, to, messages]. */
function answer(links, size, { known = size } = {}) {
  const ordered = [...links].sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  const of = (place, index) => links.filter((link) => link[place] === index);
  const every = Array.from({ length: size }, (_, index) => index);
  return {
    implementations: [{ name: "b", version: "1" }, { name: "a", version: "1" }],
    nodes: {
      node_id: every.map((index) => String(index).padStart(4, "0")),
      implementation: every.map((index) => (index < known ? index % 2 : null)),
      is_connected: every.map(() => true),
      sent: every.map((index) => of(0, index).reduce((sum, link) => sum + link[2], 0)),
      received: every.map((index) => of(1, index).reduce((sum, link) => sum + link[2], 0)),
      targets: every.map((index) => of(0, index).length),
      sources: every.map((index) => of(1, index).length),
      peers: every.map(() => null),
    },
    links: { source: ordered.map(([from]) => from), target: ordered.map(([, to]) => to), messages: ordered.map(([, , count]) => count) },
  };
}

const LINKS = [[0, 1, 5], [0, 2, 100], [2, 0, 1], [3, 0, 7]];

test("rows and columns are by implementation, links or id; nodes without telemetry come last", () => {
  const nodes = linkedNodes(answer(LINKS, 4, { known: 3 }));
  const order = (name) => orderedNodes(nodes, name).map(({ index }) => index);
  assert.deepEqual(order("implementation"), [1, 0, 2, 3]);
  assert.deepEqual(order("links"), [0, 3, 2, 1]);
  assert.deepEqual(order("id"), [0, 1, 2, 3]);
  assert.deepEqual(bandsOf(orderedNodes(nodes, "implementation")).map(({ from, to }) => [from, to]), [[0, 1], [1, 3], [3, 4]]);
  assert.match(labelOf(nodes[3]), /no telemetry/);
});

test("a cell of the matrix is darker with more messages, and 0 without a link", () => {
  const data = answer(LINKS, 4);
  const ordered = orderedNodes(linkedNodes(data), "id");
  const { cells, size, most } = matrixOf(data.links, ordered);
  const at = (row, column) => cells[row * size + column];
  assert.deepEqual([size, most, at(0, 2), at(1, 0)], [4, 100, 255, 0]);
  assert.ok(at(2, 0) >= 1 && at(2, 0) < at(0, 1) && at(0, 1) < at(0, 2));
});

test("messages between two nodes are found", () => {
  const { links } = answer(LINKS, 4);
  for (const [from, to, count] of LINKS) assert.equal(messagesBetween(links, from, to), count);
  assert.equal(messagesBetween(links, 1, 0), 0);
  assert.equal(messagesBetween(links, 3, 3), 0);
});

test("neighbours are in order of their messages in both directions", () => {
  const { links } = answer(LINKS, 4);
  assert.deepEqual(neighboursOf(links, 0), [
    { index: 2, sent: 100, received: 1 },
    { index: 3, sent: 0, received: 7 },
    { index: 1, sent: 5, received: 0 },
  ]);
});

test("a node with less than a third of the median in one direction is poorly connected", () => {
  const mesh = [];
  for (let from = 0; from < 6; from += 1) for (let to = 0; to < 6; to += 1) if (from !== to && from !== 5) mesh.push([from, to, 1]);
  const { median, nodes } = poorlyConnected(linkedNodes(answer(mesh, 6)));
  assert.equal(median, 5);
  assert.deepEqual(nodes.map(({ index }) => index), [5]);
  assert.deepEqual(poorlyConnected([]), { median: 0, nodes: [] });
});

test("places on a circle begin above and have one distance", () => {
  const places = circle(4, 10);
  assert.ok(Math.abs(places[0].x) < 1e-9 && Math.abs(places[0].y + 10) < 1e-9);
  for (const { x, y } of places) assert.ok(Math.abs(Math.hypot(x, y) - 10) < 1e-9);
  assert.deepEqual(circle(0, 10), []);
});
