// @ts-check
/** The journey of one work-package over all nodes, as a waterfall. */

import { useMemo, useRef, useState } from "preact/hooks";

import { Answered, Empty } from "../components/answered.js";
import { CopyButton, State } from "../components/basics.js";
import { toggledByKey } from "../components/downloads.js";
import { Icon } from "../components/icons.js";
import { TraceLink } from "../components/trace_link.js";
import { Card, Page } from "../components/page.js";
import { Table } from "../components/table.js";
import { clock, counted, duration, number, shortHash, shortNode } from "../core/format.js";
import { activity, BAR_WORDS, changedView, extentOf, linesOf, placeOf, tableOf, ticksOf, viewOf, viewText } from "../core/waterfall_layout.js";
import { groupOf, stageWord } from "../core/work_stages.js";
import { html } from "../html.js";
import { go, href, location, setParameters } from "../state/location.js";
import { localTime } from "../state/preferences.js";
import { useAnswer } from "../state/requests.js";
import { client } from "../state/session.js";
import { adoptStyles } from "../components/styles.js";
import styles from "./work.css" with { type: "text" };

adoptStyles(styles);

/** @typedef {import("../core/waterfall_layout.js").Line} Line */
/** @typedef {import("../../../client/web/tart.js").Waterfall} Waterfall */
/** @typedef {import("../../../client/web/tart.js").WaterfallBar} Bar */
/** @typedef {import("../../../client/web/tart.js").WaterfallGroup} Group */

const LINE_HEIGHT = 30;
/** Fewer lines than this are all drawn. */
const FEW_LINES = 80;
const ENDED = ["available", "failed", "discarded"];
/** Requests after the end of a package until they become rare. */
const ENDED_REQUESTS = 12;
const HASH = /^(0x)?[0-9a-f]{64}$/i;

/** @param {{ hash: string }} properties */
export default function JourneyPage({ hash }) {
  const other = location.value.parameters.with;
  // Of a package that has ended, what other nodes report still grows for a while.
  const ended = useRef(0);
  const answer = useAnswer(
    "the work-package",
    async (signal) => {
      const data = await client.waterfall(hash, {}, { signal });
      if (ENDED.includes(data.current_stage)) ended.current += 1;
      return data;
    },
    { every: ended.current > ENDED_REQUESTS ? 60_000 : 5000, deps: [hash] },
  );
  const overlay = useAnswer("the second package", (signal) => client.waterfall(/** @type {string} */ (other), {}, { signal }), { deps: [other], when: Boolean(other) });
  const title = html`Work-package <span class="mono">${shortHash(hash)}</span> <${CopyButton} text=${hash} label="Copy the whole hash" />`;
  if (answer.data === null && [400, 404].includes(answer.error?.status)) {
    return html`<${Page} title=${title}><${Unknown} hash=${hash} error=${answer.error} /><//>`;
  }
  return html`<${Page}
    title=${title}
    question="Where did its time go?"
    actions=${html`<${TraceLink} path=${`workpackages/${hash}`} />`}
  >
    <${Answered} answer=${answer} lines=${10}>
      ${(/** @type {Waterfall} */ data) => html`<${Journey} data=${data} overlay=${other ? overlay : null} other=${other} />`}
    <//>
  <//>`;
}

/** @param {{ hash: string, error: any }} properties */
function Unknown({ hash, error }) {
  return html`<${Empty} title=${error.status === 404 ? "No such work-package is known." : "This is no reference of a work-package."}>
    <p>
      ${HASH.test(hash)
        ? "The hash may be of a package that no guarantor has received, or that was received before the data that is stored."
        : "A package is found by its hash, by the hash of its report or of its erasure root (64 hex digits), or by the id of the event that began it."}
    </p>
    <p>Press <kbd>/</kbd> to search, or choose from the <a href=${href("work", { show: "all" })}>newest packages</a>.</p>
  <//>`;
}

