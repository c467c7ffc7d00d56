// @ts-check
/**
 * The conditions of the events page: in its address, in requests, and as live filters. Pure.
 *
 * @typedef {Record<string, string>} Parameters
 * @typedef {{ number: number, name: string, group: string }} EventType
 * @typedef {{ event_types: EventType[], groups: Record<string, number[]> }} Reference
 * @typedef {{ name: string, label: string, value: string, excluded: boolean, local: boolean }} Condition
 */

/** Conditions that the server applies, by their names in the address. */
const SERVER = ["event_types", "exclude_types", "node", "slot", "core", "hash"];
/** Conditions that the page applies to the events that it has. */
const LOCAL = ["implementation", "exclude_nodes"];
/** Names that links may use as well. @type {Record<string, string>} */
const ALIASES = { event_type: "event_types", node_id: "node", core_index: "core", wp_hash: "hash" };
/** Lists; the others have one value. */
const LISTS = new Set(["event_types", "exclude_types", "exclude_nodes"]);
/** @type {Record<string, string>} */
const LABELS = {
  event_types: "type",
  exclude_types: "not type",
  node: "node",
  slot: "slot",
  core: "core",
  hash: "hash",
  implementation: "implementation",
  exclude_nodes: "not node",
};
/** The group of types that report failures. */
export const FAILURES = "failures";

/** The conditions of an address under their own names. @param {Parameters} parameters @returns {Parameters} */
export function readFilter(parameters) {
  /** @type {Parameters} */
  const filter = {};
  for (const [name, value] of Object.entries(parameters)) {
    const own = Object.hasOwn(ALIASES, name) ? ALIASES[name] : name;
    if ((SERVER.includes(own) || LOCAL.includes(own)) && value) filter[own] = value;
  }
  return filter;
}

/** Parameters of requests. What is no number goes as it is: the server says so. @param {Parameters} filter */
export function requestOf(filter) {
  return defined({
    event_types: filter.event_types,
    exclude_types: filter.exclude_types,
    node_id: filter.node,
    slot: numeral(filter.slot),
    core_index: numeral(filter.core),
    wp_hash: filter.hash,
  });
}

/** The window of a list of events: the same, under the names that the list has. @param {import("./time_range.js").Window} bounds */
export function listWindow(bounds) {
  return "duration" in bounds ? bounds : { start_time: bounds.start, end_time: bounds.end };
}

/**
 * The live filter of the conditions; null if no event type is left.
 *
 * @param {Parameters} filter
 * @param {Reference | null} reference Of all event types, which exclusion needs.
 */
export function liveFilter(filter, reference) {
  /** @type {any[]} */
  const terms = [];
  if (filter.event_types || filter.exclude_types) {
    const types = selectedTypes(filter, reference);
    if (types === null) terms.push({ type: "EventType", event_type: split(filter.event_types) });
    else if (!types.length) return null;
    else terms.push({ type: "EventType", event_type: types });
  }
  if (filter.node) terms.push({ type: "Node", node_id: filter.node });
  if (filter.slot) terms.push({ type: "Slot", slot: numeral(filter.slot) });
  if (filter.core) terms.push({ type: "Core", core: numeral(filter.core) });
  if (filter.hash) terms.push({ type: "Hash", hash: filter.hash });
  if (!terms.length) return { type: "All" };
  return terms.length === 1 ? terms[0] : { type: "Both", filters: terms };
}

/**
 * Return the SQL statement of the newest events under the conditions of the page; null while the
 * event types are not known that it needs.
 *
 * @param {Parameters} filter
 * @param {import("./time_range.js").Window} bounds
 * @param {Reference | null} reference Of all event types.
 */
export function statementOf(filter, bounds, reference) {
  const terms =
    "duration" in bounds
      ? [`received_at > NOW() - INTERVAL ${quoted(intervalOf(bounds.duration))}`]
      : [`received_at BETWEEN ${quoted(bounds.start)} AND ${quoted(bounds.end)}`];
  if (filter.event_types || filter.exclude_types) {
    if (!reference) return null;
    if (filter.event_types) terms.push(among("event_type", numbersOf(filter.event_types, reference)));
    if (filter.exclude_types) terms.push(`NOT ${among("event_type", numbersOf(filter.exclude_types, reference))}`);
  }
  // A node may be given by the first digits of its id.
  if (filter.node) terms.push(`node_id LIKE ${quoted(`${filter.node.toLowerCase().replace(/^0x/, "")}%`)}`);
  for (const name of ["slot", "core"]) if (filter[name]) terms.push(`${name} = ${literal(filter[name])}`);
  if (filter.hash) terms.push(`hex(payload) LIKE ${quoted(`%${filter.hash.toUpperCase().replace(/^0X/, "")}%`)}`);
  if (filter.implementation) terms.push(`node_name = ${quoted(filter.implementation)}`);
  const nodes = split(filter.exclude_nodes).map(quoted);
  if (nodes.length) terms.push(`node_id NOT IN (${nodes.join(", ")})`);
  return `SELECT * FROM events\nWHERE ${terms.join("\n  AND ")}\nORDER BY received_at DESC\nLIMIT 100`;
}

/** @param {string} column @param {number[]} numbers */
function among(column, numbers) {
  return numbers.length ? `${column} IN (${numbers.join(", ")})` : "FALSE";
}

/** A duration such as "15m" as an interval of SQL. @param {string} duration */
function intervalOf(duration) {
  /** @type {Record<string, string>} */
  const units = { s: "seconds", m: "minutes", h: "hours", d: "days" };
  return `${duration.slice(0, -1)} ${units[duration.slice(-1)]}`;
}

