// @ts-check
/**
 * What the browser stored, read again. Pure.
 *
 * Anybody may have written there: another version of the page, an extension, the user. A value of
 * another form is not taken.
 *
 * @typedef {{ id: number, text: string }} Sheet A statement of SQL with its tab.
 * @typedef {{ sheets: Sheet[], active: number }} Workspace
 * @typedef {{ text: string, at: number, rows: number | null, ms: number, error?: string }} Past
 */

/**
 * Return the stored value if it has its form, else the fallback.
 *
 * @template Value
 * @param {string | null} text Null if nothing is stored.
 * @param {Value} fallback
 * @param {(value: unknown) => boolean} fits
 * @returns {Value}
 */
export function readStored(text, fallback, fits) {
  if (text === null) return fallback;
  try {
    const value = JSON.parse(text);
    return fits(value) ? value : fallback;
  } catch {
    return fallback;
  }
}

/** @param {unknown} value */
export const isBoolean = (value) => typeof value === "boolean";

/** One of some texts. @param {string[]} choices @returns {(value: unknown) => boolean} */
export const isOneOf = (...choices) => (value) => choices.includes(/** @type {string} */ (value));

/** @param {unknown} value */
export const isText = (value) => typeof value === "string";

/** @param {unknown} value */
export const isTexts = (value) => Array.isArray(value) && value.every((each) => typeof each === "string");

/** At least one sheet, each with a number of its own. @param {unknown} value */
export function isWorkspace(value) {
  const { sheets, active } = /** @type {any} */ (value ?? {});
  if (!Array.isArray(sheets) || !sheets.length || !Number.isSafeInteger(active)) return false;
  const good = sheets.every((sheet) => Number.isSafeInteger(sheet?.id) && typeof sheet.text === "string");
  return good && new Set(sheets.map(({ id }) => id)).size === sheets.length;
}

/** @param {unknown} value */
export function isHistory(value) {
  return Array.isArray(value) && value.every(isPast);
}

/** @param {any} entry */
function isPast(entry) {
  if (typeof entry?.text !== "string" || !Number.isFinite(entry.at) || !Number.isFinite(entry.ms)) return false;
  return (entry.rows === null || Number.isFinite(entry.rows)) && ["string", "undefined"].includes(typeof entry.error);
}

/**
 * Return the sheets as another window changed them; the one in front stays in front.
 *
 * @param {Workspace} own
 * @param {Workspace} other
 * @returns {Workspace}
 */
export function withSheetsOf(own, other) {
  return other.sheets.some(({ id }) => id === own.active) ? { ...other, active: own.active } : other;
}
