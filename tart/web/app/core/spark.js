// @ts-check
/** Shapes of small lines. Pure. */

/**
 * Return the path of a line through values from left to right; it is interrupted where one is
 * missing. The lower edge is 0.
 *
 * @param {readonly (number | null | undefined)[]} values
 * @param {number} width
 * @param {number} height
 */
export function sparkPath(values, width, height) {
  const most = Math.max(...values.map((value) => value ?? 0), 0) || 1;
  const step = width / Math.max(values.length - 1, 1);
  let path = "";
  let open = false;
  for (const [index, value] of values.entries()) {
    if (value === null || value === undefined) {
      open = false;
      continue;
    }
    const y = height - 1 - (Math.max(value, 0) / most) * (height - 2);
    path += `${open ? "L" : "M"}${round(index * step)} ${round(y)}`;
    open = true;
  }
  return path;
}

/** @param {number} value */
function round(value) {
  return Math.round(value * 10) / 10;
}
