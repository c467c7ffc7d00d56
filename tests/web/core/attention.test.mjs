import assert from "node:assert/strict";
import { test } from "node:test";

import { attention } from "../../../tart/web/app/core/attention.js";

const RULES = [
  { state: "silent", level: "bad", meaning: "Connected, but silent." },
  { state: "behind", level: "warning", meaning: "Behind the network." },
  { state: "well", level: "well", meaning: "Well." },
];
const nodes = (...states) => ({
  total: states.length,
  rules: RULES,
  implementations: [{ name: "PolkaJam", version: "1" }],
  nodes: { node_id: states.map((_, index) => String(index).repeat(64)), state: states, implementation: states.map(() => 0) },
});
const slot = (number, state, ms = 100) => ({ slot: number, state, blocks: state === "authored" ? [{ until_90_ms: ms }] : [] });
const slots = (list, best = 10, finalized = 8) => ({ best_slot: best, finalized_slot: finalized, slots: list });

test("a network that is well needs nothing", () => {
  const authored = Array.from({ length: 60 }, (_, index) => slot(index, "authored"));
  const answers = {
    nodes: nodes("well", "well"),
    slots: slots(authored),
    alerts: { alerts: [] },
    funnel: { packages: 10, stages: [{ stage: "refined", reasons: [] }] },
    conformance: { rules: [{ code: "x", severity: "info", count: 1, nodes: 1 }] },
    implementations: { implementations: [] },
  };
  assert.deepEqual(attention(answers), []);
  assert.deepEqual(attention({}), []);
});

test("few nodes are named, many are counted, bad ones come first", () => {
  const items = attention({ nodes: nodes("behind", "silent", "well", "behind", "behind", "behind") });
  assert.deepEqual(items.map(({ state, text }) => [state, text]), [
    ["bad", "11111111 (PolkaJam 1): connected, but silent"],
    ["warn", "4 of 6 nodes: behind the network"],
  ]);
  assert.equal(items[0].path, `nodes/${"1".repeat(64)}`);
  assert.deepEqual(items[1].parameters, { state: "behind" });
});

test("an alert about a node whose state says it already is not repeated", () => {
  const about = { kind: "node", id: "1".repeat(64) };
  const alert = { alert: "Rule", fingerprint: "f", state: "firing", severity: "warning", summary: "x is silent.", silenced_by: [], inhibited_by: null, about };
  const other = { ...alert, about: { kind: "pipeline", id: "connections" } };
  const items = attention({ nodes: nodes("well", "silent"), alerts: { alerts: [alert, other, { ...other, silenced_by: ["1"] }, { ...other, state: "pending" }] } });
  assert.equal(items.length, 2);
  assert.equal(items[1].path, "alerts");
});

test("many alerts of one rule are one item, few lead to each of them", () => {
  const alert = (rule, fingerprint) => ({ alert: rule, fingerprint, state: "firing", severity: "critical", summary: `${rule} ${fingerprint}.`, silenced_by: [], inhibited_by: null, about: { kind: "core", id: fingerprint } });
  const items = attention({ alerts: { alerts: [...["1", "2", "3", "4"].map((name) => alert("Many", name)), alert("Few", "5")] } });
  assert.deepEqual(items.map(({ text, path, parameters }) => [text, path, parameters]), [
    ["4 alerts of Many, such as: Many 1", "alerts", { rule: "Many" }],
    ["Few 5", "alerts", { alert: "5" }],
  ]);
});

test("kinds of failure are named if they are new or have come back", () => {
  const group = { fingerprint: "ab", event_name: "WorkPackageFailed", template: "timeout after <duration>", count: 4, nodes: 2, is_new: true, state: "open", regressed_version: null };
  const items = attention({ failures: { failures: [group, { ...group, state: "regressed", nodes: 1, regressed_version: "0.3.2" }, { ...group, is_new: false }, { ...group, state: "ignored" }] } });
  const many = attention({ failures: { failures: Array.from({ length: 5 }, () => group) } });
  assert.deepEqual([many.length, many[3].text, many[3].path], [4, "2 further kinds of failure are new or back", "failures"]);
  assert.deepEqual(items.map(({ text, path }) => [text, path]), [
    ["New kind of failure: WorkPackageFailed, timeout after <duration> (4 times on 2 nodes)", "failures/ab"],
    ["Back after it was resolved, in 0.3.2: WorkPackageFailed, timeout after <duration> (4 times on 1 node)", "failures/ab"],
  ]);
});

test("finality, missed slots and slow blocks", () => {
  const list = Array.from({ length: 20 }, (_, index) => slot(index, index % 4 ? "authored" : "missed", index === 7 ? 5000 : 100));
  const items = attention({ slots: slots(list, 40, 8) });
  assert.deepEqual(items.map(({ state, path }) => [state, path]), [["bad", "blocks"], ["warn", "blocks"], ["warn", "slots/7"]]);
});

test("a finality that is not known is no lag", () => {
  assert.deepEqual(attention({ slots: slots([], 40, null) }), []);
});

test("an implementation is compared only with enough imports and others", () => {
  const each = (name, p95, imports = 100) => ({ name, version: "1", nodes: 3, imports, import_p95_ms: p95 });
  const slow = attention({ implementations: { implementations: [each("a", 100), each("b", 110), each("c", 300)] } });
  assert.equal(slow.length, 1);
  assert.match(slow[0].text, /^c 1: 95 % of imports take up to 300/);
  assert.deepEqual(attention({ implementations: { implementations: [each("a", 100), each("c", 300)] } }), []);
  assert.deepEqual(attention({ implementations: { implementations: [each("a", 1), each("b", 1), each("c", 300, 3)] } }), []);
});

test("losses of work by their share, the most frequent reasons", () => {
  const stages = [{ stage: "authorized", reasons: [{ reason: "x", count: 5 }] }, { stage: "refined", reasons: [{ reason: "y", count: 1 }] }];
  const items = attention({ funnel: { packages: 20, stages } });
  assert.deepEqual(items.map(({ state }) => state), ["bad", "warn"]);
  assert.equal(items[0].text, "5 of 20 work-packages lost after authorized: x");
});

test("a shard that does not answer comes first, since all figures lack what it has", () => {
  const [first] = attention({ shards: { shards_answered: 1, shards_total: 2 } });
  assert.deepEqual([first.state, first.path], ["bad", "server"]);
  assert.match(first.text, /^1 of 2 shards of this server does not answer: all figures lack what it has$/);
  assert.deepEqual(attention({ shards: { shards_answered: 2, shards_total: 2 } }), []);
  assert.deepEqual(attention({ shards: null }), []);
});
