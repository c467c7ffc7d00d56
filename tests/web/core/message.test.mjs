import assert from "node:assert/strict";
import { test } from "node:test";

import {
  bytesOf,
  curlOf,
  differentBytes,
  differentFields,
  hexRows,
  leafAt,
  leavesOf,
  offsetText,
  unfolded,
} from "../../../tart/web/app/core/message.js";

const field = (/** @type {string} */ path, /** @type {number} */ depth, /** @type {number} */ offset, /** @type {number} */ length, role = "value", value = "1") => ({
  ...{ path, name: path, depth, type: "u8", role, offset, length, value },
  ...{ unit: null, meaning: null, opens: null },
});
const FIELDS = [field("a", 0, 0, 8), field("g", 0, 8, 10, "group"), field("g.b", 1, 8, 9), field("g.c", 1, 17, 1), field("d", 0, 18, 1)];
const LEAVES = leavesOf(FIELDS);
const BYTES = Array.from({ length: 19 }, (_, index) => index + 0x41);

test("rows of hex are cut where leaves begin, deviate or differ", () => {
  const rows = hexRows(BYTES, LEAVES, [{ offset: 17, length: 1 }], new Set([0]));
  assert.deepEqual(
    rows.map(({ offset, segments }) => [offset, segments.map(({ leaf, text, bad, differs }) => [leaf, text.split(" ").length, bad, differs])]),
    [
      [0, [[0, 1, false, true], [0, 7, false, false], [1, 8, false, false]]],
      [16, [[1, 1, false, false], [2, 1, true, false], [3, 1, false, false]]],
    ],
  );
  assert.equal(rows[0].text, "ABCDEFGHIJKLMNOP");
  assert.equal(hexRows([0, 255], LEAVES)[0].text, "··");
  assert.equal(rows.flatMap(({ segments }) => segments.map(({ text }) => text)).join(" ").split(" ").length, BYTES.length);
});

test("folded groups hide what is in them", () => {
  assert.deepEqual(unfolded(FIELDS, new Set(["g"])).map(({ path }) => path), ["a", "g", "d"]);
  assert.equal(unfolded(FIELDS, new Set()).length, FIELDS.length);
});

test("a byte is in one leaf", () => {
  assert.deepEqual([0, 7, 8, 17, 18, 19, -1].map((offset) => leafAt(LEAVES, offset)), [0, 0, 1, 2, 3, -1, -1]);
});

test("two messages differ in bytes and fields", () => {
  assert.deepEqual([...differentBytes([1, 2, 3], [1, 9])], [1, 2]);
  assert.deepEqual([...differentFields(FIELDS, [field("a", 0, 0, 8, "value", "2"), ...FIELDS.slice(1, 4)])], ["a", "d"]);
});

test("texts", () => {
  assert.deepEqual(bytesOf("0x00ff10"), [0, 255, 16]);
  assert.equal(offsetText(16), "0010");
  assert.equal(curlOf("http://a/tart/", "api/events/7"), "curl 'http://a/tart/api/events/7'");
  assert.equal(curlOf("http://a/tart/#/events/7?offset=9", "api/events/7"), "curl 'http://a/tart/api/events/7'");
});
