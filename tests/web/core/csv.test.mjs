import assert from "node:assert/strict";
import { test } from "node:test";

import { csvOf, tsvOf } from "../../../tart/web/app/core/csv.js";

test("cells are quoted as RFC 4180 has it", () => {
  assert.equal(csvOf(["a", "b"], [['x,"y"', "l1\nl2"], [null, 1.5]]), 'a,b\r\n"x,""y""","l1\nl2"\r\n,1.5\r\n');
});

test("a spreadsheet executes no cell that a node has named", () => {
  assert.equal(csvOf(["a"], [["=1+1"], ["@x"], [-1]]), "a\r\n'=1+1\r\n'@x\r\n-1\r\n");
});

test("numbers in texts have no spaces between their digits", () => {
  assert.equal(csvOf(["slot 10\u2009040\u2009461"], [["1\u2009234\u2009ms"]]), "slot 10040461\r\n1234\u2009ms\r\n");
});

test("copied tables have one line for each row", () => {
  assert.equal(tsvOf(["a", "b"], [["x\ty", "1\r\n2"]]), "a\tb\nx y\t1 2");
});
