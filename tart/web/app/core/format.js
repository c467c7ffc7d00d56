// @ts-check
/**
 * Texts of numbers, times and hashes. Pure.
 *
 * All take null and undefined for "not known", which is a dash.
 */

/** Where a value is not known. */
export const DASH = "—";
const THIN = "\u2009";
const MINUS = "−";

/**
 * A whole or decimal number with thin spaces between groups of three digits.
 *
 * @param {number | string | bigint | null | undefined} value Decimal text is exact.
 * @param {number} [digits] Most digits after the point.
 */
export function number(value, digits = 0) {
  if (value === null || value === undefined || value === "") return DASH;
  if (typeof value === "number" && !Number.isFinite(value)) return DASH;
  const text = typeof value === "number" ? trimmed(value, digits) : String(value);
  const [, sign, whole, rest] = /^([-−]?)(\d+)(.*)$/.exec(text) ?? ["", "", text, ""];
  const grouped = whole.length > 4 ? whole.replace(/\B(?=(\d{3})+$)/g, THIN) : whole;
  return (sign ? MINUS : "") + grouped + rest;
}

/** A number in three significant digits: 98.2 k, 1.25 M. @param {number | null | undefined} value */
export function compact(value) {
  if (value === null || value === undefined || !Number.isFinite(value)) return DASH;
  const size = Math.abs(value);
  for (const [limit, unit] of /** @type {[number, string][]} */ ([[1e12, "T"], [1e9, "G"], [1e6, "M"], [1e4, "k"]])) {
    if (size >= limit) {
      const scale = unit === "k" ? 1e3 : limit;
      return `${significant(value / scale)}${THIN}${unit}`;
    }
  }
  return size >= 100 || Number.isInteger(value) ? number(Math.round(value)) : significant(value);
}

/** Rate with its unit: 98.2 k/s. @param {number | null | undefined} value @param {string} [per] */
export function rate(value, per = "s") {
  const text = compact(value);
  return text === DASH ? DASH : `${text}/${per}`;
}

/** @type {Record<string, number>} */
const SCALES = { "": 1, k: 1e3, M: 1e6, G: 1e9, T: 1e12, "%": 1, µs: 1e-3, ms: 1, s: 1e3, B: 1, kB: 1e3, MB: 1e6, GB: 1e9, TB: 1e12 };

/**
 * The change between two texts of this module: "+12 %", of shares in points: "−1.3 pts".
 *
 * @param {unknown} value
 * @param {unknown} before
 * @returns {string | null} Null if one is no single amount, or there was nothing before.
 */
export function change(value, before) {
  const [now, then] = [amount(value), amount(before)];
  if (!now || !then || now.kind !== then.kind) return null;
  const difference = now.size - then.size;
  if (now.kind !== "%" && then.size <= 0) return null;
  const size = now.kind === "%" ? Math.abs(difference) : Math.abs(difference / then.size) * 100;
  const text = trimmed(size, size < 10 ? 1 : 0);
  const sign = text === "0" ? "±" : difference < 0 ? MINUS : "+";
  return `${sign}${text}${THIN}${now.kind === "%" ? "pts" : "%"}`;
}

/** @param {unknown} text @returns {{ size: number, kind: string } | null} */
function amount(text) {
  const match = typeof text === "string" && /^([−-]?[\d\u2009]*\.?\d+)\u2009?([kMGT%µmsB]*)$/.exec(text);
  if (!match || !(match[2] in SCALES)) return null;
  const unit = match[2];
  const size = Number(match[1].replaceAll(THIN, "").replace(MINUS, "-")) * SCALES[unit];
  const kind = unit === "%" ? "%" : /s$/.test(unit) ? "time" : /B$/.test(unit) ? "bytes" : "count";
  return Number.isFinite(size) ? { size, kind } : null;
}

/** A length of time: 230 ms, 1.4 s, 3 min 20 s, 2 d 4 h. @param {number | null | undefined} ms */
export function duration(ms) {
  if (ms === null || ms === undefined || !Number.isFinite(ms)) return DASH;
  const size = Math.abs(ms);
  const sign = ms < 0 ? MINUS : "";
  // What rounds to 1,000 of a unit is 1 of the next.
  if (size < 0.9995) return size === 0 ? `0${THIN}ms` : `${sign}${significant(size * 1000)}${THIN}µs`;
  if (size < 999.5) return `${sign}${significant(size)}${THIN}ms`;
  if (size < 59_950) return `${sign}${significant(size / 1000)}${THIN}s`;
  const seconds = Math.round(size / 1000);
  const parts = [
    [Math.floor(seconds / 86_400), "d"],
    [Math.floor(seconds / 3600) % 24, "h"],
    [Math.floor(seconds / 60) % 60, "min"],
    [seconds % 60, "s"],
  ];
  const first = parts.findIndex(([count]) => Number(count) > 0);
  const shown = parts.slice(first, first + 2).filter(([count]) => Number(count) > 0);
  return sign + shown.map(([count, unit]) => `${count}${THIN}${unit}`).join(" ");
}

