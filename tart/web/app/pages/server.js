// @ts-check
/** The server itself, for who runs it. */

import { Answered, Empty } from "../components/answered.js";
import { Ago, State, Time } from "../components/basics.js";
import { Bars, Figure, Figures } from "../components/figure.js";
import { Segmented } from "../components/choices.js";
import { HostUsage } from "../components/host_usage.js";
import { Card, Page } from "../components/page.js";
import { Table } from "../components/table.js";
import { bytes, compact, counted, DASH, duration, number, rate } from "../core/format.js";
import { diskOutlook, endpointState, serverFindings } from "../core/server_state.js";
import { html } from "../html.js";
import { location, setParameters } from "../state/location.js";
import { useAnswer } from "../state/requests.js";
import { can, client } from "../state/session.js";

/** @typedef {import("../../../client/web/tart.js").ServerStatus} ServerStatus */
/** @typedef {import("../../../client/web/tart.js").ServerShard} ServerShard */
/** @typedef {import("../../../client/web/tart.js").ServerChain} ServerChain */
/** @typedef {import("../../../client/web/tart.js").ServerEndpoint} ServerEndpoint */
/** @typedef {import("../../../client/web/tart.js").ServerRoute} ServerRoute */
/** @typedef {import("../../../client/web/tart.js").ServerSetting} ServerSetting */
/** @typedef {import("../../../client/web/tart.js").ServerLog} ServerLog */
/** @typedef {import("../../../client/web/tart.js").LogLine} LogLine */
/** @typedef {import("../components/basics.js").StateName} StateName */

export default function ServerPage() {
  const answer = useAnswer("the state of the server", (signal) => client.server({}, { signal }), { every: 5000 });
  return html`<${Page} title="Server" question="Does it keep up, and for how long does the disk suffice?">
    <${Answered} answer=${answer} lines=${8}>${(/** @type {ServerStatus} */ data) => html`<${Content} data=${data} />`}<//>
    <${Log} />
  <//>`;
}

/** @param {{ data: ServerStatus }} properties */
function Content({ data }) {
  const figures = data.shard_list.flatMap((shard) => (shard.figures ? [shard.figures] : []));
  const sum = (/** @type {(figures: NonNullable<ServerShard["figures"]>) => number} */ of) =>
    figures.length ? figures.reduce((total, each) => total + of(each), 0) : null;
  const rates = figures.map((each) => each.events_per_second);
  const disk = diskOutlook(data.disk);
  const all = data.shard_list.length;
  return html`<div class="cards">
    <${Figures} large>
      <${Figure} id="shards" label="Shards up" value=${`${data.shards_up} of ${all}`} state=${data.shards_up < all ? "bad" : "ok"} />
      <${Figure} id="connections" label="Connections" value=${number(sum((each) => each.connections))} />
      <${Figure}
        id="rate"
        label="Events"
        value=${rate(rates.includes(null) || !rates.length ? null : rates.reduce((total, each) => (total ?? 0) + (each ?? 0), 0))}
        note="mean of 10 s"
      />
      <${Figure}
        id="memory"
        label="Memory"
        value=${bytes((sum((each) => each.resident_bytes) ?? 0) + data.gateway.resident_bytes)}
        note=${`${bytes(data.host.memory_available_bytes)} of the host available`}
      />
      <${Figure} id="disk" label="Disk" value=${disk.short} state=${disk.state === "ok" ? undefined : disk.state} note=${`${bytes(data.disk.free_bytes)} free`} />
      <${Figure} id="uptime" label="Gateway up for" value=${duration(data.gateway.uptime_seconds * 1000)} note=${data.gateway.restarted ? "after it ended" : undefined} />
      <${Figure} id="version" label="tart" value=${data.version} note=${`Python ${data.python}, DuckDB ${data.duckdb ?? DASH}`} />
    <//>
    <${Findings} data=${data} />
    <${Card} title="Shards" note="counts since each started" flush><${Shards} rows=${data.shard_list} /><//>
    <${Chain} chain=${data.chain} />
    <${Disk} data=${data} />
    <${HostUsage} host=${data.host} />
    <${Card} title="Requests" note="since the gateway started; most time in sum first" flush><${Requests} rows=${data.requests} /><//>
    <${Gateway} data=${data} />
    <${Settings} rows=${data.settings} />
  </div>`;
}

/** @param {{ data: ServerStatus }} properties */
function Findings({ data }) {
  const findings = serverFindings(data);
  return html`<${Card} title="Needs attention" note=${findings.length ? counted(findings.length, "finding") : undefined}>
    ${findings.length
      ? html`<ul class="plain">
          ${findings.map(({ state, text }) => html`<li key=${text}><${State} state=${state} hideWord /> ${text}</li>`)}
        </ul>`
      : html`<p><${State} state="ok" hideWord /> Nothing: no pauses, failures, damaged files or restarts since the shards started.</p>`}
  <//>`;
}

