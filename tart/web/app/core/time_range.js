// @ts-check
/**
 * The time range of the page, as text in its address and as a window of requests. Pure.
 *
 * @typedef {{ kind: "last", text: string, ms: number, pausedAt: number | null }} LastRange The last
 *   hour, for example; ends at `pausedAt` instead of now if it is paused.
 * @typedef {{ kind: "fixed", from: number, to: number }} FixedRange
 * @typedef {LastRange | FixedRange} Range Times are milliseconds since 1970.
 * @typedef {{ duration: string } | { start: string, end: string }} Window Parameters of requests.
 */

export const CHOICES = ["5m", "15m", "1h", "6h", "24h", "7d", "30d"];
export const DEFAULT = "1h";
/** What a range can be compared with: "1" is the range before, others are so long ago. */
export const COMPARISONS = ["1", "1h", "24h", "7d"];

/** @type {Record<string, number>} */
const UNITS = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
/** The largest number before a unit. */
const MOST_COUNT = 99_999;
/** The longest duration that the API takes. */
const LONGEST_MS = 366 * UNITS.d;
const END_OF_TIME = Date.parse("9999-12-31T23:59:59Z");

/** Milliseconds of a text such as "15m"; null if it is none. @param {string} text */
export function durationOf(text) {
  const match = /^(\d{1,5})([smhd])$/.exec(text);
  const ms = match ? Number(match[1]) * UNITS[match[2]] : 0;
  return ms > 0 ? ms : null;
}

/**
 * Return the range of the parameters range, pause, from and to; the default for what is invalid.
 *
 * @param {Record<string, string>} parameters
 * @returns {Range}
 */
export function readRange({ range = DEFAULT, pause, from, to }) {
  const [start, end] = [timeOf(from), timeOf(to)];
  if (start !== null && end !== null && start < end) return { kind: "fixed", from: start, to: end };
  const ms = durationOf(range);
  return {
    kind: "last",
    text: ms === null ? DEFAULT : range,
    ms: ms ?? /** @type {number} */ (durationOf(DEFAULT)),
    pausedAt: timeOf(pause),
  };
}

/** @param {Range} range @returns {Record<string, string | undefined>} */
export function writeRange(range) {
  if (range.kind === "fixed") {
    return { range: undefined, pause: undefined, from: isoOf(range.from), to: isoOf(range.to) };
  }
  return {
    range: range.text === DEFAULT ? undefined : range.text,
    pause: range.pausedAt === null ? undefined : isoOf(range.pausedAt),
    from: undefined,
    to: undefined,
  };
}

/** Whether a range does not follow the present. @param {Range} range */
export function isFixed(range) {
  return range.kind === "fixed" || range.pausedAt !== null;
}

/** First and last millisecond. @param {Range} range @param {number} now @returns {[number, number]} */
export function boundsOf(range, now) {
  if (range.kind === "fixed") return [range.from, range.to];
  const end = range.pausedAt ?? now;
  return [end - range.ms, end];
}

/** Window of requests. @param {Range} range @returns {Window} */
export function windowOf(range) {
  if (range.kind === "last" && range.pausedAt === null) return { duration: range.text };
  const [from, to] = boundsOf(range, 0);
  return { start: isoOf(from), end: isoOf(to) };
}

/**
 * Window of an earlier range of the same length; it does not begin before 1970.
 *
 * @param {Range} range
 * @param {number} now
 * @param {string} [comparison] One of `COMPARISONS`, or another duration.
 */
export function earlierWindowOf(range, now, comparison = "1") {
  const [from, to] = boundsOf(range, now);
  const ago = durationOf(comparison) ?? to - from;
  return { start: isoOf(Math.max(0, from - ago)), end: isoOf(Math.max(0, to - ago)) };
}

/**
 * The range moved by a share of its length; one that would end in the future follows the present.
 *
 * @param {Range} range
 * @param {number} share Like -0.5 for half of it into the past.
 * @param {number} now
 * @returns {Range}
 */
export function shifted(range, share, now) {
  const [from, to] = boundsOf(range, now);
  const ms = to - from;
  if (to + ms * share >= now) {
    const text = range.kind === "last" ? range.text : textOf(ms);
    return { kind: "last", text, ms: /** @type {number} */ (durationOf(text)), pausedAt: null };
  }
  return { kind: "fixed", from: Math.round(from + ms * share), to: Math.round(to + ms * share) };
}

/**
 * The shortest text of a length, rounded to whole seconds; to whole minutes if a text of seconds
 * had more digits than `durationOf` reads. A length beyond what the API takes is the longest one.
 *
 * @param {number} ms
 */
export function textOf(ms) {
  const unit = ms / UNITS.s < MOST_COUNT ? UNITS.s : UNITS.m;
  const whole = Math.min(Math.max(unit, Math.round(ms / unit) * unit), LONGEST_MS);
  for (const name of ["d", "h", "m"]) {
    if (whole % UNITS[name] === 0 && whole / UNITS[name] <= MOST_COUNT) return `${whole / UNITS[name]}${name}`;
  }
  return unit === UNITS.s ? `${whole / UNITS.s}s` : `${Math.round(whole / UNITS.h)}h`;
}

/** Times that the API takes; of others not even the range before could be written. @param {string | undefined} text */
function timeOf(text) {
  const ms = text ? Date.parse(text) : NaN;
  return ms >= 0 && ms < END_OF_TIME ? ms : null;
}

/** @param {number} ms */
function isoOf(ms) {
  return new Date(ms).toISOString();
}
