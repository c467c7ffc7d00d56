import assert from "node:assert/strict";
import { test } from "node:test";

import { isWholeHash, kindName, pagesNamed, resultsOf } from "../../../tart/web/app/core/search.js";

const PAGES = [
  { path: "nodes", title: "Nodes", icon: "nodes", key: "d" },
  { path: "nodes/{id}", title: "Node" },
  { path: "", title: "Network", icon: "network" },
  { path: "conformance", title: "Conformance", icon: "conformance" },
];
const CANDIDATE = { kind: "slot", label: "Slot 7", sentence: "Slot.", page: "slots/7" };

test("pages are found by their names; those of one thing are not", () => {
  assert.deepEqual(pagesNamed("n", PAGES).map(({ page }) => page), ["nodes", "", "conformance"]);
  assert.equal(pagesNamed("nodes", PAGES)[0].sentence, "Page. Key: g d");
});

test("a page whose name was begun stands before what the server knows, others after", () => {
  assert.deepEqual(resultsOf("n", PAGES, [CANDIDATE]).map(({ label }) => label), ["Nodes", "Network", "Slot 7", "Conformance"]);
  assert.deepEqual(resultsOf("7", PAGES, [CANDIDATE]), [CANDIDATE]);
  assert.equal(resultsOf("", PAGES, []).length, 3);
});

test("whole hashes are recognised", () => {
  assert.equal(isWholeHash(` 0x${"aB".repeat(32)} `), true);
  assert.equal(isWholeHash("ab".repeat(31)), false);
  assert.equal(kindName("package"), "Work-package");
  assert.equal(kindName("other"), "other");
});
