// @ts-check
/** Silences: what sends no message, until when, and why. */

import { useState } from "preact/hooks";

import { Answered, Empty, messageOf } from "../components/answered.js";
import { Ago, State, Time } from "../components/basics.js";
import { Card } from "../components/page.js";
import { SilenceDialog } from "../components/silence_dialog.js";
import { Table } from "../components/table.js";
import { counted, number } from "../core/format.js";
import { html } from "../html.js";
import { useAnswer } from "../state/requests.js";
import { can, client, session } from "../state/session.js";

/** @typedef {import("../../../client/web/tart.js").Silence} Silence */
/** @typedef {import("../../../client/web/tart.js").Silences} Silences */

/** The head of the column of buttons. */
const ACTION = html`<span class="visually-hidden">Action</span>`;

/** @param {{ onChange: () => void }} properties */
export function AlertsSilences({ onChange }) {
  const answer = useAnswer("the silences", (signal) => client.silences({}, { signal }), { every: 10_000 });
  const [creating, setCreating] = useState(false);
  const [problem, setProblem] = useState("");
  const changed = () => {
    answer.reload();
    onChange();
  };

  async function end(/** @type {Silence} */ { id }) {
    setProblem("");
    try {
      await client.endSilence(id);
      changed();
    } catch (error) {
      setProblem(messageOf(error));
    }
  }

  const actions = can("operator") && html`<button type="button" class="button small primary" onClick=${() => setCreating(true)}>New silence</button>`;
  const columns = columnsOf(can("operator") ? end : null);
  return html`<div class="cards">
    <${Card} title="Silences" note="alerts keep their state, and send no message" actions=${actions} flush>
      ${problem && html`<p class="notice" data-state="bad" role="alert">Not ended: ${problem}.</p>`}
      ${!can("operator") && session.value && html`<p class="notice" data-state="info">Silencing needs a key with the role operator; yours is ${session.value.role ?? "none"}.</p>`}
      <${Answered}
        answer=${answer}
        isEmpty=${(/** @type {Silences} */ data) => !data.silences.length}
        empty=${html`<${Empty} title="Nothing is silenced."><span>A silence ends by itself; those that have ended are listed for a day.</span><//>`}
      >
        ${(/** @type {Silences} */ data) => html`<${Table}
          caption="Silences"
          columns=${columns}
          rows=${inOrder(data.silences)}
          rowKey=${(/** @type {Silence} */ row) => row.id}
          csv="silences"
          tools=${html`<span class="muted">${counted(data.silences.filter(({ state }) => state === "active").length, "silence")} in force</span>`}
        />`}
      <//>
    <//>
    ${creating && html`<${SilenceDialog} alerts=${[]} onClose=${() => setCreating(false)} onDone=${changed} />`}
  </div>`;
}

const ORDER = ["active", "pending", "expired"];

/** Those in force first. @param {readonly Silence[]} silences */
function inOrder(silences) {
  return [...silences].sort((one, other) => ORDER.indexOf(one.state) - ORDER.indexOf(other.state));
}

/** @type {Record<string, [import("../components/basics.js").StateName, string]>} */
const STATES = { active: ["info", "in force"], pending: ["idle", "not yet"], expired: ["idle", "ended"] };

/** @param {((silence: Silence) => void) | null} end Null without the role. @returns {import("../components/table.js").Column<Silence>[]} */
const columnsOf = (end) => [
  { id: "state", title: "State", value: (row) => row.state, cell: (row) => html`<${State} state=${STATES[row.state][0]} word=${STATES[row.state][1]} />` },
  { id: "matchers", title: "Alerts", rank: 1, value: (row) => row.matchers.join(" "), cell: (row) => html`<span class="silence-line mono" title=${row.matchers.join("\n")}>${row.matchers.map((text) => html`<span key=${text} class="chip">${text}</span> `)}</span>` },
  { id: "alerts", title: "Silenced now", end: true, value: (row) => row.alerts, cell: (row) => number(row.alerts) },
  { id: "ends", title: "Ends", rank: 2, value: (row) => row.ends_at, cell: (row) => html`<${Ago} value=${row.ends_at} />` },
  { id: "starts", title: "Began", value: (row) => row.starts_at, cell: (row) => html`<${Time} value=${row.starts_at} date />` },
  { id: "author", title: "Author", value: (row) => row.author || (row.source === "file" ? "rule file" : null) },
  { id: "reason", title: "Reason", value: (row) => row.reason, className: "alerts-what", cell: (row) => html`<span title=${row.reason}>${row.reason}</span>` },
  {
    id: "end",
    title: ACTION,
    rank: 3,
    value: () => null,
    cell: (row) => {
      if (row.state === "expired") return "";
      if (row.source === "file") return html`<span class="muted" title="A maintenance window of the rule file ends there">in the file</span>`;
      return end && html`<button type="button" class="button small" onClick=${() => end(row)}>End now</button>`;
    },
  },
];
