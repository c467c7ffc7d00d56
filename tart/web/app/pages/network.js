// @ts-check
/** The network: is it well, and if not, what is wrong? */

import { useMemo, useState } from "preact/hooks";

import { Answered, Empty, Skeleton } from "../components/answered.js";
import { Ago, Implementation, State } from "../components/basics.js";
import { Bars, Figure, Figures } from "../components/figure.js";
import { Card, Page } from "../components/page.js";
import { Later } from "../components/parts.js";
import { SlotStrip } from "../components/slot_strip.js";
import { Table } from "../components/table.js";
import { attention } from "../core/attention.js";
import { aligned } from "../core/availability.js";
import { compact, counted, DASH, duration, millis, number, percent, rate } from "../core/format.js";
import { implementationText } from "../core/implementations.js";
import { html } from "../html.js";
import { go, href } from "../state/location.js";
import { connection, summary } from "../state/live.js";
import { bounds, comparisonMs, currentWindow, range } from "../state/range.js";
import { useAnswer, useEarlierAnswer } from "../state/requests.js";
import { client } from "../state/session.js";
import { adoptStyles } from "../components/styles.js";
import styles from "./network.css" with { type: "text" };

adoptStyles(styles);

const SLOTS = 60;
/** Finality lags by 2 or 3 slots where all is well. */
const FINALITY_WARN = 6;
const MAX_ITEMS = 12;
const MINUTE_MS = 60_000;
/** The longest range whose events are shown by the minute. */
const FINE_MS = 120 * MINUTE_MS;

const loadAnomalies = () => import("../components/network_anomalies.js").then(({ NetworkAnomalies }) => NetworkAnomalies);
const loadChart = () => import("../components/line_chart.js").then(({ LineChart }) => LineChart);
// While the data is awaited: what stands above the charts does not wait for their library.
loadChart().catch(() => {});

/** @param {any} properties Those of LineChart. */
function LineChart(properties) {
  return html`<div class="network-chart"><${Later} load=${loadChart} ...${properties} /></div>`;
}

export default function NetworkPage() {
  const deps = [range.value];
  const interval = eventInterval();
  const nodes = useAnswer("the nodes", (signal) => client.nodesSummary({ ...currentWindow() }, { signal }), { every: 10_000, deps });
  const slots = useAnswer("the slots", (signal) => client.slots({ count: SLOTS }, { signal }), { every: 6_000 });
  const alerts = useAnswer("the alerts", (signal) => client.alerts({}, { signal }), { every: 10_000 });
  const funnel = useAnswer("the work-packages", (signal) => client.workFunnel({ ...currentWindow() }, { signal }), { every: 10_000, deps });
  const earlierFunnel = useEarlierAnswer("the work-packages before", (window, signal) => client.workFunnel(window, { signal }), deps);
  const findings = useAnswer("the findings", (signal) => client.conformance({ ...currentWindow() }, { signal }), { every: 30_000, deps });
  const implementations = useAnswer("the implementations", (signal) => client.implementations({ ...currentWindow() }, { signal }), { every: 15_000, deps });
  const events = useAnswer("the events by time", (signal) => client.timeseries({ metric: "events", interval, ...currentWindow() }, { signal }), { every: 15_000, deps });
  const earlierEvents = useEarlierAnswer("the events before", (window, signal) => client.timeseries({ metric: "events", interval, ...window }, { signal }), deps);
  const failures = useAnswer("the failures", (signal) => client.failureRates({ ...currentWindow() }, { signal }), { every: 15_000, deps });
  const groups = useAnswer("the failure groups", (signal) => client.failures({ ...currentWindow(), sort: "first_seen" }, { signal }), { every: 30_000, deps });
  const earlierFailures = useEarlierAnswer("the failures before", (window, signal) => client.failureRates(window, { signal }), deps);

  return html`<${Page} title="Network" question="Is it well, and if not, what and since when?">
    <div class=${connection.value === "stale" || connection.value === "offline" ? "stale" : ""}>
      <${Headline} nodes=${nodes.data} alerts=${alerts.data} failures=${failures.data} earlier=${earlierFailures.data} events=${events.data} />
    </div>
    <div class="cards">
      <${Card} title=${`Last ${SLOTS} slots`} note="height: time until 90 % of the nodes had the block; colour: the author's implementation" actions=${html`<a class="button quiet small" href=${href("blocks")}>All blocks</a>`}>
        <${Answered} answer=${slots} isEmpty=${noSlot} empty=${html`<${Empty} title="No slot yet">Blocks appear as soon as a node reports them.<//>`}>
          ${(/** @type {any} */ data) => html`<${SlotStrip} answer=${data} />`}
        <//>
      <//>
      <${Attention}
        answers=${{ nodes: nodes.data, slots: slots.data, alerts: alerts.data, failures: groups.data, funnel: funnel.data, conformance: findings.data, implementations: implementations.data }}
        missing=${[nodes, slots, alerts, groups, funnel, findings, implementations].filter(({ error }) => error).map(({ name }) => name)}
      />
      <${Propagation} answer=${slots} />
      <${ImplementationRows} answer=${implementations} />
      <${Funnel} answer=${funnel} earlier=${earlierFunnel.data} />
      <${Later} load=${loadAnomalies} />
      <${EventRate} answer=${events} earlier=${earlierEvents.data} />
      <${BlockInterval} answer=${slots} />
    </div>
  <//>`;
}

