// @ts-check
/** Work-packages: how many come through, where and why the others are lost, and how long it takes. */

import { Answered, Empty } from "../components/answered.js";
import { Ago, State } from "../components/basics.js";
import { Figure, Figures } from "../components/figure.js";
import { LineChart } from "../components/line_chart.js";
import { Segmented } from "../components/choices.js";
import { Hash, NodeLabel } from "../components/identifiers.js";
import { Card, Page } from "../components/page.js";
import { Table } from "../components/table.js";
import { counted, duration, millis, number, percent, share } from "../core/format.js";
import { funnelRows, groupOf, stageWord, STEP_WORDS } from "../core/work_stages.js";
import { html } from "../html.js";
import { go, href, location, setParameters } from "../state/location.js";
import { comparing, currentWindow, range } from "../state/range.js";
import { useAnswer, useEarlierAnswer } from "../state/requests.js";
import { client } from "../state/session.js";
import { adoptStyles } from "../components/styles.js";
import styles from "./work.css" with { type: "text" };

adoptStyles(styles);

/** @typedef {import("../../../client/web/tart.js").WorkFunnel} WorkFunnel */
/** @typedef {import("../../../client/web/tart.js").ActiveWorkpackages} ActiveWorkpackages */
/** @typedef {import("../../../client/web/tart.js").ActiveWorkpackage} ActivePackage */
/** @typedef {import("../../../client/web/tart.js").WorkLatency} WorkLatency */
/** @typedef {import("../../../client/web/tart.js").WorkFailureGroup} FailureGroup */

const EVERY = 5000;

export default function WorkPage() {
  const deps = [JSON.stringify(range.value)];
  const compare = comparing.value;
  const funnel = useAnswer("the work funnel", (signal) => client.workFunnel(currentWindow(), { signal }), { every: EVERY, deps });
  const before = useEarlierAnswer("the funnel of the range before", (window, signal) => client.workFunnel(window, { signal }), deps);
  const active = useAnswer("the newest packages", (signal) => client.activeWorkpackages({ ...currentWindow(), limit: 1000 }, { signal }), { every: EVERY, deps });
  const latency = useAnswer("the latency of the stages", (signal) => client.workLatency(currentWindow(), { signal }), { every: 15_000, deps });
  const latencyBefore = useEarlierAnswer("the latency of the range before", (window, signal) => client.workLatency(window, { signal }), deps);
  return html`<${Page} title="Work" question="How far do work-packages come, and where are they lost?">
    <${Answered} answer=${funnel}>
      ${(/** @type {WorkFunnel} */ data) => html`<${Summary} data=${data} before=${compare ? before.data : null} />`}
    <//>
    <div class="cards">
      <${Card} title="Funnel" note="packages that began in the range" size="half">
        <${Answered} answer=${funnel} isEmpty=${(/** @type {WorkFunnel} */ data) => data.packages === 0} empty=${html`<${NoPackages} />`} lines=${6}>
          ${(/** @type {WorkFunnel} */ data) => html`<${Funnel} data=${data} before=${compare ? before.data : null} />`}
        <//>
      <//>
      <${Card} title="Latency of a stage" note="by the clock of the guarantor" size="half">
        <${Answered} answer=${latency} isEmpty=${(/** @type {WorkLatency} */ data) => data.stages.length === 0} empty=${html`<${NoPackages} />`}>
          ${(/** @type {WorkLatency} */ data) => html`<${Latency} data=${data} before=${compare ? latencyBefore.data : null} />`}
        <//>
      <//>
      <${Card} title="Packages" note="the newest of the range" flush>
        <${Answered} answer=${active} lines=${8}>
          ${(/** @type {ActiveWorkpackages} */ data) => html`<${Packages} data=${data} />`}
        <//>
      <//>
      <${Card} title="Failures" note="events by reason; one package may fail at several guarantors" flush>
        <${Answered} answer=${funnel}>
          ${(/** @type {WorkFunnel} */ data) => html`<${Failures} groups=${data.failure_groups} />`}
        <//>
      <//>
    </div>
  <//>`;
}

function NoPackages() {
  return html`<${Empty} title="No work-packages began in this range.">
    <span>Guarantors report them with WorkPackageSubmission (90). A longer range may have some.</span>
  <//>`;
}

/** @param {{ data: WorkFunnel, before: WorkFunnel | null }} properties */
function Summary({ data, before }) {
  const rows = funnelRows(data);
  const old = before && funnelRows(before);
  const [lost, waiting, stopped] = totals(rows);
  const available = rows.at(-1)?.reached ?? 0;
  const nameless = data.unidentified.submissions + data.unidentified.shares;
  return html`<${Figures} large>
    <${Figure} id="packages" label="Packages" value=${number(data.packages)} before=${before && number(before.packages)}
      note=${data.exact ? undefined : "estimated from a sample"} />
    <${Figure} id="available" label="Available" value=${percent(data.packages ? available / data.packages : null)}
      note=${`${number(available)} of ${number(data.packages)}`} before=${old && percent(before.packages ? (old.at(-1)?.reached ?? 0) / before.packages : null)} />
    <${Figure} id="lost" label="Lost" value=${number(lost)} state=${lost ? "bad" : undefined} note="failed or discarded" before=${old && number(totals(old)[0])} />
    <${Figure} id="waiting" label="In progress" value=${number(waiting)} note="with an event in the last minute" />
    <${Figure} id="stopped" label="Stopped" value=${number(stopped)} state=${stopped ? "warn" : undefined} note="no event, no reason" before=${old && number(totals(old)[2])} />
    <${Figure} id="unidentified" label="Ended unnamed" value=${number(nameless)} note="before the package was known" />
  <//>`;
}

