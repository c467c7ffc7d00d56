// @ts-check
/** Order of rows. Pure. */

/**
 * Return the rows in the order of a value, as they were where values are equal; rows without a
 * value come last in both directions.
 *
 * @template Row
 * @param {readonly Row[]} rows
 * @param {(row: Row) => unknown} value
 * @param {boolean} descending
 * @returns {Row[]}
 */
export function sorted(rows, value, descending) {
  const keyed = rows.map((row) => ({ row, key: value(row) }));
  const sign = descending ? -1 : 1;
  keyed.sort((left, right) => {
    const [a, b] = [left.key, right.key];
    if (missing(a) || missing(b)) return Number(missing(a)) - Number(missing(b));
    return sign * compare(a, b);
  });
  return keyed.map(({ row }) => row);
}

/**
 * Return the column and direction of a parameter such as "-lag".
 *
 * @param {string | undefined} text
 * @param {string} fallback
 * @returns {{ by: string, descending: boolean }}
 */
export function readSort(text, fallback) {
  const chosen = text || fallback;
  const descending = chosen.startsWith("-");
  return { by: descending ? chosen.slice(1) : chosen, descending };
}

/** @param {unknown} value */
function missing(value) {
  return value === null || value === undefined || value === "" || Number.isNaN(value);
}

const collator = new Intl.Collator("en", { numeric: true });

/** @param {any} a @param {any} b */
function compare(a, b) {
  if (typeof a === "string" || typeof b === "string") return collator.compare(String(a), String(b));
  return a < b ? -1 : a > b ? 1 : 0;
}
