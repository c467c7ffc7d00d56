// @ts-check
/** The chain as a graph: a column for each slot, the best chain on top, forks as branches below it. */

import { useLayoutEffect, useRef } from "preact/hooks";

import { duration, number, shortHash } from "../core/format.js";
import { colourPlace, implementationText } from "../core/implementations.js";
import { CHAIN_WORDS, chainGraph } from "../core/chain_graph.js";
import { html } from "../html.js";
import { href } from "../state/location.js";
import { adoptStyles } from "./styles.js";
import styles from "./chain_graph.css" with { type: "text" };

adoptStyles(styles);

/** @typedef {import("../../../client/web/tart.js").SlotSummary} SlotSummary */

const COLUMN = 26;
const LANE = 30;
const SIZE = 14;
const TOP = 12;

/** @param {{ slots: SlotSummary[], selected?: number }} properties Oldest first. */
export function ChainGraph({ slots, selected }) {
  const root = useRef(/** @type {HTMLElement | null} */ (null));
  const { nodes, edges, lanes } = chainGraph(slots);
  const width = COLUMN * slots.length + 12;
  const height = TOP + LANE * lanes + 14;
  const x = (/** @type {number} */ column) => COLUMN * column + COLUMN / 2;
  const y = (/** @type {number} */ lane) => TOP + LANE * lane + SIZE / 2;
  const newest = slots[slots.length - 1]?.slot;

  // The newest is in sight unless somebody scrolled to the past.
  useLayoutEffect(() => {
    const element = root.current;
    if (element && element.scrollWidth - element.scrollLeft - element.clientWidth < 4 * COLUMN + element.scrollWidth * Number(element.scrollLeft === 0)) {
      element.scrollLeft = element.scrollWidth;
    }
  }, [newest]);

  return html`<figure class="chart" role="figure" aria-label="Chain with forks" data-figure-chart="Chain">
    <div class="chain-graph" ref=${root} tabindex="0" role="group" aria-label="Blocks, oldest first; scrolls sideways">
      <svg width=${width} height=${height}>
        ${edges.map(
          ({ from, to }) => html`<path
            key=${`${from.hash}-${to.hash}`}
            class="chain-edge"
            data-fork=${to.lane > 0 ? "" : undefined}
            d=${curve(x(from.column), y(from.lane), x(to.column), y(to.lane))}
          />`,
        )}
        ${slots.map(
          (slot, column) =>
            slot.blocks.length === 0 &&
            html`<circle key=${slot.slot} class="chain-missed" data-state=${slot.state} cx=${x(column)} cy=${y(0)} r="4">
              <title>Slot ${number(slot.slot)}: ${slot.state}</title>
            </circle>`,
        )}
        ${nodes.map(
          ({ hash, slot, column, lane, block }) => html`<a key=${hash} href=${href(`slots/${slot}`)} aria-label=${textOf(slot, block)} aria-current=${slot === selected ? "true" : undefined}>
            <rect
              class="chain-block"
              data-hash=${hash}
              data-chain=${block.chain}
              data-place=${colourPlace(block.author?.implementation_name)}
              x=${x(column) - SIZE / 2}
              y=${y(lane) - SIZE / 2}
              width=${SIZE}
              height=${SIZE}
              rx="3"
            >
              <title>${textOf(slot, block)}</title>
            </rect>
            ${block.chain === "finalized" &&
            html`<line class="chain-final" x1=${x(column) - SIZE / 2 + 1} x2=${x(column) + SIZE / 2 - 1} y1=${y(lane) + SIZE / 2 + 4} y2=${y(lane) + SIZE / 2 + 4} />`}
          </a>`,
        )}
      </svg>
    </div>
    <div class="chart-legend">
      <span class="legend-entry"><svg width="14" height="6" aria-hidden="true"><line class="chain-final" x1="0" x2="14" y1="3" y2="3" /></svg>finalized</span>
      <span class="legend-entry"><svg width="14" height="12" aria-hidden="true"><rect class="chain-block" data-chain="fork" x="1" y="1" width="10" height="10" rx="2" /></svg>fork, on a lane of its own</span>
      <span class="legend-entry"><svg width="12" height="12" aria-hidden="true"><circle class="chain-missed" cx="6" cy="6" r="4" /></svg>missed</span>
    </div>
  </figure>`;
}

/** @param {number} slot @param {import("../../../client/web/tart.js").SlotBlock} block */
function textOf(slot, block) {
  const author = block.author ? implementationText(block.author.implementation_name, block.author.implementation_version) : "author unknown";
  return `Slot ${number(slot)}, ${shortHash(block.hash)}, ${author}, ${CHAIN_WORDS[block.chain]}, 90 % after ${duration(block.until_90_ms)}`;
}

/** @param {number} x1 @param {number} y1 @param {number} x2 @param {number} y2 */
function curve(x1, y1, x2, y2) {
  if (y1 === y2) return `M${x1} ${y1}H${x2}`;
  const bend = Math.min(COLUMN, (x2 - x1) / 2);
  return `M${x1} ${y1}C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}`;
}
