// @ts-check
/** The alerts that there are now, and one of them in detail. */

import { useEffect, useMemo, useRef, useState } from "preact/hooks";

import { AlertChart } from "../components/alert_chart.js";
import { AboutLink, AlertState, Labels } from "../components/alert_list.js";
import { AlertTimeline } from "../components/alert_timeline.js";
import { Empty } from "../components/answered.js";
import { Ago, Implementation, State, Time } from "../components/basics.js";
import { SearchBox, Segmented } from "../components/choices.js";
import { NodeLabel } from "../components/identifiers.js";
import { Card } from "../components/page.js";
import { SilenceDialog } from "../components/silence_dialog.js";
import { Table } from "../components/table.js";
import {
  againstLimit,
  filtered,
  groupedRows,
  groupText,
  groupValue,
  limitText,
  markOf,
  ownLabels,
  placeOf,
  SEVERITIES,
  standingOf,
  STANDINGS,
  stateOfSeverity,
  valueText,
  watchedText,
} from "../core/alerts.js";
import { counted, duration, number, shortNode } from "../core/format.js";
import { html } from "../html.js";
import { href, location, setParameters } from "../state/location.js";
import { narrow } from "../state/preferences.js";
import { useNodeNames } from "../state/nodes.js";
import { can, session } from "../state/session.js";

/** @typedef {import("../../../client/web/tart.js").ActiveAlert} ActiveAlert */
/** @typedef {import("../../../client/web/tart.js").Alerts} Alerts */
/** @typedef {import("../../../client/web/tart.js").AlertRules} AlertRules */
/** @typedef {import("../core/alerts.js").AlertRow} AlertRow */
/** @typedef {import("../core/alerts.js").GroupRow} GroupRow */

/** @param {{ data: Alerts, rules: AlertRules | null, onChange: () => void }} properties */
export function AlertsNow({ data, rules, onChange }) {
  const { severity = "", state = "", q = "", node = "", rule = "", open = "", alert: chosen } = location.value.parameters;
  const [silencing, setSilencing] = useState(/** @type {ActiveAlert[] | null} */ (null));
  const shown = useMemo(() => filtered(data.alerts, { severity, state, q, node, rule }), [data, severity, state, q, node, rule]);
  const groups = useMemo(() => new Set(open.split(",").filter(Boolean)), [open]);
  const rows = useMemo(() => groupedRows(shown, groups), [shown, groups]);
  const isFiltered = Boolean(severity || state || q || node || rule);
  // On a telephone the list comes first: nothing is opened before it is chosen.
  const selected = rows.find((row) => keyOf(row) === chosen) ?? hidden(shown, chosen) ?? (narrow.value ? undefined : rows[0]);

  function choose(/** @type {GroupRow | AlertRow} */ row) {
    const next = new Set(groups);
    if (row.kind === "group" && !next.delete(row.key)) next.add(row.key);
    setParameters({ alert: keyOf(row), open: [...next].join(",") });
  }

  if (!data.alerts.length) {
    return html`<div class="cards"><${AllQuiet} data=${data} rules=${rules} /><${AlertTimeline} alerts=${data.alerts} /></div>`;
  }
  const clear = () => setParameters({ severity: "", state: "", q: "", node: "", rule: "" });
  const tools = html`
    <${Segmented}
      label="Severity"
      choices=${[{ id: "", label: "All" }, ...SEVERITIES.map((id) => ({ id, label: id[0].toUpperCase() + id.slice(1) }))]}
      selected=${severity}
      onSelect=${(/** @type {string} */ id) => setParameters({ severity: id })}
    />
    <select class="input" aria-label="State" value=${state} onChange=${(/** @type {any} */ event) => setParameters({ state: event.currentTarget.value })}>
      <option value="">Any state</option>
      ${Object.entries(STANDINGS).map(([id, text]) => html`<option key=${id} value=${id}>${text}</option>`)}
    </select>
    <${SearchBox} label="Rule, sentence, label" value=${q} onInput=${(/** @type {string} */ text) => setParameters({ q: text })} />
    ${(node || rule) && html`<span class="chip">${node ? `node ${shortNode(node)}` : `rule ${rule}`}</span>`}
    ${isFiltered && html`<button type="button" class="button quiet small" onClick=${clear}>Show all ${number(data.alerts.length)}</button>`}
  `;
  return html`<div class="cards">
    <${Card} title="Alerts" note=${isFiltered ? `${number(shown.length)} of ${counted(data.alerts.length, "alert")}` : counted(shown.length, "alert")} size=${selected ? "two-thirds" : undefined} flush>
      <${Table}
        caption="Alerts that hold now"
        columns=${COLUMNS}
        rows=${rows}
        rowKey=${(/** @type {GroupRow | AlertRow} */ row) => row.key}
        rowState=${(/** @type {GroupRow | AlertRow} */ row) => (selected && row.key === selected.key ? "chosen" : row.kind === "alert" && row.inside ? "inside" : undefined)}
        onOpen=${choose}
        csv="alerts"
        tools=${tools}
        height="min(560px, 62dvh)"
        empty="No alert passes the filter."
      />
    <//>
    ${selected && html`<${Detail} key=${selected.key} row=${selected} chosen=${Boolean(chosen)} onSilence=${setSilencing} />`}
    <${AlertTimeline} alerts=${data.alerts} />
    ${silencing && html`<${SilenceDialog} alerts=${silencing} onClose=${() => setSilencing(null)} onDone=${onChange} />`}
  </div>`;
}

