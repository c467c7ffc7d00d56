// @ts-check
/** Tables as CSV (RFC 4180). Pure. */

/**
 * Return the text of a table. A cell that a spreadsheet would execute begins with an apostrophe.
 *
 * @param {string[]} titles
 * @param {unknown[][]} rows
 */
export function csvOf(titles, rows) {
  return [titles, ...rows].map((row) => row.map(cell).join(",") + "\r\n").join("");
}

/** Tab-separated text, which spreadsheets paste as cells. @param {string[]} titles @param {unknown[][]} rows */
export function tsvOf(titles, rows) {
  const flat = (/** @type {unknown} */ value) => text(value).replace(/[\t\r\n]+/g, " ");
  return [titles, ...rows].map((row) => row.map(flat).join("\t")).join("\n");
}

/** @param {unknown} value */
function cell(value) {
  const plain = text(value);
  const safe = typeof value === "string" && /^[=+\-@\t\r]/.test(plain) ? `'${plain}` : plain;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** @param {unknown} value */
function text(value) {
  if (value === null || value === undefined) return "";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
