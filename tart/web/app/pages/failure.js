// @ts-check
/** One failure group: since when, where, what came before it, and what came of it. */

import { useState } from "preact/hooks";

import { Answered, Empty, messageOf } from "../components/answered.js";
import { Ago, Implementation, State, Time } from "../components/basics.js";
import { Bars, Figure, Figures } from "../components/figure.js";
import { NodeLabel } from "../components/identifiers.js";
import { LineChart } from "../components/line_chart.js";
import { Dialog } from "../components/menu.js";
import { Card, Page } from "../components/page.js";
import { adoptStyles } from "../components/styles.js";
import { Table } from "../components/table.js";
import { bucketTimes, outcomeRows, rateText, sourceText, stateOf, stateOfOutcome, stateSentence, templateText } from "../core/failures.js";
import { counted, duration, number } from "../core/format.js";
import { html } from "../html.js";
import { go, href } from "../state/location.js";
import { currentWindow, range } from "../state/range.js";
import { useAnswer } from "../state/requests.js";
import { can, client, session } from "../state/session.js";
import styles from "./failures.css" with { type: "text" };

adoptStyles(styles);

/** @typedef {import("../../../client/web/tart.js").FailureDetails} Details */
/** @typedef {import("../../../client/web/tart.js").FailureSample} Sample */
/** @typedef {import("../../../client/web/tart.js").FailingNode} FailingNode */
/** @typedef {import("../../../client/web/tart.js").FailureVersion} Version */
/** @typedef {"resolved" | "ignored" | "open"} Target */

/** @param {{ fingerprint: string }} properties */
export default function FailurePage({ fingerprint }) {
  const answer = useAnswer("the failure group", (signal) => client.failure(fingerprint, currentWindow(), { signal }), { every: 15_000, deps: [fingerprint, range.value] });
  const [target, setTarget] = useState(/** @type {Target | null} */ (null));
  const { data, error } = answer;
  if (error?.status === 404 || error?.status === 400) {
    return html`<${Page} title="Failure">
      <${Empty} title="There is no such failure group."><p>${messageOf(error)}</p><p><a href=${href("failures")}>All failures</a></p><//>
    <//>`;
  }
  return html`<${Page} title=${data ? data.event_name : "Failure"} question=${data && templateText(data)} actions=${data && html`<${Actions} data=${data} onChoose=${setTarget} />`}>
    <${Answered} answer=${answer} lines=${8}>${(/** @type {Details} */ details) => html`<${Content} data=${details} />`}<//>
    ${target && data && html`<${StateDialog} data=${data} target=${target} onClose=${() => setTarget(null)} onDone=${answer.reload} />`}
  <//>`;
}

/** @param {{ data: Details, onChoose: (target: Target) => void }} properties */
function Actions({ data, onChoose }) {
  const button = (/** @type {Target} */ target, /** @type {string} */ text, primary = false) =>
    html`<button type="button" class=${`button small ${primary ? "primary" : ""}`} onClick=${() => onChoose(target)}>${text}</button>`;
  return html`
    <a class="button small" href=${href("events", { event_types: data.event_name })}>Its events</a>
    ${can("operator")
      ? html`
          ${data.state !== "resolved" && button("resolved", "Resolve", true)}
          ${data.state !== "ignored" && button("ignored", "Ignore")}
          ${data.state !== "open" && button("open", "Reopen")}
        `
      : session.value && html`<span class="muted">Resolving needs a key with the role operator.</span>`}
  `;
}

/** @type {Record<Target, [string, string]>} What it does, and what follows. */
const TARGETS = {
  resolved: ["Resolve", "If it is seen again, it is back again, and the rule about that fires."],
  ignored: ["Ignore", "It is neither new nor back again, whatever arrives. It stays in the list of all."],
  open: ["Reopen", "It counts as any other failure."],
};

