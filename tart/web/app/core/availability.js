// @ts-check
/**
 * Figures of the pages about data availability, from answers of the API. Pure.
 *
 * @typedef {import("../../../client/web/tart.js").AvailabilityAnchors} Anchors
 * @typedef {import("../../../client/web/tart.js").AnchorCoverage} Coverage
 */

import { median } from "./median.js";
import { millis } from "./format.js";

/** Levels of a cell of the coverage: an assurer and an anchor. */
export const LEVEL = Object.freeze({ ALL: 4, MOST: 3, FEW: 2, ELSEWHERE: 1, MISSING: 0 });
/** An anchor younger than this may still be assured. */
export const UNSETTLED_MS = 6000;

/**
 * Anchors that may be complete: without those that were first assured a moment ago.
 *
 * @param {readonly Coverage[]} anchors
 * @param {number} now Milliseconds.
 */
export function settled(anchors, now) {
  return anchors.filter(({ first_at: time }) => now - (millis(time) ?? 0) >= UNSETTLED_MS);
}

/**
 * Nodes in order of their implementations, so that those alike stand together.
 *
 * @param {readonly string[]} nodes Ids.
 * @param {ReadonlyMap<string, { implementation_name?: string | null, implementation_version?: string | null }>} known
 * @returns {number[]} Indices of nodes.
 */
export function byImplementation(nodes, known) {
  const keys = nodes.map((id) => {
    const node = known.get(id);
    const name = node?.implementation_name;
    return `${name ? 0 : 1}${name ?? ""}\u0000${node?.implementation_version ?? ""}\u0000${id}`;
  });
  return keys.map((_, index) => index).sort((a, b) => (keys[a] < keys[b] ? -1 : 1));
}

/**
 * The coverage as a grid: a row for each assurer, a column for each anchor, the oldest first.
 *
 * @param {Anchors} answer
 * @param {readonly number[]} order Indices of nodes, from the first row on.
 * @returns {{ values: Float64Array, anchors: Coverage[] }} Values of LEVEL, by rows.
 */
export function coverageGrid({ anchors, nodes }, order) {
  const shown = [...anchors].reverse();
  const values = new Float64Array(order.length * shown.length);
  shown.forEach((anchor, column) => {
    const elsewhere = new Set(anchor.elsewhere);
    order.forEach((node, row) => {
      values[row * shown.length + column] = levelOf(anchor.reached[node], nodes.length - 1, elsewhere.has(node));
    });
  });
  return { values, anchors: shown };
}

/** @param {number | null} reached @param {number} others @param {boolean} elsewhere */
function levelOf(reached, others, elsewhere) {
  if (reached === null) return elsewhere ? LEVEL.ELSEWHERE : LEVEL.MISSING;
  if (reached >= others) return LEVEL.ALL;
  return reached * 3 >= others * 2 ? LEVEL.MOST : LEVEL.FEW;
}

/**
 * What the settled anchors say together.
 *
 * @param {Anchors} answer
 * @param {number} now Milliseconds.
 */
export function summaryOf(answer, now) {
  const anchors = settled(answer.anchors, now);
  const pick = (/** @type {"until_two_thirds_ms" | "until_all_ms"} */ name) => known(anchors.map((anchor) => anchor[name]));
  return {
    anchors: anchors.length,
    assured: median(anchors.map(({ assured }) => assured)),
    twoThirds: median(pick("until_two_thirds_ms")),
    twoThirdsReached: pick("until_two_thirds_ms").length,
    all: median(pick("until_all_ms")),
    allReached: pick("until_all_ms").length,
    late: anchors.reduce((sum, { late }) => sum + late.length, 0),
    missing: anchors.reduce((sum, { missing, elsewhere }) => sum + missing.length - elsewhere.length, 0),
    possible: anchors.length * answer.nodes.length,
  };
}

/** @param {readonly (number | null | undefined)[]} values @returns {number[]} */
function known(values) {
  return /** @type {number[]} */ (values.filter((value) => value !== null && value !== undefined));
}

/**
 * Values of the range before at the places of this range: the nearest within a tolerance.
 *
 * @param {readonly number[]} x Times of this range.
 * @param {readonly number[]} earlierX Times of the range before, ascending.
 * @param {readonly (number | null)[]} values One for each time of the range before.
 * @param {number} shift How much later this range is.
 * @param {number} tolerance
 */
export function aligned(x, earlierX, values, shift, tolerance) {
  let place = 0;
  return x.map((time) => {
    const wanted = time - shift;
    while (place + 1 < earlierX.length && Math.abs(earlierX[place + 1] - wanted) <= Math.abs(earlierX[place] - wanted)) place += 1;
    return earlierX.length && Math.abs(earlierX[place] - wanted) <= tolerance ? values[place] : null;
  });
}

/**
 * How many anchors a page requests: fewer of large networks, whose rows are long.
 *
 * @param {number} nodes
 */
export function anchorLimit(nodes) {
  return Math.max(20, Math.min(120, Math.floor(20_000 / Math.max(1, nodes))));
}

/** @type {Record<string, string>} */
export const REQUEST_NAMES = {
  shard: "Shards for assurers",
  bundle_shard: "Bundle shards",
  bundle: "Whole bundles",
  segment_shard: "Segment shards",
  segment: "Whole segments",
  preimage: "Preimages",
};

/** @type {Record<string, string>} What each kind of request is for. */
export const REQUEST_MEANINGS = {
  shard: "An assurer asks a guarantor for its shards of a work-report (120 to 125).",
  bundle_shard: "An auditor asks assurers for shards to reconstruct a bundle (140 to 145).",
  bundle: "An auditor asks a guarantor for the whole bundle (148 to 153).",
  segment_shard: "A guarantor asks assurers for shards of imported segments (162 to 167).",
  segment: "A guarantor asks another guarantor for imported segments (173 to 178).",
};

/**
 * Servers that are slow: at least twice the median of their peers' p95, and enough transfers.
 *
 * @param {readonly { node_id: string, transferred: number, p95_ms: number | null }[]} servers
 * @param {number} [least] Transfers from which a percentile means anything.
 * @returns {Set<string>}
 */
export function slowServers(servers, least = 10) {
  const judged = servers.filter(({ transferred, p95_ms: p95 }) => transferred >= least && p95 !== null);
  const typical = median(judged.map(({ p95_ms: p95 }) => Number(p95)));
  return new Set(judged.filter(({ p95_ms: p95 }) => judged.length >= 3 && typical !== null && Number(p95) >= 2 * typical).map(({ node_id: id }) => id));
}