/** What the address names a row by: it is the same whenever the alert comes back. @param {GroupRow | AlertRow} row */
function keyOf(row) {
  return row.kind === "group" ? row.key : row.alert.fingerprint;
}

/** An alert inside of a group that is closed. @param {readonly ActiveAlert[]} alerts @param {string | undefined} fingerprint @returns {AlertRow | undefined} */
function hidden(alerts, fingerprint) {
  const alert = alerts.find((each) => each.fingerprint === fingerprint);
  return alert && { kind: "alert", key: alert.id, alert, inside: true };
}

/** @type {import("../components/table.js").Column<GroupRow | AlertRow>[]} */
const COLUMNS = [
  {
    id: "state",
    title: "State",
    rank: 2,
    value: (row) => (row.kind === "group" ? row.standing : standingOf(row.alert)),
    cell: (row) => html`<${AlertState} alert=${row.kind === "group" ? row.alerts[0] : row.alert} />`,
  },
  {
    id: "what",
    title: "What",
    rank: 1,
    className: "alerts-what",
    value: (row) => (row.kind === "group" ? row.alert : row.alert.summary),
    cell: (row) =>
      row.kind === "group"
        ? html`<span aria-expanded=${row.open} role="button" title=${row.open ? "Close the group" : "Show each of them"}><span aria-hidden="true">${row.open ? "▾" : "▸"}</span> <b>${groupText(row.alerts)}</b>: ${row.alert}</span>`
        : html`<span title=${row.alert.summary}>${row.alert.summary}</span>`,
  },
  {
    id: "value",
    title: "Value",
    end: true,
    value: (row) => (row.kind === "group" ? null : row.alert.value),
    cell: (row) => {
      if (row.kind === "group") return groupValue(row.alerts);
      const [value, limit] = againstLimit(row.alert);
      return html`${value} <span class="muted">${limit}</span>`;
    },
  },
  {
    id: "since",
    title: "Since",
    end: true,
    rank: 3,
    value: (row) => (row.kind === "group" ? row.alerts[0].since : row.alert.since),
    cell: (row) => html`<${Ago} value=${row.kind === "group" ? row.alerts[0].since : row.alert.since} />`,
  },
];

/** @param {{ row: GroupRow | AlertRow, chosen: boolean, onSilence: (alerts: ActiveAlert[]) => void }} properties */
function Detail({ row, chosen, onSilence }) {
  const place = useRef(/** @type {HTMLElement | null} */ (null));
  useEffect(() => {
    // Below the list on a telephone, where the reader would not see that something opened.
    if (chosen && narrow.value) place.current?.scrollIntoView({ block: "start" });
  }, []);
  const alerts = row.kind === "group" ? row.alerts : [row.alert];
  const [{ alert: rule, labels }] = alerts;
  const actions = html`
    <a class="button small quiet" href=${href("alerts", { tab: "history", rule, node: row.kind === "alert" ? labels.node : undefined })}>History</a>
    ${can("operator") && html`<button type="button" class="button small primary" onClick=${() => onSilence(alerts)}>${row.kind === "group" ? "Silence all" : "Silence"}</button>`}
  `;
  return html`<${Card} title=${rule} size="third" actions=${actions}>
    <div class="alert-detail" ref=${place} data-alert=${keyOf(row)}>
      ${row.kind === "group" ? html`<${GroupDetail} row=${row} />` : html`<${AlertDetail} alert=${row.alert} />`}
      ${!can("operator") && session.value && html`<p class="muted">Silencing needs a key with the role operator.</p>`}
    </div>
  <//>`;
}