/** @param {import("../core/work_stages.js").FunnelRow[]} rows */
function totals(rows) {
  return /** @type {const} */ (["lost", "waiting", "stopped"]).map((name) => rows.reduce((sum, row) => sum + row[name], 0));
}

/** @param {{ data: WorkFunnel, before: WorkFunnel | null }} properties */
function Funnel({ data, before }) {
  const rows = funnelRows(data);
  const old = before && funnelRows(before);
  return html`<ol class="funnel" aria-label="Funnel of work-packages">
    ${rows.map(
      (row, index) => html`<li key=${row.stage} data-stage=${row.stage} data-reached=${row.reached}>
        <span class="funnel-stage">${row.label}</span>
        <span class="funnel-track" aria-hidden="true">
          ${old && html`<i class="funnel-before" style=${{ width: `${shareOf(old[index]?.reached, before?.packages)}%` }}></i>`}
          <i class="funnel-fill" style=${{ width: `${shareOf(row.reached, data.packages)}%` }}></i>
        </span>
        <span class="funnel-count">${index === 0 ? number(row.reached) : share(row.reached, data.packages)}</span>
        ${index < rows.length - 1 && html`<${Losses} row=${row} next=${rows[index + 1].label} />`}
      </li>`,
    )}
  </ol>`;
}

/** @param {number | undefined} part @param {number | undefined} whole */
function shareOf(part = 0, whole = 0) {
  return whole ? (100 * part) / whole : 0;
}

/** @param {{ row: import("../core/work_stages.js").FunnelRow, next: string }} properties */
function Losses({ row, next }) {
  if (!row.lost && !row.waiting && !row.stopped) return null;
  return html`<ul class="funnel-losses" aria-label=${`Not ${next}`}>
    ${row.reasons.slice(0, 4).map(
      ({ reason, count }) => html`<li key=${reason}><${State} state="bad" word=${`${number(count)} lost`} /> ${reason ?? "for other reasons"}</li>`,
    )}
    ${row.reasons.length > 4 && html`<li>${counted(row.reasons.length - 4, "more reason")}</li>`}
    ${row.stopped > 0 && html`<li><${State} state="warn" word=${`${number(row.stopped)} stopped`} /> without a reason</li>`}
    ${row.waiting > 0 && html`<li><${State} state="idle" word=${`${number(row.waiting)} in progress`} /></li>`}
  </ul>`;
}

/** @param {{ data: WorkLatency, before: WorkLatency | null }} properties */
function Latency({ data, before }) {
  const wanted = location.value.parameters.stage ?? "received_to_distributed";
  const stage = data.stages.find((each) => each.stage === wanted) ?? data.stages[0];
  const old = before?.stages.find((each) => each.stage === stage.stage);
  const x = data.buckets.map((time) => millis(time) ?? 0);
  const samples = stage.counts.reduce((sum, count) => sum + count, 0);
  const series = [
    { label: "p50", values: stage.p50_ms, colour: "--accent" },
    { label: "p95", values: stage.p95_ms, colour: "--implementation-1" },
    ...(old ? [{ label: "p95 before", values: x.map((_, index) => old.p95_ms[index] ?? null), ghost: true }] : []),
  ];
  return html`<label class="row-of">
      Stage
      <select class="input" value=${stage.stage} onChange=${(/** @type {any} */ event) => setParameters({ stage: event.currentTarget.value })}>
        ${data.stages.map((each) => html`<option key=${each.stage} value=${each.stage}>${STEP_WORDS[each.stage] ?? stageWord(each.stage)}</option>`)}
      </select>
      <span class="muted">${counted(samples, "sample")}, buckets of ${duration(data.bucket_seconds * 1000)}</span>
    </label>
    <${LineChart} title="Latency of a stage" x=${x} series=${series} format=${duration} height=${240} />`;
}

const [LOST, DONE] = [["failed", "discarded"], ["available", "failed", "discarded"]];
/** Packages without an event for so long do not wait any more, as in the funnel. */
const STOPPED_AFTER_MS = 60_000;

/** @param {ActivePackage} row @param {number} end */
function isStopped(row, end) {
  return !DONE.includes(row.current_stage) && end - (millis(row.last_update) ?? 0) > STOPPED_AFTER_MS;
}

/** @type {{ id: string, label: string, of: (row: ActivePackage, end: number) => boolean }[]} */
const CHOICES = [
  { id: "progress", label: "In progress", of: (row, end) => !DONE.includes(row.current_stage) && !isStopped(row, end) },
  { id: "stopped", label: "Stopped", of: isStopped },
  { id: "lost", label: "Lost", of: (row) => LOST.includes(row.current_stage) },
  { id: "all", label: "All", of: () => true },
];

