import assert from "node:assert/strict";
import { test } from "node:test";

import { grouped, GroupHead, inOrderOf, readSort, sorted } from "../../../tart/web/app/core/sorting.js";

test("rows without a value come last in both directions", () => {
  const rows = [3, null, 1, undefined, 2, NaN];
  const value = (row) => row;
  assert.deepEqual(sorted(rows, value, false).slice(0, 3), [1, 2, 3]);
  assert.deepEqual(sorted(rows, value, true).slice(0, 3), [3, 2, 1]);
});

test("equal rows keep their order, numbers within text count", () => {
  const rows = [["b", 1], ["a10", 2], ["a9", 3], ["b", 4]];
  assert.deepEqual(sorted(rows, ([name]) => name, false).map(([, index]) => index), [3, 2, 1, 4]);
  assert.deepEqual(sorted(rows, ([name]) => name, true).map(([, index]) => index), [1, 4, 2, 3]);
  assert.deepEqual(rows[0], ["b", 1]);
});

test("a sort parameter is a column and a direction", () => {
  assert.deepEqual(readSort("-lag", "id"), { by: "lag", descending: true });
  assert.deepEqual(readSort(undefined, "id"), { by: "id", descending: false });
});

test("rows keep the places of earlier keys, new ones come last", () => {
  const rows = [{ id: "c" }, { id: "a" }, { id: "new" }, { id: "b" }];
  assert.deepEqual(inOrderOf(rows, ["a", "gone", "b", "c"], ({ id }) => id).map(({ id }) => id), ["a", "b", "c", "new"]);
  assert.deepEqual(inOrderOf(rows, [], ({ id }) => id), rows);
});

test("groups stand below their heads, in the order of their names", () => {
  const items = grouped(["b2", "a1", "b1"], (text) => text[0]);
  assert.deepEqual(items, [new GroupHead("a", 1), "a1", new GroupHead("b", 2), "b2", "b1"]);
  assert.deepEqual(grouped([], String), []);
});

test("hashes are in the order of their text, other texts with their numbers by value", () => {
  const hashes = ["9af0".padEnd(64, "0"), "63b2".padEnd(64, "0"), "aaaa".padEnd(64, "0")];
  assert.deepEqual(sorted(hashes, (text) => text, false), [hashes[1], hashes[0], hashes[2]]);
  assert.deepEqual(sorted(["v10", "v9"], (text) => text, false), ["v9", "v10"]);
});
