import assert from "node:assert/strict";
import { test } from "node:test";

import { colourPlace, colourVariable, implementationText } from "../../../tart/web/app/core/implementations.js";

test("an implementation keeps its colour however it writes its name", () => {
  assert.equal(colourPlace("PolkaJam"), colourPlace("polka-jam"));
  assert.notEqual(colourPlace("PolkaJam"), colourPlace("jamixir"));
  assert.equal(colourPlace("something new"), colourPlace("Something New"));
  assert.ok(colourPlace("something new") >= 0 && colourPlace("something new") < 8);
});

test("a name that objects of JavaScript have has a colour like any other", () => {
  for (const name of ["constructor", "toString", "__proto__", "hasOwnProperty", "valueOf"]) {
    assert.ok(Number.isInteger(colourPlace(name)) && colourPlace(name) >= 0, name);
  }
});

test("without a name there is no colour", () => {
  assert.equal(colourPlace(null), -1);
  assert.equal(colourVariable(""), "--idle");
  assert.equal(implementationText(null, "1"), "unknown");
  assert.equal(implementationText("PolkaJam", "0.1.27"), "PolkaJam 0.1.27");
});
