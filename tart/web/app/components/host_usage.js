// @ts-check
/** The machine and the processes of the server: how busy, and how near their limits. */

import { budgetsOf, hostSeries } from "../core/host_usage.js";
import { bytes, compact, DASH, duration, number, percent } from "../core/format.js";
import { html } from "../html.js";
import { location, setParameters } from "../state/location.js";
import { useAnswer } from "../state/requests.js";
import { client } from "../state/session.js";
import { Answered } from "./answered.js";
import { State } from "./basics.js";
import { Segmented } from "./choices.js";
import { Bars, Figure, Figures } from "./figure.js";
import { LineChart } from "./line_chart.js";
import { Card } from "./page.js";
import { adoptStyles } from "./styles.js";
import { Table } from "./table.js";
import styles from "./host_usage.css" with { type: "text" };

adoptStyles(styles);

/** @typedef {import("../../../client/web/tart.js").ServerStatus} ServerStatus */
/** @typedef {import("../../../client/web/tart.js").ServerHistory} ServerHistory */
/** @typedef {import("../../../client/web/tart.js").ProcessUsage} ProcessUsage */

const RANGES = [{ id: "", label: "1 h" }, { id: "6h", label: "6 h" }, { id: "24h", label: "24 h" }];

/** @param {{ host: ServerStatus["host"] }} properties */
export function HostUsage({ host }) {
  const { usage } = host;
  if (!usage) return html`<${Card} title="Machine"><p class="muted">Not measured yet: it is looked at every ten seconds.</p><//>`;
  return html`<${Card} title="Machine" note=${host.name ?? "of the last ten seconds"}>
    <${Figures}>
      <${Figure} id="cpu" label="Processors" value=${percent(usage.cpu_share)} note=${`of ${number(host.cpus)}; ${percent(usage.cpu_wait_share)} waited for disks${usage.cpu_steal_share ? `, ${percent(usage.cpu_steal_share)} went to other machines` : ""}`} />
      <${Figure} id="load" label="Load" value=${number(usage.load_1m, 2)} note=${`${number(usage.load_5m, 2)} over 5 min, ${number(usage.load_15m, 2)} over 15 min`} />
      <${Figure} id="memory-used" label="Memory in use" value=${bytes(usage.memory_used_bytes)} note=${`of ${bytes(host.memory_total_bytes)}; swap ${bytes(usage.swap_used_bytes)}`} />
      <${Figure} id="disk-write" label="Written to disks" value=${rateText(usage.disk_written_bytes_per_second)} note=${`read ${rateText(usage.disk_read_bytes_per_second)}`} />
      <${Figure} id="network-in" label="Received" value=${rateText(usage.network_received_bytes_per_second)} note=${`sent ${rateText(usage.network_sent_bytes_per_second)}`} />
    <//>
    <h3 class="host-title">Limits, and how near they are</h3>
    <${Bars}
      label="Limits"
      rows=${budgetsOf(host).map(({ name, share, text, state }) => ({ label: html`<${State} state=${state} word=${name} />`, value: share, text, state }))}
      most=${1}
    />
    <h3 class="host-title">Processes</h3>
    <${Table} caption="Processes" columns=${PROCESSES} rows=${host.processes} rowKey=${(/** @type {ProcessUsage} */ row) => row.pid} csv="processes" height=${260} />
    <${History} />
  <//>`;
}

/** @param {number | null} value */
function rateText(value) {
  return value === null ? DASH : `${bytes(value)}/s`;
}

/** @type {import("./table.js").Column<ProcessUsage>[]} */
const PROCESSES = [
  { id: "name", title: "Process", rank: 1, value: (row) => row.name },
  { id: "cpu", title: "Processors", end: true, rank: 2, help: "1 is one processor kept busy", value: (row) => row.cpu_cores, cell: (row) => number(row.cpu_cores, 2) },
  { id: "memory", title: "Memory", end: true, rank: 3, value: (row) => row.resident_bytes, cell: (row) => bytes(row.resident_bytes) },
  { id: "descriptors", title: "Descriptors", end: true, value: (row) => row.descriptors_open, cell: (row) => `${number(row.descriptors_open)} of ${number(row.descriptors_limit)}` },
  { id: "threads", title: "Threads", end: true, value: (row) => row.threads, cell: (row) => number(row.threads) },
  { id: "time", title: "Time used", end: true, value: (row) => row.cpu_seconds, cell: (row) => duration(row.cpu_seconds * 1000) },
  { id: "pid", title: "PID", end: true, value: (row) => row.pid, cell: (row) => String(row.pid) },
];

/** @type {Record<string, (value: number | null | undefined) => string>} */
const FORMATS = { share: percent, cores: (value) => number(value, 2), bytes, "bytes/s": (value) => rateText(value ?? null), count: compact };

/** The last hours. */
function History() {
  const duration_ = location.value.parameters.machine ?? "";
  const answer = useAnswer("the machine over time", (signal) => client.serverHistory(duration_ ? { duration: duration_ } : {}, { signal }), { every: 30_000, deps: [duration_] });
  return html`
    <p class="row-of host-title"><b>Over time</b><${Segmented} label="Time shown" choices=${RANGES} selected=${duration_} onSelect=${(/** @type {string} */ id) => setParameters({ machine: id })} /></p>
    <${Answered} answer=${answer}>
      ${(/** @type {ServerHistory} */ data) => {
        const x = data.times.map((time) => Date.parse(time));
        if (x.length < 2) return html`<p class="muted">One value a minute: lines appear after two minutes.</p>`;
        return html`<div class="host-charts">
          ${hostSeries(data).map(({ title, unit, series }) => html`<div key=${title}><h4>${title}</h4><${LineChart} title=${title} x=${x} series=${series} format=${FORMATS[unit]} least=${0} height=${130} /></div>`)}
        </div>`;
      }}
    <//>
  `;
}
