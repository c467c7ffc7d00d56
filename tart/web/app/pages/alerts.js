// @ts-check
/** Alerts: what is wrong, since when, and who is told. */

import { useEffect } from "preact/hooks";

import { Answered } from "../components/answered.js";
import { Ago } from "../components/basics.js";
import { Tabs } from "../components/choices.js";
import { Figure, Figures } from "../components/figure.js";
import { Page } from "../components/page.js";
import { adoptStyles } from "../components/styles.js";
import { severityText, stateOfSeverity, worstSeverity } from "../core/alerts.js";
import { counted, duration, number } from "../core/format.js";
import { html } from "../html.js";
import { firing } from "../state/live.js";
import { location, setParameters } from "../state/location.js";
import { useAnswer } from "../state/requests.js";
import { can, client } from "../state/session.js";
import { AlertsHistory } from "./alerts_history.js";
import { AlertsMessages } from "./alerts_messages.js";
import { AlertsNow } from "./alerts_now.js";
import { AlertsRules } from "./alerts_rules.js";
import { AlertsSilences } from "./alerts_silences.js";
import styles from "./alerts.css" with { type: "text" };

adoptStyles(styles);

/** @typedef {import("../../../client/web/tart.js").Alerts} Alerts */
/** @typedef {import("../../../client/web/tart.js").AlertRules} AlertRules */

export default function AlertsPage() {
  const alerts = useAnswer("the alerts", (signal) => client.alerts({}, { signal }), { every: 10_000 });
  // What the live channel counts has changed: there is something new to read.
  useEffect(() => alerts.reload(), [firing.value]);
  const rules = useAnswer("the rules", (signal) => client.alertRules({}, { signal }), { every: 10_000 });
  const tabs = [
    { id: "", label: "Now" },
    { id: "history", label: "History" },
    { id: "silences", label: "Silences" },
    { id: "rules", label: "Rules" },
    ...(can("operator") ? [{ id: "messages", label: "Messages" }] : []),
  ];
  const wanted = location.value.parameters.tab ?? "";
  const tab = tabs.some(({ id }) => id === wanted) ? wanted : "";
  return html`<${Page} title="Alerts" question="What is wrong, and since when?">
    ${alerts.data && html`<${Headline} data=${alerts.data} />`}
    ${alerts.data && html`<${Problems} alerts=${alerts.data} rules=${rules.data} />`}
    <${Tabs} label="Parts of the page" tabs=${tabs} selected=${tab} onSelect=${(/** @type {string} */ id) => setParameters({ tab: id || undefined }, { push: true })} />
    ${tab === "" &&
    html`<${Answered} answer=${alerts} lines=${8}>
      ${(/** @type {Alerts} */ data) => html`<${AlertsNow} data=${data} rules=${rules.data} onChange=${alerts.reload} />`}
    <//>`}
    ${tab === "history" && html`<${AlertsHistory} alerts=${alerts.data} />`}
    ${tab === "silences" && html`<${AlertsSilences} onChange=${alerts.reload} />`}
    ${tab === "rules" &&
    html`<${Answered} answer=${rules} lines=${8}>
      ${(/** @type {AlertRules} */ data) => html`<${AlertsRules} data=${data} onChange=${rules.reload} />`}
    <//>`}
    ${tab === "messages" &&
    html`<${Answered} answer=${rules}>
      ${(/** @type {AlertRules} */ data) => html`<${AlertsMessages} channels=${data.channels} onChange=${rules.reload} />`}
    <//>`}
  <//>`;
}

/** @param {{ data: Alerts }} properties */
function Headline({ data: { counts, ...data } }) {
  const worst = worstSeverity(counts.by_severity);
  const quiet = counts.silenced + counts.inhibited;
  return html`<${Figures} large>
    <${Figure} id="alerts" label="Firing" value=${number(counts.firing)} state=${worst ? stateOfSeverity(worst) : undefined} note=${severityText(counts.by_severity) || "nothing demands attention"} />
    <${Figure} id="pending" label="Pending" value=${number(counts.pending)} note="not for long enough yet" />
    <${Figure}
      id="quiet"
      label="Without a message"
      value=${number(quiet)}
      note=${quietText(counts)}
    />
    <${Figure}
      id="evaluated"
      label="Evaluated"
      value=${data.evaluated_at ? html`<${Ago} value=${data.evaluated_at} />` : "not yet"}
      note=${`every ${duration(data.interval_seconds * 1000)}, over ${data.shards_answered} of ${counted(data.shards_total, "shard")}`}
      state=${data.shards_answered < data.shards_total ? "warn" : undefined}
    />
  <//>`;
}

/** @param {Alerts["counts"]} counts */
function quietText({ silenced, inhibited }) {
  const parts = [silenced && `${number(silenced)} silenced`, inhibited && `${number(inhibited)} explained by another`];
  return parts.filter(Boolean).join(", ") || "none silenced or explained by another";
}

/** What hinders the watch itself. @param {{ alerts: Alerts, rules: AlertRules | null }} properties */
function Problems({ alerts, rules }) {
  const sentences = [...new Set([...alerts.problems, ...(rules?.errors ?? [])])];
  if (!sentences.length) return null;
  return html`<div class="notice alerts-problems" data-state="warn" role="status">
    <div>
      <b>${counted(sentences.length, "problem")} of the watch itself</b>
      <ul class="plain">${sentences.map((sentence) => html`<li key=${sentence}>${sentence}</li>`)}</ul>
    </div>
  </div>`;
}
