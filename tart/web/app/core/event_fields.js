// @ts-check
/**
 * The fields of an event in lists. Pure.
 *
 * @typedef {{ path: string, value: any, kind: "hash" | "slot" | "core" | "other" }} FieldValue
 */

const SHOWN = 5;
const LONGEST = 60;

/** The name of an event's type. @param {{ data: Record<string, any>, event_type: number | null }} event */
export function nameOf(event) {
  return Object.keys(event.data)[0] ?? `type ${event.event_type ?? "unknown"}`;
}

/** All fields, nested ones with dots. @param {{ data: Record<string, any> }} event @returns {FieldValue[]} */
export function fieldsOf(event) {
  const data = Object.values(event.data)[0] ?? {};
  return Object.entries(data).filter(([name]) => name !== "timestamp").flatMap(([name, value]) => flat(name, value));
}

/** The first fields in brief: slot 12 · hash b5af…42e8. @param {{ data: Record<string, any> }} event */
export function summaryOf(event) {
  const fields = fieldsOf(event).filter(({ value }) => value !== null);
  const shown = fields.slice(0, SHOWN).map(({ path, value }) => `${path.split(".").at(-1)} ${briefly(value)}`);
  return shown.join(" · ") + (fields.length > SHOWN ? " …" : "");
}

/** A value in a few characters. @param {unknown} value */
export function briefly(value) {
  if (value === null || value === undefined) return "—";
  const text = typeof value === "object" ? JSON.stringify(value) : String(value);
  if (/^0x[0-9a-f]{24,}$/.test(text)) return `${text.slice(2, 6)}…${text.slice(-4)}`;
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
}

/** @param {string} path @param {any} value @returns {FieldValue[]} */
function flat(path, value) {
  if (value !== null && typeof value === "object" && !Array.isArray(value)) {
    return Object.entries(value).flatMap(([name, inner]) => flat(`${path}.${name}`, inner));
  }
  if (Array.isArray(value) && value.some((item) => item !== null && typeof item === "object")) {
    return [{ path, value: `${value.length} element${value.length === 1 ? "" : "s"}`, kind: "other" }];
  }
  return [{ path, value, kind: kindOf(path, value) }];
}

/** @param {string} path @param {any} value @returns {FieldValue["kind"]} */
function kindOf(path, value) {
  const name = path.split(".").at(-1);
  if (name === "slot" || name === "core") return name;
  return typeof value === "string" && /^0x[0-9a-f]{64}$/.test(value) ? "hash" : "other";
}
