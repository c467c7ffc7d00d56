// @ts-check
/**
 * Conformance findings: the matrix's rows, and reports for implementers. Pure.
 *
 * @typedef {import("../../../client/web/tart.js").ConformanceMatrix} Matrix
 * @typedef {import("../../../client/web/tart.js").MatrixRule} Rule
 * @typedef {import("../../../client/web/tart.js").MatrixNode} MatrixNode
 * @typedef {import("../../../client/web/tart.js").FindingExample} Example
 * @typedef {{ count: number, broken: number, of: number, lastAt: string | null }} Cell Findings, and
 *   the nodes that have some, of all nodes of the row.
 * @typedef {object} Row
 * @property {string} key
 * @property {"group" | "node"} kind
 * @property {string | null} name Of the implementation.
 * @property {string | null} version
 * @property {MatrixNode | null} node
 * @property {number} nodes
 * @property {string} verdict
 * @property {number} events
 * @property {number} findings
 * @property {Cell[]} cells One for each rule.
 */

import { clock, counted, number } from "./format.js";
import { implementationText } from "./implementations.js";

/** Networks up to this size are shown unfolded. */
export const UNFOLDED_NODES = 24;
const SEVERITIES = ["error", "warning", "info"];

/** The state that a severity or a verdict is shown as. @param {string} severity @returns {import("../components/basics.js").StateName} */
export function stateOf(severity) {
  return /** @type {any} */ ({ error: "bad", warning: "warn", info: "info", conformant: "ok" })[severity] ?? "warn";
}

/** A count with its unit, such as "hours", in the singular of one. @param {number} count @param {string} unit */
export function countText(count, unit) {
  return `${number(count)} ${count === 1 ? unit.replace(/s$/, "") : unit}`;
}

/** Key of an implementation in the address. @param {string | null | undefined} name @param {string | null | undefined} version */
export function keyOf(name, version) {
  return `${name ?? ""}@${version ?? ""}`;
}

/**
 * Rows of the matrix: each implementation and, if it is unfolded, its nodes.
 *
 * @param {Matrix} matrix
 * @param {(key: string) => boolean} isOpen
 * @returns {Row[]}
 */
export function matrixRows(matrix, isOpen) {
  const byNode = cellsByNode(matrix);
  const members = matrix.implementations.map(() => /** @type {number[]} */ ([]));
  matrix.nodes.forEach(({ implementation }, place) => members[implementation].push(place));
  return matrix.implementations.flatMap(({ name, version, nodes, verdict }, place) => {
    const rows = members[place].map((index) => nodeRow(matrix, index, byNode, name, version));
    const key = keyOf(name, version);
    const group = {
      key,
      kind: /** @type {const} */ ("group"),
      name,
      version,
      node: null,
      nodes,
      verdict,
      events: sum(rows.map(({ events }) => events)),
      findings: sum(rows.map(({ findings }) => findings)),
      cells: matrix.rules.map((_, rule) => joined(rows.map(({ cells }) => cells[rule]))),
    };
    return isOpen(key) ? [group, ...rows] : [group];
  });
}

/** @param {Matrix} matrix @returns {Map<number, Map<number, Matrix["cells"][number]>>} */
function cellsByNode({ cells }) {
  const byNode = new Map();
  for (const cell of cells) {
    if (!byNode.has(cell.node)) byNode.set(cell.node, new Map());
    byNode.get(cell.node).set(cell.rule, cell);
  }
  return byNode;
}

/** @param {Matrix} matrix @param {number} index @param {ReturnType<typeof cellsByNode>} byNode @param {string | null} name @param {string | null} version @returns {Row} */
function nodeRow({ rules, nodes }, index, byNode, name, version) {
  const node = nodes[index];
  const found = byNode.get(index);
  const cells = rules.map((_, rule) => {
    const cell = found?.get(rule);
    return { count: cell?.count ?? 0, broken: cell ? 1 : 0, of: 1, lastAt: cell?.last_at ?? null };
  });
  return {
    key: node.node_id,
    kind: "node",
    name,
    version,
    node,
    nodes: 1,
    verdict: node.verdict,
    events: node.event_count,
    findings: sum(cells.map(({ count }) => count)),
    cells,
  };
}

/** @param {Cell[]} cells @returns {Cell} */
function joined(cells) {
  const times = /** @type {string[]} */ (cells.map(({ lastAt }) => lastAt).filter(Boolean)).sort();
  return {
    count: sum(cells.map(({ count }) => count)),
    broken: sum(cells.map(({ broken }) => broken)),
    of: cells.length,
    lastAt: times.at(-1) ?? null,
  };
}

/** @param {number[]} values */
function sum(values) {
  return values.reduce((total, value) => total + value, 0);
}

/**
 * How strongly a cell is shaded, in percent: by the share of a group's nodes, of a node by the
 * order of magnitude of its count.
 *
 * @param {Cell} cell
 */
export function shadeOf({ count, broken, of }) {
  if (!count) return 0;
  return of > 1 ? 8 + Math.round((22 * broken) / of) : Math.min(30, 8 + Math.round(6 * Math.log10(count)));
}

/**
 * Bytes around an offset, in three parts of hex digits; the middle is what was found there.
 *
 * @param {{ hex: string | null, offset: number, found: string | null }} example
 * @param {number} [around] Bytes before and after.
 */
