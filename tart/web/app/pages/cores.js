// @ts-check
/** Cores by slots: how far the work-packages of each came. */

import { useMemo } from "preact/hooks";

import { Answered, Empty } from "../components/answered.js";
import { Figure, Figures } from "../components/figure.js";
import { Heatmap } from "../components/heatmap.js";
import { Card, Page } from "../components/page.js";
import { Table } from "../components/table.js";
import { compact, millis, number, percent, share } from "../core/format.js";
import { busyCells, byGroup, cellsOf, GROUPS, groupText, spanOf, stageWord } from "../core/work_stages.js";
import { html } from "../html.js";
import { go, href, location, setParameters } from "../state/location.js";
import { comparing, currentWindow, range } from "../state/range.js";
import { useAnswer, useEarlierAnswer } from "../state/requests.js";
import { client } from "../state/session.js";
import { adoptStyles } from "../components/styles.js";
import styles from "./work.css" with { type: "text" };

adoptStyles(styles);

/** @typedef {import("../../../client/web/tart.js").CoreGrid} CoreGrid */
/** @typedef {import("../../../client/web/tart.js").GridCore} GridCore */
/** @typedef {import("../../../client/web/tart.js").CoresStatus} CoresStatus */

export const MAX_SLOTS = 600;
/** @type {import("../components/heatmap.js").Level[]} */
export const LEVELS = GROUPS.map(({ label, colour, glyph }, value) => ({ value, label, colour, glyph }));
const [FAILED, DISCARDED] = [0, 1];
const AVAILABLE = GROUPS.length - 1;

export default function CoresPage() {
  const deps = [JSON.stringify(range.value)];
  const compare = comparing.value;
  const grid = useAnswer("the grid of cores", (signal) => client.coresGrid({ ...currentWindow(), slots: MAX_SLOTS }, { signal }), { every: 6000, deps });
  const before = useEarlierAnswer("the grid of the range before", (window, signal) => client.coresGrid({ ...window, slots: MAX_SLOTS }, { signal }), deps);
  const status = useAnswer("the load of the cores", (signal) => client.coresStatus(currentWindow(), { signal }), { every: 15_000, deps });
  return html`<${Page} title="Cores" question="Which cores work, and how far do their packages come?">
    <${Answered} answer=${grid}>
      ${(/** @type {CoreGrid} */ data) => html`<${Summary} data=${data} before=${compare ? before.data : null} />`}
    <//>
    <div class="cards">
      <${Card} title="Cores by slots" note="the furthest stage that a package of the core and the slot reached">
        <${Answered} answer=${grid} lines=${10} isEmpty=${(/** @type {CoreGrid} */ data) => data.cores.length === 0} empty=${html`<${NoCores} />`}>
          ${(/** @type {CoreGrid} */ data) => html`<${Grid} data=${data} />`}
        <//>
      <//>
      <${Card} title="By core" note="in the slots of the grid" flush>
        <${Answered} answer=${grid} lines=${8}>
          ${(/** @type {CoreGrid} */ data) => html`<${ByCore} data=${data} status=${status.data} />`}
        <//>
      <//>
    </div>
  <//>`;
}

function NoCores() {
  return html`<${Empty} title="No cores are known yet.">
    <span>Nodes report the number of cores when they connect. <a href=${href("nodes")}>Nodes</a></span>
  <//>`;
}

/** @param {{ data: CoreGrid, before: CoreGrid | null }} properties */
function Summary({ data, before }) {
  const sums = sumsOf(data);
  const old = before && sumsOf(before);
  const busy = data.cores.filter(({ packages }) => packages > 0).length;
  const packages = total(sums);
  const lost = sums[FAILED] + sums[DISCARDED];
  return html`<${Figures} large>
    <${Figure} id="cores" label="Cores with packages" value=${number(busy)} note=${`of ${number(data.cores.length)}`} />
    <${Figure} id="packages" label="Packages" value=${number(packages)} before=${old && number(total(old))} note=${data.exact ? undefined : "estimated from a sample"} />
    <${Figure} id="available" label="Available" value=${percent(packages ? sums[AVAILABLE] / packages : null)} note=${`${number(sums[AVAILABLE])} of ${number(packages)}`}
      before=${old && percent(total(old) ? old[AVAILABLE] / total(old) : null)} />
    <${Figure} id="lost" label="Lost" value=${number(lost)} state=${lost ? "bad" : undefined} note="failed or discarded" before=${old && number(old[FAILED] + old[DISCARDED])} />
  <//>`;
}

/** @param {CoreGrid} data */
function sumsOf(data) {
  return byGroup(data, data.legend.map(({ stage }) => data.outcomes[stage] ?? 0));
}

/** @param {number[]} counts */
function total(counts) {
  return counts.reduce((sum, count) => sum + count, 0);
}

