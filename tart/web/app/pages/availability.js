// @ts-check
/** Data availability: who assured each anchor and when, and how requests for data end. */

import { useMemo } from "preact/hooks";

import { Answered, Empty } from "../components/answered.js";
import { State, Time } from "../components/basics.js";
import { Figure, Figures } from "../components/figure.js";
import { Heatmap } from "../components/heatmap.js";
import { Hash, NodeLabel } from "../components/identifiers.js";
import { LineChart } from "../components/line_chart.js";
import { Card, Page } from "../components/page.js";
import { Table } from "../components/table.js";
import { aligned, anchorLimit, byImplementation, coverageGrid, LEVEL, settled, summaryOf } from "../core/availability.js";
import { clock, counted, duration, millis, number, share, shortHash, shortNode } from "../core/format.js";
import { implementationText } from "../core/implementations.js";
import { html } from "../html.js";
import { href, location, setParameters } from "../state/location.js";
import { useNodeNames } from "../state/nodes.js";
import { bounds, comparing, comparisonMs, currentWindow, range } from "../state/range.js";
import { useAnswer, useEarlierAnswer } from "../state/requests.js";
import { client } from "../state/session.js";
import { now } from "../state/time.js";
import { Requests } from "./requests.js";
import { adoptStyles } from "../components/styles.js";
import styles from "./availability.css" with { type: "text" };

adoptStyles(styles);

/** @typedef {import("../../../client/web/tart.js").AvailabilityAnchors} Anchors */
/** @typedef {import("../../../client/web/tart.js").AnchorCoverage} Coverage */
/** @typedef {ReadonlyMap<string, import("../state/nodes.js").NodeName>} Names */

/** @type {import("../components/heatmap.js").Level[]} */
const LEVELS = [
  { value: LEVEL.ALL, label: "all others received it", colour: "--heat-4" },
  { value: LEVEL.MOST, label: "two thirds or more", colour: "--heat-2" },
  { value: LEVEL.FEW, label: "fewer", colour: "--warn", glyph: "▲" },
  { value: LEVEL.ELSEWHERE, label: "assured another branch", colour: "--line-strong", glyph: "○" },
  { value: LEVEL.MISSING, label: "did not assure it", colour: "--bad", glyph: "■" },
];
/** Anchors of the range before are compared with the nearest, at most this far. */
const NEAR_MS = 30_000;

export default function AvailabilityPage() {
  const names = useNodeNames();
  const limit = anchorLimit(names.size);
  const deps = [JSON.stringify(range.value), limit];
  const anchors = useAnswer("the anchors", (signal) => client.availabilityAnchors({ ...currentWindow(), limit }, { signal }), {
    every: 6000,
    deps,
  });
  const earlier = useEarlierAnswer(
    "the anchors of the range before",
    (window, signal) => client.availabilityAnchors({ ...window, limit }, { signal }),
    deps,
  );
  const before = comparing.value ? earlier.data : null;
  return html`<${Page} title="Availability" question="Does every validator hold its shards, say so in time, and hand them out?">
    <div class="cards">
      <${Answered}
        answer=${anchors}
        isEmpty=${(/** @type {Anchors} */ data) => !data.anchors.length}
        empty=${html`<${Card} title="Assurances"><${NoAssurances} /><//>`}
      >
        ${(/** @type {Anchors} */ data) => html`<div class="cards"><${Assurances} data=${data} before=${before} names=${names} /></div>`}
      <//>
      <${Requests} names=${names} />
    </div>
  <//>`;
}

function NoAssurances() {
  return html`<${Empty} title="No assurances in this range.">
    They appear here when nodes report Distributing assurance (126) and Assurance received (131).
  <//>`;
}

/** @param {{ data: Anchors, before: Anchors | null, names: Names }} properties */
function Assurances({ data, before, names }) {
  return html`
    <${Card} title="Assurances" note=${noteOf(data)}><${Summary} data=${data} before=${before} /><//>
    <${Card} size="two-thirds" title="Coverage" note="a row for each assurer, a column for each anchor; choose a column">
      <${Coverage} data=${data} names=${names} />
    <//>
    <${Card} size="third" title="Anchor"><${Anchor} data=${data} names=${names} /><//>
    <${Card} size="two-thirds" title="Assurers" flush><${Assurers} data=${data} names=${names} /><//>
    <${Card} size="third" title="Time until the receipts" note="from the first assurance">
      <${Times} data=${data} before=${before} />
    <//>
  `;
}

/** @param {Anchors} data */
function noteOf({ anchors, total_anchors: total, nodes, nodes_left_out: out }) {
  const some = anchors.length < total ? `newest ${number(anchors.length)} of ${counted(total, "anchor")}` : counted(total, "anchor");
  return `${some}, ${counted(nodes.length, "assurer")}${out ? `, ${number(out)} more left out` : ""}`;
}

