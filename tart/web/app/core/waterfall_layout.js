// @ts-check
/**
 * Layout of a waterfall: its lines, the part of the time that is shown, places of bars. Pure.
 *
 * @typedef {import("../../../client/web/tart.js").Waterfall} Waterfall
 * @typedef {import("../../../client/web/tart.js").WaterfallRow} Row
 * @typedef {import("../../../client/web/tart.js").WaterfallBar} Bar
 * @typedef {import("../../../client/web/tart.js").WaterfallGroup} Group
 */

/**
 * A line on the screen.
 *
 * @typedef {object} Line
 * @property {string} key
 * @property {"node" | "share" | "group" | "chain"} kind
 * @property {string} label
 * @property {string | null} node
 * @property {Row} [row]
 * @property {Bar[]} bars
 * @property {Group} [group]
 * @property {{ stage: string, at: number, eventId: number | null }[]} marks
 * @property {number} shift Added to times of the line, to show them by the node's own clock.
 * @property {boolean} [overlaid] Whether it is of the second package.
 * @property {number} [shares] Lines below that are hidden.
 */

/** @type {Record<string, string>} */
export const GROUP_WORDS = {
  guarantees_received: "guarantee received",
  reported_on_chain: "seen on chain",
  guarantees_discarded: "guarantee discarded",
  shards_requested: "shards requested",
  shards_transferred: "shards transferred",
  shard_requests_failed: "shard requests failed",
};

/** @type {Record<string, string>} */
export const BAR_WORDS = {
  submit: "submit",
  receive_share: "receive",
  authorize: "authorize",
  refine: "refine",
  report: "report",
  sign: "sign",
  guarantee: "guarantee",
  distribute: "distribute",
  share: "share",
  signature: "signature",
  duplicate: "duplicate",
  included: "included",
  available: "available",
};

/**
 * The lines of a package: its guarantors with their shares, the events of others, the chain.
 *
 * @param {Waterfall} data
 * @param {{ corrected?: boolean, closed?: Set<string>, overlaid?: boolean, name?: (node: string) => string }} [options]
 *   Nodes in `closed` hide their shares. Without `corrected`, times are those of the nodes' clocks.
 * @returns {Line[]}
 */
export function linesOf(data, { corrected = true, closed = new Set(), overlaid = false, name = (node) => node.slice(0, 8) } = {}) {
  /** @type {Line[]} */
  const lines = [];
  const prefix = overlaid ? "with-" : "";
  data.rows.forEach((row, index) => {
    const key = `${prefix}${index}`;
    const shift = corrected ? 0 : -row.clock_offset_ms;
    const hidden = closed.has(row.node_id) ? row.shares.length : 0;
    const marks = row.marks.map(({ stage, at_ms, event_id }) => ({ stage, at: at_ms, eventId: event_id }));
    lines.push({ key, kind: "node", label: name(row.node_id), node: row.node_id, row, bars: row.bars, marks, shift, overlaid, shares: hidden });
    if (hidden) return;
    row.shares.forEach((share, place) =>
      lines.push({ key: `${key}/${place}`, kind: "share", label: `to ${name(share.peer_id ?? "")}`, node: share.peer_id, bars: [share], marks: [], shift, overlaid }),
    );
  });
  data.groups.forEach((group) =>
    lines.push({ key: `${prefix}${group.name}`, kind: "group", label: GROUP_WORDS[group.name] ?? group.name, node: null, bars: [], group, marks: [], shift: 0, overlaid }),
  );
  const marks = chainMarks(data);
  if (marks.length) lines.push({ key: `${prefix}chain`, kind: "chain", label: "chain", node: null, bars: [], marks, shift: 0, overlaid });
  return lines;
}

/** @param {Waterfall} data */
function chainMarks({ chain, critical_path: path }) {
  const eventOf = (/** @type {string} */ stage) => path.find((step) => step.stage === stage && step.node_id === null)?.event_id ?? null;
  return [
    { stage: "guarantee received", at: chain.guarantee_received_ms, eventId: null },
    { stage: "included", at: chain.included_ms, eventId: eventOf("included") },
    { stage: "available", at: chain.available_ms, eventId: eventOf("available") },
  ].flatMap(({ stage, at, eventId }) => (at === null ? [] : [{ stage, at, eventId }]));
}

/**
 * First and last millisecond of all lines, with a little room.
 *
 * @param {Line[]} lines
 * @returns {[number, number]}
 */
export function extentOf(lines) {
  let [first, last] = [Infinity, -Infinity];
  const add = (/** @type {number | null} */ at) => {
    if (at === null) return;
    first = Math.min(first, at);
    last = Math.max(last, at);
  };
  for (const { bars, marks, group, shift } of lines) {
    for (const bar of bars) {
      add(bar.start_ms + shift);
      add(bar.end_ms + shift);
    }
    for (const mark of marks) add(mark.at + shift);
    if (group) {
      add(group.first_ms);
      add(group.last_ms);
    }
  }
  if (first > last) return [0, 1];
  const room = Math.max((last - first) * 0.02, 0.05);
  return [Math.min(first, 0) - room, last + room];
}

/**
 * The part that is shown: "120-4800" of the address inside the extent.
 *
 * @param {string | undefined} text
 * @param {[number, number]} extent
 * @returns {[number, number]}
 */