/** @param {string} text */
function literal(text) {
  return /^\d+$/.test(text) ? text : quoted(text);
}

/** @param {string} text */
function quoted(text) {
  return `'${text.replaceAll("'", "''")}'`;
}

/** Numbers of the selected types without the excluded ones; null if only the server can tell. @param {Parameters} filter @param {Reference | null} reference */
function selectedTypes(filter, reference) {
  if (!filter.exclude_types || !reference) return null;
  const excluded = new Set(numbersOf(filter.exclude_types, reference));
  const every = filter.event_types ? numbersOf(filter.event_types, reference) : reference.event_types.map(({ number }) => number);
  return every.filter((number) => !excluded.has(number));
}

/** Numbers of names, groups, numbers and ranges. @param {string} text @param {Reference} reference */
export function numbersOf(text, reference) {
  return split(text).flatMap((item) => {
    const range = /^(\d+)-(\d+)$/.exec(item);
    if (range) return reference.event_types.map(({ number }) => number).filter((number) => number >= Number(range[1]) && number <= Number(range[2]));
    if (/^\d+$/.test(item)) return [Number(item)];
    if (Object.hasOwn(reference.groups, item)) return reference.groups[item];
    const plain = item.toLowerCase().replace(/[^a-z0-9]/g, "");
    return reference.event_types.filter(({ name }) => name.toLowerCase() === plain).map(({ number }) => number);
  });
}

/** The conditions one by one. @param {Parameters} filter @returns {Condition[]} */
export function conditionsOf(filter) {
  return [...SERVER, ...LOCAL].flatMap((name) =>
    (LISTS.has(name) ? split(filter[name]) : filter[name] ? [filter[name]] : []).map((value) => ({
      name,
      label: LABELS[name],
      value,
      excluded: name.startsWith("exclude"),
      local: LOCAL.includes(name),
    })),
  );
}

/** Parameters with a condition more. @param {Parameters} filter @param {string} name @param {string | number} value */
export function withCondition(filter, name, value) {
  const text = String(value);
  /** @type {Record<string, string | undefined>} */
  const changes = {};
  if (!LISTS.has(name)) changes[name] = text;
  else changes[name] = [...new Set([...split(filter[name]), text])].join(",");
  const opposite = name === "event_types" ? "exclude_types" : name === "exclude_types" ? "event_types" : null;
  if (opposite) changes[opposite] = without(filter[opposite], text);
  return changes;
}

/** Parameters without a condition. @param {Parameters} filter @param {Condition} condition */
export function withoutCondition(filter, { name, value }) {
  return { [name]: LISTS.has(name) ? without(filter[name], value) : undefined, ...aliasesGone(name) };
}

/** Parameters without any condition. */
export function noConditions() {
  return Object.fromEntries([...SERVER, ...LOCAL, ...Object.keys(ALIASES)].map((name) => [name, undefined]));
}

/** Whether the page itself leaves an event out. @param {Parameters} filter @param {{ node_id: string, node_name?: string | null }} event */
export function passesHere(filter, event) {
  if (filter.implementation && event.node_name !== filter.implementation) return false;
  return !split(filter.exclude_nodes).includes(event.node_id);
}

/** What a text in the box for conditions adds. @param {string} text Like "slot 12", "core:3", "Authored", a hash or a node's id. */
export function parseCondition(text) {
  // As pages show numbers: in groups of three digits.
  const plain = text.trim().replace(/(?<=\d)\s(?=\d{3}(?!\d))/g, "");
  const labelled = /^(type|node|slot|core|hash|implementation|not type|not)\s*[:= ]\s*(.+)$/i.exec(plain);
  /** @type {Record<string, string>} */
  const names = { type: "event_types", not: "exclude_types", "not type": "exclude_types" };
  if (labelled) {
    const label = labelled[1].toLowerCase();
    return { name: names[label] ?? label, value: labelled[2].trim().replace(/^#/, "") };
  }
  const digits = plain.replace(/^0x/i, "");
  if (/^[0-9a-f]{64}$/i.test(digits)) return { name: "hash", value: digits.toLowerCase() };
  if (/^\d{4,}$/.test(plain)) return { name: "slot", value: plain };
  if (/^[0-9a-f]{4,63}$/i.test(digits)) return { name: "node", value: digits.toLowerCase() };
  return plain ? { name: "event_types", value: plain } : null;
}

/** Link of a page with its conditions, which a server's path has after "?". @param {string} page @returns {[string, Parameters]} */
export function splitPage(page) {
  const index = page.indexOf("?");
  if (index < 0) return [page, {}];
  return [page.slice(0, index), Object.fromEntries(new URLSearchParams(page.slice(index + 1)))];
}

/** @param {string} name */
function aliasesGone(name) {
  return Object.fromEntries(Object.keys(ALIASES).filter((alias) => ALIASES[alias] === name).map((alias) => [alias, undefined]));
}

/** @param {string | undefined} list @param {string} value */
function without(list, value) {
  return split(list).filter((item) => item !== value).join(",") || undefined;
}

/** @param {string | undefined} text */
function split(text) {
  return (text ?? "").split(",").map((item) => item.trim()).filter(Boolean);
}

/** @param {string | undefined} text */
function numeral(text) {
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : text;
}

/** @param {Record<string, string | number | undefined>} value @returns {Record<string, string | number>} */
function defined(value) {
  return /** @type {any} */ (Object.fromEntries(Object.entries(value).filter(([, item]) => item !== undefined)));
}