/** @type {Record<string, StateName>} */
const SHARD_STATES = { up: "ok", starting: "warn", down: "bad" };

/**
 * A column of a figure of shards; shards that do not answer have none.
 *
 * @param {string} id
 * @param {string} title
 * @param {(figures: NonNullable<ServerShard["figures"]>) => number | null} of
 * @param {(value: number | null) => any} text
 * @param {string} [help]
 */
function figureColumn(id, title, of, text, help) {
  const value = (/** @type {ServerShard} */ row) => (row.figures ? of(row.figures) : null);
  return { id, title, help, value, cell: (/** @type {ServerShard} */ row) => text(value(row)), end: true };
}

const SHARD_COLUMNS = [
  {
    id: "shard",
    title: "Shard",
    value: (/** @type {ServerShard} */ row) => row.shard,
    cell: (/** @type {ServerShard} */ row) =>
      html`<${State} state=${row.figures?.is_paused ? "bad" : SHARD_STATES[row.state]} word=${`${row.shard} ${row.figures?.is_paused ? "paused" : row.state}`} />`,
    rank: /** @type {const} */ (1),
  },
  { ...figureColumn("connections", "Connections", (each) => each.connections, number), rank: /** @type {const} */ (2) },
  { ...figureColumn("rate", "Events", (each) => each.events_per_second, (value) => rate(value)), rank: /** @type {const} */ (3) },
  figureColumn("write50", "Write p50", (each) => each.write_ms.p50, duration, "Duration of a commit"),
  figureColumn("write99", "Write p99", (each) => each.write_ms.p99, duration, "Duration of a commit"),
  figureColumn("commit99", "Stored p99", (each) => each.commit_ms.p99, duration, "From receipt until an event is stored"),
  figureColumn("pending", "Waiting", (each) => each.pending_bytes, bytes, "Received and not yet stored"),
  figureColumn("lag", "Lag", (each) => each.loop_lag_seconds * 1000, duration, "By which its event loop is late"),
  figureColumn("queries", "Queries waiting", (each) => each.queries_waiting, number),
  figureColumn("files", "Files", (each) => each.files, number),
  figureColumn("disk", "On disk", (each) => each.bytes_on_disk, bytes),
  figureColumn("rows", "Events stored", (each) => each.rows, compact),
  figureColumn("memory", "Memory", (each) => each.resident_bytes, bytes),
  figureColumn("descriptors", "Descriptors", (each) => each.descriptors.open, number, "Open files and connections"),
  figureColumn("uptime", "Up for", (each) => each.uptime_seconds * 1000, duration),
  { id: "restarts", title: "Restarts", value: (/** @type {ServerShard} */ row) => row.restarts, end: true },
];

/** @param {{ rows: ServerShard[] }} properties */
function Shards({ rows }) {
  return html`<${Table} columns=${SHARD_COLUMNS} rows=${rows} rowKey=${(/** @type {ServerShard} */ row) => row.shard} caption="Shards side by side" csv="shards" />`;
}

const ENDPOINT_COLUMNS = [
  {
    id: "endpoint",
    title: "Endpoint",
    value: (/** @type {ServerEndpoint} */ row) => row.url ?? `${DASH} (for admins)`,
    rank: /** @type {const} */ (1),
    className: "mono",
  },
  {
    id: "state",
    title: "State",
    value: (/** @type {ServerEndpoint} */ row) => row.connected,
    cell: (/** @type {ServerEndpoint} */ row) => {
      const { state, text } = endpointState(row);
      return html`<${State} state=${state} word=${text} />${row.since ? html` (<${Ago} value=${row.since} />)` : ""}`;
    },
    rank: /** @type {const} */ (2),
  },
  { id: "best", title: "Best slot", value: (/** @type {ServerEndpoint} */ row) => row.best_slot, cell: (/** @type {ServerEndpoint} */ row) => row.best_slot ?? DASH, end: true, rank: /** @type {const} */ (3) },
  { id: "final", title: "Finalized slot", value: (/** @type {ServerEndpoint} */ row) => row.finalized_slot, cell: (/** @type {ServerEndpoint} */ row) => row.finalized_slot ?? DASH, end: true },
  { id: "requests", title: "Requests", value: (/** @type {ServerEndpoint} */ row) => row.requests, cell: (/** @type {ServerEndpoint} */ row) => number(row.requests), end: true },
  { id: "failures", title: "Failed", help: "Refused, or not answered in time or readably", value: (/** @type {ServerEndpoint} */ row) => row.failures, cell: (/** @type {ServerEndpoint} */ row) => number(row.failures), end: true },
  { id: "reconnects", title: "Reconnects", value: (/** @type {ServerEndpoint} */ row) => row.reconnects, end: true },
  { id: "error", title: "Last error", value: (/** @type {ServerEndpoint} */ row) => row.error ?? DASH, unsorted: true },
];

