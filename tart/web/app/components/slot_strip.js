// @ts-check
/** The strip of slots: one bar each, as high as the time until 90 % of the nodes had the block. */

import { useRef, useState } from "preact/hooks";

import { duration, number } from "../core/format.js";
import { colourPlace, implementationText } from "../core/implementations.js";
import { heightOf, mainBlock, stripCells } from "../core/slots.js";
import { html } from "../html.js";
import { go, href } from "../state/location.js";
import { ChartFigure } from "./chart_figure.js";
import { Table } from "./table.js";

/** @typedef {import("../../../client/web/tart.js").Slots} Slots */
/** @typedef {import("../../../client/web/tart.js").SlotSummary} SlotSummary */

/** The lines of the scale, in milliseconds. */
const SCALE = [100, 1000, 6000];

/**
 * @param {{ answer: Slots, selected?: number, title?: string }} properties `selected` is the slot that the
 *   page is about.
 */
export function SlotStrip({ answer, selected, title = `Last ${answer.slots.length} slots` }) {
  const strip = useRef(/** @type {HTMLElement | null} */ (null));
  const cells = stripCells(answer);
  const [active, setActive] = useState(/** @type {number | null} */ (null));
  const [asTable, setAsTable] = useState(false);
  const current = cells.find(({ slot }) => slot === (active ?? selected)) ?? cells[cells.length - 1];

  function pressed(/** @type {KeyboardEvent} */ event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const place = cells.findIndex(({ slot }) => slot === current?.slot);
    /** @type {Record<string, number>} */
    const places = { ArrowLeft: place - 1, ArrowRight: place + 1, Home: 0, End: cells.length - 1 };
    if (!(event.key in places)) return;
    event.preventDefault();
    event.stopPropagation();
    const next = cells[Math.max(0, Math.min(cells.length - 1, places[event.key]))];
    setActive(next.slot);
    /** @type {HTMLElement | null | undefined} */ (strip.current?.querySelector(`[data-slot="${next.slot}"]`))?.focus();
  }

  return html`<${ChartFigure}
    title=${title}
    kind="strip"
    name="slots"
    legend=${html`<${Legend} slots=${answer.slots} />`}
    table=${() => tableOf(answer.slots)}
    asTable=${asTable}
    onToggle=${() => setAsTable(!asTable)}
  >
    ${asTable
      ? html`<${SlotTable} slots=${answer.slots} caption=${title} />`
      : html`<div class="slot-strip" onPointerLeave=${() => setActive(null)}>
            ${SCALE.map(
              (ms) => html`<span key=${ms} class="slot-line" style=${{ bottom: `${100 * Number(heightOf(ms))}%` }} aria-hidden="true">
                ${duration(ms)}
              </span>`,
            )}
            <div class="slot-cells" ref=${strip} role="list" aria-label=${title} onKeyDown=${pressed}>
              ${cells.map(
                (cell) => html`<div key=${cell.slot} role="listitem" class="slot-item"><${CellLink}
                  cell=${cell}
                  selected=${cell.slot === selected}
                  current=${cell === current}
                  onActive=${() => setActive(cell.slot)}
                /></div>`,
              )}
            </div>
          </div>
          <div class="slot-text" data-slot-text>${current?.text}</div>`}
  <//>`;
}

/** @param {{ cell: import("../core/slots.js").Cell, selected: boolean, current: boolean, onActive: () => void }} properties */
function CellLink({ cell, selected, current, onActive }) {
  const { slot, state, height, spreading, fork, failed, implementation, text } = cell;
  const reached = height !== null;
  return html`<a
    class="slot-cell"
    href=${href(`slots/${slot}`)}
    data-slot=${slot}
    data-state=${state}
    aria-label=${text}
    aria-current=${selected ? "true" : undefined}
    tabindex=${current ? 0 : -1}
    onFocus=${onActive}
    onPointerEnter=${onActive}
  >
    ${state === "authored" &&
    html`<i
      class="slot-bar swatch"
      data-place=${colourPlace(implementation)}
      data-reached=${reached ? "yes" : spreading ? "spreading" : "no"}
      style=${{ height: `${Math.max(4, 100 * (height ?? (spreading ? 0.3 : 1)))}%` }}
    ></i>`}
    <i class="slot-mark" data-mark=${markOf(state, fork, failed)}></i>
  </a>`;
}

