import assert from "node:assert/strict";
import { test } from "node:test";

import * as ranges from "../../../tart/web/app/core/time_range.js";

const NOW = Date.parse("2026-11-20T12:00:00Z");
const HOUR = 3_600_000;
const at = (hours) => new Date(NOW + hours * HOUR).toISOString();

test("a range survives the address", () => {
  for (const range of [
    ranges.readRange({}),
    ranges.readRange({ range: "15m" }),
    ranges.readRange({ range: "6h", pause: at(-1) }),
    ranges.readRange({ from: at(-3), to: at(-2) }),
  ]) {
    const written = ranges.writeRange(range);
    const given = Object.fromEntries(Object.entries(written).filter(([, value]) => value !== undefined));
    assert.deepEqual(ranges.readRange(given), range);
  }
});

test("an invalid range is the default", () => {
  for (const given of [{ range: "x" }, { range: "0m" }, { from: "x", to: at(0) }, { from: at(0), to: at(-1) }]) {
    assert.deepEqual(ranges.readRange(given), ranges.readRange({}));
  }
});

test("windows of requests", () => {
  assert.deepEqual(ranges.windowOf(ranges.readRange({ range: "15m" })), { duration: "15m" });
  assert.deepEqual(ranges.windowOf(ranges.readRange({ range: "1h", pause: at(0) })), { start: at(-1), end: at(0) });
  assert.deepEqual(ranges.windowOf(ranges.readRange({ from: at(-3), to: at(-2) })), { start: at(-3), end: at(-2) });
  assert.deepEqual(ranges.earlierWindowOf(ranges.readRange({ from: at(-3), to: at(-2) }), NOW), { start: at(-4), end: at(-3) });
  assert.deepEqual(ranges.earlierWindowOf(ranges.readRange({ range: "1h" }), NOW), { start: at(-2), end: at(-1) });
  assert.deepEqual(ranges.earlierWindowOf(ranges.readRange({ range: "1h" }), NOW, "24h"), { start: at(-25), end: at(-24) });
  assert.deepEqual(ranges.earlierWindowOf(ranges.readRange({ range: "1h" }), NOW, "nonsense"), { start: at(-2), end: at(-1) });
});

test("a range moves by half of it, and follows the present again at its end", () => {
  const range = ranges.readRange({ range: "2h" });
  const earlier = ranges.shifted(range, -0.5, NOW);
  assert.deepEqual(earlier, { kind: "fixed", from: NOW - 3 * HOUR, to: NOW - HOUR });
  assert.deepEqual(ranges.shifted(earlier, 0.5, NOW), range);
  assert.deepEqual(ranges.shifted(earlier, Infinity, NOW), range);
});

test("lengths as text", () => {
  assert.deepEqual([1, 60_000, 5_400_000, HOUR, 24 * HOUR].map(ranges.textOf), ["1s", "1m", "90m", "1h", "1d"]);
  assert.equal(ranges.durationOf("90m"), 90 * 60_000);
  assert.equal(ranges.durationOf("1w"), null);
});

test("any length has a text that is read again", () => {
  const second = 1000;
  for (const seconds of [1, 99_999, 100_001, 123_457, 1_000_003, 6_000_001, 31_622_399, 31_622_400, 40_000_000, 1e12]) {
    const text = ranges.textOf(seconds * second);
    const ms = ranges.durationOf(text);
    assert.ok(ms !== null && ms <= 366 * 24 * HOUR, text);
    const wanted = Math.min(seconds * second, 366 * 24 * HOUR);
    assert.ok(Math.abs(ms - wanted) <= HOUR / 2, `${text} for ${seconds} s`);
  }
  const odd = { kind: "fixed", from: NOW - 123_457_000, to: NOW };
  const [from, to] = ranges.boundsOf(ranges.shifted(odd, Infinity, NOW), NOW);
  assert.ok(from < to);
});

test("times that no request can have are not taken", () => {
  for (const time of ["-271821-04-20T00:00:00Z", "+275760-09-13T00:00:00Z", "1969-12-31T00:00:00Z"]) {
    assert.deepEqual(ranges.readRange({ pause: time }), ranges.readRange({}));
    assert.deepEqual(ranges.readRange({ from: time, to: at(0) }), ranges.readRange({}));
    assert.deepEqual(ranges.readRange({ from: at(0), to: time }), ranges.readRange({}));
  }
  // The range before the longest one at the first moment can be written.
  const first = ranges.readRange({ range: "99999d", pause: "1970-01-01T00:00:00Z" });
  assert.doesNotThrow(() => ranges.earlierWindowOf(first, NOW));
});
