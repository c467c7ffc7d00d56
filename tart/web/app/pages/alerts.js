// @ts-check
/** What is wrong now, and what was. */

import { Answered, Empty } from "../components/answered.js";
import { Ago, State, Time } from "../components/basics.js";
import { Figure, Figures } from "../components/figure.js";
import { Segmented } from "../components/choices.js";
import { NodeLabel } from "../components/identifiers.js";
import { Card, Page } from "../components/page.js";
import { Table } from "../components/table.js";
import { counted, duration, number } from "../core/format.js";
import { placeOfAlert, stateOfAlert } from "../core/server_state.js";
import { html } from "../html.js";
import { summary } from "../state/live.js";
import { go, href, location, setParameters } from "../state/location.js";
import { useAnswer } from "../state/requests.js";
import { client } from "../state/session.js";

/** @typedef {import("../../../client/web/tart.js").Alerts} Alerts */
/** @typedef {import("../../../client/web/tart.js").ActiveAlert} ActiveAlert */

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
  const of = (/** @type {ActiveAlert[]} */ alerts) => alerts.filter(({ severity }) => !chosen || severity === chosen);
  const count = (/** @type {string} */ name) => data.counts.by_severity[name] ?? 0;
  const current = of(data.alerts);
  const [connected, known] = [summary.value?.nodes_connected, summary.value?.nodes_known];
  return html`<div class="cards">
    <${Figures} large>
      <${Figure} id="alerts" label="Alerts now" value=${number(data.counts.firing)} state=${count("critical") ? "bad" : data.counts.firing ? "warn" : undefined} />
      <${Figure} id="critical" label="Critical" value=${number(count("critical"))} />
      <${Figure} id="warnings" label="Warning" value=${number(count("warning"))} />
      <${Figure} id="notes" label="Info" value=${number(count("info"))} />
      <${Figure}
        id="nodes"
        label="Nodes connected"
        value=${number(connected)}
        unit=${known === undefined ? "" : `of ${number(known)}`}
        state=${connected !== undefined && known !== undefined && connected < known ? (connected ? "warn" : "bad") : undefined}
        note=${html`<a href=${href("nodes")}>all nodes</a>`}
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
  </div>`;
}

/** @param {{ rows: ActiveAlert[], caption: string, csv: string }} properties */
function AlertTable({ rows, caption, csv }) {
  const columns = [
    {
      id: "severity",
      title: "Severity",
      value: (/** @type {ActiveAlert} */ row) => SEVERITIES.indexOf(row.severity),
      saved: (/** @type {ActiveAlert} */ row) => row.severity,
      cell: (/** @type {ActiveAlert} */ row) =>
        html`<${State} state=${row.state === "firing" ? stateOfAlert(row) : "idle"} word=${row.severity} />`,
      rank: 2,
    },
    { id: "summary", title: "What", value: (/** @type {ActiveAlert} */ row) => row.summary, rank: 1 },
    { id: "state", title: "State", value: (/** @type {ActiveAlert} */ row) => row.state },
    {
      id: "about",
      title: "About",
      value: (/** @type {ActiveAlert} */ row) => row.about.id,
      cell: (/** @type {ActiveAlert} */ row) => html`<${Subject} alert=${row} />`,
    },
    {
      id: "since",
      title: "Since",
      value: (/** @type {ActiveAlert} */ row) => row.since,
      cell: (/** @type {ActiveAlert} */ row) => html`<${Ago} value=${row.since} />`,
      rank: 3,
      end: true,
    },
  ];
  return html`<${Table}
    columns=${columns}
    rows=${rows}
    rowKey=${(/** @type {ActiveAlert} */ row) => `${row.id} ${row.since}`}
    caption=${caption}
    csv=${csv}
    onOpen=${open}
  />`;
}

/** @param {ActiveAlert} alert */
function open(alert) {
  const place = placeOfAlert(alert);
  if (place) go(...place);
}

/** @param {{ alert: ActiveAlert }} properties */
function Subject({ alert }) {
  const place = placeOfAlert(alert);
  if (alert.about.kind === "node") return html`<${NodeLabel} node=${{ node_id: alert.about.id }} short />`;
  return place ? html`<a href=${href(...place)}>${alert.about.id}</a>` : alert.about.id;
}
