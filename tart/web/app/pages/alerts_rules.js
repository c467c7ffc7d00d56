// @ts-check
/** The rules in force: their last values, states, and what hinders them. */

import { useState } from "preact/hooks";

import { Labels } from "../components/alert_list.js";
import { Empty, messageOf } from "../components/answered.js";
import { Ago, State, Time } from "../components/basics.js";
import { SearchBox } from "../components/choices.js";
import { Card } from "../components/page.js";
import { Table } from "../components/table.js";
import { conditionText, lastValueText, limitText, ownLabels, ruleState, SEVERITIES, valueText, watchedText } from "../core/alerts.js";
import { counted, DASH, duration, number } from "../core/format.js";
import { html } from "../html.js";
import { href, location, setParameters } from "../state/location.js";
import { narrow } from "../state/preferences.js";
import { can, client } from "../state/session.js";

/** @typedef {import("../../../client/web/tart.js").AlertRule} AlertRule */
/** @typedef {import("../../../client/web/tart.js").AlertRules} Rules */

/** @param {{ data: Rules, onChange: () => void }} properties */
export function AlertsRules({ data, onChange }) {
  const { q = "", rule: chosen } = location.value.parameters;
  const words = q.toLowerCase().split(/\s+/).filter(Boolean);
  const found = data.rules.filter((rule) => words.every((word) => `${rule.alert} ${rule.figure ?? rule.sql ?? ""} ${rule.severity}`.toLowerCase().includes(word)));
  const rows = found.sort((one, other) => harmOf(one) - harmOf(other));
  const selected = rows.find(({ alert }) => alert === chosen) ?? (narrow.value ? undefined : rows[0]);
  return html`<div class="cards">
    <${Source} data=${data} onChange=${onChange} />
    <${Card} title="Rules" note=${watchedText(data.rules)} size=${selected ? "two-thirds" : undefined} flush>
      <${Table}
        caption="Rules"
        columns=${COLUMNS}
        rows=${rows}
        rowKey=${(/** @type {AlertRule} */ row) => row.alert}
        rowState=${(/** @type {AlertRule} */ row) => (row === selected ? "chosen" : undefined)}
        onOpen=${(/** @type {AlertRule} */ row) => setParameters({ rule: row.alert }, { push: narrow.value })}
        sort="state"
        csv="alert-rules"
        steady
        height="min(640px, 66dvh)"
        empty="No rule has these words."
        tools=${html`<${SearchBox} label="Name, figure, severity" value=${q} onInput=${(/** @type {string} */ text) => setParameters({ q: text })} />`}
      />
    <//>
    ${selected && html`<${Rule} key=${selected.alert} rule=${selected} />`}
  </div>`;
}

/** Where the rules come from. @param {{ data: Rules, onChange: () => void }} properties */
function Source({ data, onChange }) {
  const [outcome, setOutcome] = useState(/** @type {{ state: string, text: string } | null} */ (null));
  const own = data.rules.filter(({ is_builtin: builtin }) => !builtin).length;

  async function reload() {
    try {
      const { reloaded, rules, errors } = await client.reloadAlertRules({});
      setOutcome(
        reloaded
          ? { state: "info", text: `Read again: ${counted(rules, "rule")} in force.` }
          : { state: "bad", text: `Not taken over, the rules before stay in force: ${errors.join("; ")}` },
      );
      onChange();
    } catch (error) {
      setOutcome({ state: "bad", text: `Not read again: ${messageOf(error)}.` });
    }
  }

  return html`<div class="alerts-source">
    <p class="row-of">
      <span>
        ${counted(data.rules.length - own, "built-in rule")} and ${number(own)} of the rule file${data.file ? html` <code>${data.file}</code>` : ""}${data.loaded_at
          ? html`, read <${Ago} value=${data.loaded_at} />`
          : ""}.${" "}
        <a href="api/docs/figures">All figures</a>
      </span>
      ${can("admin") && html`<button type="button" class="button small" onClick=${reload}>Read the file again</button>`}
    </p>
    ${outcome && html`<p class="notice" data-state=${outcome.state} role="status">${outcome.text}</p>`}
  </div>`;
}

const ORDER = ["failing", "firing", "pending", "unknown", "inactive"];

/** @param {AlertRule} rule */
function harmOf(rule) {
  const state = rule.enabled ? ORDER.indexOf(rule.state) : ORDER.length;
  return SEVERITIES.length * state + SEVERITIES.indexOf(rule.severity);
}