/** @param {{ data: Waterfall, overlay: any, other: string | undefined }} properties */
function Journey({ data, overlay, other }) {
  const { own, view: viewParameter, closed: closedText, table } = location.value.parameters;
  const corrected = own !== "1";
  const closed = useMemo(() => new Set((closedText ?? "").split(",").filter(Boolean)), [closedText]);
  const second = overlay?.data ?? null;
  const lines = useMemo(
    () => [...linesOf(data, { corrected, closed, name: shortNode }), ...(second ? linesOf(second, { corrected, closed, overlaid: true, name: shortNode }) : [])],
    [data, second, corrected, closed],
  );
  const extent = useMemo(() => extentOf(lines), [lines]);
  const view = viewOf(viewParameter, extent);
  const guarantors = useMemo(() => extentOf(lines.filter(({ kind }) => kind === "node")), [lines]);
  const show = (/** @type {[number, number]} */ next) => setParameters({ view: next[0] <= extent[0] && next[1] >= extent[1] ? undefined : viewText(next) });
  return html`<div class="journey" onKeyDown=${(/** @type {KeyboardEvent} */ event) => toggledByKey(event, () => setParameters({ table: table ? undefined : "1" }))}>
    <${Sentence} data=${data} />
    ${data.truncated && html`<p class="notice" data-state="warn">There are more events than were read; counts are complete, times of single nodes are not.</p>`}
    <${Card}
      title="Waterfall"
      note=${`from ${clock(data.origin, { local: localTime.value, date: true, fraction: true })}${localTime.value ? "" : " UTC"}`}
      flush
      actions=${html`<${Controls} corrected=${corrected} table=${table === "1"} zoomed=${view !== extent} onWhole=${() => show(extent)} onGuarantors=${() => show(guarantors)} />`}
    >
      ${table === "1"
        ? html`<${StepTable} lines=${lines} />`
        : html`<${Waterfalls} lines=${lines} view=${view} extent=${extent} onView=${show} closed=${closed} />`}
      <${Legend} />
    <//>
    <div class="cards">
      <${Card} title="Critical path" size="half" note="each step begins where the one before it ended" flush><${CriticalPath} data=${data} /><//>
      <${Card} title="Other nodes" size="half" note="by the server's clock" flush><${Groups} groups=${data.groups} /><//>
      <${Card} title="Lay a second package over it" size="half"><${Second} hash=${data.hash} overlay=${overlay} other=${other} /><//>
    </div>
  </div>`;
}

/** Core, guarantors, slot, time: in one line. @param {{ data: Waterfall }} properties */
function Sentence({ data }) {
  const group = groupOf(data.current_stage);
  const { included_ms: included, available_ms: available } = data.chain;
  return html`<p class="journey-sentence" data-stage=${data.current_stage} data-duration=${data.duration_ms}>
    <${State} state=${group.state} word=${stageWord(data.current_stage)} />
    ${data.core_index !== null && html`<a href=${href(`cores/${data.core_index}`)}>core ${data.core_index}</a>`}
    <span title=${data.guarantors.join("\n")}>${data.guarantors.length ? `signed by ${counted(data.guarantors.length, "guarantor")}` : "no signature"}</span>
    ${data.slot !== null && html`<span>guaranteed for slot <a href=${href(`slots/${data.slot}`)}>${number(data.slot)}</a></span>`}
    ${included !== null && html`<span>seen on chain after ${duration(included)}</span>`}
    ${available !== null && html`<span>available after ${duration(available)}</span>`}
    <span><b>${duration(data.duration_ms)}</b> in all</span>
    ${data.failed && html`<span class="journey-reason">■ ${data.failure_reason ?? "discarded: it could not be reported on chain"}</span>`}
    ${data.superseded && html`<span class="muted">an attempt was superseded by another guarantor</span>`}
  </p>`;
}

