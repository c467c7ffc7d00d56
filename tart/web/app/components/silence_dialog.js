// @ts-check
/** Silences alerts for a time. What is chosen beforehand makes it two clicks. */

import { useState } from "preact/hooks";

import { silenceScopes } from "../core/alerts.js";
import { clock, duration } from "../core/format.js";
import { durationOf } from "../core/time_range.js";
import { html } from "../html.js";
import { silenceAuthor } from "../state/alerts.js";
import { now } from "../state/time.js";
import { client, session } from "../state/session.js";
import { messageOf } from "./answered.js";
import { Segmented } from "./choices.js";
import { Dialog } from "./menu.js";

/** @typedef {import("../../../client/web/tart.js").ActiveAlert} ActiveAlert */

const DURATIONS = ["1h", "4h", "24h", "7d"];
const REASON = "It is being looked into";

/**
 * @param {{ alerts: readonly ActiveAlert[], onClose: () => void, onDone: () => void }} properties One alert, or
 *   those of one rule; none to write the matchers by hand.
 */
export function SilenceDialog({ alerts, onClose, onDone }) {
  const scopes = alerts.length ? silenceScopes(alerts) : [];
  const [scope, setScope] = useState(scopes[0]?.id ?? "");
  const [time, setTime] = useState("4h");
  const [sending, setSending] = useState(false);
  const [problem, setProblem] = useState("");
  const key = session.value?.key?.name;
  const chosen = scopes.find(({ id }) => id === scope);
  const ms = durationOf(time);

  async function submit(/** @type {SubmitEvent} */ event) {
    event.preventDefault();
    const fields = new FormData(/** @type {HTMLFormElement} */ (event.currentTarget));
    const text = (/** @type {string} */ name) => String(fields.get(name) ?? "").trim();
    const matchers = chosen?.matchers ?? text("matchers").split("\n").map((line) => line.trim()).filter(Boolean);
    const author = text("author");
    setSending(true);
    setProblem("");
    try {
      await client.createSilence({ matchers, duration: time, reason: text("reason"), ...(author ? { author } : {}) });
      silenceAuthor.value = author === key ? "" : author;
      onDone();
      onClose();
    } catch (error) {
      setProblem(messageOf(error));
      setSending(false);
    }
  }

  return html`<${Dialog} title=${titleOf(alerts)} onClose=${onClose}>
    <form class="silence-form" onSubmit=${submit}>
      ${scopes.length > 1 && html`<${Segmented} label="What is silenced" choices=${scopes} selected=${scope} onSelect=${setScope} />`}
      ${chosen
        ? html`<p class="silence-matchers">${chosen.matchers.map((matcher) => html`<code key=${matcher}>${matcher}</code> `)}</p>`
        : html`<label>Matchers, one a line; all must match
            <textarea class="input" name="matchers" rows="3" required spellcheck="false" placeholder=${'alertname="NodeSilent"\nnode=~"ab.*"'}></textarea>
          </label>`}
      <div class="row-of">
        <${Segmented} label="For" choices=${DURATIONS.map((id) => ({ id, label: duration(durationOf(id)) }))} selected=${time} onSelect=${setTime} />
        <span class="muted">${ms && html`until ${clock(now.value + ms, { date: true }).slice(0, 16)} UTC`}</span>
      </div>
      <label>Reason <input class="input" name="reason" required maxlength="500" value=${REASON} onFocus=${(/** @type {any} */ event) => event.currentTarget.select()} /></label>
      <label>Author <input class="input" name="author" maxlength="100" autocomplete="name" value=${silenceAuthor.value || key || ""} placeholder="who decides it" /></label>
      ${problem && html`<p class="notice" data-state="bad" role="alert">Not silenced: ${problem}.</p>`}
      <p class="row-of">
        <button class="button primary" disabled=${sending}>Silence for ${duration(ms)}</button>
        <span class="muted">Alerts keep their state; no message about them is sent.</span>
      </p>
    </form>
  <//>`;
}

/** @param {readonly ActiveAlert[]} alerts */
function titleOf(alerts) {
  if (!alerts.length) return "New silence";
  return alerts.length === 1 ? `Silence ${alerts[0].alert}` : `Silence ${alerts.length} alerts of ${alerts[0].alert}`;
}
