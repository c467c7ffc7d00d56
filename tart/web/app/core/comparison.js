// @ts-check
/**
 * Differences between implementations or versions: sentences, and places on the axes of intervals.
 * Pure.
 *
 * @typedef {import("../../../client/web/tart.js").ImplementationComparison} Comparison
 * @typedef {Comparison["measures"][number]} Measure
 * @typedef {Comparison["groups"][number]} Group
 * @typedef {Comparison["differences"][number]} Pair
 * @typedef {{ low: number, high: number, log: boolean }} IntervalAxis
 */

import { bytes, counted, DASH, duration, number, percent } from "./format.js";
import { stepText } from "./nodes.js";

const THIN = "\u2009";
/** Ratios further out are drawn at the ends of the axis. */
const MOST_RATIO = 16;

/** A measure for people. @param {{ name: string, kind: string }} measure */
export function measureText({ name, kind }) {
  const [from, to] = name.split("_to_");
  if (kind === "step" && to) return stepText(from, to);
  const words = name.replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** A value in the unit of a measure. @param {number | null | undefined} value @param {string} unit */
export function valueText(value, unit) {
  if (value === null || value === undefined) return DASH;
  if (unit === "ms") return duration(value);
  if (unit === "ns") return duration(value / 1e6);
  if (unit === "bytes") return bytes(value);
  if (unit === "share") return percent(value);
  if (unit === "factor") return ratioText(value);
  if (unit.startsWith("1/")) return `${number(value, Math.abs(value) < 10 ? 2 : 0)}/${unit.slice(2)}`;
  return `${number(value, 2)}${THIN}${unit}`;
}

/** A ratio: 1.65 ×. @param {number | null | undefined} ratio */
export function ratioText(ratio) {
  if (ratio === null || ratio === undefined) return DASH;
  const digits = ratio < 0.1 ? 3 : ratio < 10 ? 2 : 0;
  return `${number(ratio, digits)}${THIN}×`;
}

/** A difference of values with its sign. @param {number | null | undefined} value @param {string} unit */
function differenceText(value, unit) {
  if (value === null || value === undefined) return DASH;
  if (unit === "share") return `${signed(value * 100)}${THIN}percentage points`;
  if (unit === "ms") return `${value > 0 ? "+" : ""}${duration(value)}`;
  return `${signed(value)}${unit.startsWith("1/") ? unit.slice(1) : `${THIN}${unit}`}`;
}

/** @param {number} value */
function signed(value) {
  const size = Math.abs(value);
  return `${value > 0 ? "+" : ""}${number(value, size < 0.1 ? 3 : size < 10 ? 2 : 0)}`;
}

/**
 * A pair turned so that its ratio is at least 1, or its difference at least 0. Pairs of versions
 * stay as they are: the later one is measured by the earlier.
 *
 * @param {Pair} pair
 * @param {"implementation" | "version"} by
 * @returns {Pair}
 */
export function oriented(pair, by) {
  const { a, b, ratio, difference, low, high } = pair;
  if (by === "version") return pair;
  if (ratio !== null && ratio < 1 && ratio > 0) {
    return { ...pair, a: b, b: a, ratio: 1 / ratio, low: high && 1 / high, high: low && 1 / low };
  }
  if (difference !== null && difference < 0) {
    return { ...pair, a: b, b: a, difference: -difference, low: high === null ? null : -high, high: low === null ? null : -low };
  }
  return pair;
}

/** The interval of a pair. @param {Pair} pair @param {Measure} measure */
export function intervalText({ ratio, low, high }, { unit, effect }) {
  if (low === null || high === null) return ratio === null ? DASH : "no interval";
  if (effect === "ratio") return `${ratioText(low)} to ${ratioText(high)}`;
  return `${differenceText(low, unit)} to ${differenceText(high, unit)}`;
}

/** What a pair says, in one sentence. @param {Pair} pair Turned as it is to be read. @param {Measure} measure */
export function pairSentence(pair, measure) {
  const { a, b, ratio, difference, state, reason } = pair;
  const { unit, effect } = measure;
  if (state === "not_enough_data") return `${a} and ${b}: not enough data${reason ? `: ${reason}` : ""}.`;
  const interval = intervalText(pair, measure);
  if (state === "not_different") return `${a} and ${b}: no difference shown; from ${interval} is possible.`;
  if (effect === "difference") return `${b} has ${differenceText(difference, unit)} against ${a} (${interval}).`;
  if (unit === "ms" || unit === "ns") return `${b} takes ${ratioText(ratio)} as long as ${a} (${interval}).`;
  return `${b} has ${ratioText(ratio)} the value of ${a} (${interval}).`;
}

/**
 * The axis of intervals: of ratios logarithmic and symmetric about 1, of differences linear and
 * symmetric about 0.
 *
 * @param {readonly Pair[]} pairs
 * @param {"ratio" | "difference"} effect
 * @returns {IntervalAxis}
 */
export function intervalAxis(pairs, effect) {
  const values = pairs.flatMap(({ ratio, difference, low, high }) => [ratio, difference, low, high]).filter((value) => value !== null);
  if (effect === "ratio") {
    const most = Math.max(1.25, ...values.map((value) => (value > 0 ? Math.max(value, 1 / value) : MOST_RATIO)));
    const high = Math.min(MOST_RATIO, most) * 1.05;
    return { low: 1 / high, high, log: true };
  }
  const high = Math.max(0, ...values.map(Math.abs)) * 1.05 || 1;
  return { low: -high, high, log: false };
}

/** Place of a value on an axis of intervals, 0 to 1. @param {number} value @param {IntervalAxis} axis */
export function placeOnAxis(value, { low, high, log }) {
  const place = log ? Math.log(Math.max(value, low) / low) / Math.log(high / low) : (value - low) / (high - low);
  return Math.min(1, Math.max(0, place));
}

/** Ratios that the axis has marks at. @param {IntervalAxis} axis */
export function ratioTicks({ high }) {
  const upper = [1.1, 1.25, 1.5, 2, 3, 4, 8, 16].filter((tick) => tick <= high);
  const tick = upper.at(-1) ?? high;
  return [1 / tick, 1, tick];
}

/**
 * The axis of the values of groups: logarithmic if all are above 0.
 *
 * @param {readonly Group[]} groups
 * @returns {IntervalAxis}
 */
export function groupAxis(groups) {
  const values = groups
    .flatMap(({ value, node_min: least, node_max: most, p50_ms: p50, p99_ms: p99 }) => [value, least, most, p50, p99])
    .filter((value) => value !== null);
  if (!values.length) return { low: 0, high: 1, log: false };
  const [least, most] = [Math.min(...values), Math.max(...values)];
  if (least > 0) {
    const [low, high] = [least / 1.15, most * 1.15];
    return { low, high, log: true };
  }
  const room = (most - Math.min(0, least)) * 0.05 || 1;
  return { low: Math.min(0, least) - (least < 0 ? room : 0), high: Math.max(0, most) + room, log: false };
}

/** Marks of the axis of groups. @param {IntervalAxis} axis */
export function groupTicks({ low, high, log }) {
  if (!log) return [low, (low + high) / 2, high].map((tick) => (Math.abs(tick) < 1e-12 ? 0 : tick));
  const ticks = [];
  for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); power++) {
    for (const factor of high / low > 30 ? [1] : [1, 2, 5]) ticks.push(factor * 10 ** power);
  }
  return ticks.filter((tick) => tick >= low && tick <= high);
}