/** @param {{ corrected: boolean, table: boolean, zoomed: boolean, onWhole: () => void, onGuarantors: () => void }} properties */
function Controls({ corrected, table, zoomed, onWhole, onGuarantors }) {
  return html`
    ${!table && !zoomed && html`<button type="button" class="button small" title="Zoom to the steps of the guarantors" onClick=${onGuarantors}>Zoom to guarantors</button>`}
    ${zoomed && html`<button type="button" class="button small" onClick=${onWhole}>Show all</button>`}
    <button
      type="button"
      class="button small"
      aria-pressed=${corrected}
      title="Shift the clocks of nodes to the server's. Without it, each row is by the clock of its node."
      onClick=${() => setParameters({ own: corrected ? "1" : undefined, view: undefined })}
    >
      Clocks corrected
    </button>
    <button type="button" class="button quiet small icon-only as-table" aria-pressed=${table} aria-label="Show as a table" title="Show as a table (T)" onClick=${() => setParameters({ table: table ? undefined : "1" })}>
      <${Icon} name=${table ? "chart" : "table"} />
    </button>
  `;
}

function Legend() {
  return html`<div class="journey-legend" aria-hidden="true">
    <span><i class="wf-key wf-bar"></i>step</span>
    <span><i class="wf-key wf-bar critical"></i>on the critical path</span>
    <span><i class="wf-key wf-typical"></i>typical p50–p95 of the last hour</span>
    <span><i class="wf-key wf-bar failed"></i>■ failed</span>
    <span>◆ event</span>
    <span>Drag to zoom; + − ← → by keyboard, 0 shows all.</span>
  </div>`;
}

/**
 * @param {{ lines: Line[], view: [number, number], extent: [number, number], onView: (view: [number, number]) => void, closed: Set<string> }} properties
 */
function Waterfalls({ lines, view, extent, onView, closed }) {
  const [scroll, setScroll] = useState({ top: 0, height: 640 });
  const [drag, setDrag] = useState(/** @type {{ from: number, to: number } | null} */ (null));
  const area = useRef(/** @type {HTMLElement | null} */ (null));
  const many = lines.length > FEW_LINES;
  const first = many ? Math.max(0, Math.floor(scroll.top / LINE_HEIGHT) - 8) : 0;
  const last = many ? Math.min(lines.length, Math.ceil((scroll.top + scroll.height) / LINE_HEIGHT) + 8) : lines.length;
  const ticks = ticksOf(view);

  /** @type {Record<string, "in" | "out" | "left" | "right">} */
  const keys = { "+": "in", "=": "in", "-": "out", ArrowLeft: "left", ArrowRight: "right" };
  function pressed(/** @type {KeyboardEvent} */ event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key in keys) onView(changedView(view, extent, keys[event.key]));
    else if (event.key === "0") onView(extent);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  function timeAt(/** @type {PointerEvent} */ event) {
    const box = /** @type {HTMLElement} */ (area.current).getBoundingClientRect();
    return view[0] + ((event.clientX - box.left) / box.width) * (view[1] - view[0]);
  }

  function down(/** @type {PointerEvent} */ event) {
    if (event.button !== 0 || /** @type {HTMLElement} */ (event.target).closest("a, button")) return;
    setDrag({ from: timeAt(event), to: timeAt(event) });
  }

  function up() {
    if (drag && Math.abs(drag.to - drag.from) > (view[1] - view[0]) / 100) onView([Math.min(drag.from, drag.to), Math.max(drag.from, drag.to)]);
    setDrag(null);
  }

  const selection = drag && placeOf(Math.min(drag.from, drag.to), Math.max(drag.from, drag.to), view);
  return html`<div class="wf" role="figure" aria-label=${`Waterfall of ${lines.length} lines`}>
    <div class="wf-head">
      <span class="wf-label muted">${duration(view[1] - view[0])} shown</span>
      <${MiniMap} lines=${lines} view=${view} extent=${extent} onView=${onView} />
    </div>
    <div class="wf-head">
      <span class="wf-label"></span>
      <span class="wf-axis" ref=${area} aria-hidden="true">
        ${ticks.map((at) => html`<i key=${at} style=${{ left: `${placeOf(at, at, view)?.left ?? 0}%` }}>${at === 0 ? "0" : duration(at)}</i>`)}
      </span>
    </div>
    <div
      class="wf-lines"
      tabindex="0"
      role="group"
      aria-label="Steps by node. Plus and minus zoom, left and right move, Tab reaches each step."
      onKeyDown=${pressed}
      onPointerDown=${down}
      onPointerMove=${(/** @type {PointerEvent} */ event) => drag && setDrag({ ...drag, to: timeAt(event) })}
      onPointerUp=${up}
      onPointerLeave=${() => setDrag(null)}
      onScroll=${(/** @type {any} */ { currentTarget: { scrollTop: top, clientHeight: height } }) => many && setScroll({ top, height })}
      style=${{ maxHeight: many ? "640px" : undefined }}
    >
      <div style=${{ height: `${first * LINE_HEIGHT}px` }}></div>
      ${lines.slice(first, last).map((line) => html`<${WaterfallLine} key=${line.key} line=${line} view=${view} ticks=${ticks} closed=${closed} />`)}
      <div style=${{ height: `${(lines.length - last) * LINE_HEIGHT}px` }}></div>
      ${selection && html`<div class="wf-cover"><span class="wf-label"></span><span class="wf-track"><i class="wf-selection" style=${{ left: `${selection.left}%`, width: `${selection.width}%` }}></i></span></div>`}
    </div>
  </div>`;
}

