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

/** Hashes and keys, whose digits are no numbers. */
const HEX = /^(0x)?[0-9a-f]{16,}$/;
const collator = new Intl.Collator("en", { numeric: true });

/** @param {any} a @param {any} b */
function compare(a, b) {
  if (typeof a === "string" && typeof b === "string" && HEX.test(a) && HEX.test(b)) return a < b ? -1 : a > b ? 1 : 0;
  if (typeof a === "string" || typeof b === "string") return collator.compare(String(a), String(b));
  return a < b ? -1 : a > b ? 1 : 0;
}

/**
 * Return the rows in the order of some keys; those with other keys come last, as they were.
 *
 * @template Row
 * @param {readonly Row[]} rows
 * @param {readonly (string | number)[]} keys
 * @param {(row: Row) => string | number} keyOf
 * @returns {Row[]}
 */
export function inOrderOf(rows, keys, keyOf) {
  const places = new Map(keys.map((key, index) => [key, index]));
  return rows
    .map((row, index) => ({ row, place: places.get(keyOf(row)) ?? keys.length + index }))
    .sort((a, b) => a.place - b.place)
    .map(({ row }) => row);
}

/** The head of a group of rows. */
export class GroupHead {
  /** @param {string} name @param {number} count Of its rows. */
  constructor(name, count) {
    this.name = name;
    this.count = count;
  }
}

/**
 * Return the rows below the heads of their groups, the groups in the order of their names.
 *
 * @template Row
 * @param {readonly Row[]} rows
 * @param {(row: Row) => string} groupOf
 * @returns {(Row | GroupHead)[]}
 */
export function grouped(rows, groupOf) {
  /** @type {Map<string, Row[]>} */
  const groups = new Map();
  for (const row of rows) {
    const name = groupOf(row);
    const members = groups.get(name);
    if (members) members.push(row);
    else groups.set(name, [row]);
  }
  const names = [...groups.keys()].sort(collator.compare);
  return names.flatMap((name) => {
    const members = groups.get(name) ?? [];
    return [new GroupHead(name, members.length), ...members];
  });
}
