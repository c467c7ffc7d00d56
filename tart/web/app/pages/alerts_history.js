// @ts-check
/** Each change of an alert's state in the time range, newest first. */

import { useEffect, useState } from "preact/hooks";

import { Labels } from "../components/alert_list.js";
import { AlertTimeline } from "../components/alert_timeline.js";
import { Answered, Empty, ErrorBox } from "../components/answered.js";
import { State, Time } from "../components/basics.js";
import { Card } from "../components/page.js";
import { Table } from "../components/table.js";
import { stateOfSeverity } from "../core/alerts.js";
import { compact, counted, shortNode } from "../core/format.js";
import { html } from "../html.js";
import { location, setParameters } from "../state/location.js";
import { bounds, range } from "../state/range.js";
import { useAnswer } from "../state/requests.js";
import { client } from "../state/session.js";

/** @typedef {import("../../../client/web/tart.js").Alerts} Alerts */
/** @typedef {import("../../../client/web/tart.js").AlertHistory} AlertHistory */
/** @typedef {import("../../../client/web/tart.js").AlertTransition} AlertTransition */

const PAGE = 200;

/** @param {AbortSignal} signal @param {number} [before] */
function request(signal, before) {
  const [start, end] = bounds();
  const { rule, node } = location.value.parameters;
  return client.alertHistory({ start: new Date(start), end: new Date(end), limit: PAGE, before, alert: rule, node }, { signal });
}

/** @param {{ alerts: Alerts | null }} properties */
export function AlertsHistory({ alerts }) {
  const { rule, node } = location.value.parameters;
  const answer = useAnswer("the history of the alerts", (signal) => request(signal), { every: 15_000, deps: [range.value, rule, node] });
  const current = (alerts?.alerts ?? []).filter((alert) => (!rule || alert.alert === rule) && (!node || alert.labels.node?.startsWith(node)));
  return html`<div class="cards">
    ${(rule || node) &&
    html`<div class="row-of alerts-filters">
      ${rule && html`<span class="chip">rule ${rule}</span>`} ${node && html`<span class="chip">node ${shortNode(node)}</span>`}
      <button type="button" class="button quiet small" onClick=${() => setParameters({ rule: "", node: "" })}>Show all</button>
    </div>`}
    <${AlertTimeline} alerts=${current} node=${node} rule=${rule} />
    <${Card} title="Changes" note="newest first" flush>
      <${Answered} answer=${answer} isEmpty=${(/** @type {AlertHistory} */ data) => !data.history.length} empty=${html`<${Empty} title="No alert changed in this range." />`}>
        ${(/** @type {AlertHistory} */ data) => html`<${Changes} data=${data} />`}
      <//>
    <//>
  </div>`;
}

/** The first page, which is asked again and again, with older ones as the reader scrolls. @param {{ data: AlertHistory }} properties */
function Changes({ data }) {
  const [older, setOlder] = useState(/** @type {{ rows: AlertTransition[], more: boolean } | null} */ (null));
  const [error, setError] = useState(/** @type {any} */ (null));
  const [asking, setAsking] = useState(false);
  const { rule, node } = location.value.parameters;
  useEffect(() => setOlder(null), [range.value, rule, node]);
  // What came newly may have moved rows from the first page to the second.
  const oldest = data.history[data.history.length - 1].id;
  const rows = [...data.history, ...(older?.rows ?? []).filter(({ id }) => id < oldest)];
  const more = older ? older.more : data.has_more;

  async function load() {
    if (!more || asking) return;
    setAsking(true);
    try {
      const next = await request(new AbortController().signal, rows[rows.length - 1].id);
      setOlder({ rows: [...(older?.rows ?? rows.slice(data.history.length)), ...next.history], more: next.has_more });
      setError(null);
    } catch (failure) {
      setError(failure);
    }
    setAsking(false);
  }

  return html`
    ${error && html`<${ErrorBox} name="older changes" error=${error} onRetry=${load} />`}
    <${Table}
      caption="Changes of alerts"
      columns=${COLUMNS}
      rows=${rows}
      rowKey=${(/** @type {AlertTransition} */ row) => row.id}
      csv="alert-history"
      onEnd=${error ? undefined : load}
      tools=${html`<span class="muted">${counted(rows.length, "change")}${more ? ", and older ones" : ""}</span>`}
    />
  `;
}

const COLUMNS = [
  { id: "at", title: "When", rank: /** @type {const} */ (1), value: (/** @type {AlertTransition} */ row) => row.at, cell: (/** @type {AlertTransition} */ row) => html`<${Time} value=${row.at} date />` },
  {
    id: "to",
    title: "Change",
    rank: /** @type {const} */ (2),
    value: (/** @type {AlertTransition} */ row) => `${row.from} → ${row.to}`,
    cell: (/** @type {AlertTransition} */ row) =>
      html`<${State} state=${row.to === "firing" ? stateOfSeverity(row.severity) : row.to === "resolved" ? "ok" : "idle"} word=${`${row.from} → ${row.to}`} />`,
  },
  { id: "summary", title: "What", rank: /** @type {const} */ (3), className: "alerts-what", value: (/** @type {AlertTransition} */ row) => row.summary, cell: (/** @type {AlertTransition} */ row) => html`<span title=${row.summary}>${row.summary}</span>` },
  { id: "alert", title: "Rule", value: (/** @type {AlertTransition} */ row) => row.alert },
  { id: "severity", title: "Severity", value: (/** @type {AlertTransition} */ row) => row.severity },
  { id: "labels", title: "Labels", value: (/** @type {AlertTransition} */ row) => JSON.stringify(row.labels), cell: (/** @type {AlertTransition} */ row) => html`<${Labels} labels=${row.labels} />` },
  { id: "value", title: "Value", end: true, value: (/** @type {AlertTransition} */ row) => row.value, cell: (/** @type {AlertTransition} */ row) => compact(row.value) },
];
