// @ts-check
/** The time range: one, for all pages, in the address. */

import { computed } from "@preact/signals";

import { boundsOf, earlierWindowOf, isFixed, readRange, shifted, windowOf, writeRange } from "../core/time_range.js";
import { location, setParameters } from "./location.js";

const text = computed(() => JSON.stringify(pick(location.value.parameters)));
/** The range. It changes only if its parameters do. */
export const range = computed(() => readRange(JSON.parse(text.value)));
/** Whether the page does not follow the present. */
export const frozen = computed(() => isFixed(range.value));
/** Whether figures and charts also show the range before. */
export const comparing = computed(() => location.value.parameters.compare === "1");

/** The window for requests. */
export function currentWindow() {
  return windowOf(range.value);
}

/** The window of the same length before. */
export function earlierWindow() {
  return earlierWindowOf(range.value, Date.now());
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

/** Show the range before beside everything, or no longer. */
export function toggleComparison() {
  setParameters({ compare: comparing.value ? undefined : "1" });
}

/** @param {Record<string, string>} parameters */
function pick({ range: duration, pause, from, to }) {
  return { range: duration, pause, from, to };
}
