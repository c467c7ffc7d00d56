// @ts-check
/** What is wrong now, and what was. */

import { Answered, Empty } from "../components/answered.js";
import { Ago, State, Time } from "../components/basics.js";
import { Figure, Figures } from "../components/figure.js";
import { Segmented } from "../components/choices.js";
import { NodeLabel } from "../components/identifiers.js";
import { Card, Page } from "../components/page.js";
import { Table } from "../components/table.js";
import { counted, duration, millis, number } from "../core/format.js";
import { placeOfAlert, stateOfAlert } from "../core/server_state.js";
import { html } from "../html.js";
import { summary } from "../state/live.js";
import { go, href, location, setParameters } from "../state/location.js";
import { useAnswer } from "../state/requests.js";
import { client } from "../state/session.js";

/** @typedef {import("../../../client/web/tart.js").Alerts} Alerts */
/** @typedef {import("../../../client/web/tart.js").NetworkAlert} NetworkAlert */

const SEVERITIES = ["critical", "warning", "info"];

export default function AlertsPage() {
  const answer = useAnswer("the alerts", (signal) => client.alerts({}, { signal }), { every: 5000 });
  return html`<${Page} title="Alerts" question="What is wrong, and since when?">
    <${Answered} answer=${answer}>${(/** @type {Alerts} */ data) => html`<${Content} data=${data} />`}<//>
  <//>`;
}

/** @param {{ data: Alerts }} properties */
function Content({ data }) {
  const chosen = location.value.parameters.severity ?? "";
  const of = (/** @type {NetworkAlert[]} */ alerts) => alerts.filter(({ severity }) => !chosen || severity === chosen);
  const count = (/** @type {string} */ name) => data.alerts.filter(({ severity }) => severity === name).length;
  const current = of(data.alerts);
  const ended = of(data.ended);
  const [connected, known] = [summary.value?.nodes_connected, summary.value?.nodes_known];
  return html`<div class="cards">
    <${Figures} large>
      <${Figure} id="alerts" label="Alerts now" value=${number(data.alerts.length)} state=${count("critical") ? "bad" : data.alerts.length ? "warn" : undefined} />
      <${Figure} id="critical" label="Critical" value=${number(count("critical"))} />
      <${Figure} id="warnings" label="Warning" value=${number(count("warning"))} />
      <${Figure} id="notes" label="Info" value=${number(count("info"))} />
      <${Figure}
        id="nodes"
        label="Nodes connected"
        value=${number(connected)}
        unit=${known === undefined ? "" : `of ${number(known)}`}
        state=${connected !== undefined && known !== undefined && connected < known ? (connected ? "warn" : "bad") : undefined}
        note=${html`no alert is raised for a node that leaves: <a href=${href("nodes")}>all nodes</a>`}
      />
      <${Figure}
        id="evaluated"
        label="Last evaluated"
        value=${data.evaluated_at ? html`<${Ago} value=${data.evaluated_at} />` : "not yet"}
        note=${`every ${duration(data.interval_seconds * 1000)}, over ${data.shards_answered} of ${counted(data.shards_total, "shard")}`}
        state=${data.shards_answered < data.shards_total ? "warn" : undefined}
      />
    <//>
    <${Segmented}
      label="Severity"
      choices=${[{ id: "", label: "All" }, ...SEVERITIES.map((id) => ({ id, label: id[0].toUpperCase() + id.slice(1) }))]}
      selected=${chosen}
      onSelect=${(/** @type {string} */ id) => setParameters({ severity: id || undefined })}
    />
    <${Card} title="Now" note=${counted(current.length, "alert")} flush>
      ${current.length
        ? html`<${AlertTable} rows=${current} caption="Alerts that hold now" csv="alerts" />`
        : html`<${Empty} title=${chosen ? `No alert of severity ${chosen}` : "No alert"}>
            <span>
              ${data.evaluated_since
                ? html`Nodes that drop events, send what cannot be read, fall behind or fall silent, and steps that often fail,
                  appear here. Evaluated since <${Time} value=${data.evaluated_since} date />.`
                : "No shard has answered yet, so nothing could be evaluated."}
            </span>
          <//>`}
    <//>
    <${Card} title="Ended" note=${endedNote(data)} flush>
      ${ended.length
        ? html`<${AlertTable} rows=${ended} caption="Alerts that ended" csv="alerts-ended" isEnded />`
        : html`<${Empty} title="None has ended"><span>The last 200 that end while the gateway runs are listed here.</span><//>`}
    <//>
  </div>`;
}

/** @param {Alerts} data */
function endedNote({ ended, ended_forgotten }) {
  return ended_forgotten ? `the last ${number(ended.length)}; ${number(ended_forgotten)} before` : counted(ended.length, "alert");
}

/** @param {{ rows: NetworkAlert[], caption: string, csv: string, isEnded?: boolean }} properties */
function AlertTable({ rows, caption, csv, isEnded = false }) {
  const lasted = (/** @type {NetworkAlert} */ row) => (millis(row.ended_at) ?? 0) - (millis(row.since) ?? 0);
  const columns = [
    {
      id: "severity",
      title: "Severity",
      value: (/** @type {NetworkAlert} */ row) => SEVERITIES.indexOf(row.severity),
      saved: (/** @type {NetworkAlert} */ row) => row.severity,
      cell: (/** @type {NetworkAlert} */ row) =>
        html`<${State} state=${isEnded ? "idle" : stateOfAlert(row)} word=${row.severity} />`,
      rank: 2,
    },
    { id: "message", title: "What", value: (/** @type {NetworkAlert} */ row) => row.message, rank: 1 },
    {
      id: "about",
      title: "About",
      value: (/** @type {NetworkAlert} */ row) => row.about.id,
      cell: (/** @type {NetworkAlert} */ row) => html`<${Subject} alert=${row} />`,
    },
    {
      id: "since",
      title: "Since",
      value: (/** @type {NetworkAlert} */ row) => row.since,
      cell: (/** @type {NetworkAlert} */ row) => html`<${Ago} value=${row.since} />`,
      rank: 3,
      end: true,
    },
    ...(isEnded
      ? [
          {
            id: "lasted",
            title: "Lasted",
            value: lasted,
            cell: (/** @type {NetworkAlert} */ row) => duration(lasted(row)),
            end: true,
          },
          {
            id: "ended",
            title: "Ended",
            value: (/** @type {NetworkAlert} */ row) => row.ended_at,
            cell: (/** @type {NetworkAlert} */ row) => html`<${Ago} value=${row.ended_at} />`,
            end: true,
          },
        ]
      : []),
  ];
  return html`<${Table}
    columns=${columns}
    rows=${rows}
    rowKey=${(/** @type {NetworkAlert} */ row) => `${row.id} ${row.since}`}
    caption=${caption}
    csv=${csv}
    onOpen=${open}
  />`;
}

/** @param {NetworkAlert} alert */
function open(alert) {
  const place = placeOfAlert(alert);
  if (place) go(...place);
}

/** @param {{ alert: NetworkAlert }} properties */
function Subject({ alert }) {
  const place = placeOfAlert(alert);
  if (alert.about.kind === "node") return html`<${NodeLabel} node=${{ node_id: alert.about.id }} short />`;
  return place ? html`<a href=${href(...place)}>${alert.about.id}</a>` : alert.about.id;
}