/** All of the time in small, with what is shown of it. @param {{ lines: Line[], view: [number, number], extent: [number, number], onView: (view: [number, number]) => void }} properties */
function MiniMap({ lines, view, extent, onView }) {
  const counts = useMemo(() => activity(lines, extent), [lines, extent]);
  const most = Math.max(...counts, 1);
  const place = placeOf(view[0], view[1], extent);
  function clicked(/** @type {MouseEvent} */ event) {
    const box = /** @type {HTMLElement} */ (event.currentTarget).getBoundingClientRect();
    const middle = extent[0] + ((event.clientX - box.left) / box.width) * (extent[1] - extent[0]);
    const half = (view[1] - view[0]) / 2;
    onView([Math.max(extent[0], middle - half), Math.min(extent[1], middle + half)]);
  }
  return html`<span class="wf-map" aria-hidden="true" onClick=${clicked}>
    ${counts.map((count, index) => html`<i key=${index} style=${{ height: `${(100 * count) / most}%` }}></i>`)}
    ${place && html`<b style=${{ left: `${place.left}%`, width: `${place.width}%` }}></b>`}
  </span>`;
}

/** @param {{ line: Line, view: [number, number], ticks: number[], closed: Set<string> }} properties */
function WaterfallLine({ line, view, ticks, closed }) {
  const { kind, overlaid } = line;
  return html`<div class=${`wf-line ${kind} ${overlaid ? "overlaid" : ""}`} data-line=${line.key}>
    <span class="wf-label"><${LineLabel} line=${line} closed=${closed} /></span>
    <span class="wf-track">
      ${ticks.map((at) => html`<i key=${at} class="wf-tick" style=${{ left: `${placeOf(at, at, view)?.left ?? 0}%` }}></i>`)}
      ${line.bars.map((bar, index) => html`<${BarView} key=${index} bar=${bar} line=${line} view=${view} />`)}
      ${line.marks.map((mark, index) => html`<${MarkView} key=${`mark-${index}`} mark=${mark} next=${line.marks[index + 1]} line=${line} view=${view} />`)}
      ${line.group && html`<${GroupView} group=${line.group} view=${view} />`}
    </span>
  </div>`;
}

