// @ts-check
/** Colours of heat maps. Pure. */

/**
 * Return a function from a value to its place on a scale of colours, 0 to 1.
 *
 * @param {[number, number]} domain
 * @param {boolean} [log] Whether equal steps are equal ratios; the domain is then above 0.
 * @returns {(value: number) => number}
 */
export function scaleOf([low, high], log = false) {
  const map = log ? (/** @type {number} */ value) => Math.log(Math.max(value, low)) : (/** @type {number} */ value) => value;
  const [from, to] = [map(low), map(high)];
  const span = to - from || 1;
  return (value) => Math.min(1, Math.max(0, (map(value) - from) / span));
}

/**
 * Return 256 colours between given ones, as red, green, blue.
 *
 * @param {[number, number, number][]} stops At least two, at equal distances.
 * @returns {Uint8Array} Three bytes for each colour.
 */
export function ramp(stops) {
  const colours = new Uint8Array(256 * 3);
  for (let index = 0; index < 256; index += 1) {
    const position = (index / 255) * (stops.length - 1);
    const left = Math.min(Math.floor(position), stops.length - 2);
    const part = position - left;
    for (let channel = 0; channel < 3; channel += 1) {
      const [a, b] = [stops[left][channel], stops[left + 1][channel]];
      colours[index * 3 + channel] = Math.round(a + (b - a) * part);
    }
  }
  return colours;
}

/** Red, green and blue of "rgb(1, 2, 3)". @param {string} text @returns {[number, number, number]} */
export function channelsOf(text) {
  const [red = 0, green = 0, blue = 0] = (text.match(/[\d.]+/g) ?? []).map(Number);
  return [red, green, blue];
}
