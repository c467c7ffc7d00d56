// core/work_stages.js: groups of stages, cells of the grid, rows of the funnel.

import assert from "node:assert/strict";
import test from "node:test";

import * as stages from "../../../tart/web/app/core/work_stages.js";

const LEGEND = [
  { symbol: "f", stage: "failed", is_loss: true },
  { symbol: "3", stage: "refined", is_loss: false },
  { symbol: "9", stage: "available", is_loss: false },
];
const answer = {
  legend: LEGEND,
  first_slot: 100,
  last_slot: 103,
  cores: [
    { core_index: 0, cells: ".9f.", packages: 2, outcomes: [1, 0, 1] },
    { core_index: 1, cells: "3..9", packages: 3, outcomes: [0, 2, 1] },
  ],
};
const label = (value) => (Number.isNaN(value) ? null : stages.GROUPS[value].id);

test("every stage of the API has a group with a sign of its own", () => {
  const all = ["submitted", "received", "authorized", "refined", "report_built", "guarantee_built", "distributed"];
  for (const stage of [...all, "guarantee_received", "included", "available", "failed", "discarded"]) {
    assert.ok(stages.groupOf(stage).stages.includes(stage), stage);
  }
  assert.equal(new Set(stages.GROUPS.map(({ glyph }) => glyph)).size, stages.GROUPS.length);
  assert.equal(new Set(stages.GROUPS.map(({ colour }) => colour)).size, stages.GROUPS.length);
});

test("cells have the group and the exact stage of their symbol", () => {
  const cells = stages.cellsOf(answer);
  assert.deepEqual([cells.columns, cells.firstSlot, cells.cores], [4, 100, [0, 1]]);
  assert.deepEqual([...cells.values].map(label), [null, "available", "failed", null, "refined", null, null, "available"]);
  assert.equal(cells.stages[4], "refined");
});

test("a part of the grid has only its cores and slots", () => {
  const cells = stages.cellsOf(answer, { cores: [1, 9], slots: [102, 500] });
  assert.deepEqual([cells.columns, cells.firstSlot, cells.cores], [2, 102, [1]]);
  assert.deepEqual([...cells.values].map(label), [null, "available"]);
  assert.equal(stages.cellsOf(answer, { slots: [500, 600] }).columns, 0);
});

test("an empty grid has no cells", () => {
  const cells = stages.cellsOf({ ...answer, first_slot: null, last_slot: null, cores: [{ core_index: 0, cells: "", packages: 0, outcomes: [0, 0, 0] }] });
  assert.deepEqual([cells.columns, cells.values.length], [0, 0]);
});

test("counts by group are told in words, the furthest first", () => {
  const sums = stages.byGroup(answer, [1, 2, 38]);
  assert.equal(stages.groupText(sums), "38 available, 2 refined, 1 failed");
  assert.equal(stages.groupText(sums.map(() => 0)), "no packages");
  assert.equal(stages.busyCells(".9f."), 2);
});

test("the funnel adds what is between two of its rows to the first of them", () => {
  const stage = (name, reached, more = {}) => ({ stage: name, reached, lost: 0, waiting: 0, stopped: 0, reasons: [], ...more });
  const rows = stages.funnelRows({
    stages: [
      stage("submitted", 10),
      stage("received", 10, { lost: 1, reasons: [{ reason: "reset", count: 1 }] }),
      stage("authorized", 9),
      stage("refined", 9, { waiting: 1 }),
      stage("report_built", 8, { lost: 3, reasons: [{ reason: "late", count: 1 }, { reason: null, count: 2 }] }),
      stage("guarantee_built", 5),
      stage("distributed", 5, { stopped: 1 }),
      stage("guarantee_received", 4, { lost: 1, reasons: [{ reason: "x", count: 1 }] }),
      stage("included", 3),
      stage("available", 3),
    ],
  });
  assert.deepEqual(rows.map(({ label: name }) => name), ["submitted", "authorized", "refined", "guaranteed", "included", "available"]);
  for (const [index, row] of rows.entries()) {
    const next = rows[index + 1];
    if (next) assert.equal(row.reached, row.lost + row.waiting + row.stopped + next.reached);
    assert.equal(row.reasons.reduce((sum, { count }) => sum + count, 0), row.lost);
  }
  assert.deepEqual(rows[2].reasons[0], { reason: null, count: 2 });
});

test("a span is read whichever end is first", () => {
  assert.deepEqual(stages.spanOf("3-17"), [3, 17]);
  assert.deepEqual(stages.spanOf("17-3"), [3, 17]);
  for (const wrong of [undefined, "", "3", "a-b", "-3"]) assert.equal(stages.spanOf(wrong), null);
  assert.equal(stages.stageWord("guarantee_built"), "guarantee built");
});
