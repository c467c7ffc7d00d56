// @ts-check
/** Results of SQL: what can be drawn of them, and the sentence about their execution. Pure. */

import { bytes, counted, duration } from "./format.js";

const NUMBER = /^(U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|FLOAT|DOUBLE|DECIMAL.*)$/;

/** Whether a column has numbers. @param {{ type: string }} column */
export function isNumeric({ type }) {
  return NUMBER.test(type);
}

/** Whether a column has times. @param {{ type: string }} column */
export function isTime({ type }) {
  return /^(TIMESTAMP|DATE)/.test(type);
}

/**
 * Return the columns for the axes of a chart: a time, else the first column, against all numbers;
 * null if there is nothing to draw.
 *
 * @param {{ name: string, type: string }[]} columns
 * @returns {{ x: number, y: number[] } | null}
 */
export function axesOf(columns) {
  const time = columns.findIndex(isTime);
  const x = time >= 0 ? time : 0;
  const y = columns.flatMap((column, index) => (index !== x && isNumeric(column) ? [index] : []));
  return y.length ? { x, y: y.slice(0, 6) } : null;
}

/**
 * Return the values for a chart, in the order of x; rows without x are omitted.
 *
 * @param {{ name: string, type: string }[]} columns
 * @param {unknown[][]} rows
 * @param {{ x: number, y: number[] }} axes
 * @returns {{ kind: "time" | "number" | "text", x: number[], labels: string[], series: { label: string, values: (number | null)[] }[] }}
 */
export function chartOf(columns, rows, { x, y }) {
  const kind = isTime(columns[x]) ? "time" : isNumeric(columns[x]) ? "number" : "text";
  const place = (/** @type {unknown} */ value, /** @type {number} */ index) =>
    kind === "time" ? Date.parse(String(value)) : kind === "number" ? Number(value) : index;
  const kept = rows
    .filter((row) => row[x] !== null)
    .map((row, index) => ({ row, at: place(row[x], index) }))
    .filter(({ at }) => Number.isFinite(at))
    .sort((left, right) => left.at - right.at);
  return {
    kind,
    x: kept.map(({ at }) => at),
    labels: kept.map(({ row }) => String(row[x])),
    series: y.map((column) => ({
      label: columns[column].name,
      values: kept.map(({ row }) => finite(row[column])),
    })),
  };
}

/** A value for a chart; neither NaN nor an infinity has a place in one. @param {unknown} value */
function finite(value) {
  const found = value === null ? NaN : Number(value);
  return Number.isFinite(found) ? found : null;
}

/**
 * A value of a column with numbers, for order and files: a whole number with all its digits.
 *
 * @param {unknown} value
 */
export function exactNumber(value) {
  if (typeof value !== "string") return value;
  const found = Number(value);
  if (/^-?\d+$/.test(value)) return Number.isSafeInteger(found) ? found : BigInt(value);
  // Of a decimal number that has more digits than a number holds, the text is exact.
  return value.length > 15 && Number.isFinite(found) ? value : found;
}

/**
 * How a statement was executed, in a sentence.
 *
 * @param {{ split: boolean, read: { table: string, columns: string[], rows: number, bytes: number }[], elapsed_ms: number } | undefined} execution
 */
export function executionText(execution) {
  if (!execution) return "";
  const time = duration(execution.elapsed_ms);
  if (execution.split) return `${time}. Every shard ran a part of it; only the results were sent.`;
  if (!execution.read.length) return `${time}. It read no table.`;
  const parts = execution.read.map((read) => `${counted(read.rows, "row")} of ${read.table} (${bytes(read.bytes)})`);
  return `${time}. It ran once, over ${parts.join(", ")} from all shards.`;
}

/** A value of a result as text. @param {unknown} value */
export function cellText(value) {
  if (value === null || value === undefined) return "NULL";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

/** A name as SQL has it, in double quotes if it must be. @param {string} name */
export function quoted(name) {
  return /^[a-z_][a-z0-9_]*$/.test(name) && !RESERVED.has(name) ? name : `"${name.replaceAll('"', '""')}"`;
}

// Of the columns of tart's tables, those that are keywords.
const RESERVED = new Set(["from", "to", "order", "group", "select", "where", "table", "end", "all", "in", "not", "using"]);
