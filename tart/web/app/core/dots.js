// @ts-check
/**
 * Places of points on an axis, and its marks. Pure.
 *
 * @typedef {{ low: number, high: number, log: boolean }} Axis
 */

/**
 * An axis that has all values; a logarithmic one begins at 1 % of its end, or at the least value.
 *
 * @param {readonly number[]} values
 * @param {boolean} log
 * @returns {Axis}
 */
export function axisOf(values, log) {
  const high = values.reduce((most, value) => Math.max(most, value), 0) || 1;
  if (!log) return { low: Math.min(0, ...values.slice(0, 1), values.reduce((least, value) => Math.min(least, value), 0)), high, log };
  const least = values.reduce((known, value) => (value > 0 ? Math.min(known, value) : known), high);
  return { low: Math.max(Math.min(least, high / 100), high / 100_000), high: Math.max(high, 1.001 * least), log };
}

/** Place of a value on an axis, 0 to 1; values below a logarithmic axis are at its beginning. @param {number} value @param {Axis} axis */
export function placeOf(value, { low, high, log }) {
  if (!log) return (value - low) / (high - low || 1);
  return Math.max(0, Math.log(Math.max(value, low) / low) / Math.log(high / low || 2));
}

/** Value at a place on an axis. @param {number} place @param {Axis} axis */
export function valueAt(place, { low, high, log }) {
  return log ? low * (high / low) ** place : low + place * (high - low);
}

/** Round values within an axis: 1, 2 and 5 times powers of ten, about `count` of them. @param {Axis} axis @param {number} [count] */
export function marksOf({ low, high, log }, count = 6) {
  /** @type {number[]} */
  const marks = [];
  if (log) {
    const factors = Math.log10(high / low) > 3 ? [1] : [1, 2, 5];
    for (let power = Math.floor(Math.log10(low)); power <= Math.log10(high); power += 1) {
      for (const factor of factors) marks.push(factor * 10 ** power);
    }
  } else {
    const rough = (high - low) / count;
    const power = 10 ** Math.floor(Math.log10(rough));
    const step = power * ([1, 2, 5, 10].find((factor) => factor * power >= rough) ?? 10);
    for (let value = Math.ceil(low / step) * step; value <= high; value += step) marks.push(Number(value.toPrecision(12)));
  }
  return marks.filter((value) => value >= low && value <= high);
}

/** A place between -0.5 and 0.5 for a point of a row, the same each time. @param {number} index */
export function jitter(index) {
  return ((index * 0.618_034) % 1) - 0.5;
}
