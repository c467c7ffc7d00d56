// @ts-check
/** The time range: one, for all pages, in the address. */

import { computed } from "@preact/signals";

import { boundsOf, durationOf, earlierWindowOf, isFixed, readRange, shifted, windowOf, writeRange } from "../core/time_range.js";
import { location, setParameters } from "./location.js";

const text = computed(() => JSON.stringify(pick(location.value.parameters)));
/** The range. It changes only if its parameters do. */
export const range = computed(() => readRange(JSON.parse(text.value)));
/** Whether the page does not follow the present. */
export const frozen = computed(() => isFixed(range.value));
/** What figures and charts are compared with: "1" is the range before, others are so long ago; null is nothing. */
export const comparison = computed(() => {
  const { compare } = location.value.parameters;
  return compare === "1" || (compare && durationOf(compare)) ? compare : null;
});
/** Whether figures and charts also show an earlier range. */
export const comparing = computed(() => comparison.value !== null);

/** The window for requests. */
export function currentWindow() {
  return windowOf(range.value);
}

/** The earlier window of the same length. */
export function earlierWindow() {
  return earlierWindowOf(range.value, Date.now(), comparison.value ?? undefined);
}

/** How long ago the earlier range is, in milliseconds. */
export function comparisonMs() {
  const [from, to] = bounds();
  return durationOf(comparison.value ?? "") ?? to - from;
}

/** First and last millisecond, of what is shown now. @returns {[number, number]} */
export function bounds() {
  return boundsOf(range.value, Date.now());
}

/** @param {import("../core/time_range.js").Range} next */
export function setRange(next) {
  setParameters(writeRange(next), { push: true });
}

/** Show the last such duration. @param {string} duration Like "1h". */
export function setDuration(duration) {
  setRange(readRange({ range: duration }));
}

/** Show exactly a range. @param {number} from Milliseconds. @param {number} to */
export function zoom(from, to) {
  if (to - from >= 1000) setRange({ kind: "fixed", from: Math.round(from), to: Math.round(to) });
}

/** Move by half the range. @param {-1 | 1} direction */
export function move(direction) {
  setRange(shifted(range.value, direction / 2, Date.now()));
}

/** Freeze everything as it is, or follow the present again. */
export function togglePause() {
  const now = range.value;
  if (now.kind === "fixed") setRange(shifted(now, Infinity, Date.now()));
  else setRange({ ...now, pausedAt: now.pausedAt === null ? Date.now() : null });
}

/** Show the range before beside everything, or no longer an earlier one. */
export function toggleComparison() {
  setComparison(comparing.value ? undefined : "1");
}

/** Show an earlier range beside everything. @param {string | undefined} value Like `comparison`. */
export function setComparison(value) {
  setParameters({ compare: value });
}

/** @param {Record<string, string>} parameters */
function pick({ range: duration, pause, from, to }) {
  return { range: duration, pause, from, to };
}