/** @param {any} properties */
function Headline({ nodes, alerts, failures, earlier, events }) {
  const live = summary.value;
  const best = live?.best_block ?? null;
  const finalized = live?.finalized_block ?? null;
  const lag = best !== null && finalized !== null ? best - finalized : null;
  const [connected, known] = [live?.nodes_connected ?? nodes?.connected, live?.nodes_known ?? nodes?.total];
  // Nothing is said of the chain by nodes that are gone, nor that it never had a block.
  const without = connected === 0 ? (known ? "no node is connected" : "no node has ever connected") : undefined;
  const firing = alerts?.counts.firing;
  const overall = failures?.overall;
  const spark = events?.data.map((/** @type {any} */ bucket) => bucket.events_per_second ?? null).slice(0, 60).reverse();
  return html`<${Figures} large>
    <${Figure} id="best" label="Best slot" value=${number(best)} note=${live && best === null ? without ?? "no third of the nodes has reached one" : undefined} />
    <${Figure}
      id="finalized"
      label="Finalized"
      value=${number(finalized)}
      note=${lag === null ? live && (without ?? "no block is finalized yet") : `${counted(lag, "slot")} behind`}
      state=${lag !== null && lag >= FINALITY_WARN ? "warn" : undefined}
    />
    <${Figure}
      id="nodes"
      label="Nodes connected"
      value=${number(connected)}
      unit=${known === undefined || known === null ? "" : `of ${number(known)}`}
      state=${connected < known ? (connected === 0 ? "bad" : "warn") : undefined}
      note=${nodes ? levelsText(nodes.levels) : undefined}
    />
    <${Figure} id="rate" label="Events" value=${rate(live?.last_10s?.events_per_second)} spark=${spark} note=${live ? "over the last 10 s" : undefined} />
    <${Figure}
      id="failures"
      label="Failures"
      value=${overall ? compact(overall.failed_events) : DASH}
      note=${overall ? `${percent(overall.failure_rate)} of ${compact(overall.attempts)} attempts${earlier?.overall.attempts ? `, before ${percent(earlier.overall.failure_rate)}` : ""}` : undefined}
      before=${earlier ? (earlier.overall.total_events ? compact(earlier.overall.failed_events) : "no events") : undefined}
    />
    <${Figure} id="alerts" label="Alerts" value=${number(firing)} state=${alerts?.counts.by_severity.critical ? "bad" : firing ? "warn" : undefined} note=${html`<a href=${href("alerts")}>all alerts</a>`} />
  <//>`;
}

/** @param {{ well: number, warning: number, bad: number, no_data: number }} levels */
function levelsText({ well, warning, bad, no_data: silent }) {
  const parts = [[bad, "bad"], [warning, "with a warning"], [silent, "without data"]].filter(([count]) => count);
  if (!parts.length && !well) return "none has ever connected";
  return parts.length ? parts.map(([count, word]) => `${number(/** @type {number} */ (count))} ${word}`).join(", ") : `all ${number(well)} well`;
}