/** @param {{ data: ActiveWorkpackages }} properties */
function Packages({ data }) {
  const chosen = CHOICES.find(({ id }) => id === location.value.parameters.show) ?? CHOICES[0];
  const end = millis(data.window.end) ?? 0;
  const rows = data.work_packages.filter((row) => chosen.of(row, end));
  const tools = html`<span class="work-choices"><${Segmented}
      label="Packages"
      selected=${chosen.id}
      choices=${CHOICES.map(({ id, label, of }) => ({ id, label: `${label} ${number(data.work_packages.filter((row) => of(row, end)).length)}` }))}
      onSelect=${(/** @type {string} */ id) => setParameters({ show: id === CHOICES[0].id ? undefined : id })}
    /></span>
    ${!data.complete && html`<span class="muted">the newest ${number(data.work_packages.length)} of more</span>`}`;
  return html`<${Table}
    caption="Work-packages"
    csv="work-packages"
    sort="age"
    rows=${rows}
    rowKey=${(/** @type {ActivePackage} */ row) => row.hash}
    columns=${packageColumns(end)}
    onOpen=${(/** @type {ActivePackage} */ row) => go(`work/${row.hash}`)}
    tools=${tools}
    height=${420}
    empty=${chosen.id === "lost" ? "No package of the range was lost." : chosen.id === "stopped" ? "No package stopped without a reason." : "No such package in this range."}
  />`;
}

/** @param {number} end @returns {import("../components/table.js").Column<ActivePackage>[]} */
export function packageColumns(end) {
  return [
    { id: "package", title: "Package", value: (row) => row.hash, cell: (row) => html`<${Hash} value=${row.hash} path=${`work/${row.hash}`} />`, rank: 1 },
    { id: "core", title: "Core", end: true, value: (row) => row.core_index, cell: (row) => (row.core_index === null ? "—" : html`<a href=${href(`cores/${row.core_index}`)}>${row.core_index}</a>`) },
    { id: "stage", title: "Stage", value: (row) => row.current_stage, cell: (row) => html`<${State} state=${isStopped(row, end) ? "warn" : groupOf(row.current_stage).state} word=${stageWord(row.current_stage)} />`, rank: 2 },
    { id: "age", title: "Age", end: true, value: (row) => end - (millis(row.submitted_at) ?? 0), cell: (row) => html`<${Ago} value=${row.submitted_at} />`, rank: 3, help: "Since the first event at any guarantor" },
    { id: "quiet", title: "Last event", end: true, value: (row) => end - (millis(row.last_update) ?? 0), cell: (row) => html`<${Ago} value=${row.last_update} />` },
    { id: "elapsed", title: "Took", end: true, value: (row) => row.elapsed_ms, cell: (row) => duration(row.elapsed_ms), help: "From the first event to the last, by the server's clock" },
    { id: "guarantor", title: "Guarantor", value: (row) => row.node_id, cell: (row) => html`<${NodeLabel} node=${{ node_id: row.node_id }} short />` },
    { id: "guarantors", title: "Guarantors", end: true, value: (row) => row.nodes_involved },
    { id: "reason", title: "Reason", value: (row) => row.failure_reason ?? row.discard_reason, cell: (row) => reasonOf(row) },
  ];
}

/** @param {ActivePackage} row */
function reasonOf(row) {
  const reason = row.failure_reason ?? row.discard_reason;
  if (!reason) return html`<span class="muted">—</span>`;
  return row.superseded ? html`<span title="Another guarantor was faster" class="muted">superseded: ${reason}</span>` : reason;
}

/** @param {{ groups: FailureGroup[] }} properties */
function Failures({ groups }) {
  /** @type {import("../components/table.js").Column<FailureGroup>[]} */
  const columns = [
    { id: "reason", title: "Reason", value: (row) => row.reason, rank: 1 },
    { id: "event", title: "Event", value: (row) => row.event_name },
    { id: "count", title: "Events", end: true, value: (row) => row.count, cell: (row) => number(row.count), rank: 2 },
    { id: "nodes", title: "Nodes", end: true, value: (row) => row.nodes },
    { id: "last", title: "Newest", end: true, value: (row) => row.last_at, cell: (row) => html`<${Ago} value=${row.last_at} />`, rank: 3 },
    {
      id: "example",
      title: "Example",
      value: (row) => row.example_event_id,
      cell: (row) => (row.example_event_id === null ? html`<span class="muted" title="The event is no longer stored">—</span>` : html`<a href=${href(`events/${row.example_event_id}`)}>event ${row.example_event_id}</a>`),
    },
  ];
  return html`<${Table}
    caption="Failures of work"
    csv="work-failures"
    rows=${groups}
    rowKey=${(/** @type {FailureGroup} */ row) => `${row.event_type} ${row.reason}`}
    columns=${columns}
    onOpen=${(/** @type {FailureGroup} */ row) => (row.example_event_id === null ? undefined : go(`events/${row.example_event_id}`))}
    height=${360}
    empty="Nothing failed in this range."
  />`;
}