/** @param {{ data: CoreGrid }} properties */
function Grid({ data }) {
  const { cores: coreText, slots: slotText } = location.value.parameters;
  const cells = useMemo(() => cellsOf(data, { cores: spanOf(coreText), slots: spanOf(slotText) }), [data, coreText, slotText]);
  const rowOf = useMemo(() => new Map(data.cores.map((core) => [core.core_index, core])), [data]);
  const first = data.first_slot ?? 0;
  const slotAt = (/** @type {number} */ column) => cells.firstSlot + column;
  const zoomed = spanOf(coreText) || spanOf(slotText);
  const sumsOfRow = (/** @type {number} */ row) => groupText(byGroup(data, rowOf.get(cells.cores[row])?.outcomes ?? []));
  const sumsOfColumn = (/** @type {number} */ column) => groupText(byGroup(data, data.slots[slotAt(column) - first] ?? []));
  function describe(/** @type {number} */ row, /** @type {number} */ column) {
    const stage = cells.stages[row * cells.columns + column];
    return html`<b>${stage ? stageWord(stage) : "no package"}</b><br />
      <span class="muted">core: ${sumsOfRow(row)}</span><br />
      <span class="muted">slot: ${sumsOfColumn(column)}</span>`;
  }
  const actions = zoomed
    ? html`<button type="button" class="button small" onClick=${() => setParameters({ cores: undefined, slots: undefined })}>Show all cells</button>`
    : null;
  const empty = cells.cores.length === 0 || cells.columns === 0;
  if (empty) {
    return html`<${Empty} title="The part that was chosen has no cells any more.">${actions}<//>`;
  }
  return html`<${Heatmap}
      title="Cores by slots"
      rows=${cells.cores.length}
      columns=${cells.columns}
      values=${cells.values}
      levels=${LEVELS}
      rowTitle="core"
      columnTitle="slot"
      rowLabel=${(/** @type {number} */ row) => `core ${cells.cores[row]}`}
      columnLabel=${(/** @type {number} */ column) => `slot ${number(slotAt(column))}`}
      cellHeight=${cells.cores.length <= 16 ? 24 : undefined}
      height=${cells.cores.length > 100 ? Math.min(720, cells.cores.length * 2) : undefined}
      describe=${describe}
      onOpen=${(/** @type {number} */ row, /** @type {number} */ column) => go(`cores/${cells.cores[row]}`, { slot: slotAt(column) })}
      onSelect=${(/** @type {any} */ area) =>
        setParameters(
          {
            cores: `${cells.cores[area.row]}-${cells.cores[area.lastRow]}`,
            slots: `${slotAt(area.column)}-${slotAt(area.lastColumn)}`,
          },
          { push: true },
        )}
      actions=${actions}
    />
    <p class="muted chart-note">
      Slots ${number(slotAt(0))} to ${number(slotAt(cells.columns - 1))}, the newest at the right. Drag to zoom, click or Enter to open a core, arrow keys to read cells.
      ${isPart(data) && html` The range is longer; these are its last ${number(MAX_SLOTS)} slots.`}
      ${data.outside > 0 && html` ${number(data.outside)} packages of the range have a slot or a core outside the grid.`}
    </p>`;
}

/** Whether the range has more slots than the grid. @param {CoreGrid} data */
function isPart({ window: { start, end }, slot_seconds: seconds }) {
  return (millis(end) ?? 0) - (millis(start) ?? 0) > (MAX_SLOTS + 60) * seconds * 1000;
}

/** @param {{ data: CoreGrid, status: CoresStatus | null }} properties */
function ByCore({ data, status }) {
  const loads = new Map(status?.cores.map((core) => [core.core_index, core]));
  const sums = (/** @type {GridCore} */ row) => byGroup(data, row.outcomes);
  const lost = (/** @type {GridCore} */ row) => sums(row)[FAILED] + sums(row)[DISCARDED];
  const load = (/** @type {GridCore} */ row) => loads.get(row.core_index);
  /** @type {import("../components/table.js").Column<GridCore>[]} */
  const columns = [
    { id: "core", title: "Core", value: (row) => row.core_index, cell: (row) => html`<a href=${href(`cores/${row.core_index}`)}>core ${row.core_index}</a>`, rank: 1 },
    { id: "packages", title: "Packages", end: true, value: (row) => row.packages, cell: (row) => number(row.packages), rank: 2 },
    { id: "available", title: "Available", end: true, value: (row) => (row.packages ? sums(row)[AVAILABLE] / row.packages : null), cell: (row) => share(sums(row)[AVAILABLE], row.packages) },
    { id: "lost", title: "Lost", end: true, value: lost, cell: (row) => (lost(row) ? number(lost(row)) : html`<span class="muted">0</span>`), rank: 3 },
    { id: "slots", title: "Slots with packages", end: true, value: (row) => busyCells(row.cells), cell: (row) => share(busyCells(row.cells), row.cells.length) },
    { id: "guarantees", title: "Guarantees", end: true, value: (row) => load(row)?.guarantees_last_hour, help: "Packages guaranteed in the range" },
    { id: "gas", title: "Gas", end: true, value: (row) => Number(load(row)?.gas_used ?? 0), cell: (row) => compact(load(row) ? Number(load(row)?.gas_used) : null), help: "Of refining, in the range" },
    { id: "slot", title: "Last slot", end: true, value: (row) => load(row)?.last_active_slot, cell: (row) => number(load(row)?.last_active_slot), help: "Of the newest guarantee" },
  ];
  return html`<${Table}
    caption="Cores"
    csv="cores"
    sort="core"
    rows=${data.cores}
    rowKey=${(/** @type {GridCore} */ row) => row.core_index}
    columns=${columns}
    rowState=${(/** @type {GridCore} */ row) => (lost(row) ? "warn" : undefined)}
    onOpen=${(/** @type {GridCore} */ row) => go(`cores/${row.core_index}`)}
    height=${480}
    empty="No cores."
  />`;
}