/** @param {{ answers: any, missing: string[] }} properties */
function Attention({ answers, missing }) {
  const [whole, setWhole] = useState(false);
  const { shards_answered = 0, shards_total = 0 } = summary.value ?? {};
  const items = useMemo(() => attention({ ...answers, shards: { shards_answered, shards_total } }), [...Object.values(answers), shards_answered, shards_total]);
  // As long as an answer is awaited, nothing can be said of the whole.
  const waiting = Object.values(answers).filter((answer) => answer === null).length > missing.length;
  return html`<${Card} size="half first" title="Needs attention" note=${items.length ? counted(items.length, "item") : ""}>
    ${missing.length > 0 && html`<div class="notice" data-state="warn">Not checked, because they cannot be read: ${missing.join(", ")}.</div>`}
    ${waiting && !items.length && html`<${Skeleton} />`}
    ${!waiting && !items.length && !missing.length && (answers.nodes.total ? html`<${AllWell} alerts=${answers.alerts} />` : html`<${NoNode} />`)}
    <ul class="attention">
      ${items.slice(0, whole ? undefined : MAX_ITEMS).map(
        ({ state, text, path, parameters }) => html`<li key=${path + text}>
          <a href=${href(path, parameters)}><${State} state=${state} hideWord /><span>${text}</span></a>
        </li>`,
      )}
    </ul>
    ${items.length > MAX_ITEMS &&
    html`<button type="button" class="button quiet small" aria-expanded=${whole} onClick=${() => setWhole(!whole)}>
      ${whole ? "Show fewer" : `Show ${number(items.length - MAX_ITEMS)} more`}
    </button>`}
  <//>`;
}

/** Of a network without nodes nothing can be well. */
function NoNode() {
  return html`<${Empty} title="No node has ever connected.">A node sends telemetry with <code>--telemetry HOST:PORT</code> of this server.<//>`;
}

/** @param {{ alerts: any }} properties */
function AllWell({ alerts }) {
  const history = useAnswer("the last change of an alert", (signal) => client.alertHistory({ limit: 1 }, { signal }), { deps: [alerts?.counts.firing] });
  const last = history.data?.history[0]?.at;
  const since = last ?? alerts?.evaluated_since;
  return html`<p class="all-well">
    <${State} state="ok" word="Nothing needs attention" />
    ${since && html`<span class="muted">${last ? "the last alert changed" : "no alert since the watch began,"} <${Ago} value=${since} /></span>`}
  </p>`;
}

/** A server that was told of no block has slot 0 as its newest. @param {any} data */
function noSlot({ slots, newest_slot: newest }) {
  return !slots.length || newest === 0;
}

/** Of each slot its first block, as columns. @param {any} data */
function columnsOf(data) {
  const rows = data.slots.filter((/** @type {any} */ { blocks, time }) => blocks.length && time);
  return { rows, x: rows.map((/** @type {any} */ { time }) => millis(time)) };
}

/** @param {{ answer: any }} properties */
function Propagation({ answer }) {
  return html`<${Card} size="half" title="Propagation" note="time until the nodes had the block, slot by slot">
    <${Answered} answer=${answer} isEmpty=${noSlot} empty=${html`<${Empty} title="No block yet" />`}>
      ${(/** @type {any} */ data) => {
        const { rows, x } = columnsOf(data);
        const of = (/** @type {string} */ member) => rows.map((/** @type {any} */ { blocks }) => blocks[0][member]);
        return html`<${LineChart}
          title="Propagation by slot"
          x=${x}
          format=${duration}
          series=${[
            { label: "50 % of nodes", values: of("until_50_ms") },
            { label: "90 %", values: of("until_90_ms") },
            { label: "99 %", values: of("until_99_ms") },
          ]}
        />`;
      }}
    <//>
  <//>`;
}

/** @param {{ answer: any }} properties */
function BlockInterval({ answer }) {
  return html`<${Card} size="half" title="Block interval" note="from one block to the next; a slot has 6 s">
    <${Answered} answer=${answer} isEmpty=${noSlot} empty=${html`<${Empty} title="No block yet" />`}>
      ${(/** @type {any} */ data) => {
        const rows = data.slots.flatMap((/** @type {any} */ { blocks }) => (blocks[0]?.first_had_at ? [millis(blocks[0].first_had_at)] : []));
        const x = rows.slice(1);
        return html`<${LineChart} title="Block interval" x=${x} format=${duration} series=${[{ label: "interval", values: x.map((/** @type {number} */ at, /** @type {number} */ index) => at - rows[index]) }]} />`;
      }}
    <//>
  <//>`;
}

/** Minutes of a bucket of events: a short range of long ones would be a line of two points. */
function eventInterval() {
  const [from, to] = bounds();
  return to - from <= FINE_MS ? 1 : 5;
}