/** @param {{ line: Line, closed: Set<string> }} properties */
function LineLabel({ line, closed }) {
  const { row, node } = line;
  if (!row) return html`<span class=${line.kind === "share" ? "muted" : ""} title=${node ?? undefined}>${line.label}</span>`;
  const open = !closed.has(row.node_id);
  function toggle() {
    const next = new Set(closed);
    if (open) next.add(row?.node_id ?? "");
    else next.delete(row?.node_id ?? "");
    setParameters({ closed: [...next].join(",") || undefined });
  }
  const offset = `clock ${row.clock_offset_ms >= 0 ? "+" : ""}${duration(row.clock_offset_ms)}${row.is_corrected ? "" : ", estimated from the first arrival"}`;
  return html`
    ${row.shares.length > 0 &&
    html`<button type="button" class="wf-toggle" aria-expanded=${open} aria-label=${`${counted(row.shares.length, "share")} of ${line.label}`} onClick=${toggle}>
      <${Icon} name=${open ? "down" : "right"} />
    </button>`}
    <a class="mono" href=${href(`nodes/${row.node_id}`)} title=${`${row.node_id}\n${offset}`}>${line.label}</a>
    <span class="muted">${row.role}${line.shares ? ` +${line.shares}` : ""}</span>
  `;
}

/** @param {{ bar: Bar, line: Line, view: [number, number] }} properties */
function BarView({ bar, line, view }) {
  const [start, end] = [bar.start_ms + line.shift, bar.end_ms + line.shift];
  const place = placeOf(start, end, view);
  if (!place) return null;
  const word = BAR_WORDS[bar.stage] ?? bar.stage;
  const failed = bar.status === "failed";
  const { typical } = bar;
  const range = typical && placeOf(start + typical.p50_ms, start + Math.max(typical.p95_ms, typical.p50_ms), view);
  const slow = typical && end - start > typical.p95_ms;
  const text = [
    `${word}: ${duration(end - start)}`,
    typical ? `typical ${duration(typical.p50_ms)} to ${duration(typical.p95_ms)} (${counted(typical.sample_count, "sample")})` : "",
    slow ? "slower than 95 % of the last hour" : "",
    bar.reason ? `${bar.status}: ${bar.reason}` : "",
    bar.is_critical ? "on the critical path" : "",
    bar.end_event_id === null ? "its event is no longer stored" : `opens event ${bar.end_event_id}`,
  ].filter(Boolean).join("\n");
  const style = { left: `${place.left}%`, width: `${place.width}%` };
  const name = `wf-bar ${failed ? "failed" : bar.status} ${bar.is_critical ? "critical" : ""} ${slow ? "slow" : ""}`;
  const content = html`${failed ? "■ " : ""}${bar.reason && failed ? bar.reason : word}${bar.stage === "share" && bar.status === "completed" ? " ✓" : ""}`;
  return html`
    ${range && html`<i class="wf-typical" style=${{ left: `${range.left}%`, width: `${range.width}%` }}></i>`}
    ${bar.end_event_id === null
      ? html`<span class=${name} style=${style} title=${text} data-stage=${bar.stage}>${content}</span>`
      : html`<a class=${name} style=${style} title=${text} data-stage=${bar.stage} aria-label=${text.replaceAll("\n", ", ")} href=${href(`events/${bar.end_event_id}`)}>${content}</a>`}
  `;
}

/** Room for the name of a mark of the chain, in percent of the width. */
const NAME_ROOM = 14;

/** @param {{ mark: Line["marks"][number], next?: Line["marks"][number], line: Line, view: [number, number] }} properties */
function MarkView({ mark, next, line, view }) {
  const at = mark.at + line.shift;
  const place = placeOf(at, at, view);
  if (!place) return null;
  const text = `${stageWord(mark.stage)} at ${duration(at)}`;
  const room = next ? (100 * (next.at - mark.at)) / (view[1] - view[0]) : 100 - place.left;
  const content = html`◆${line.kind === "chain" && room > NAME_ROOM ? html`<small>${stageWord(mark.stage)}</small>` : ""}`;
  const style = { left: `${place.left}%` };
  return mark.eventId === null
    ? html`<span class="wf-mark" style=${style} title=${text}>${content}</span>`
    : html`<a class="wf-mark" style=${style} title=${text} aria-label=${text} href=${href(`events/${mark.eventId}`)}>${content}</a>`;
}