/** @type {import("../components/table.js").Column<AlertRule>[]} */
const COLUMNS = [
  {
    id: "state",
    title: "State",
    rank: 2,
    value: harmOf,
    saved: (row) => (row.enabled ? row.state : "off"),
    cell: (row) => {
      const [state, word] = ruleState(row);
      return html`<${State} state=${state} word=${word} title=${row.last_error ?? undefined} />`;
    },
  },
  { id: "alert", title: "Rule", rank: 1, value: (row) => row.alert },
  { id: "severity", title: "Severity", value: (row) => row.severity },
  { id: "value", title: "Last value", end: true, rank: 3, value: (row) => row.values[0]?.value ?? null, cell: lastValueText },
  { id: "limit", title: "Fires at", end: true, unsorted: true, value: (row) => row.above ?? row.below, cell: (row) => limitText(row.against_seconds === null ? row : { ...row, unit: "times" }) || (row.sql === null && row.figure !== null ? DASH : "each row") },
  { id: "for", title: "For", end: true, value: (row) => row.for_seconds, cell: (row) => (row.for_seconds ? duration(row.for_seconds * 1000) : "at once") },
  { id: "fired", title: "Last fired", end: true, value: (row) => row.last_fired_at, cell: (row) => (row.last_fired_at ? html`<${Ago} value=${row.last_fired_at} />` : html`<span class="muted">never</span>`) },
  { id: "took", title: "Took", help: "Duration of its last evaluation", end: true, value: (row) => row.evaluation_ms, cell: (row) => duration(row.evaluation_ms) },
  { id: "source", title: "From", value: (row) => (row.is_builtin ? "built in" : "the file") },
];

/** @param {{ rule: AlertRule }} properties */
function Rule({ rule }) {
  const [state, word] = ruleState(rule);
  const unit = rule.against_seconds === null ? rule.unit : "times";
  return html`<${Card} title=${rule.alert} size="third" actions=${html`<a class="button small quiet" href=${href("alerts", { tab: "history", rule: rule.alert })}>History</a>`}>
    <div class="alert-detail" data-rule=${rule.alert}>
      ${rule.last_error && html`<p class="notice" data-state="bad" role="status">It could not be evaluated: ${rule.last_error}. Its alerts keep their states.</p>`}
      <dl class="pairs">
        <dt>State</dt>
        <dd><${State} state=${state} word=${word} />${rule.firing + rule.pending > 0 && html` · <a href=${href("alerts", { rule: rule.alert })}>its alerts</a>`}</dd>
        <dt>Fires when</dt><dd>${conditionText(rule)}${rule.for_seconds ? html` for ${duration(rule.for_seconds * 1000)}` : ""}</dd>
        ${rule.keep_firing_for_seconds > 0 && html`<dt>Goes on for</dt><dd>${duration(rule.keep_firing_for_seconds * 1000)} after it held last</dd>`}
        <dt>Severity</dt><dd>${rule.severity}</dd>
        <dt>Without a value</dt><dd>${ON_MISSING[rule.on_missing] ?? rule.on_missing}</dd>
        <dt>Messages to</dt><dd>${rule.channels.length ? rule.channels.join(", ") : "no channel"}</dd>
        <dt>Last fired</dt><dd>${rule.last_fired_at ? html`<${Time} value=${rule.last_fired_at} date />` : "never"}</dd>
        ${Object.keys(rule.labels).length > 0 && html`<dt>Labels</dt><dd><${Labels} labels=${rule.labels} /></dd>`}
      </dl>
      ${rule.annotations.description && html`<p>${rule.annotations.description}</p>`}
      ${rule.sql && html`<pre class="alert-sql">${rule.sql}</pre>`}
      <h3>Last values</h3>
      ${rule.values.length
        ? html`<ul class="alert-values">
            ${rule.values.map((row, index) => html`<li key=${index}>${ownLabels(row.labels).length ? html`<${Labels} labels=${row.labels} />` : html`<span>${rule.figure ?? ""}</span>`}<span class="end">${valueText(row.value, unit)}</span></li>`)}
          </ul>`
        : html`<${Empty} title="No value yet."><span>${rule.enabled ? "What it compares has not been reported." : "The rule file switches it off."}</span><//>`}
      ${rule.values.length >= 10 && html`<p class="muted">The worst ten.</p>`}
    </div>
  <//>`;
}

/** @type {Record<string, string>} */
const ON_MISSING = { keep: "its alerts keep their states", resolve: "its alerts end", alert: "it fires" };
