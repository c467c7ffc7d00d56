// @ts-check
/** One core: its strip of slots, guarantors, packages, gas, bottlenecks. */

import { Answered, Empty } from "../components/answered.js";
import { Ago, Implementation, State } from "../components/basics.js";
import { Figure, Figures } from "../components/figure.js";
import { Heatmap } from "../components/heatmap.js";
import { Chip, Hash, NodeLabel } from "../components/identifiers.js";
import { Card, Page } from "../components/page.js";
import { Table } from "../components/table.js";
import { bytes, compact, counted, duration, millis, number, percent, share, shortNode } from "../core/format.js";
import { byGroup, cellsOf, groupOf, groupText, GROUPS, stageWord } from "../core/work_stages.js";
import { html } from "../html.js";
import { go, href, location, setParameters } from "../state/location.js";
import { comparing, currentWindow, range } from "../state/range.js";
import { useAnswer, useEarlierAnswer } from "../state/requests.js";
import { client } from "../state/session.js";
import { LEVELS, MAX_SLOTS } from "./cores.js";
import { adoptStyles } from "../components/styles.js";
import styles from "./work.css" with { type: "text" };

adoptStyles(styles);

/** @typedef {import("../../../client/web/tart.js").CoreGrid} CoreGrid */
/** @typedef {import("../../../client/web/tart.js").CoreMetrics} CoreMetrics */
/** @typedef {import("../../../client/web/tart.js").CoreBottlenecks} CoreBottlenecks */
/** @typedef {import("../../../client/web/tart.js").SlowValidator} SlowValidator */
/** @typedef {import("../../../client/web/tart.js").CoreValidators} CoreValidators */
/** @typedef {import("../../../client/web/tart.js").CoreGuarantors} CoreGuarantors */
/** @typedef {import("../../../client/web/tart.js").CoreWorkPackages} CoreWorkPackages */
/** @typedef {import("../../../client/web/tart.js").CorePackage} CorePackage */

const EVERY = 6000;
const LOST = [0, 1];

/** @param {{ index: string }} properties */
export default function CorePage({ index }) {
  const valid = /^\d{1,5}$/.test(index) && Number(index) <= 65_535;
  if (!valid) {
    return html`<${Page} title="Core"><${Empty} title="A core has a number from 0 on."><a href=${href("cores")}>All cores</a><//><//>`;
  }
  return html`<${Core} core=${Number(index)} />`;
}

/** @param {{ core: number }} properties */
function Core({ core }) {
  const deps = [core, JSON.stringify(range.value)];
  const options = { every: EVERY, deps };
  const compare = comparing.value;
  const grid = useAnswer("the grid of cores", (signal) => client.coresGrid({ ...currentWindow(), slots: MAX_SLOTS }, { signal }), options);
  const metrics = useAnswer("the core's figures", (signal) => client.coreMetrics(core, currentWindow(), { signal }), options);
  const before = useEarlierAnswer("the range before", (window, signal) => client.coreMetrics(core, window, { signal }), deps);
  const validators = useAnswer("the guarantors", (signal) => client.coreValidators(core, currentWindow(), { signal }), options);
  const guarantors = useAnswer("the guarantors' load", (signal) => client.coreGuarantors(core, currentWindow(), { signal }), { ...options, every: 15_000 });
  const slow = useAnswer("the bottlenecks", (signal) => client.coreBottlenecks(core, currentWindow(), { signal }), options);
  const packages = useAnswer("the packages", (signal) => client.coreWorkPackages(core, { ...currentWindow(), limit: 1000 }, { signal }), options);
  return html`<${Page}
    title=${`Core ${core}`}
    question="Who works on it, and how well?"
    actions=${html`<${Neighbours} core=${core} count=${grid.data?.cores.length ?? null} />`}
  >
    <${Answered} answer=${metrics}>
      ${(/** @type {CoreMetrics} */ data) => html`<${Summary} data=${data} before=${compare ? before.data : null} />`}
    <//>
    <div class="cards">
      <${Card} title="Slots" note="the furthest stage of the core's packages">
        <${Answered} answer=${grid} lines=${2}>
          ${(/** @type {CoreGrid} */ data) => html`<${Strip} data=${data} core=${core} />`}
        <//>
      <//>
      <${Card} title="Guarantors" note="nodes that had a package of the core" size="half" flush>
        <${Answered} answer=${validators} lines=${6}>
          ${(/** @type {CoreValidators} */ data) => html`<${Guarantors} data=${data} load=${guarantors.data} />`}
        <//>
      <//>
      <${Card} title="Bottlenecks" note="slow, or failing often" size="half" flush>
        <${Answered} answer=${slow}>
          ${(/** @type {CoreBottlenecks} */ data) => html`<${Bottlenecks} data=${data} />`}
        <//>
      <//>
      <${Card} title="Packages" note="the newest of the range" flush>
        <${Answered} answer=${packages} lines=${8}>
          ${(/** @type {CoreWorkPackages} */ data) => html`<${Packages} data=${data} />`}
        <//>
      <//>
    </div>
  <//>`;
}