/**
 * Measures with what was found of them, those that differ first.
 *
 * @param {Comparison} data
 */
export function measureRows({ measures, differences }) {
  const found = new Map(measures.map((measure) => [measure.name, { measure, different: 0, tested: 0, pairs: 0, most: 0 }]));
  for (const pair of differences) {
    const row = found.get(pair.measure);
    if (!row) continue;
    row.pairs++;
    if (pair.state !== "not_enough_data") row.tested++;
    if (!pair.significant) continue;
    row.different++;
    if (pair.ratio) row.most = Math.max(row.most, Math.abs(Math.log(pair.ratio)));
  }
  return [...found.values()].sort((x, y) => rank(y) - rank(x) || y.different - x.different || y.most - x.most);
}

/** @param {{ different: number, tested: number }} row */
function rank({ different, tested }) {
  return different ? 2 : tested ? 1 : 0;
}

/** What was found of a measure, in words. @param {{ different: number, tested: number, pairs: number }} row */
export function foundText({ different, tested, pairs }) {
  if (different) return `${number(different)} of ${counted(tested, "pair")}`;
  if (tested) return "none shown";
  return pairs ? "not enough data" : "nothing to compare with";
}

/** Pairs that differ, the greatest first: by measure, as ratios and as differences. @param {Comparison} data */
export function differing({ measures, differences, by }) {
  const named = new Map(measures.map((measure) => [measure.name, measure]));
  return differences
    .filter(({ significant, measure }) => significant && named.has(measure))
    .map((pair) => ({ pair: oriented(pair, by), measure: /** @type {Measure} */ (named.get(pair.measure)) }))
    .sort((x, y) => Number(x.pair.ratio === null) - Number(y.pair.ratio === null) || strength(y.pair) - strength(x.pair));
}

/** How far an interval is from no difference. @param {Pair} pair */
function strength({ ratio, low, high, p }) {
  if (ratio === null) return -(p ?? 1);
  return ratio >= 1 ? Math.log(Math.max(low ?? 1, 1e-9)) : -Math.log(Math.max(high ?? 1, 1e-9));
}

/**
 * How far a version has spread, in words.
 *
 * @param {{ nodes: number, reached: number, at_start: number, first_at: string | null, half_at: string | null, most_at: string | null, all_at: string | null }} spread
 */
export function spreadText({ nodes, reached, at_start: before, all_at: all, first_at: first }) {
  if (before === nodes) return "on all nodes since before";
  if (all && first) return `${duration(Date.parse(all) - Date.parse(first))} until all`;
  return `${number(reached)} of ${counted(nodes, "node")}`;
}
