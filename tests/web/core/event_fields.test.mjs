import assert from "node:assert/strict";
import { test } from "node:test";

import { briefly, fieldsOf, nameOf, summaryOf } from "../../../tart/web/app/core/event_fields.js";

const HASH = `0x${"ab".repeat(32)}`;
const EVENT = {
  event_type: 42,
  data: { Authored: { timestamp: 1, authoring_id: 7, outline: { slot: 3, hash: HASH }, costs: [[1, { gas: 2 }]], cores: [1, 2], none: null } },
};

test("fields have paths and kinds, without the timestamp", () => {
  assert.deepEqual(fieldsOf(EVENT), [
    { path: "authoring_id", value: 7, kind: "other" },
    { path: "outline.slot", value: 3, kind: "slot" },
    { path: "outline.hash", value: HASH, kind: "hash" },
    { path: "costs", value: "1 element", kind: "other" },
    { path: "cores", value: [1, 2], kind: "other" },
    { path: "none", value: null, kind: "other" },
  ]);
});

test("a summary has the first fields in brief", () => {
  assert.equal(summaryOf(EVENT), "authoring_id 7 · slot 3 · hash abab…abab · costs 1 element · cores [1,2]");
  assert.equal(summaryOf({ data: {} }), "");
});

test("names are those of the data, or the number", () => {
  assert.equal(nameOf(EVENT), "Authored");
  assert.equal(nameOf({ data: {}, event_type: 250 }), "type 250");
});

test("long texts are cut and nothing is a dash", () => {
  assert.equal(briefly("x".repeat(80)).length, 61);
  assert.equal(briefly(null), "—");
});
