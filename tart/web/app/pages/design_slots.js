// @ts-check
/** The parts of the pages of blocks and slots, each with what is unusual: for the page "Design". */

import { ChainState } from "../components/block_parts.js";
import { ChainGraph } from "../components/chain_graph.js";
import { DotPlot } from "../components/dot_plot.js";
import { Card } from "../components/page.js";
import { SlotStrip } from "../components/slot_strip.js";
import { duration, percent } from "../core/format.js";
import { colourPlace } from "../core/implementations.js";
import { html } from "../html.js";

const NAMES = ["PolkaJam", "Jamixir", "PyJAMaz", "Tessera"];
const FIRST = 10_031_900;

/** A block that never was. @param {number} slot @param {Partial<import("../../../client/web/tart.js").SlotBlock>} [more] @returns {import("../../../client/web/tart.js").SlotBlock} */
function block(slot, more = {}) {
  const name = NAMES[slot % NAMES.length];
  return {
    hash: slot.toString(16).padStart(64, "0"),
    parent: (slot - 1).toString(16).padStart(64, "0"),
    author: { node_id: slot.toString(16).padStart(64, "a"), implementation_name: name, implementation_version: "0.1.0" },
    chain: slot > FIRST + 20 ? "best" : "finalized",
    authored_at: null,
    first_had_at: null,
    size_bytes: 4_080,
    num_tickets: 1,
    num_preimages: 0,
    num_guarantees: 2,
    num_assurances: 5,
    num_dispute_verdicts: 0,
    nodes: 1023,
    expected: 1023,
    late: 0,
    until_50_ms: 180,
    until_90_ms: 240 + 90 * ((slot * 7) % 5),
    until_99_ms: 900,
    ...more,
  };
}

/** @param {number} slot @param {object} [more] @returns {import("../../../client/web/tart.js").SlotSummary} */
function summary(slot, more = {}) {
  return { slot, time: null, state: "authored", blocks: [block(slot)], authoring_failed: 0, import_failed: 0, ...more };
}

const SPECIAL = {
  3: { state: "missed", blocks: [] },
  7: { blocks: [block(FIRST + 7), block(FIRST + 7, { hash: "f".repeat(64), parent: block(FIRST + 6).hash, chain: "fork", nodes: 40, until_90_ms: null })] },
  10: { blocks: [block(FIRST + 10, { until_90_ms: 7_400, until_99_ms: null })] },
  12: { blocks: [block(FIRST + 12, { until_90_ms: null, until_99_ms: null, nodes: 700 })], import_failed: 3 },
  15: { state: "unknown", blocks: [] },
  18: { blocks: [block(FIRST + 18, { author: null, parent: null })] },
  23: { blocks: [block(FIRST + 23, { until_90_ms: null, until_99_ms: null, chain: "unknown" })] },
  24: { state: "pending", blocks: [] },
};
const SLOTS = Array.from({ length: 25 }, (_, index) => summary(FIRST + index, SPECIAL[/** @type {keyof typeof SPECIAL} */ (index)]));
const ANSWER = {
  timestamp: "",
  clock: /** @type {const} */ ("server"),
  slot_seconds: 6,
  follows_calendar: true,
  newest_slot: FIRST + 24,
  best_slot: FIRST + 22,
  finalized_slot: FIRST + 20,
  slots: SLOTS,
};
const DOTS = Array.from({ length: 60 }, (_, index) => ({
  id: String(index),
  x: index < 57 ? 12 * index + 40 * ((index * 13) % 3) : 300 * (index - 50),
  y: (index + 1) / 64,
  place: colourPlace(NAMES[index % NAMES.length]),
  text: `node ${index}`,
}));

export function SlotSamples() {
  return html`
    <${Card} title="Strip of slots" note="missed, fork, slow, not reached, no node connected, author unknown, spreading, pending">
      <${SlotStrip} answer=${ANSWER} selected=${FIRST + 10} title="Strip of slots, sample" />
    <//>
    <${Card} title="Chain" size="half" note="the best chain on top, forks below">
      <${ChainGraph} slots=${SLOTS} />
      <p class="row-of">${["finalized", "best", "fork", "unknown", undefined].map((chain) => html`<${ChainState} key=${chain} chain=${chain} />`)}</p>
    <//>
    <${Card} title="Points" size="half" note="one for each node; drag to select">
      <${DotPlot}
        title="Points, sample"
        dots=${DOTS}
        step
        marks=${[0, 0.5, 0.9, 1].map((y) => ({ y, label: percent(y) }))}
        selected=${[1500, 2700]}
        columns=${[
          { id: "node", title: "node", value: (/** @type {any} */ dot) => dot.id },
          { id: "ms", title: "after", end: true, value: (/** @type {any} */ dot) => dot.x, cell: (/** @type {any} */ dot) => duration(dot.x) },
        ]}
      />
    <//>
  `;
}