/** Events of many nodes as a histogram. @param {{ group: Group, view: [number, number] }} properties */
function GroupView({ group, view }) {
  const { histogram } = group;
  const text = `${number(group.count)} ${reasonsOf(group)}: first ${duration(group.first_ms)}, half ${duration(group.p50_ms)}, last ${duration(group.last_ms)}`;
  const most = Math.max(...(histogram?.counts ?? []), 1);
  const end = placeOf(group.last_ms ?? 0, group.last_ms ?? 0, view);
  return html`
    ${histogram?.counts.map((count, index) => {
      const start = histogram.start_ms + index * histogram.bin_ms;
      const place = count ? placeOf(start, start + histogram.bin_ms, view) : null;
      return place && html`<i key=${index} class="wf-bin" style=${{ left: `${place.left}%`, width: `${place.width}%`, height: `${15 + (75 * count) / most}%` }}></i>`;
    })}
    ${end && html`<a class=${`wf-count ${end.left > 70 ? "before" : ""}`} style=${end.left > 70 ? { right: `${100 - (placeOf(group.first_ms ?? 0, group.first_ms ?? 0, view)?.left ?? end.left)}%` } : { left: `${end.left}%` }} title=${text}
      href=${group.first_event_id === null ? undefined : href(`events/${group.first_event_id}`)}>${number(group.count)}</a>`}
  `;
}

/** @param {Group} group */
function reasonsOf(group) {
  return Object.entries(group.reasons).map(([reason, count]) => `${reason} (${count})`).join(", ");
}

/** @param {{ lines: Line[] }} properties */
function StepTable({ lines }) {
  const rows = useMemo(() => tableOf(lines), [lines]);
  /** @type {import("../components/table.js").Column<ReturnType<typeof tableOf>[number]>[]} */
  const columns = [
    { id: "line", title: "Node", value: (row) => row.line, rank: 1 },
    { id: "step", title: "Step", value: (row) => row.step, rank: 2 },
    { id: "start", title: "Start", end: true, value: (row) => row.start, cell: (row) => duration(row.start) },
    { id: "took", title: "Took", end: true, value: (row) => row.end - row.start, cell: (row) => duration(row.end - row.start), rank: 3 },
    { id: "p50", title: "Typical p50", end: true, value: (row) => row.typical, cell: (row) => duration(row.typical) },
    { id: "p95", title: "p95", end: true, value: (row) => row.typicalMost, cell: (row) => duration(row.typicalMost) },
    { id: "critical", title: "Critical", value: (row) => (row.critical ? "yes" : "") },
    { id: "status", title: "Status", value: (row) => row.status },
    { id: "reason", title: "Reason", value: (row) => row.reason },
    { id: "event", title: "Event", end: true, value: (row) => row.event, cell: (row) => (row.event === null ? "—" : html`<a href=${href(`events/${row.event}`)}>${row.event}</a>`) },
  ];
  return html`<${Table}
    caption="Steps of the work-package"
    csv="waterfall"
    sort="start"
    rows=${rows}
    rowKey=${(/** @type {any} */ row) => row.key}
    columns=${columns}
    rowState=${(/** @type {any} */ row) => (row.status === "failed" ? "bad" : undefined)}
    onOpen=${(/** @type {any} */ row) => row.event !== null && go(`events/${row.event}`)}
  />`;
}

