// @ts-check
/** When the alerts of each rule were pending and fired, over the time range. */

import { useMemo, useState } from "preact/hooks";

import { stateOfSeverity } from "../core/alerts.js";
import { lanesOf, ticksOf } from "../core/alert_timeline.js";
import { clock, counted, number } from "../core/format.js";
import { html } from "../html.js";
import { href } from "../state/location.js";
import { localTime, narrow } from "../state/preferences.js";
import { bounds, range } from "../state/range.js";
import { useAnswer } from "../state/requests.js";
import { client } from "../state/session.js";
import { Answered, Empty } from "./answered.js";
import { State } from "./basics.js";
import { ChartFigure } from "./chart_figure.js";
import { Card } from "./page.js";
import { Table } from "./table.js";
import { adoptStyles } from "./styles.js";
import styles from "./alert_timeline.css" with { type: "text" };

adoptStyles(styles);

/** @typedef {import("../../../client/web/tart.js").ActiveAlert} ActiveAlert */
/** @typedef {import("../../../client/web/tart.js").AlertHistory} AlertHistory */
/** @typedef {import("../core/alert_timeline.js").Lane} Lane */
/** @typedef {import("../core/alert_timeline.js").Part} Part */

const MAX_CHANGES = 1000;
const MAX_LANES = 12;

/** @param {{ alerts: readonly ActiveAlert[], node?: string, rule?: string }} properties Those that there are now. `node` and `rule` limit what was before. */
export function AlertTimeline({ alerts, node, rule }) {
  const answer = useAnswer(
    "the history of the alerts",
    (signal) => {
      const [start, end] = bounds();
      return client.alertHistory({ start: new Date(start), end: new Date(end), limit: MAX_CHANGES, node, alert: rule }, { signal });
    },
    { every: 15_000, deps: [range.value, node, rule] },
  );
  return html`<${Card} title="Time line" note="when the alerts of each rule were pending and fired">
    <${Answered} answer=${answer}>
      ${(/** @type {AlertHistory} */ data) => html`<${Lanes} data=${data} alerts=${alerts} />`}
    <//>
  <//>`;
}

/** @param {{ data: AlertHistory, alerts: readonly ActiveAlert[] }} properties */
function Lanes({ data, alerts }) {
  const limits = useMemo(() => bounds(), [data, alerts, range.value]);
  const lanes = useMemo(() => lanesOf(data.history, alerts, limits), [data, alerts, limits]);
  const [asTable, setAsTable] = useState(false);
  if (!lanes.length) return html`<${Empty} title="No alert was pending or fired in this range." />`;
  const time = (/** @type {number} */ share) => limits[0] + share * (limits[1] - limits[0]);
  const rows = lanes.flatMap(({ alert, severity, parts }) => parts.map((part) => ({ alert, severity, ...part })));
  const table = () => ({
    titles: ["alert", "severity", "state", "from", "to", "alerts"],
    rows: rows.map((row) => [row.alert, row.severity, row.state, new Date(time(row.from)).toISOString(), new Date(time(row.to)).toISOString(), row.count]),
  });
  const legend = html`<span class="row-of muted"><i class="lane-key" data-state="firing"></i>fires <i class="lane-key" data-state="pending"></i>pending</span>`;
  return html`
    ${data.has_more && html`<div class="notice" data-state="warn">Only the last ${number(data.history.length)} changes of this range are drawn.</div>`}
    <${ChartFigure} title="Time line of alerts" kind="strip" legend=${legend} table=${table} asTable=${asTable} onToggle=${() => setAsTable(!asTable)}>
      ${asTable ? html`<${PartTable} rows=${rows} time=${time} />` : html`<${Strips} lanes=${lanes} limits=${limits} time=${time} />`}
    <//>
  `;
}

/** @param {{ lanes: Lane[], limits: [number, number], time: (share: number) => number }} properties */
function Strips({ lanes, limits, time }) {
  const local = localTime.value;
  const long = limits[1] - limits[0] > 86_400_000;
  const text = (/** @type {number} */ ms) => clock(ms, { local, date: long }).slice(long ? 5 : 0, long ? 16 : 8);
  return html`<div class="lanes">
    ${lanes.slice(0, MAX_LANES).map(
      ({ alert, severity, firing, parts }) => html`<div key=${alert} class="lane" data-lane=${alert}>
        <a class="lane-name" href=${href("alerts", { tab: "history", rule: alert })} title=${`${alert}: ${counted(firing, "alert")} fired`}>
          <${State} state=${stateOfSeverity(severity)} word=${alert} />
        </a>
        <svg class="lane-track" viewBox="0 0 1000 16" preserveAspectRatio="none" role="img" aria-label=${laneText(alert, parts, time, text)}>
          ${parts.map(
            ({ from, to, state, count }) => html`<rect
              key=${`${state} ${from}`}
              class="lane-part"
              data-state=${state}
              data-severity=${severity}
              x=${from * 1000}
              y=${state === "pending" ? 6 : 2}
              width=${Math.max(2, (to - from) * 1000)}
              height=${state === "pending" ? 4 : 12}
            ><title>${partText(state, count, time(from), time(to), text)}</title></rect>`,
          )}
        </svg>
      </div>`,
    )}
    <div class="lane lane-axis" aria-hidden="true">
      <span></span>
      <span class="lane-ticks">${ticksOf(limits, narrow.value ? 3 : 6).map((ms) => html`<span key=${ms}>${text(ms)}</span>`)}</span>
    </div>
    ${lanes.length > MAX_LANES && html`<p class="muted">and ${counted(lanes.length - MAX_LANES, "rule")} more, in the table</p>`}
  </div>`;
}

/** @param {string} alert @param {Part[]} parts @param {(share: number) => number} time @param {(ms: number) => string} text */
function laneText(alert, parts, time, text) {
  return `${alert}: ${parts.map(({ state, count, from, to }) => partText(state, count, time(from), time(to), text)).join("; ")}`;
}

/** @param {string} state @param {number} count @param {number} from @param {number} to @param {(ms: number) => string} text */
function partText(state, count, from, to, text) {
  return `${state === "firing" ? "fires" : "pending"} ${text(from)} to ${text(to)}${count > 1 ? `, up to ${number(count)} at a time` : ""}`;
}

/** @param {{ rows: any[], time: (share: number) => number }} properties */
function PartTable({ rows, time }) {
  const moment = (/** @type {number} */ share) => clock(time(share), { local: localTime.value, date: true });
  return html`<${Table}
    caption="Time line of alerts"
    rows=${rows}
    rowKey=${(/** @type {any} */ row) => `${row.alert} ${row.state} ${row.from}`}
    height=${300}
    columns=${[
      { id: "alert", title: "Alert", value: (/** @type {any} */ row) => row.alert, rank: 1 },
      { id: "severity", title: "Severity", value: (/** @type {any} */ row) => row.severity },
      { id: "state", title: "State", value: (/** @type {any} */ row) => row.state, rank: 2 },
      { id: "from", title: "From", value: (/** @type {any} */ row) => moment(row.from), rank: 3 },
      { id: "to", title: "To", value: (/** @type {any} */ row) => moment(row.to) },
      { id: "count", title: "At a time", end: true, value: (/** @type {any} */ row) => row.count },
    ]}
  />`;
}
