import assert from "node:assert/strict";
import { test } from "node:test";

import { readableMessage } from "../../../tart/web/app/core/refusal.js";

test("a message stands in a sentence", () => {
  assert.equal(readableMessage(new Error("no shard answers.")), "no shard answers");
  assert.equal(readableMessage("text"), "text");
  assert.equal(readableMessage(undefined), "undefined");
  assert.equal(readableMessage(new Error("<unknown> is no column.")), "<unknown> is no column");
});

test("a proxy's page is told, not shown", () => {
  for (const page of ["<html>\r\n<head><title>502 Bad Gateway</title></head>", "\n<!DOCTYPE html><p>no"]) {
    const text = readableMessage(Object.assign(new Error(page), { status: 502 }));
    assert.match(text, /status 502/);
    assert.doesNotMatch(text, /</);
  }
});