/** @param {{ data: Anchors, before: Anchors | null }} properties */
function Summary({ data, before }) {
  const time = bounds()[1];
  const sum = summaryOf(data, Math.min(time, now.value));
  const old = before && summaryOf(before, time);
  const all = data.nodes.length;
  const enough = sum.assured === null || sum.assured * 3 > all * 2;
  return html`<${Figures} large>
    <${Figure}
      id="assured"
      label="Assurers of an anchor, median"
      value=${sum.assured === null ? "—" : share(sum.assured, all)}
      state=${enough ? undefined : "bad"}
      note=${enough ? undefined : html`<${State} state="bad" word="two thirds or fewer" />`}
      before=${old && share(old.assured, before?.nodes.length)}
    />
    <${Figure}
      id="two-thirds"
      label="Until two thirds of the receipts, median"
      value=${duration(sum.twoThirds)}
      note=${`reached for ${share(sum.twoThirdsReached, sum.anchors)} anchors`}
      before=${old && duration(old.twoThirds)}
    />
    <${Figure}
      id="all"
      label="Until all receipts, median"
      value=${duration(sum.all)}
      note=${`reached for ${share(sum.allReached, sum.anchors)} anchors`}
      before=${old && duration(old.all)}
    />
    <${Figure}
      id="missing"
      label="Assurances missing"
      value=${share(sum.missing, sum.possible)}
      note="without those of another branch"
      before=${old && share(old.missing, old.possible)}
    />
    <${Figure}
      id="late"
      label="Assurances late"
      value=${number(sum.late)}
      note=${`${duration(data.late_after_ms)} or more after the first`}
      before=${old && number(old.late)}
    />
  <//>`;
}

/** @param {{ data: Anchors, names: Names }} properties */
function Coverage({ data, names }) {
  const order = useMemo(() => byImplementation(data.nodes, names), [data, names]);
  const grid = useMemo(() => coverageGrid(data, order), [data, order]);
  const label = (/** @type {number} */ row) => {
    const id = data.nodes[order[row]];
    const node = names.get(id);
    return `${shortNode(id)}${node?.implementation_name ? ` · ${implementationText(node.implementation_name, node.implementation_version)}` : ""}`;
  };
  return html`<${Heatmap}
    title="Coverage of anchors by assurances"
    rows=${order.length}
    columns=${grid.anchors.length}
    values=${grid.values}
    levels=${LEVELS}
    height=${Math.max(200, Math.min(640, order.length * 12))}
    rowTitle="assurer"
    columnTitle="anchor"
    rowLabel=${label}
    columnLabel=${(/** @type {number} */ column) => anchorText(grid.anchors[column])}
    describe=${(/** @type {number} */ row, /** @type {number} */ column) => cellText(data, grid.anchors[column], order[row])}
    onOpen=${(/** @type {number} */ _, /** @type {number} */ column) => setParameters({ anchor: grid.anchors[column].anchor })}
  />`;
}

/** @param {Coverage} anchor */
function anchorText({ slot, anchor, first_at: time }) {
  return `${slot === null ? shortHash(anchor) : `slot ${number(slot)}`} · ${clock(time)}`;
}

/** @param {Anchors} data @param {Coverage} anchor @param {number} node */
function cellText({ nodes }, { reached, started_ms: started, elsewhere }, node) {
  const others = nodes.length - 1;
  const count = reached[node];
  if (count === null) return elsewhere.includes(node) ? "assured another branch" : "did not assure it";
  return `received by ${share(count, others)}, sent ${duration(started[node])} after the first`;
}

/** The anchor that is chosen, or the newest that is settled. @param {{ data: Anchors, names: Names }} properties */
function Anchor({ data, names }) {
  const chosen = location.value.parameters.anchor;
  const anchor = data.anchors.find(({ anchor: hash }) => hash === chosen) ?? settled(data.anchors, now.value)[0] ?? data.anchors[0];
  const all = data.nodes.length;
  return html`
    ${chosen &&
    anchor.anchor !== chosen &&
    html`<p class="card-note" role="status">
      Anchor ${shortHash(chosen)} is not among the newest ${number(data.anchors.length)} of this range; shown is the newest.
    </p>`}
    <dl class="pairs" data-anchor=${anchor.anchor}>
      <dt>Block</dt>
      <dd><${Hash} value=${anchor.anchor} /></dd>
      <dt>Slot</dt>
      <dd>${anchor.slot === null ? "—" : html`<a href=${href(`slots/${anchor.slot}`)}>${number(anchor.slot)}</a>`}</dd>
      <dt>First assured</dt>
      <dd><${Time} value=${anchor.first_at} fraction /></dd>
      <dt>Assured by</dt>
      <dd>${share(anchor.assured, all)} nodes</dd>
      <dt>Receipts</dt>
      <dd>${share(anchor.receipts, anchor.expected_receipts)}</dd>
      <dt>Two thirds after</dt>
      <dd>${anchor.until_two_thirds_ms === null ? "not reached" : duration(anchor.until_two_thirds_ms)}</dd>
      <dt>All after</dt>
      <dd>
        ${anchor.until_all_ms === null
          ? `not reached; last receipt after ${duration(anchor.last_receipt_ms)}`
          : duration(anchor.until_all_ms)}
      </dd>
      <dt>Missing</dt>
      <dd><${NodeList} nodes=${ids(data, anchor.missing.filter((place) => !anchor.elsewhere.includes(place)))} names=${names} /></dd>
      <dt>Other branch</dt>
      <dd><${NodeList} nodes=${ids(data, anchor.elsewhere)} names=${names} /></dd>
      <dt>Late</dt>
      <dd><${NodeList} nodes=${ids(data, anchor.late)} names=${names} /></dd>
    </dl>
  `;
}