/** A size: 12.4 MB, in powers of 1,000. @param {number | null | undefined} size */
export function bytes(size) {
  if (size === null || size === undefined || !Number.isFinite(size)) return DASH;
  let value = size;
  for (const unit of ["B", "kB", "MB", "GB", "TB"]) {
    if (Math.abs(value) < 999.5 || unit === "TB") {
      return `${unit === "B" ? number(value) : significant(value)}${THIN}${unit}`;
    }
    value /= 1000;
  }
  return DASH;
}

/** A share with its numbers: 12 of 341 (3.5 %). @param {number | null | undefined} count @param {number | null | undefined} all */
export function share(count, all) {
  if (count === null || count === undefined || all === null || all === undefined) return DASH;
  return all ? `${number(count)} of ${number(all)} (${percent(count / all)})` : `${number(count)} of 0`;
}

/** A share alone, for where its denominator stands beside it. @param {number | null | undefined} value Of 1. */
export function percent(value) {
  if (value === null || value === undefined || !Number.isFinite(value)) return DASH;
  const scaled = value * 100;
  // All but one of a thousand is not all of them.
  if (scaled > 99.9 && scaled < 100) return `>99.9${THIN}%`;
  if (scaled > 0 && scaled < 0.1) return `<0.1${THIN}%`;
  return `${trimmed(scaled, Math.abs(scaled) < 10 || scaled > 99 ? 1 : 0)}${THIN}%`;
}

/** A hash in brief: b5af…42e8. @param {string | null | undefined} value */
export function shortHash(value) {
  if (!value) return DASH;
  const digits = value.replace(/^0x/, "");
  return digits.length <= 12 ? digits : `${digits.slice(0, 4)}…${digits.slice(-4)}`;
}

/** A node id in brief: its first eight digits. @param {string | null | undefined} id */
export function shortNode(id) {
  return id ? id.replace(/^0x/, "").slice(0, 8) : DASH;
}

/** Milliseconds since 1970 of a time of the API, which may have microseconds. @param {string | number | null | undefined} time */
export function millis(time) {
  if (time === null || time === undefined) return null;
  const ms = typeof time === "number" ? time : Date.parse(time);
  return Number.isNaN(ms) ? null : ms;
}

/**
 * The time of day, in UTC or by the clock of this machine: 12:03:05.
 *
 * @param {string | number | null | undefined} time
 * @param {{ local?: boolean, date?: boolean, fraction?: boolean }} [form]
 */
export function clock(time, { local = false, date = false, fraction = false } = {}) {
  const ms = millis(time);
  if (ms === null) return DASH;
  const moved = local ? ms - new Date(ms).getTimezoneOffset() * 60_000 : ms;
  const text = new Date(moved).toISOString();
  return `${date ? `${text.slice(0, 10)} ` : ""}${text.slice(11, fraction ? 23 : 19)}`;
}

/** How long ago: 3 min ago; "now" within two seconds. @param {string | number | null | undefined} time @param {number} now */
export function ago(time, now) {
  const ms = millis(time);
  if (ms === null) return DASH;
  const passed = now - ms;
  if (Math.abs(passed) < 2000) return "now";
  const text = coarse(Math.abs(passed));
  return passed < 0 ? `in ${text}` : `${text} ago`;
}

/** A length of time in one unit: 3 min. @param {number} ms */
export function coarse(ms) {
  const seconds = Math.round(ms / 1000);
  if (seconds < 90) return `${seconds}${THIN}s`;
  if (seconds < 5400) return `${Math.round(seconds / 60)}${THIN}min`;
  if (seconds < 129_600) return `${Math.round(seconds / 3600)}${THIN}h`;
  return `${Math.round(seconds / 86_400)}${THIN}d`;
}

/** Singular or plural: "1 node", "2 nodes". @param {number} count @param {string} noun @param {string} [plural] */
export function counted(count, noun, plural = `${noun}s`) {
  return `${number(count)} ${count === 1 ? noun : plural}`;
}

/** @param {number} value */
function significant(value) {
  const size = Math.abs(value);
  const digits = size >= 99.95 ? 0 : size >= 9.995 ? 1 : 2;
  return number(value, digits);
}

/** @param {number} value @param {number} digits */
function trimmed(value, digits) {
  const text = value.toFixed(digits);
  return digits ? text.replace(/\.?0+$/, "") : text;
}