/** The process that follows the chain; nothing without rpc.urls. @param {{ chain: ServerChain | null }} properties */
function Chain({ chain }) {
  if (!chain) return null;
  const { figures } = chain;
  if (!figures) {
    return html`<${Card} title="Chain process"><${Empty} title="It does not answer"><span>The supervisor starts it again; telemetry is not affected.</span><//><//>`;
  }
  const slot = (/** @type {number | null} */ value) => value ?? DASH;
  const note =
    `best slot ${slot(figures.best_slot)}, finalized ${slot(figures.finalized_slot)}; ` +
    `${counted(figures.blocks, "block")} since slot ${slot(figures.first_slot)}, ${number(figures.forks)} of them forks, ` +
    `${number(figures.missing_statistics)} without statistics; ${counted(figures.reorganisations, "reorganisation")}`;
  const rows = figures.endpoints.map((endpoint, index) => ({ ...endpoint, index }));
  return html`<${Card} title="Chain process" note=${note} flush>
    <${Table} columns=${ENDPOINT_COLUMNS} rows=${rows} rowKey=${(/** @type {{ index: number }} */ row) => row.index} caption="RPC endpoints" csv="rpc-endpoints" />
  <//>`;
}

/** @param {{ data: ServerStatus }} properties */
function Disk({ data: { disk } }) {
  const { state, text } = diskOutlook(disk);
  const others = Math.max(0, disk.total_bytes - disk.free_bytes - disk.used_bytes);
  return html`<${Card} title="Disk" note=${disk.path}>
    <p><${State} state=${state} hideWord /> ${text}</p>
    <${Bars}
      label="The disk"
      rows=${[
        { label: "The disk", value: disk.total_bytes, text: bytes(disk.total_bytes), state: "idle" },
        { label: "Events and aggregates", value: disk.used_bytes, text: bytes(disk.used_bytes) },
        { label: "Most for events", value: disk.forecast.limit_bytes, text: bytes(disk.forecast.limit_bytes), state: "idle" },
        { label: "Free", value: disk.free_bytes, text: bytes(disk.free_bytes), state: disk.free_bytes < 2 * disk.reserve_bytes ? "warn" : "ok" },
        { label: "Reserve", value: disk.reserve_bytes, text: bytes(disk.reserve_bytes), state: "idle" },
        { label: "Other files", value: others, text: bytes(others), state: "idle" },
      ]}
    />
  <//>`;
}

const ROUTE_COLUMNS = [
  { id: "route", title: "Route", value: (/** @type {ServerRoute} */ row) => row.route, rank: /** @type {const} */ (1), className: "mono" },
  { id: "requests", title: "Requests", value: (/** @type {ServerRoute} */ row) => row.requests, cell: (/** @type {ServerRoute} */ row) => number(row.requests), end: true, rank: /** @type {const} */ (2) },
  { id: "p50", title: "p50", value: (/** @type {ServerRoute} */ row) => row.duration_ms.p50, cell: (/** @type {ServerRoute} */ row) => duration(row.duration_ms.p50), end: true },
  { id: "p99", title: "p99", value: (/** @type {ServerRoute} */ row) => row.duration_ms.p99, cell: (/** @type {ServerRoute} */ row) => duration(row.duration_ms.p99), end: true, rank: /** @type {const} */ (3) },
  { id: "total", title: "Time in sum", value: (/** @type {ServerRoute} */ row) => row.seconds_total, cell: (/** @type {ServerRoute} */ row) => duration(row.seconds_total * 1000), end: true },
  { id: "refused", title: "Refused", help: "Status 400 to 499", value: (/** @type {ServerRoute} */ row) => row.refused, cell: (/** @type {ServerRoute} */ row) => number(row.refused), end: true },
  {
    id: "failed",
    title: "Failed",
    help: "Status from 500 on",
    value: (/** @type {ServerRoute} */ row) => row.failed,
    cell: (/** @type {ServerRoute} */ row) => (row.failed ? html`<${State} state="warn" word=${number(row.failed)} />` : "0"),
    end: true,
  },
];

/** @param {{ rows: ServerRoute[] }} properties */
function Requests({ rows }) {
  return html`<${Table} columns=${ROUTE_COLUMNS} rows=${rows} rowKey=${(/** @type {ServerRoute} */ row) => row.route} caption="Requests by route" csv="requests" sortParameter="requests" sort="-total" height=${320} />`;
}