/** @param {{ core: number, count: number | null }} properties */
function Neighbours({ core, count }) {
  return html`
    ${core > 0 && html`<a class="button small" href=${href(`cores/${core - 1}`)}>‹ core ${core - 1}</a>`}
    ${count !== null && core + 1 < count && html`<a class="button small" href=${href(`cores/${core + 1}`)}>core ${core + 1} ›</a>`}
    <a class="button small" href=${href("cores")}>All cores</a>
  `;
}

/** @param {{ data: CoreMetrics, before: CoreMetrics | null }} properties */
function Summary({ data, before }) {
  const { stats } = data;
  const old = before?.stats;
  const gas = stats.avg_gas_used === null ? null : Number(stats.avg_gas_used);
  const limit = stats.avg_gas_limit === null ? null : Number(stats.avg_gas_limit);
  return html`<${Figures} large>
    <${Figure} id="packages" label="Packages received" value=${number(stats.wps_received)} before=${old && number(old.wps_received)} />
    <${Figure} id="guarantees" label="Guarantees built" value=${number(stats.guarantees_built)} before=${old && number(old.guarantees_built)} />
    <${Figure} id="completion" label="Mean completion" value=${duration(data.average_completion_time_ms)} note=${data.p95_latency_ms === null ? "no sample" : `p95 ${duration(data.p95_latency_ms)}`}
      before=${before && duration(before.average_completion_time_ms)} />
    <${Figure} id="refined" label="Refined attempts" value=${percent(data.processing_efficiency_pct === null ? null : data.processing_efficiency_pct / 100)}
      note=${`${number(stats.refinements_completed)} of ${number(stats.refinements_completed + stats.refinements_failed)}`} />
    <${Figure} id="gas" label="Mean gas of refining" value=${compact(gas)} note=${limit ? `of a limit of ${compact(limit)} (${percent(gas === null ? null : gas / limit)})` : "no limit known"} />
    <${Figure} id="validators" label="Guarantors" value=${number(stats.active_validators)} />
  <//>`;
}

/** @param {{ data: CoreGrid, core: number }} properties */
function Strip({ data, core }) {
  const row = data.cores.find((each) => each.core_index === core);
  if (!row) {
    return html`<${Empty} title=${`There is no core ${core}.`}>
      <span>The network has ${counted(data.cores.length, "core")}. <a href=${href("cores")}>All cores</a></span>
    <//>`;
  }
  const cells = cellsOf(data, { cores: [core, core] });
  const sums = byGroup(data, row.outcomes);
  const slotAt = (/** @type {number} */ column) => cells.firstSlot + column;
  return html`<${Heatmap}
      title=${`Core ${core} by slots`}
      rows=${1}
      columns=${cells.columns}
      values=${cells.values}
      levels=${LEVELS}
      rowTitle="core"
      columnTitle="slot"
      rowLabel=${() => `core ${core}`}
      columnLabel=${(/** @type {number} */ column) => `slot ${number(slotAt(column))}`}
      height=${36}
      describe=${(/** @type {number} */ _, /** @type {number} */ column) => stageWord(cells.stages[column] ?? "no package")}
      onOpen=${(/** @type {number} */ _, /** @type {number} */ column) => setParameters({ slot: slotAt(column) })}
      onSelect=${(/** @type {any} */ area) => setParameters({ slot: `${slotAt(area.column)}-${slotAt(area.lastColumn)}` })}
    />
    <p class="muted chart-note">
      ${counted(row.packages, "package")}: ${groupText(sums)}. Click a slot, or drag over several, to list their packages.
      ${LOST.some((index) => sums[index]) ? html` <${State} state="warn" word=${`${LOST.map((index) => sums[index] && `${sums[index]} ${GROUPS[index].label}`).filter(Boolean).join(", ")}`} />` : ""}
    </p>`;
}

/** @param {{ data: CoreValidators, load: CoreGuarantors | null }} properties */
function Guarantors({ data, load }) {
  const loads = new Map(load?.guarantors.map((each) => [each.node_id, each]));
  /** @type {import("../components/table.js").Column<CoreValidators["validators"][number]>[]} */
  const columns = [
    { id: "node", title: "Node", value: (row) => row.node_id, cell: (row) => html`<${NodeLabel} node=${row} short state=${row.is_active ? "ok" : "idle"} word=${row.is_active ? "active" : "not active in the last two minutes"} />`, rank: 1 },
    { id: "implementation", title: "Implementation", value: (row) => row.implementation_name, cell: (row) => html`<${Implementation} name=${row.implementation_name} version=${row.implementation_version} />` },
    { id: "packages", title: "Packages", end: true, value: (row) => row.packages, rank: 2 },
    { id: "guarantees", title: "Guarantees", end: true, value: (row) => row.guarantee_count, rank: 3 },
    { id: "signatures", title: "Signatures", end: true, value: (row) => row.signature_count },
    { id: "bundles", title: "Bundles", end: true, value: (row) => loads.get(row.node_id)?.da_usage_bytes, cell: (row) => bytes(loads.get(row.node_id)?.da_usage_bytes), help: "Bytes of the bundles of the packages that it guaranteed here" },
    { id: "last", title: "Last", end: true, value: (row) => row.last_active, cell: (row) => html`<${Ago} value=${row.last_active} />` },
  ];
  return html`<${Table} caption="Guarantors" csv="guarantors" sort="-guarantees" sortParameter="guarantors" rows=${data.validators} rowKey=${(/** @type {any} */ row) => row.node_id} columns=${columns}
    onOpen=${(/** @type {any} */ row) => go(`nodes/${row.node_id}`)} height=${320} empty="No node had a package of this core in the range." />`;
}

