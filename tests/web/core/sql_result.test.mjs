import assert from "node:assert/strict";
import { test } from "node:test";

import { csvOf } from "../../../tart/web/app/core/csv.js";
import * as result from "../../../tart/web/app/core/sql_result.js";

const column = (name, type) => ({ name, type });

test("a time is the axis of a chart, all numbers are its lines", () => {
  const columns = [column("n", "BIGINT"), column("at", "TIMESTAMP"), column("name", "VARCHAR"), column("sum", "HUGEINT")];
  assert.deepEqual(result.axesOf(columns), { x: 1, y: [0, 3] });
  assert.equal(result.axesOf([column("n", "BIGINT")]), null);
  assert.equal(result.axesOf([column("a", "VARCHAR"), column("b", "BLOB")]), null);
  assert.deepEqual(result.axesOf([column("a", "VARCHAR"), column("b", "DECIMAL(38,0)")]), { x: 0, y: [1] });
});

test("a chart is in the order of its axis, and exact text becomes a number", () => {
  const columns = [column("at", "TIMESTAMP"), column("n", "BIGINT")];
  const rows = [["2026-11-20T12:01:00Z", "2"], ["2026-11-20T12:00:00Z", null], [null, "7"]];
  const chart = result.chartOf(columns, rows, { x: 0, y: [1] });
  assert.equal(chart.kind, "time");
  assert.deepEqual(chart.x, ["2026-11-20T12:00:00Z", "2026-11-20T12:01:00Z"].map(Date.parse));
  assert.deepEqual(chart.series, [{ label: "n", values: [null, 2] }]);
});

test("text on the axis stays in its order", () => {
  const chart = result.chartOf([column("a", "VARCHAR"), column("n", "INTEGER")], [["z", 1], ["b", 2]], { x: 0, y: [1] });
  assert.deepEqual([chart.kind, chart.labels, chart.x], ["text", ["z", "b"], [0, 1]]);
});

test("what no chart can show leaves a gap", () => {
  const columns = [column("a", "INTEGER"), column("b", "DOUBLE")];
  const chart = result.chartOf(columns, [[1, "NaN"], [2, "Infinity"], [3, "-Infinity"], [4, 1.5]], { x: 0, y: [1] });
  assert.deepEqual(chart.series[0].values, [null, null, null, 1.5]);
});

test("numbers have all their digits in files, and their order", () => {
  const values = ["1", "-7", "9007199254740993", "9007199254740992", "18446744073709551615", "1.5", "12345678901234567890.25", 2, null];
  const exact = values.map(result.exactNumber);
  assert.deepEqual(exact.map((value) => (value === null ? null : String(value))), values.map((value) => (value === null ? null : String(value))));
  assert.ok(exact[2] > exact[3] && exact[4] > exact[2] && exact[0] > exact[1]);
  assert.equal(csvOf(["n"], exact.slice(1, 3).map((value) => [value])), "n\r\n-7\r\n9007199254740993\r\n");
});

test("the execution in a sentence", () => {
  const plain = (text) => text.replaceAll("\u2009", " ");
  const read = [{ table: "authored", columns: ["slot"], rows: 1, bytes: 2000 }];
  assert.equal(
    plain(result.executionText({ split: false, read, elapsed_ms: 12 })),
    "12 ms. It ran once, over 1 row of authored (2 kB) from all shards.",
  );
  assert.match(result.executionText({ split: true, read: [], elapsed_ms: 12 }), /Every shard ran a part/);
  assert.equal(result.executionText(undefined), "");
});

test("names that SQL takes for keywords are quoted", () => {
  assert.deepEqual(["slot", "from", "Odd name"].map(result.quoted), ["slot", '"from"', '"Odd name"']);
});