export function viewOf(text, extent) {
  const match = /^(-?\d+(?:\.\d+)?)~(-?\d+(?:\.\d+)?)$/.exec(text ?? "");
  if (!match) return extent;
  const [from, to] = [Number(match[1]), Number(match[2])].sort((a, b) => a - b);
  const [first, last] = [Math.max(extent[0], from), Math.min(extent[1], to)];
  return last - first > 0 ? [first, last] : extent;
}

/** The part as text of the address. @param {[number, number]} view */
export function viewText([from, to]) {
  return `${round(from)}~${round(to)}`;
}

/** @param {number} value */
function round(value) {
  return Math.round(value * 1000) / 1000;
}

/**
 * The part after a key: zoomed about its middle, or moved.
 *
 * @param {[number, number]} view
 * @param {[number, number]} extent
 * @param {"in" | "out" | "left" | "right"} action
 * @returns {[number, number]}
 */
export function changedView([from, to], extent, action) {
  const length = to - from;
  const middle = (from + to) / 2;
  if (action === "in" || action === "out") {
    const half = Math.min(extent[1] - extent[0], Math.max(0.1, action === "in" ? length / 2 : length * 2)) / 2;
    return inside([middle - half, middle + half], extent);
  }
  const step = (action === "left" ? -length : length) / 4;
  return inside([from + step, to + step], extent);
}

/** A part of the same length that is inside the extent. @param {[number, number]} view @param {[number, number]} extent @returns {[number, number]} */
function inside([from, to], [first, last]) {
  const length = Math.min(to - from, last - first);
  const start = Math.min(Math.max(from, first), last - length);
  return [start, start + length];
}

/**
 * Place of a bar in percent of the width; null outside the part that is shown. A bar has at least
 * a third of a percent, so that it can be seen.
 *
 * @param {number} start
 * @param {number} end
 * @param {[number, number]} view
 */
export function placeOf(start, end, [from, to]) {
  if (end < from || start > to) return null;
  const scale = 100 / (to - from);
  const left = (Math.max(start, from) - from) * scale;
  const width = Math.max((Math.min(end, to) - Math.max(start, from)) * scale, 0.3);
  return { left: Math.min(left, 99.7), width };
}

/** Times of a readable axis, about as many as `count`. @param {[number, number]} view @param {number} [count] @returns {number[]} */
export function ticksOf([from, to], count = 6) {
  const raw = (to - from) / count;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((each) => each >= raw) ?? raw;
  const first = Math.ceil(from / step);
  return Array.from({ length: Math.max(0, Math.floor(to / step) - first + 1) }, (_, index) => (first + index) * step);
}

/** How much happens in each of `bins` equal parts: for the small map. @param {Line[]} lines @param {[number, number]} extent @param {number} [bins] */
export function activity(lines, [first, last], bins = 60) {
  const counts = new Array(bins).fill(0);
  const binOf = (/** @type {number} */ at) => Math.max(0, Math.min(bins - 1, Math.floor(((at - first) / (last - first)) * bins)));
  for (const { bars, marks, group, shift } of lines) {
    for (const bar of bars) {
      for (let bin = binOf(bar.start_ms + shift); bin <= binOf(bar.end_ms + shift); bin += 1) counts[bin] += 1;
    }
    for (const mark of marks) counts[binOf(mark.at + shift)] += 1;
    group?.histogram?.counts.forEach((count, index) => {
      if (count && group.histogram) counts[binOf(group.histogram.start_ms + (index + 0.5) * group.histogram.bin_ms)] += 1;
    });
  }
  return counts;
}

/** All bars and marks as rows of a table. @param {Line[]} lines */
export function tableOf(lines) {
  return lines.flatMap((line) => [
    ...line.bars.map((bar) => ({
      key: `${line.key} ${bar.stage} ${bar.start_ms}`,
      line: line.label,
      node: line.node,
      step: BAR_WORDS[bar.stage] ?? bar.stage,
      status: bar.status,
      start: bar.start_ms + line.shift,
      end: bar.end_ms + line.shift,
      typical: bar.typical?.p50_ms ?? null,
      typicalMost: bar.typical?.p95_ms ?? null,
      critical: bar.is_critical,
      reason: bar.reason,
      event: bar.end_event_id,
    })),
    ...line.marks.map((mark, index) => ({
      key: `${line.key} ${mark.stage} ${index}`,
      line: line.label,
      node: line.node,
      step: mark.stage.replaceAll("_", " "),
      status: "completed",
      start: mark.at + line.shift,
      end: mark.at + line.shift,
      typical: null,
      typicalMost: null,
      critical: false,
      reason: null,
      event: mark.eventId,
    })),
    ...(line.group
      ? [
          {
            key: `${line.key} group`,
            line: line.label,
            node: null,
            step: `${line.group.count} events of ${line.group.nodes} nodes`,
            status: "completed",
            start: line.group.first_ms ?? 0,
            end: line.group.last_ms ?? 0,
            typical: null,
            typicalMost: null,
            critical: false,
            reason: Object.keys(line.group.reasons)[0] ?? null,
            event: line.group.first_event_id,
          },
        ]
      : []),
  ]);
}
