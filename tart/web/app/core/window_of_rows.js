// @ts-check
/** The rows of a long table that are on the screen. Pure. */

/**
 * Return the first row to draw and the one after the last.
 *
 * @param {number} count Of rows.
 * @param {number} rowHeight
 * @param {number} scrollTop
 * @param {number} height Of the visible part.
 * @param {number} [spare] Rows that are drawn beyond each edge.
 * @returns {[number, number]}
 */
export function windowOfRows(count, rowHeight, scrollTop, height, spare = 8) {
  const first = Math.max(0, Math.floor(scrollTop / rowHeight) - spare);
  const last = Math.min(count, Math.ceil((scrollTop + height) / rowHeight) + spare);
  return [Math.min(first, last), last];
}
