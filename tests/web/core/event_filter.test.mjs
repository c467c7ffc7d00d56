import assert from "node:assert/strict";
import { test } from "node:test";

import {
  conditionsOf,
  listWindow,
  liveFilter,
  noConditions,
  numbersOf,
  parseCondition,
  passesHere,
  readFilter,
  requestOf,
  splitPage,
  statementOf,
  withCondition,
  withoutCondition,
} from "../../../tart/web/app/core/event_filter.js";

const REFERENCE = {
  event_types: [
    { number: 10, name: "Status", group: "status" },
    { number: 11, name: "BestBlockChanged", group: "status" },
    { number: 42, name: "Authored", group: "block_authoring" },
  ],
  groups: { failures: [41, 44], status: [10, 11] },
};

test("links may name conditions as the API does", () => {
  assert.deepEqual(readFilter({ event_type: "Status", node_id: "ab", core_index: "1", wp_hash: "cd", sort: "x", slot: "" }), {
    event_types: "Status",
    node: "ab",
    core: "1",
    hash: "cd",
  });
});

test("requests have the API's names, and leave it to the server to refuse what is no number", () => {
  assert.deepEqual(requestOf({ event_types: "Status", node: "ab", slot: "7", core: "x", hash: "cd", implementation: "pbnj" }), {
    event_types: "Status",
    node_id: "ab",
    slot: 7,
    core_index: "x",
    wp_hash: "cd",
  });
  assert.deepEqual(liveFilter({ slot: "-1" }, null), { type: "Slot", slot: "-1" });
  assert.deepEqual(listWindow({ duration: "1h" }), { duration: "1h" });
  assert.deepEqual(listWindow({ start: "a", end: "b" }), { start_time: "a", end_time: "b" });
});

test("live filters fulfil all conditions", () => {
  assert.deepEqual(liveFilter({}, null), { type: "All" });
  assert.deepEqual(liveFilter({ event_types: "Status,42" }, null), { type: "EventType", event_type: ["Status", "42"] });
  assert.deepEqual(liveFilter({ exclude_types: "status" }, REFERENCE), { type: "EventType", event_type: [42] });
  assert.equal(liveFilter({ event_types: "42", exclude_types: "Authored" }, REFERENCE), null);
  assert.deepEqual(liveFilter({ slot: "7", core: "0", hash: "ab", node: "cd" }, null), {
    type: "Both",
    filters: [
      { type: "Node", node_id: "cd" },
      { type: "Slot", slot: 7 },
      { type: "Core", core: 0 },
      { type: "Hash", hash: "ab" },
    ],
  });
});

test("types are numbers, ranges, names in any case, and groups", () => {
  assert.deepEqual(numbersOf("10-11, best_block_changed, failures,7, nothing", REFERENCE), [10, 11, 11, 41, 44, 7]);
});

test("conditions are added and removed one by one", () => {
  const filter = { event_types: "Status,Authored", exclude_types: "Importing", node: "ab", exclude_nodes: "cd" };
  assert.deepEqual(
    conditionsOf(filter).map(({ name, value, excluded, local }) => [name, value, excluded, local]),
    [
      ["event_types", "Status", false, false],
      ["event_types", "Authored", false, false],
      ["exclude_types", "Importing", true, false],
      ["node", "ab", false, false],
      ["exclude_nodes", "cd", true, true],
    ],
  );
  assert.deepEqual(withCondition(filter, "event_types", "Importing"), { event_types: "Status,Authored,Importing", exclude_types: undefined });
  assert.deepEqual(withCondition(filter, "exclude_types", "Status"), { exclude_types: "Importing,Status", event_types: "Authored" });
  assert.deepEqual(withCondition(filter, "slot", 7), { slot: "7" });
  const [status, , , node] = conditionsOf(filter);
  assert.deepEqual(withoutCondition(filter, status), { event_types: "Authored", event_type: undefined });
  assert.deepEqual(withoutCondition(filter, node), { node: undefined, node_id: undefined });
  assert.equal(noConditions().event_types, undefined);
  assert.ok("wp_hash" in noConditions());
});

test("the page itself leaves out nodes and other implementations", () => {
  const event = { node_id: "cd", node_name: "pbnj" };
  assert.equal(passesHere({}, event), true);
  assert.equal(passesHere({ exclude_nodes: "ab,cd" }, event), false);
  assert.equal(passesHere({ implementation: "pbnj" }, event), true);
  assert.equal(passesHere({ implementation: "polkajam" }, event), false);
});

test("what was typed becomes a condition", () => {
  const hash = "ab".repeat(32);
  for (const [text, name, value] of [
    ["slot 12", "slot", "12"],
    ["10\u2009040\u2009461", "slot", "10040461"],
    ["slot 10 040 461", "slot", "10040461"],
    ["a7a7", "node", "a7a7"],
    ["type 10,104", "event_types", "10,104"],
    ["core: #3", "core", "3"],
    ["type=Authored", "event_types", "Authored"],
    ["not Status", "exclude_types", "Status"],
    ["not type Status", "exclude_types", "Status"],
    ["Authored", "event_types", "Authored"],
    [`0x${hash.toUpperCase()}`, "hash", hash],
    ["10031944", "slot", "10031944"],
    ["e576d394", "node", "e576d394"],
  ]) {
    assert.deepEqual(parseCondition(text), { name, value });
  }
  assert.equal(parseCondition("  "), null);
});

test("pages of the server are paths with parameters", () => {
  assert.deepEqual(splitPage("slots/7"), ["slots/7", {}]);
  assert.deepEqual(splitPage("events?event_types=a+b&slot=1"), ["events", { event_types: "a b", slot: "1" }]);
});

test("names that objects of JavaScript have are no groups", () => {
  assert.deepEqual(numbersOf("constructor,toString,__proto__", REFERENCE), []);
  assert.deepEqual(readFilter({ constructor: "x", toString: "y" }), {});
});

test("a statement of SQL has every condition, and its texts are quoted", () => {
  const filter = { event_types: "failures,Authored", exclude_types: "41", node: "0xAB", slot: "7", core: "1", hash: "cd01", implementation: "O'Jam", exclude_nodes: "ef,01" };
  const statement = statementOf(filter, { duration: "15m" }, REFERENCE);
  assert.deepEqual(statement?.split("\n"), [
    "SELECT * FROM events",
    "WHERE received_at > NOW() - INTERVAL '15 minutes'",
    "  AND event_type IN (41, 44, 42)",
    "  AND NOT event_type IN (41)",
    "  AND node_id LIKE 'ab%'",
    "  AND slot = 7",
    "  AND core = 1",
    "  AND hex(payload) LIKE '%CD01%'",
    "  AND node_name = 'O''Jam'",
    "  AND node_id NOT IN ('ef', '01')",
    "ORDER BY received_at DESC",
    "LIMIT 100",
  ]);
  const fixed = statementOf({}, { start: "2026-01-01T00:00:00Z", end: "2026-01-02T00:00:00Z" }, null);
  assert.match(fixed ?? "", /received_at BETWEEN '2026-01-01T00:00:00Z' AND '2026-01-02T00:00:00Z'/);
  assert.equal(statementOf({ event_types: "Status" }, { duration: "1h" }, null), null);
  assert.match(statementOf({ event_types: "nonsense" }, { duration: "1h" }, REFERENCE) ?? "", /AND FALSE/);
});
