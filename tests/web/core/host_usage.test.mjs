import assert from "node:assert/strict";
import { test } from "node:test";

import { budgetsOf, hostSeries } from "../../../tart/web/app/core/host_usage.js";

test("limits are listed, the nearest first; what has none is left out", () => {
  const usage = { memory_used_bytes: 4e9, memory_budget_bytes: null, memory_budget_used_bytes: null, descriptors_open: 100, descriptors_limit: 1000 };
  const processes = [{ name: "gateway", descriptors_open: 960, descriptors_limit: 1000 }, { name: "shard 0", descriptors_open: null, descriptors_limit: 9 }];
  const budgets = budgetsOf({ usage, memory_total_bytes: 5e9, processes });
  assert.deepEqual(budgets.map(({ name, state }) => [name, state]), [
    ["Descriptors of gateway", "bad"],
    ["Memory of the machine", "warn"],
    ["Open files of the machine", "ok"],
  ]);
  assert.equal(budgets[1].text, "4\u2009GB of 5\u2009GB (80\u2009%)");
  const endless = budgetsOf({ usage: { ...usage, descriptors_limit: 2 ** 63 }, memory_total_bytes: 5e9, processes: [] });
  assert.deepEqual(endless.map(({ name }) => name), ["Memory of the machine"]);
  assert.deepEqual(budgetsOf({ usage: null, memory_total_bytes: 1, processes: [] }), []);
});

test("figures over time, those without a value left out", () => {
  const history = { host: { cpu_share: [0.1, 0.2], cpu_wait_share: [null, null] }, processes: { gateway: { cpu_cores: [0.5, null] } } };
  const charts = hostSeries(history);
  assert.deepEqual(charts.map(({ title, unit, series }) => [title, unit, series.map(({ label }) => label)]), [
    ["Processors", "share", ["busy"]],
    ["Processors by process", "cores", ["gateway"]],
  ]);
});