/** @param {{ data: CoreBottlenecks }} properties */
function Bottlenecks({ data }) {
  const { stats } = data;
  /** @type {import("../components/table.js").Column<SlowValidator>[]} */
  const columns = [
    { id: "node", title: "Node", value: (row) => row.node_id, cell: (row) => html`<${NodeLabel} node=${{ node_id: row.node_id }} short state=${row.is_bottleneck ? "warn" : "info"} word=${row.is_bottleneck ? "bottleneck" : "near the limit"} />`, rank: 1 },
    { id: "pace", title: "Received to report", end: true, value: (row) => row.avg_processing_ms, cell: (row) => duration(row.avg_processing_ms) },
    { id: "factor", title: "Of the mean", end: true, value: (row) => row.slowdown_factor, cell: (row) => (row.slowdown_factor === null ? "—" : `${number(row.slowdown_factor, 2)} ×`), rank: 2 },
    { id: "failed", title: "Failed", end: true, value: (row) => row.failure_rate, cell: (row) => share(row.failure_count, row.event_count), rank: 3 },
    { id: "superseded", title: "Superseded", end: true, value: (row) => row.superseded },
  ];
  return html`<${Table} caption="Bottlenecks" csv="bottlenecks" sort="-factor" sortParameter="slow" rows=${data.slow_validators} rowKey=${(/** @type {SlowValidator} */ row) => row.node_id} columns=${columns}
      onOpen=${(/** @type {SlowValidator} */ row) => go(`nodes/${row.node_id}`)} height=${320} empty="No guarantor is slow or fails often." />
    <p class="muted chart-note padded">${share(stats.total_failures, stats.total_events)} attempts failed; ${counted(data.superseded, "more was", "more were")} superseded by a faster guarantor.</p>`;
}

/** @param {{ data: CoreWorkPackages }} properties */
function Packages({ data }) {
  const { slot } = location.value.parameters;
  const span = /^(\d+)(?:-(\d+))?$/.exec(slot ?? "");
  const [first, last] = span ? [Number(span[1]), Number(span[2] ?? span[1])] : [-Infinity, Infinity];
  const rows = data.work_packages.filter((row) => row.slot >= first && row.slot <= last);
  const end = millis(data.window.end) ?? 0;
  /** @type {import("../components/table.js").Column<CorePackage>[]} */
  const columns = [
    { id: "package", title: "Package", value: (row) => row.hash, cell: (row) => html`<${Hash} value=${row.hash} path=${`work/${row.hash}`} />`, rank: 1 },
    { id: "slot", title: "Slot", end: true, value: (row) => row.slot, cell: (row) => html`<a href=${href(`slots/${row.slot}`)}>${number(row.slot)}</a>`, rank: 3 },
    { id: "stage", title: "Stage", value: (row) => row.stage, cell: (row) => html`<${State} state=${groupOf(row.stage).state} word=${stageWord(row.stage)} />`, rank: 2 },
    { id: "age", title: "Age", end: true, value: (row) => end - (millis(row.submitted_at) ?? 0), cell: (row) => html`<${Ago} value=${row.submitted_at} />` },
    { id: "took", title: "Took", end: true, value: (row) => row.elapsed_ms, cell: (row) => duration(row.elapsed_ms) },
    { id: "gas", title: "Gas", end: true, value: (row) => Number(row.gas_used ?? 0), cell: (row) => compact(row.gas_used === null ? null : Number(row.gas_used)) },
    { id: "guarantor", title: "Guarantor", value: (row) => row.node_id, cell: (row) => html`<a class="mono" href=${href(`nodes/${row.node_id}`)}>${shortNode(row.node_id)}</a>` },
  ];
  return html`<${Table} caption="Work-packages of the core" csv="core-packages" sort="age" rows=${rows} rowKey=${(/** @type {CorePackage} */ row) => row.hash} columns=${columns}
    onOpen=${(/** @type {CorePackage} */ row) => go(`work/${row.hash}`)}
    tools=${span ? html`<${Chip} onRemove=${() => setParameters({ slot: undefined })}>slot ${first === last ? number(first) : `${number(first)} to ${number(last)}`}<//>` : null}
    empty=${span ? "No package of these slots among the newest." : "No package of this core began in the range."} />`;
}