/** The most important of what is unusual in a slot. @param {string} state @param {boolean} fork @param {boolean} failed */
function markOf(state, fork, failed) {
  if (state !== "authored") return state;
  return fork ? "fork" : failed ? "failed" : undefined;
}

/** @param {{ slots: SlotSummary[] }} properties */
function Legend({ slots }) {
  const names = new Set(slots.map((slot) => mainBlock(slot)?.author?.implementation_name).filter(Boolean));
  return html`
    <span class="legend-entry">Height: until 90 % of the nodes had it</span>
    ${[...names].sort().map(
      (name) => html`<span key=${name} class="legend-entry"><i class="swatch" data-place=${colourPlace(name)}></i>${name}</span>`,
    )}
    <span class="legend-entry"><i class="slot-mark" data-mark="missed"></i>missed</span>
    <span class="legend-entry"><i class="slot-mark" data-mark="fork"></i>fork</span>
    <span class="legend-entry"><i class="slot-mark" data-mark="failed"></i>failure</span>
    ${slots.some(({ state }) => state === "unknown") &&
    html`<span class="legend-entry"><i class="slot-mark" data-mark="unknown"></i>no node connected</span>`}
  `;
}

/** @param {{ slots: SlotSummary[], caption: string }} properties */
function SlotTable({ slots, caption }) {
  return html`<${Table}
    caption=${caption}
    height=${240}
    rows=${[...slots].reverse()}
    rowKey=${(/** @type {SlotSummary} */ row) => row.slot}
    onOpen=${(/** @type {SlotSummary} */ row) => go(`slots/${row.slot}`)}
    columns=${[
      { id: "slot", title: "slot", value: (/** @type {SlotSummary} */ row) => row.slot, cell: (/** @type {SlotSummary} */ row) => html`<a href=${href(`slots/${row.slot}`)}>${number(row.slot)}</a>`, rank: 1 },
      { id: "state", title: "state", value: (/** @type {SlotSummary} */ row) => row.state, rank: 2 },
      { id: "author", title: "author", value: authorText },
      { id: "p50", title: "50 %", end: true, value: (/** @type {SlotSummary} */ row) => mainBlock(row)?.until_50_ms, cell: (/** @type {SlotSummary} */ row) => duration(mainBlock(row)?.until_50_ms) },
      { id: "p90", title: "90 %", end: true, value: (/** @type {SlotSummary} */ row) => mainBlock(row)?.until_90_ms, cell: (/** @type {SlotSummary} */ row) => duration(mainBlock(row)?.until_90_ms), rank: 3 },
      { id: "p99", title: "99 %", end: true, value: (/** @type {SlotSummary} */ row) => mainBlock(row)?.until_99_ms, cell: (/** @type {SlotSummary} */ row) => duration(mainBlock(row)?.until_99_ms) },
      { id: "blocks", title: "blocks", end: true, value: (/** @type {SlotSummary} */ row) => row.blocks.length },
      { id: "failed", title: "failures", end: true, value: (/** @type {SlotSummary} */ row) => row.authoring_failed + row.import_failed },
    ]}
  />`;
}

/** @param {SlotSummary} slot */
function authorText(slot) {
  const author = mainBlock(slot)?.author;
  return author ? implementationText(author.implementation_name, author.implementation_version) : null;
}

/** @param {SlotSummary[]} slots */
function tableOf(slots) {
  return {
    titles: ["slot", "time", "state", "author", "implementation", "until_50_ms", "until_90_ms", "until_99_ms", "nodes", "expected", "blocks"],
    rows: slots.map((slot) => {
      const block = mainBlock(slot);
      return [
        ...[slot.slot, slot.time, slot.state, block?.author?.node_id ?? null, authorText(slot)],
        ...[block?.until_50_ms ?? null, block?.until_90_ms ?? null, block?.until_99_ms ?? null],
        ...[block?.nodes ?? null, block?.expected ?? null, slot.blocks.length],
      ];
    }),
  };
}