/** @param {{ data: Details, target: Target, onClose: () => void, onDone: () => void }} properties */
function StateDialog({ data, target, onClose, onDone }) {
  const [sending, setSending] = useState(false);
  const [problem, setProblem] = useState("");
  const [verb, consequence] = TARGETS[target];

  async function submit(/** @type {SubmitEvent} */ event) {
    event.preventDefault();
    const fields = new FormData(/** @type {HTMLFormElement} */ (event.currentTarget));
    const text = (/** @type {string} */ name) => String(fields.get(name) ?? "").trim();
    const [reason, version] = [text("reason"), text("version")];
    setSending(true);
    setProblem("");
    try {
      await client.setFailureState(data.fingerprint, { state: target, ...(reason ? { reason } : {}), ...(version ? { version } : {}) });
      onDone();
      onClose();
    } catch (error) {
      setProblem(messageOf(error));
      setSending(false);
    }
  }

  return html`<${Dialog} title=${`${verb}: ${data.event_name}`} onClose=${onClose}>
    <form class="failure-form" onSubmit=${submit}>
      <p class="mono">${templateText(data)}</p>
      ${target === "resolved" && html`<label>Version that has the remedy <input class="input" name="version" maxlength="100" placeholder="optional: older versions do not bring it back" /></label>`}
      <label>Reason <input class="input" name="reason" maxlength="1000" placeholder="optional" /></label>
      ${problem && html`<p class="notice" data-state="bad" role="alert">Not changed: ${problem}.</p>`}
      <p class="row-of"><button class="button primary" disabled=${sending}>${verb}</button> <span class="muted">${consequence}</span></p>
    </form>
  <//>`;
}