/** @param {Anchors} data @param {readonly number[]} places */
function ids({ nodes }, places) {
  return places.map((place) => nodes[place]);
}

/** Some nodes, the first twelve by name. @param {{ nodes: readonly string[], names: Names }} properties */
export function NodeList({ nodes, names }) {
  if (!nodes.length) return html`<span class="muted">none</span>`;
  const shown = nodes.slice(0, 12);
  return html`<span class="node-list">
    ${shown.map((id) => html`<${NodeLabel} key=${id} node=${names.get(id) ?? { node_id: id }} />`)}
    ${nodes.length > shown.length && html`<span class="muted">and ${number(nodes.length - shown.length)} more</span>`}
  </span>`;
}

/** @param {{ data: Anchors, before: Anchors | null }} properties */
function Times({ data, before }) {
  const { x, series } = useMemo(() => timesOf(data, before), [data, before]);
  return html`<${LineChart} title="Time until the receipts of assurances" x=${x} series=${series} format=${duration} />`;
}

/** @param {Anchors} data @param {Anchors | null} before */
function timesOf(data, before) {
  const anchors = [...data.anchors].reverse();
  const x = anchors.map(({ first_at: time }) => millis(time) ?? 0);
  const old = [...(before?.anchors ?? [])].reverse();
  const oldX = old.map(({ first_at: time }) => millis(time) ?? 0);
  const ghost = (/** @type {"until_two_thirds_ms" | "until_all_ms"} */ name) => aligned(x, oldX, old.map((row) => row[name]), comparisonMs(), NEAR_MS);
  return {
    x,
    series: [
      ...(before ? [{ label: "two thirds, before", values: ghost("until_two_thirds_ms"), ghost: true }] : []),
      { label: "two thirds", values: anchors.map((row) => row.until_two_thirds_ms), colour: "--accent" },
      { label: "last so far", values: anchors.map((row) => row.last_receipt_ms), colour: "--line-strong" },
      { label: "all", values: anchors.map((row) => row.until_all_ms), colour: "--ok", points: true },
    ],
  };
}

/** @param {{ data: Anchors, names: Names }} properties */
function Assurers({ data, names }) {
  const total = data.anchors.length;
  const others = data.nodes.length - 1;
  /** @type {import("../components/table.js").Column<any>[]} */
  const columns = [
    {
      id: "node",
      title: "Node",
      rank: 1,
      value: (row) => row.node_id,
      cell: (row) => html`<${NodeLabel} node=${names.get(row.node_id) ?? row} state=${stateOf(row, total)[0]} word=${stateOf(row, total)[1]} />`,
    },
    { id: "missing", title: "Missing", rank: 2, end: true, value: (row) => row.missing - row.elsewhere, help: `Of ${number(total)} anchors, without those of another branch.` },
    { id: "elsewhere", title: "Branch", end: true, value: (row) => row.elsewhere, help: "Anchors for which it assured another branch." },
    { id: "late", title: "Late", rank: 3, end: true, value: (row) => row.late },
    { id: "reached", title: "Reached", end: true, value: (row) => row.reached, cell: (row) => number(row.reached, 1), help: `Mean number of nodes that received it, of ${number(others)}.` },
    { id: "start", title: "Start p50", end: true, value: (row) => row.start_p50_ms, cell: (row) => duration(row.start_p50_ms), help: "After the first assurance of the anchor." },
    { id: "p50", title: "Delivery p50", end: true, value: (row) => row.delivery_p50_ms, cell: (row) => duration(row.delivery_p50_ms), help: "From its assurance to the receipts." },
    { id: "p95", title: "p95", end: true, value: (row) => row.delivery_p95_ms, cell: (row) => duration(row.delivery_p95_ms) },
  ];
  return html`<${Table}
    caption="Assurers"
    columns=${columns}
    rows=${data.assurers}
    rowKey=${(/** @type {any} */ row) => row.node_id}
    sort="-missing"
    sortParameter="assurers"
    csv="assurers"
    height=${260}
  />`;
}

/** @param {{ missing: number, elsewhere: number, late: number }} row @param {number} total @returns {[import("../components/basics.js").StateName, string]} */
function stateOf({ missing, elsewhere, late }, total) {
  const lost = missing - elsewhere;
  if (total && lost * 2 >= total) return ["bad", "misses half of the anchors or more"];
  if (total && (lost * 10 >= total || late * 10 >= total)) return ["warn", "misses or delays a tenth of the anchors or more"];
  return ["ok", "assures the anchors"];
}
