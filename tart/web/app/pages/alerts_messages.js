// @ts-check
/** Channels and the messages that were sent to them, for who runs the server. */

import { useState } from "preact/hooks";

import { Answered, Empty, messageOf } from "../components/answered.js";
import { Ago, State, Time } from "../components/basics.js";
import { Segmented } from "../components/choices.js";
import { Card } from "../components/page.js";
import { Table } from "../components/table.js";
import { counted, duration, number } from "../core/format.js";
import { html } from "../html.js";
import { location, setParameters } from "../state/location.js";
import { useAnswer } from "../state/requests.js";
import { client } from "../state/session.js";

/** @typedef {import("../../../client/web/tart.js").AlertChannel} Channel */
/** @typedef {import("../../../client/web/tart.js").Deliveries} Deliveries */
/** @typedef {import("../../../client/web/tart.js").Delivery} Delivery */

const LIMIT = 500;

/** The head of the column of buttons. */
const ACTION = html`<span class="visually-hidden">Action</span>`;

/** @param {{ channels: readonly Channel[], onChange: () => void }} properties */
export function AlertsMessages({ channels, onChange }) {
  const { delivery = "", channel } = location.value.parameters;
  const answer = useAnswer(
    "the messages",
    (signal) => client.deliveries({ limit: LIMIT, ...(delivery ? { state: /** @type {any} */ (delivery) } : {}), ...(channel ? { channel } : {}) }, { signal }),
    { every: 5000, deps: [delivery, channel] },
  );
  const [problem, setProblem] = useState("");
  const changed = () => {
    answer.reload();
    onChange();
  };

  async function retry(/** @type {Delivery} */ { id }) {
    setProblem("");
    try {
      await client.retryDelivery(id, {});
      changed();
    } catch (error) {
      setProblem(messageOf(error));
    }
  }

  const tools = html`
    <${Segmented}
      label="State of the messages"
      choices=${[{ id: "", label: "All" }, { id: "queued", label: "Waiting" }, { id: "delivered", label: "Delivered" }, { id: "dead", label: "Given up" }, { id: "superseded", label: "Replaced" }]}
      selected=${delivery}
      onSelect=${(/** @type {string} */ id) => setParameters({ delivery: id })}
    />
    ${channel && html`<span class="chip">channel ${channel}</span><button type="button" class="button quiet small" onClick=${() => setParameters({ channel: "" })}>Of all channels</button>`}
  `;
  return html`<div class="cards">
    <${Card} title="Channels" note=${counted(channels.length, "channel")} flush>
      ${channels.length
        ? html`<${Table} caption="Channels" columns=${channelColumns(changed)} rows=${channels} rowKey=${(/** @type {Channel} */ row) => row.name} csv="alert-channels" />`
        : html`<${Empty} title="No channel is declared: alerts are shown here, and nobody is told.">
            <span>A <code>[[channel]]</code> of the rule file (setting <code>alerts.file</code>) sends them to a webhook, Alertmanager, Slack, Discord, Telegram, PagerDuty, by e-mail or to a command.</span>
          <//>`}
    <//>
    <${Card} title="Messages" note="newest first" flush>
      ${problem && html`<p class="notice" data-state="bad" role="alert">Not sent again: ${problem}.</p>`}
      <${Answered} answer=${answer}>
        ${(/** @type {Deliveries} */ data) => html`<${Table}
          caption="Messages"
          columns=${messageColumns(retry)}
          rows=${data.deliveries}
          rowKey=${(/** @type {Delivery} */ row) => row.id}
          csv="alert-messages"
          steady
          tools=${html`${tools}${data.has_more && html`<span class="muted">the last ${number(data.deliveries.length)}</span>`}`}
          empty="No such message. Those of the last days are listed: when an alert fires, changes and ends."
        />`}
      <//>
    <//>
  </div>`;
}

/** @param {() => void} changed @returns {import("../components/table.js").Column<Channel>[]} */
const channelColumns = (changed) => [
  {
    id: "state",
    title: "State",
    rank: 2,
    value: (row) => row.dead,
    saved: (row) => channelState(row)[1],
    cell: (row) => html`<${State} state=${channelState(row)[0]} word=${channelState(row)[1]} title=${row.last_error ?? undefined} />`,
  },
  { id: "name", title: "Channel", rank: 1, value: (row) => row.name, cell: (row) => html`<a href="#" onClick=${(/** @type {Event} */ event) => (event.preventDefault(), setParameters({ channel: row.name }))}>${row.name}</a>` },
  { id: "type", title: "Kind", value: (row) => row.type },
  { id: "severity", title: "From", help: "Less severe alerts are not sent", value: (row) => row.min_severity },
  { id: "queued", title: "Waiting", end: true, value: (row) => row.queued, cell: (row) => number(row.queued) },
  { id: "delivered", title: "Delivered", end: true, value: (row) => row.delivered, cell: (row) => number(row.delivered) },
  { id: "failed", title: "Failed attempts", end: true, value: (row) => row.failed, cell: (row) => number(row.failed) },
  { id: "dead", title: "Given up", end: true, value: (row) => row.dead, cell: (row) => number(row.dead) },
  { id: "last", title: "Last delivered", end: true, value: (row) => row.last_delivered_at, cell: (row) => (row.last_delivered_at ? html`<${Ago} value=${row.last_delivered_at} />` : html`<span class="muted">never</span>`) },
  { id: "error", title: "Last error", className: "alerts-error", value: (row) => row.last_error, cell: (row) => html`<span title=${row.last_error ?? undefined}>${row.last_error ?? ""}</span>` },
  { id: "test", title: ACTION, rank: 3, unsorted: true, value: () => null, cell: (row) => html`<${TestButton} channel=${row.name} onDone=${changed} />` },
];

/** @param {Channel} channel @returns {[import("../components/basics.js").StateName, string]} */
function channelState({ dead, queued, last_error: error, delivered }) {
  if (dead) return ["bad", "has given up messages"];
  if (error) return ["warn", queued ? "fails, tries again" : "failed last"];
  return delivered ? ["ok", "delivers"] : ["idle", "nothing sent yet"];
}

/** Sends a message to see that it arrives; says the outcome where it stands. @param {{ channel: string, onDone: () => void }} properties */
function TestButton({ channel, onDone }) {
  const [outcome, setOutcome] = useState(/** @type {{ state: any, text: string } | null} */ (null));
  const [sending, setSending] = useState(false);

  async function send() {
    setSending(true);
    setOutcome(null);
    try {
      const { delivered, error, elapsed_ms: ms } = await client.sendTest({ channel });
      setOutcome(delivered ? { state: "ok", text: `arrived after ${duration(ms)}` } : { state: "bad", text: error ?? "not delivered" });
      onDone();
    } catch (error) {
      setOutcome({ state: "bad", text: messageOf(error) });
    }
    setSending(false);
  }

  return html`<span class="row-of test-button">
    <button type="button" class="button small" disabled=${sending} onClick=${send}>${sending ? "Sending …" : "Send a test"}</button>
    <span role="status">${outcome && html`<${State} state=${outcome.state} word=${outcome.text} title=${outcome.text} />`}</span>
  </span>`;
}

/** @type {Record<Delivery["state"], [import("../components/basics.js").StateName, string]>} */
const STATES = { queued: ["info", "waiting"], delivered: ["ok", "delivered"], dead: ["bad", "given up"], superseded: ["idle", "replaced"] };

/** @param {(delivery: Delivery) => void} retry @returns {import("../components/table.js").Column<Delivery>[]} */
const messageColumns = (retry) => [
  { id: "state", title: "State", rank: 2, value: (row) => row.state, cell: (row) => html`<${State} state=${STATES[row.state][0]} word=${STATES[row.state][1]} />` },
  { id: "created", title: "When", value: (row) => row.created_at, cell: (row) => html`<${Time} value=${row.created_at} date />` },
  { id: "channel", title: "Channel", value: (row) => row.channel },
  { id: "about", title: "About", rank: 1, className: "alerts-what", value: (row) => row.summary, cell: (row) => html`<span title=${row.summary}>${row.status === "resolved" ? "ended: " : ""}${row.summary}</span>` },
  { id: "alerts", title: "Alerts", end: true, value: (row) => row.alerts, cell: (row) => number(row.alerts) },
  { id: "reason", title: "Why", value: (row) => row.reason },
  { id: "attempts", title: "Attempts", end: true, value: (row) => row.attempts, cell: (row) => number(row.attempts) },
  { id: "next", title: "Next", end: true, value: (row) => row.next_attempt_at, cell: (row) => (row.next_attempt_at ? html`<${Ago} value=${row.next_attempt_at} />` : "") },
  { id: "error", title: "Last error", className: "alerts-error", value: (row) => row.last_error, cell: (row) => html`<span title=${row.last_error ?? undefined}>${row.last_error ?? ""}</span>` },
  { id: "retry", title: ACTION, rank: 3, unsorted: true, value: () => null, cell: (row) => row.state === "dead" && html`<button type="button" class="button small" onClick=${() => retry(row)}>Send again</button>` },
];
