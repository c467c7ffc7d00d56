// @ts-check
/** Distributions of durations on one logarithmic axis, and stacked shares over time. Pure. */

/** Share of samples below which a bin does not widen the axis. */
const FEW = 0.005;

/**
 * The lowest and highest ends of an axis in milliseconds, powers of ten, that holds all bins with
 * at least a share of `FEW` of their samples.
 *
 * @param {{ up_to_ms: number, count: number }[][]} histograms
 * @returns {[number, number]}
 */
export function axisOf(histograms) {
  let [low, high] = [Infinity, 0];
  for (const bins of histograms) {
    // A few samples far out would make all others narrow.
    const few = FEW * bins.reduce((sum, { count }) => sum + count, 0);
    for (const { up_to_ms: end, count } of bins) {
      if (!count || count < few) continue;
      low = Math.min(low, end);
      high = Math.max(high, end);
    }
  }
  if (high === 0) return [1, 10];
  const least = 10 ** Math.floor(Math.log10(low * 0.8));
  return [least, Math.max(least * 10, 10 ** Math.ceil(Math.log10(high)))];
}

/** Place of a duration on an axis, 0 to 1. @param {number} ms @param {[number, number]} axis */
export function placeOf(ms, [low, high]) {
  return Math.min(1, Math.max(0, Math.log(Math.max(ms, low) / low) / Math.log(high / low)));
}

/** Powers of ten of an axis. @param {[number, number]} axis */
export function ticksOf([low, high]) {
  const ticks = [];
  for (let tick = low; tick <= high * 1.001; tick *= 10) ticks.push(tick);
  return ticks;
}

/**
 * The path of a ridge: the share of samples by duration, as wide and high as given.
 *
 * @param {{ up_to_ms: number, count: number }[]} bins Ascending; four in an octave.
 * @param {[number, number]} axis
 * @param {number} width
 * @param {number} height
 */
export function ridgePath(bins, axis, width, height) {
  const most = Math.max(...bins.map(({ count }) => count), 0);
  if (!most) return "";
  const ratio = 2 ** -0.25;
  let path = `M0 ${height}`;
  for (const { up_to_ms: end, count } of bins) {
    const [from, to] = [placeOf(end * ratio, axis) * width, placeOf(end, axis) * width];
    const top = height - (count / most) * (height - 1);
    path += `L${round(from)} ${height}L${round(from)} ${round(top)}L${round(to)} ${round(top)}L${round(to)} ${height}`;
  }
  return `${path}L${width} ${height}Z`;
}

/**
 * Parts of each bucket from below, of 1; a bucket without anything has none.
 *
 * @param {number[][]} series By group, a value for each bucket.
 * @returns {{ from: number, to: number }[][]} By group.
 */
export function stackedShares(series) {
  const size = series[0]?.length ?? 0;
  const reached = new Array(size).fill(0);
  const totals = Array.from({ length: size }, (_, index) => series.reduce((sum, values) => sum + values[index], 0));
  return series.map((values) =>
    values.map((value, index) => {
      const from = reached[index];
      const to = totals[index] ? from + value / totals[index] : from;
      reached[index] = to;
      return { from, to };
    }),
  );
}

/** @param {number} value */
function round(value) {
  return Math.round(value * 10) / 10;
}