/** @param {{ data: Details }} properties */
function Content({ data }) {
  const [state, word] = stateOf(data);
  const outcomes = outcomeRows(data.outcomes);
  return html`<div class="cards" data-failure=${data.fingerprint}>
    <p class="failure-summary">${data.summary}</p>
    <${Figures} large>
      <${Figure} id="state" label="State" value=${html`<${State} state=${state} word=${word} />`} note=${stateSentence(data) !== word && html`${stateSentence(data)}${data.changed_at && html` (<${Ago} value=${data.changed_at} />)`}`} />
      <${Figure} id="count" label="Failures" value=${number(data.count)} note=${rateText(data)} />
      <${Figure} id="nodes" label="Nodes" value=${number(data.nodes)} note=${sourceText(data)} />
      <${Figure} id="first" label="First seen" value=${html`<${Ago} value=${data.first_seen} />`} note=${data.first_version ? `in ${data.first_version}` : undefined} />
      <${Figure} id="last" label="Last seen" value=${html`<${Ago} value=${data.last_seen} />`} />
    <//>
    <${Card} title="Over time" size="two-thirds" note=${`failures in ${duration(1000 * data.buckets.seconds)} each`}>
      <${LineChart} title="Failures over time" x=${bucketTimes({ ...data.buckets, count: data.buckets.count + 1 })} series=${[{ label: "failures", values: [...data.series, null], bars: true }]} least=${0} height=${160} />
    <//>
    <${Card} title="What came of it" size="third" note=${`of the newest ${number(data.outcomes.examined)}`}>
      ${outcomes.length
        ? html`<${Bars} label="Outcomes" rows=${outcomes.map(({ text, value, state: mark }) => ({ label: html`<${State} state=${mark} word=${text} />`, value, text: number(value), state: mark }))} />`
        : html`<p class="muted">Nothing stored tells it.</p>`}
      ${data.outcomes.rule && html`<p class="muted failure-rule">${data.outcomes.rule}</p>`}
    <//>
    <${Card} title="Versions" size="half" flush>
      <${Table} caption="Versions" columns=${VERSIONS} rows=${data.versions} rowKey=${(/** @type {Version} */ row) => `${row.name} ${row.version}`} csv="failure-versions" height=${260} empty="None in this range." />
    <//>
    <${Card} title="Nodes" size="half" note=${data.nodes > data.failing_nodes.length ? `the ${number(data.failing_nodes.length)} with the most` : undefined} flush>
      <${Table} caption="Nodes" columns=${NODES} rows=${data.failing_nodes} rowKey=${(/** @type {FailingNode} */ row) => row.node_id} csv="failure-nodes" height=${260} onOpen=${(/** @type {FailingNode} */ row) => go(`nodes/${row.node_id}`)} empty="None in this range." />
    <//>
    <${Card} title="Reasons as they were sent" note=${`${counted(data.different_reasons, "different reason")}, the most frequent first`}>
      ${data.reasons.length
        ? html`<ul class="failure-reasons">${data.reasons.map(({ reason, count, last_at: at }) => html`<li key=${reason}><span class="mono">${reason || "(none)"}</span><span class="end nowrap">${number(count)} · <${Ago} value=${at} /></span></li>`)}</ul>`
        : html`<p class="muted">None in this range.</p>`}
    <//>
    <${Card} title="Examples" note="the newest of different nodes, with what came before on the same connection">
      ${data.samples.length
        ? data.samples.map((sample) => html`<${Example} key=${sample.event.id} sample=${sample} />`)
        : html`<${Empty} title="No example is stored any more."><span>The events are older than what the log holds; the counts stay.</span><//>`}
    <//>
  </div>`;
}

/** @type {import("../components/table.js").Column<Version>[]} */
const VERSIONS = [
  { id: "version", title: "Version", rank: 1, value: (row) => `${row.name} ${row.version}`, cell: (row) => html`<${Implementation} name=${row.name} version=${row.version} />` },
  { id: "count", title: "Failures", end: true, rank: 2, value: (row) => row.count, cell: (row) => number(row.count) },
  { id: "nodes", title: "Nodes", end: true, rank: 3, value: (row) => row.nodes, cell: (row) => number(row.nodes) },
];

/** @type {import("../components/table.js").Column<FailingNode>[]} */
const NODES = [
  { id: "node", title: "Node", rank: 1, value: (row) => row.node_id, cell: (row) => html`<${NodeLabel} node=${{ node_id: row.node_id, implementation_name: row.name, implementation_version: row.version }} />` },
  { id: "count", title: "Failures", end: true, rank: 2, value: (row) => row.count, cell: (row) => number(row.count) },
  { id: "last", title: "Last", end: true, rank: 3, value: (row) => row.last_at, cell: (row) => html`<${Ago} value=${row.last_at} />` },
];

/** @param {{ sample: Sample }} properties */
function Example({ sample: { event, reason, outcome, outcome_text: text, breadcrumbs } }) {
  return html`<section class="failure-example" data-example=${event.id}>
    <p class="row-of">
      <a href=${href(`events/${event.id}`)}><${Time} value=${event.received_at} date fraction /></a>
      <${NodeLabel} node=${{ node_id: event.node_id, implementation_name: event.node_name, implementation_version: event.node_version }} />
      <${State} state=${stateOfOutcome(outcome)} word=${text || "not known what came of it"} />
    </p>
    ${reason && html`<p class="mono failure-reason">${reason}</p>`}
    <ol class="breadcrumbs" aria-label="What came before it">
      ${breadcrumbs.map(
        (crumb) => html`<li key=${crumb.id} data-related=${crumb.is_related ? "" : undefined}>
          <span class="end muted nowrap">−${duration(crumb.before_ms)}</span>
          <a href=${href(`events/${crumb.id}`)}>${crumb.event_name}</a>
          ${crumb.is_related ? html`<span class="chip" title="Of the same chain of references as the failure">same chain</span>` : html`<span></span>`}
          <span class="mono muted">${crumb.summary}</span>
        </li>`,
      )}
      <li data-failure><span class="end">0</span><b>the failure</b><span></span><span></span></li>
    </ol>
  </section>`;
}