export function excerptOf({ hex, offset, found }, around = 12) {
  const digits = (hex ?? "").replace(/^0x/, "");
  const length = Math.min((found ?? "0x").length / 2 - 1, 8);
  const [start, end] = [Math.max(0, offset - around), offset + length];
  const part = (/** @type {number} */ from, /** @type {number} */ to) => spaced(digits.slice(from * 2, to * 2));
  return {
    start,
    before: part(start, offset),
    found: part(offset, end),
    after: part(end, end + around),
    more: digits.length / 2 > end + around,
  };
}

/** @param {string} digits */
function spaced(digits) {
  return digits.replace(/../g, "$& ").trim();
}

/**
 * Commands that fetch the bytes of an example and check them.
 *
 * @param {Example} example
 * @param {string} base Address of the server, with a slash at its end.
 * @param {string | null} [scope] Of the rule: a conversation takes the messages before it.
 */
export function commandsOf({ node_id: node, at }, base, scope) {
  if (!node) return null;
  const before = scope === "conversation" ? new Date(Date.parse(at) - 600_000).toISOString() : at;
  const query = `format=capture&node_id=${node}&start=${before}&end=${at}`;
  return [`curl -o example.capture "${base}api/events/export?${query}"`, "tart check --partial example.capture"];
}

/**
 * The report of one implementation, or of all.
 *
 * @param {Matrix} matrix
 * @param {readonly Example[]} examples Newest first.
 * @param {{ name?: string, version?: string }} wanted
 */
export function reportOf(matrix, examples, { name, version }) {
  const groups = matrixRows(matrix, () => true).filter(
    (row) => row.kind === "group" && (!name || row.name === name) && (!version || row.version === version),
  );
  const total = matrix.rules.map((_, rule) => joined(groups.map(({ cells }) => cells[rule])));
  const broken = matrix.rules
    .map((rule, place) => ({ rule, place, count: total[place].count }))
    .filter(({ count }) => count)
    .map(({ rule, place, count }) => ({
      code: rule.code,
      severity: rule.severity,
      scope: rule.scope,
      explanation: rule.explanation,
      counted: rule.counted,
      docs: rule.docs,
      count,
      nodes: total[place].broken,
      lastAt: total[place].lastAt,
      examples: examples.filter(({ code }) => code === rule.code).slice(0, 3),
    }));
  return {
    name: name ?? null,
    version: version ?? null,
    verdict: SEVERITIES.find((severity) => severity !== "info" && broken.some((each) => each.severity === severity)) ?? "conformant",
    nodes: sum(groups.map(({ nodes }) => nodes)),
    events: sum(groups.map(({ events }) => events)),
    known: groups.length > 0,
    window: matrix.window,
    rules: broken,
  };
}

/** @typedef {ReturnType<typeof reportOf>} Report */

/**
 * A report as Markdown, to send to the team concerned.
 *
 * @param {Report} report
 * @param {{ base: string, link: string }} place Addresses: of the server with a slash at its end, and
 *   of this report.
 */
export function markdownOf(report, { base, link }) {
  const subject = report.name ? implementationText(report.name, report.version) : "all implementations";
  const { window: span } = report;
  return `${[
    `# Conformance to JIP-3: ${subject}`,
    `${plain(counted(report.events, "event"))} of ${plain(counted(report.nodes, "node"))} were checked` +
      `${span?.start ? ` from ${clock(span.start, { date: true })} to ${clock(span.end, { date: true })} UTC` : ""}. ` +
      `Verdict: ${report.verdict}.`,
    `This report: <${link}>`,
    ...(report.rules.length ? report.rules.map((rule) => ruleText(rule, base)) : ["No findings."]),
  ].join("\n\n")}\n`;
}

/** @param {Report["rules"][number]} rule @param {string} base */
function ruleText(rule, base) {
  return [
    `## \`${rule.code}\` (${rule.severity})`,
    rule.explanation,
    `${plain(countText(rule.count, rule.counted))} of ${plain(counted(rule.nodes, "node"))}.${rule.docs ? ` [About this rule](${base}${rule.docs.replace(/^\//, "")})` : ""}`,
    ...rule.examples.map((example) => exampleText(example, base, rule.scope)),
  ].join("\n\n");
}

/** @param {Example} example @param {string} base @param {string | null} scope */
function exampleText(example, base, scope) {
  const commands = commandsOf(example, base, scope);
  const lines = [
    `- ${example.event_name ?? "first message"} at ${example.at}, node ${example.node_id ?? "unknown"}` +
      (example.id === null ? "" : ` ([bytes and meaning](${base}#/events/${example.id}?offset=${example.offset}))`),
    `  - field \`${example.field || "none"}\`, byte ${example.offset}${example.size ? ` of ${example.size}` : ""}`,
    `  - expected: ${example.expectation}`,
    `  - found: \`${example.found ?? "nothing"}\``,
    `  - message: \`${example.hex ?? "not stored"}\``,
  ];
  if (commands) lines.push("  - to reproduce:", "", "    ```sh", ...commands.map((line) => `    ${line}`), "    ```");
  return lines.join("\n");
}

/** Without thin spaces. @param {string} text */
function plain(text) {
  return text.replaceAll("\u2009", " ");
}
