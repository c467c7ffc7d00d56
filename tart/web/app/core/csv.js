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
  if (typeof value === "object") return JSON.stringify(value);
  // Groups of digits are for eyes; a program reads no number with spaces in it.
  return String(value).replace(/(?<=\d)\u2009(?=\d{3})/g, "");
}
