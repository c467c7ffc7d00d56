import assert from "node:assert/strict";
import { test } from "node:test";

import { destination, faultOfKey, reasonOf } from "../../../tart/web/app/core/login.js";

const KEY = `tart_0a1b2c3d_${"aZ9-_".repeat(8)}abc`;

test("a key is accepted, also with the line break that a terminal adds", () => {
  for (const text of [KEY, `  ${KEY}\n`]) assert.equal(faultOfKey(text), "");
});

test("what cannot be a key is named by its fault", () => {
  for (const [text, expected] of [
    ["", /^Enter a key/],
    ["   ", /^Enter a key/],
    [`Bearer ${KEY}`, /without “Bearer”/],
    ["0a1b2c3d", /begins with tart_/],
    [KEY.slice(0, -1), /57 characters, this text has 56/],
    [`${KEY}x`, /this text has 58/],
  ]) {
    assert.match(faultOfKey(text), expected);
  }
});

test("a failed login is explained in words", () => {
  assert.match(reasonOf({ status: 401 }), /not known to this server, or it was revoked/);
  assert.match(reasonOf({ status: 429 }), /Too many attempts/);
  assert.match(reasonOf({}), /does not answer/);
  assert.equal(reasonOf({ status: 503, message: "the key store is locked." }), "The key store is locked.");
});

test("a login leads back to an address of this page only", () => {
  assert.equal(destination("#/nodes?sort=lag"), "#/nodes?sort=lag");
  for (const text of [undefined, "", "nodes", "https://evil.example/#/", "//evil.example", "javascript:1", "#/login?back=x"]) {
    assert.equal(destination(text), "#/");
  }
});