/** @param {{ data: ServerStatus }} properties */
function Gateway({ data: { gateway } }) {
  return html`<${Card} title="Gateway">
    <dl class="pairs">
      <dt>Memory of the gateway</dt><dd>${bytes(gateway.resident_bytes)}</dd>
      <dt>Descriptors</dt><dd>${number(gateway.descriptors.open)} of ${number(gateway.descriptors.limit)}</dd>
      <dt>Live clients</dt><dd>${number(gateway.subscribers)} follow events, ${number(gateway.queued_events)} events queued for them</dd>
      <dt>Nodes known</dt><dd>${number(gateway.nodes_known)}</dd>
    </dl>
  <//>`;
}

const SETTING_COLUMNS = [
  { id: "name", title: "Setting", value: (/** @type {ServerSetting} */ row) => row.name, rank: /** @type {const} */ (1), className: "mono" },
  {
    id: "value",
    title: "Value",
    value: (/** @type {ServerSetting} */ row) => row.value,
    cell: (/** @type {ServerSetting} */ row) =>
      row.value === null ? html`<span title="Shown to admins">${DASH} (for admins)</span>` : html`<code>${JSON.stringify(row.value)}</code>`,
    rank: /** @type {const} */ (2),
  },
  {
    id: "default",
    title: "Set",
    value: (/** @type {ServerSetting} */ row) => !row.is_default,
    cell: (/** @type {ServerSetting} */ row) => (row.is_default ? "default" : html`<b>changed</b>`),
    rank: /** @type {const} */ (3),
  },
  { id: "description", title: "Meaning", value: (/** @type {ServerSetting} */ row) => row.description, unsorted: true },
];

/** @param {{ rows: ServerSetting[] }} properties */
function Settings({ rows }) {
  const all = location.value.parameters.settings === "all";
  const shown = all ? rows : rows.filter(({ is_default }) => !is_default);
  const choose = html`<${Segmented}
    label="Which settings"
    choices=${[{ id: "", label: "Changed" }, { id: "all", label: "All" }]}
    selected=${all ? "all" : ""}
    onSelect=${(/** @type {string} */ id) => setParameters({ settings: id || undefined })}
  />`;
  return html`<${Card} title="Settings in force" note=${`${counted(shown.length, "setting")} of ${rows.length}`} actions=${choose} flush>
    ${shown.length
      ? html`<${Table} columns=${SETTING_COLUMNS} rows=${shown} rowKey=${(/** @type {ServerSetting} */ row) => row.name} caption="Settings" csv="settings" height=${360} />`
      : html`<${Empty} title="All settings have their defaults"><span>“All” lists them with their meaning.</span><//>`}
  <//>`;
}

function Log() {
  const isAdmin = can("admin");
  const answer = useAnswer("the server log", (signal) => client.serverLog({}, { signal }), { every: 5000, when: isAdmin, deps: [isAdmin] });
  return html`<${Card} title="Log" note="warnings and errors of all processes, newest first" flush>
    ${isAdmin
      ? html`<${Answered}
          answer=${answer}
          isEmpty=${(/** @type {ServerLog} */ data) => !data.lines.length}
          empty=${html`<${Empty} title="No warnings"><span>Since the gateway started${answer.data ? html` (<${Ago} value=${answer.data.since} />)` : ""} no process logged a warning or an error.</span><//>`}
        >
          ${(/** @type {ServerLog} */ data) =>
            html`<${Table} columns=${LOG_COLUMNS} rows=${data.lines} rowKey=${(/** @type {LogLine} */ line) => `${line.time} ${line.process} ${line.message}`} caption="Server log" csv="server-log" />`}
        <//>`
      : html`<${Empty} title="The log is shown to admins"><span>Log in with a key of the role admin: tart keys create --name NAME --role admin.</span><//>`}
  <//>`;
}

const LOG_COLUMNS = [
  { id: "time", title: "Time", value: (/** @type {LogLine} */ line) => line.time, cell: (/** @type {LogLine} */ line) => html`<${Time} value=${line.time} date />`, rank: /** @type {const} */ (2) },
  {
    id: "level",
    title: "Level",
    value: (/** @type {LogLine} */ line) => line.level,
    cell: (/** @type {LogLine} */ line) => html`<${State} state=${line.level === "warning" ? "warn" : "bad"} word=${line.level} />`,
    rank: /** @type {const} */ (3),
  },
  { id: "process", title: "Process", value: (/** @type {LogLine} */ line) => line.process },
  { id: "message", title: "Message", value: (/** @type {LogLine} */ line) => line.message, rank: /** @type {const} */ (1) },
];