/** @param {{ answer: any, earlier: any }} properties */
function EventRate({ answer, earlier }) {
  return html`<${Card} size="half" title="Events per second">
    <${Answered} answer=${answer}>
      ${(/** @type {any} */ { data }) => {
        const rows = [...data].reverse();
        const x = rows.map(({ timestamp }) => millis(timestamp));
        const before = earlier ? [...earlier.data].reverse() : [];
        const times = before.map(({ timestamp }) => millis(timestamp) ?? 0);
        const rates = before.map(({ events_per_second: value }) => value ?? null);
        return html`<${LineChart}
          title="Events per second"
          x=${x}
          series=${[
            { label: "events/s", values: rows.map(({ events_per_second: value }) => value ?? null), fill: true },
            ...(before.length ? [{ label: "before", ghost: true, values: aligned(x.map((time) => time ?? 0), times, rates, comparisonMs(), (eventInterval() * MINUTE_MS) / 2) }] : []),
          ]}
        />`;
      }}
    <//>
  <//>`;
}

/** @param {{ answer: any }} properties */
function ImplementationRows({ answer }) {
  /** @type {import("../components/table.js").Column<any>[]} */
  const columns = [
    { id: "name", title: "implementation", rank: 1, value: (row) => implementationText(row.name, row.version), cell: (row) => html`<${Implementation} name=${row.name} version=${row.version} />` },
    { id: "nodes", title: "nodes", end: true, rank: 2, value: (row) => row.nodes },
    { id: "state", title: "state", value: (row) => row.levels.bad * 1000 + row.levels.warning, cell: (row) => html`<${Levels} levels=${row.levels} />` },
    { id: "lag", title: "lag", help: "Median and most slots behind the network's best", end: true, value: (row) => row.best_lag_p50, cell: (row) => (row.best_lag_p50 === null ? DASH : `${number(row.best_lag_p50)} / ${number(row.best_lag_max)}`) },
    { id: "import", title: "import p95", end: true, rank: 3, value: (row) => row.import_p95_ms, cell: (row) => (row.imports ? duration(row.import_p95_ms) : DASH) },
    { id: "failures", title: "failures", end: true, value: (row) => row.failures },
    { id: "findings", title: "findings", help: "Rules of severity error and warning that its nodes broke", end: true, value: (row) => row.errors + row.warnings },
  ];
  return html`<${Card} size="two-thirds" flush title="Implementations">
    <${Answered} answer=${answer}>
      ${(/** @type {any} */ { implementations }) => html`<${Table}
        caption="Implementations"
        rows=${implementations}
        rowKey=${(/** @type {any} */ row) => `${row.name} ${row.version}`}
        columns=${columns}
        sort="-nodes"
        sortParameter="implementations-sort"
        onOpen=${() => go("implementations")}
        empty="No node has connected in this range."
        height=${320}
      />`}
    <//>
  <//>`;
}

/** @param {{ levels: any }} properties */
function Levels({ levels: { well, warning, bad, no_data: silent } }) {
  if (bad) return html`<${State} state="bad" word=${`${number(bad)} bad`} />`;
  if (warning) return html`<${State} state="warn" word=${`${number(warning)} with a warning`} />`;
  if (silent) return html`<${State} state="idle" word=${`${number(silent)} without data`} />`;
  return html`<${State} state="ok" word=${well === 1 ? "well" : "all well"} />`;
}

/** @param {{ answer: any, earlier: any }} properties */
function Funnel({ answer, earlier }) {
  return html`<${Card} size="third" title="Work" note="packages that reached each stage" actions=${html`<a class="button quiet small" href=${href("work")}>Details</a>`}>
    <${Answered} answer=${answer} isEmpty=${(/** @type {any} */ { packages }) => !packages} empty=${html`<${Empty} title="No work-package in this range">Builders submit them to guarantors.<//>`}>
      ${(/** @type {any} */ { stages, packages }) => html`<${Bars}
        label="Work-packages by stage"
        rows=${stages.map((/** @type {any} */ { stage, reached, lost }, /** @type {number} */ index) => ({
          label: stage,
          value: reached,
          text: `${number(reached)} (${percent(reached / packages)})${earlier ? `, before ${number(earlier.stages[index].reached)}` : ""}`,
          state: "info",
          title: lost ? `${number(lost)} lost after this stage` : undefined,
        }))}
      />`}
    <//>
  <//>`;
}
