import assert from "node:assert/strict";
import { test } from "node:test";

import * as stored from "../../../tart/web/app/core/stored.js";

const SHEETS = { sheets: [{ id: 1, text: "SELECT 1" }, { id: 4, text: "" }], active: 4 };
const PAST = [{ text: "SELECT 1", at: 1, rows: 1, ms: 2 }, { text: "SELEC", at: 3, rows: null, ms: 4, error: "no" }];
const OTHER_FORMS = [
  ...["null", "1", "{}", "[[]]", "[null]", "[{}]", '{"sheets":1,"active":1}', '{"sheets":[],"active":1}', "{", ""],
  ...['{"sheets":[null],"active":1}', '{"sheets":[{"id":"1","text":""}],"active":1}', '{"__proto__":[],"length":1}'],
  ...['{"sheets":[{"id":1,"text":""},{"id":1,"text":""}],"active":1}', '[{"text":"","at":1,"rows":"1","ms":1}]'],
];

test("a value of its form is read as it was", () => {
  for (const [value, fits] of [
    [true, stored.isBoolean],
    ["dark", stored.isOneOf("auto", "dark")],
    [[], stored.isTexts],
    [["a", "b"], stored.isTexts],
    [SHEETS, stored.isWorkspace],
    [PAST, stored.isHistory],
  ]) {
    assert.deepEqual(stored.readStored(JSON.stringify(value), "fallback", fits), value);
  }
});

test("nothing, and a value of another form, is the fallback", () => {
  const forms = [stored.isBoolean, stored.isOneOf("auto", "dark"), stored.isTexts, stored.isWorkspace, stored.isHistory];
  for (const fits of forms) {
    for (const text of [null, ...OTHER_FORMS]) assert.equal(stored.readStored(text, "fallback", fits), "fallback", text);
  }
});

test("sheets of another window leave the one in front, if it still is", () => {
  const other = { sheets: [{ id: 1, text: "SELECT 2" }, { id: 5, text: "" }], active: 5 };
  assert.deepEqual(stored.withSheetsOf({ ...SHEETS, active: 1 }, other), { ...other, active: 1 });
  assert.deepEqual(stored.withSheetsOf(SHEETS, other), other);
});