/** @param {{ data: Waterfall }} properties */
function CriticalPath({ data }) {
  const rows = data.critical_path.map((step, index) => ({ ...step, index }));
  const all = rows.length ? rows[rows.length - 1].end_ms - rows[0].start_ms : 0;
  /** @type {import("../components/table.js").Column<typeof rows[number]>[]} */
  const columns = [
    { id: "step", title: "Step", value: (row) => BAR_WORDS[row.stage] ?? row.stage, rank: 1 },
    { id: "node", title: "Node", value: (row) => row.node_id ?? "network", cell: (row) => (row.node_id ? html`<a class="mono" href=${href(`nodes/${row.node_id}`)}>${shortNode(row.node_id)}</a>` : "network"), rank: 3 },
    { id: "took", title: "Took", end: true, value: (row) => row.end_ms - row.start_ms, cell: (row) => duration(row.end_ms - row.start_ms), rank: 2 },
    {
      id: "part",
      title: "Of all",
      value: (row) => (all ? (row.end_ms - row.start_ms) / all : 0),
      cell: (row) => html`<span class="path-track"><i style=${{ marginInlineStart: `${all ? (100 * (row.start_ms - rows[0].start_ms)) / all : 0}%`, width: `${all ? Math.max(0.5, (100 * (row.end_ms - row.start_ms)) / all) : 0}%` }}></i></span>`,
    },
    { id: "event", title: "Event", end: true, value: (row) => row.event_id, cell: (row) => (row.event_id === null ? "—" : html`<a href=${href(`events/${row.event_id}`)}>${row.event_id}</a>`) },
  ];
  return html`<${Table} caption="Critical path" csv="critical-path" rows=${rows} rowKey=${(/** @type {any} */ row) => row.index} columns=${columns}
    onOpen=${(/** @type {any} */ row) => row.event_id !== null && go(`events/${row.event_id}`)} empty="Nothing followed its first event." />`;
}

/** @param {{ groups: Group[] }} properties */
function Groups({ groups }) {
  /** @type {import("../components/table.js").Column<Group>[]} */
  const columns = [
    { id: "what", title: "Event", value: (row) => stageWord(row.name), cell: (row) => html`<span title=${reasonsOf(row) || undefined}>${stageWord(row.name)}</span>`, rank: 1 },
    { id: "count", title: "Events", end: true, value: (row) => row.count, cell: (row) => number(row.count), rank: 2 },
    { id: "nodes", title: "Nodes", end: true, value: (row) => row.nodes },
    { id: "first", title: "First", end: true, value: (row) => row.first_ms, cell: (row) => duration(row.first_ms) },
    { id: "p50", title: "Half", end: true, value: (row) => row.p50_ms, cell: (row) => duration(row.p50_ms) },
    { id: "last", title: "Last", end: true, value: (row) => row.last_ms, cell: (row) => duration(row.last_ms), rank: 3 },
    { id: "reasons", title: "Reasons", value: reasonsOf, cell: (row) => reasonsOf(row) || html`<span class="muted">—</span>` },
  ];
  return html`<${Table} caption="Events of other nodes" csv="other-nodes" rows=${groups} rowKey=${(/** @type {Group} */ row) => row.name} columns=${columns}
    onOpen=${(/** @type {Group} */ row) => row.last_event_id !== null && go(`events/${row.last_event_id}`)} empty="No other node has reported anything of this package yet." />`;
}

/** @param {{ hash: string, overlay: any, other: string | undefined }} properties */
function Second({ hash, overlay, other }) {
  const [text, setText] = useState(other ?? "");
  const same = text.replace(/^0x/, "").toLowerCase() === hash;
  const valid = HASH.test(text.trim());
  function submit(/** @type {Event} */ event) {
    event.preventDefault();
    if (valid && !same) setParameters({ with: text.trim() }, { push: true });
  }
  return html`<form class="row-of" onSubmit=${submit}>
      <input class="input mono journey-second" aria-label="Hash of the second package" placeholder="hash of a package" value=${text} onInput=${(/** @type {any} */ event) => setText(event.currentTarget.value)} />
      <button class="button" disabled=${!valid || same}>Compare</button>
      ${other && html`<button type="button" class="button quiet" onClick=${() => (setText(""), setParameters({ with: undefined }))}>Remove</button>`}
    </form>
    <p class="muted" role="status">
      ${same ? "This is the same package." : overlay?.error ? `Cannot read the second package: ${overlay.error.message}.` : other ? "Both begin at 0; the rows of the second are hatched." : text && !valid ? "A hash has 64 hex digits." : "Both begin at 0."}
    </p>`;
}
