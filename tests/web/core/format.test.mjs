import assert from "node:assert/strict";
import { test } from "node:test";

import * as format from "../../../tart/web/app/core/format.js";

const plain = (text) => text.replaceAll("\u2009", " ");

test("numbers have groups of three digits from ten thousand on", () => {
  assert.equal(plain(format.number(1234)), "1234");
  assert.equal(plain(format.number(10_031_944)), "10 031 944");
  assert.equal(plain(format.number("18446744073709551615")), "18 446 744 073 709 551 615");
  assert.equal(plain(format.number(-12345.678, 2)), "−12 345.68");
  assert.equal(format.number(2, 2), "2");
});

test("what is not known is a dash, never 0", () => {
  for (const name of ["number", "compact", "duration", "bytes", "percent", "rate", "shortHash", "clock"]) {
    assert.equal(format[name](null), "—", name);
    assert.equal(format[name](undefined), "—", name);
  }
  assert.equal(format.number(NaN), "—");
  assert.equal(format.share(null, 3), "—");
});

test("compact numbers have three significant digits", () => {
  assert.equal(plain(format.compact(0)), "0");
  assert.equal(plain(format.compact(0.128)), "0.13");
  assert.equal(plain(format.compact(98_214)), "98.2 k");
  assert.equal(plain(format.compact(1_250_000)), "1.25 M");
  assert.equal(plain(format.compact(9999)), "9999");
});

test("durations are as people say them", () => {
  const cases = [
    [0, "0 ms"],
    [0.25, "250 µs"],
    [0.9994, "999 µs"],
    [0.9997, "1 ms"],
    [230.4, "230 ms"],
    [999.4, "999 ms"],
    [999.7, "1 s"],
    [1400, "1.4 s"],
    [59_949, "59.9 s"],
    [59_960, "1 min"],
    [200_000, "3 min 20 s"],
    [3_600_000, "1 h"],
    [187_200_000, "2 d 4 h"],
    [-1400, "−1.4 s"],
  ];
  for (const [ms, text] of cases) assert.equal(plain(format.duration(ms)), text);
});

test("a share stands beside its denominator, and is 100 % only if it is all", () => {
  assert.equal(plain(format.share(12, 341)), "12 of 341 (3.5 %)");
  assert.equal(plain(format.share(0, 0)), "0 of 0");
  assert.equal(plain(format.percent(0.99999)), ">99.9 %");
  assert.equal(plain(format.percent(0.00001)), "<0.1 %");
  assert.equal(plain(format.percent(1)), "100 %");
});

test("sizes are in powers of a thousand", () => {
  assert.equal(plain(format.bytes(999)), "999 B");
  assert.equal(plain(format.bytes(999_600)), "1 MB");
  assert.equal(plain(format.bytes(12_400_000)), "12.4 MB");
});

test("hashes are short, whole ones of few digits stay", () => {
  assert.equal(format.shortHash(`0x${"ab".repeat(31)}42`), "abab…ab42");
  assert.equal(format.shortHash("0xabcd"), "abcd");
  assert.equal(format.shortNode(`0x${"12".repeat(32)}`), "12121212");
});

test("times are those of UTC, with the date on demand", () => {
  assert.equal(format.clock("2026-11-20T12:03:05.348748Z"), "12:03:05");
  assert.equal(format.clock("2026-11-20T12:03:05.348748Z", { date: true, fraction: true }), "2026-11-20 12:03:05.348");
  assert.equal(format.clock("no time"), "—");
});

test("an age has one unit", () => {
  const now = Date.parse("2026-11-20T12:00:00Z");
  assert.equal(plain(format.ago("2026-11-20T11:59:59Z", now)), "now");
  assert.equal(plain(format.ago("2026-11-20T11:57:00Z", now)), "3 min ago");
  assert.equal(plain(format.ago("2026-11-20T13:00:00Z", now)), "in 60 min");
});

test("a change is in percent, of shares in points, and null where there is none", () => {
  const change = (value, before) => {
    const text = format.change(value, before);
    return text && plain(text);
  };
  assert.equal(change(format.number(112), format.number(100)), "+12 %");
  assert.equal(change(format.number(12_000), format.number(24_000)), "−50 %");
  assert.equal(change(format.compact(1_200_000), format.compact(60_000)), "+1900 %");
  assert.equal(change(format.duration(230), format.duration(1400)), "−84 %");
  assert.equal(change(format.percent(0.123), format.percent(0.11)), "+1 pts");
  assert.equal(change(format.number(7), format.number(7)), "±0 %");
  assert.equal(change(format.number(7), format.number(0)), null);
  assert.equal(change(format.number(7), format.DASH), null);
  assert.equal(change(format.duration(200_000), format.duration(100)), null);
  assert.equal(change(format.share(1, 2), format.share(1, 2)), null);
});
