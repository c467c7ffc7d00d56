// @ts-check
/**
 * Stages of work-packages: their groups on the screen, the grid of cores and slots, the funnel.
 * Pure.
 */

/**
 * @typedef {object} StageGroup
 * @property {string} id
 * @property {string} label
 * @property {string} colour A CSS variable.
 * @property {string} glyph Tells cells apart without colour.
 * @property {string[]} stages Of the API.
 * @property {import("../components/basics.js").StateName} state
 */

/**
 * In the order in which packages reach them; losses first. The further a package came, the calmer
 * its colour: what is not done yet, or stuck, stands out.
 *
 * @type {StageGroup[]}
 */
export const GROUPS = [
  { id: "failed", label: "failed", colour: "--bad", glyph: "×", state: "bad", stages: ["failed"] },
  { id: "discarded", label: "discarded", colour: "--warn", glyph: "!", state: "warn", stages: ["discarded"] },
  { id: "received", label: "received", colour: "--line-strong", glyph: "·", state: "info", stages: ["submitted", "received", "authorized"] },
  { id: "refined", label: "refined", colour: "--heat-5", glyph: "–", state: "info", stages: ["refined", "report_built"] },
  { id: "guaranteed", label: "guaranteed", colour: "--heat-4", glyph: "=", state: "info", stages: ["guarantee_built", "distributed", "guarantee_received"] },
  { id: "included", label: "included", colour: "--heat-3", glyph: "+", state: "info", stages: ["included"] },
  { id: "available", label: "available", colour: "--heat-2", glyph: "✓", state: "ok", stages: ["available"] },
];

/** @type {Map<string, number>} */
const GROUP_OF = new Map(GROUPS.flatMap(({ stages }, index) => stages.map((stage) => [stage, index])));

/** The group of a stage. @param {string} stage */
export function groupOf(stage) {
  return GROUPS[GROUP_OF.get(stage) ?? 2];
}

/** A stage in words: "guarantee built". @param {string} stage */
export function stageWord(stage) {
  return stage.replaceAll("_", " ");
}

/** Names of the steps between two stages. @type {Record<string, string>} */
export const STEP_WORDS = {
  submitted_to_received: "submit",
  received_to_authorized: "authorize",
  authorized_to_refined: "refine",
  refined_to_report_built: "build the report",
  report_built_to_guarantee_built: "guarantee",
  guarantee_built_to_distributed: "distribute",
  submitted_to_distributed: "submission to distributed",
  received_to_distributed: "received to distributed",
};

/**
 * @typedef {object} Grid
 * @property {number[]} cores Index of the core of each row.
 * @property {number} firstSlot
 * @property {number} columns
 * @property {Float64Array} values By rows: the number of a group; NaN where there was no package.
 * @property {(string | null)[]} stages By rows: the exact stage.
 */

/**
 * The cells of the answer of /api/cores/grid, or of a part of it.
 *
 * @param {import("../../../client/web/tart.js").CoreGrid} answer
 * @param {{ cores?: [number, number] | null, slots?: [number, number] | null }} [part] First and last.
 * @returns {Grid}
 */
export function cellsOf(answer, { cores = null, slots = null } = {}) {
  const stageOf = new Map(answer.legend.map(({ symbol, stage }) => [symbol, stage]));
  const first = answer.first_slot ?? 0;
  const last = answer.last_slot ?? first - 1;
  const [from, to] = slots ? [Math.max(first, slots[0]), Math.min(last, slots[1])] : [first, last];
  const columns = Math.max(0, to - from + 1);
  const rows = answer.cores.filter(({ core_index }) => !cores || (core_index >= cores[0] && core_index <= cores[1]));
  const values = new Float64Array(rows.length * columns).fill(NaN);
  /** @type {(string | null)[]} */
  const stages = new Array(rows.length * columns).fill(null);
  rows.forEach(({ cells }, row) => {
    for (let column = 0; column < columns; column += 1) {
      const stage = stageOf.get(cells[from - first + column]);
      if (stage === undefined) continue;
      values[row * columns + column] = /** @type {number} */ (GROUP_OF.get(stage));
      stages[row * columns + column] = stage;
    }
  });
  return { cores: rows.map(({ core_index }) => core_index), firstSlot: from, columns, values, stages };
}

/** Packages by group, of counts in the order of the legend. @param {{ legend: { stage: string }[] }} answer @param {number[]} counts */
export function byGroup({ legend }, counts) {
  const sums = GROUPS.map(() => 0);
  legend.forEach(({ stage }, index) => (sums[GROUP_OF.get(stage) ?? 2] += counts[index] ?? 0));
  return sums;
}

/** Counts by group in words, without those that are 0: "38 available, 1 failed". @param {number[]} sums */
export function groupText(sums) {
  const parts = GROUPS.map(({ label }, index) => ({ label, count: sums[index] })).filter(({ count }) => count > 0);
  return parts.length ? parts.reverse().map(({ label, count }) => `${count} ${label}`).join(", ") : "no packages";
}

/** Cells of one row that have a package. @param {string} cells */
export function busyCells(cells) {
  return cells.length - cells.split(".").length + 1;
}

/** Stages that the funnel shows; those between are added to the one before. */
const SHOWN = ["submitted", "authorized", "refined", "guarantee_built", "included", "available"];
/** @type {Record<string, string>} */
const SHOWN_WORDS = { guarantee_built: "guaranteed" };

/**
 * @typedef {object} FunnelRow
 * @property {string} stage
 * @property {string} label
 * @property {number} reached
 * @property {number} lost After this stage and before the next of the funnel.
 * @property {number} waiting
 * @property {number} stopped
 * @property {{ reason: string | null, count: number }[]} reasons
 */

/**
 * Rows of the funnel: reached of one is that of the next, and what was lost, waits or stopped.
 *
 * @param {import("../../../client/web/tart.js").WorkFunnel} answer
 * @returns {FunnelRow[]}
 */
export function funnelRows({ stages }) {
  /** @type {FunnelRow[]} */
  const rows = [];
  for (const each of stages) {
    if (SHOWN.includes(each.stage)) {
      const label = SHOWN_WORDS[each.stage] ?? each.stage;
      rows.push({ stage: each.stage, label, reached: each.reached, lost: 0, waiting: 0, stopped: 0, reasons: [] });
    }
    const row = rows.at(-1);
    if (!row) continue;
    row.lost += each.lost;
    row.waiting += each.waiting;
    row.stopped += each.stopped;
    row.reasons = addReasons(row.reasons, each.reasons);
  }
  return rows;
}

/** @param {{ reason: string | null, count: number }[]} one @param {{ reason: string | null, count: number }[]} other */
function addReasons(one, other) {
  const sums = new Map(one.map(({ reason, count }) => [reason, count]));
  for (const { reason, count } of other) sums.set(reason, (sums.get(reason) ?? 0) + count);
  return [...sums].map(([reason, count]) => ({ reason, count })).sort((a, b) => b.count - a.count);
}

/** First and last of "3-17"; null if it is none. @param {string | undefined} text @returns {[number, number] | null} */
export function spanOf(text) {
  const match = /^(\d{1,10})-(\d{1,10})$/.exec(text ?? "");
  if (!match) return null;
  const [first, last] = [Number(match[1]), Number(match[2])];
  return first <= last ? [first, last] : [last, first];
}