/** @param {{ row: GroupRow }} properties */
function GroupDetail({ row: { alerts } }) {
  const [first] = alerts;
  const oldest = alerts.reduce((one, other) => (Date.parse(other.since) < Date.parse(one.since) ? other : one));
  return html`
    <p class="alert-sentence"><${State} state=${markOf(first)} hideWord word=${first.severity} /> ${groupText(alerts)}: ${first.summary}</p>
    ${first.annotations.description && html`<p>${first.annotations.description}</p>`}
    <dl class="pairs">
      <dt>State</dt><dd>${stateSentence(first)}</dd>
      <dt>Values</dt><dd>${groupValue(alerts)}${limitText(first) && html`, each alerts when <b>${limitText(first)}</b>`}</dd>
      <dt>Since</dt><dd>the first <${Time} value=${oldest.since} date /> (<${Ago} value=${oldest.since} />)</dd>
      <dt>Rule</dt><dd><${RuleLink} alert=${first} /></dd>
    </dl>
    <p class="muted">One message tells of all of them.</p>
  `;
}

/** @param {{ alert: ActiveAlert }} properties */
function RuleLink({ alert }) {
  return html`<a href=${href("alerts", { tab: "rules", rule: alert.alert })}>${alert.alert}</a>${alert.figure && html`, on <a href="api/docs/figures" class="mono">${alert.figure}</a>`}`;
}

/** @param {{ alert: ActiveAlert }} properties */
function AlertDetail({ alert }) {
  const names = useNodeNames();
  const node = alert.labels.node ? (names.get(alert.labels.node) ?? { node_id: alert.labels.node }) : null;
  const limit = limitText(alert);
  const { implementation, version } = alert.labels;
  return html`
    <p class="alert-sentence"><${State} state=${markOf(alert)} hideWord word=${alert.severity} /> ${alert.summary}</p>
    ${alert.annotations.description && html`<p>${alert.annotations.description}</p>`}
    <dl class="pairs">
      <dt>State</dt><dd>${stateSentence(alert)}</dd>
      <dt>Value</dt>
      <dd>${valueText(alert.value, alert.unit)}${limit && html`, alerts when <b>${limit}</b>`}${alert.missing_since && html`; no newer value since <${Time} value=${alert.missing_since} />`}</dd>
      <dt>Since</dt><dd><${Time} value=${alert.since} date /> (<${Ago} value=${alert.since} />)</dd>
      <dt>About</dt><dd>${node ? html`<${NodeLabel} node=${node} />` : implementation ? html`<${Implementation} name=${implementation} version=${version} />` : html`<${AboutLink} alert=${alert} />`}</dd>
      ${ownLabels(alert.labels).length > 0 && html`<dt>Labels</dt><dd><${Labels} labels=${alert.labels} /></dd>`}
      <dt>Rule</dt><dd><${RuleLink} alert=${alert} /></dd>
    </dl>
    ${placeOf(alert) && html`<p><${AboutLink} alert=${alert} button word=${`Open ${PLACES[alert.about.kind] ?? "the page"}`} /></p>`}
    <${AlertChart} alert=${alert} />
  `;
}

/** @type {Record<string, string>} */
const PLACES = { node: "the node", core: "the core", server: "the page of the server" };

/** @param {ActiveAlert} alert */
function stateSentence(alert) {
  const standing = standingOf(alert);
  if (standing === "silenced") return html`fires (${alert.severity}) and is <a href=${href("alerts", { tab: "silences" })}>silenced</a>: it sends no message`;
  if (standing === "explained") return `fires (${alert.severity}) and is explained by ${alert.inhibited_by}: it sends no message`;
  if (standing === "pending") return "pending: it fires once the condition has held for long enough";
  if (standing === "resolved") return html`has ended <${Ago} value=${alert.resolved_at} />`;
  return html`<${State} state=${stateOfSeverity(alert.severity)} word=${`fires, ${alert.severity}`} />`;
}

/** Nothing fires: since when, and what is watched. @param {{ data: Alerts, rules: AlertRules | null }} properties */
function AllQuiet({ data, rules }) {
  if (!data.evaluated_since) {
    return html`<${Card} title="Alerts"><${Empty} title="Nothing has been evaluated yet.">
      <span>The rules are evaluated every ${duration(data.interval_seconds * 1000)}; no shard has answered yet.</span>
    <//><//>`;
  }
  const last = lastFired(rules);
  return html`<${Card} title="Alerts">
    <${Empty}
      title=${last
        ? html`Nothing fires. The last alert, ${last.alert}, began <${Ago} value=${last.last_fired_at} />.`
        : html`Nothing fires since <${Time} value=${data.evaluated_since} date />, when the watch began.`}
    >
      <span>
        ${rules ? html`Watched: ${watchedText(rules.rules)}. ` : ""}<a href=${href("alerts", { tab: "rules" })}>All rules with their last values</a>
      </span>
    <//>
  <//>`;
}

/** @param {AlertRules | null} rules */
function lastFired(rules) {
  const fired = (rules?.rules ?? []).filter(({ last_fired_at: at }) => at !== null);
  return fired.sort((one, other) => Date.parse(other.last_fired_at ?? "") - Date.parse(one.last_fired_at ?? ""))[0] ?? null;
}
