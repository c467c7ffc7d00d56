// @ts-check
/** What the bell opens: the worst alerts that fire. */

import { useEffect, useRef } from "preact/hooks";

import { standingOf } from "../core/alerts.js";
import { counted } from "../core/format.js";
import { html } from "../html.js";
import { href } from "../state/location.js";
import { firing } from "../state/live.js";
import { useAnswer } from "../state/requests.js";
import { client } from "../state/session.js";
import { AlertList } from "./alert_list.js";
import { Answered } from "./answered.js";
import { State, Time } from "./basics.js";
import { adoptStyles } from "./styles.js";
import styles from "./alerts_panel.css" with { type: "text" };

adoptStyles(styles);

/** @typedef {import("../../../client/web/tart.js").Alerts} Alerts */

const MOST = 6;

/** @param {{ onClose: () => void }} properties */
export function AlertsPanel({ onClose }) {
  const panel = useRef(/** @type {HTMLElement | null} */ (null));
  const answer = useAnswer("the alerts", (signal) => client.alerts({}, { signal }), { every: 10_000 });
  useEffect(() => answer.reload(), [firing.value]);
  useEffect(() => panel.current?.focus(), []);
  return html`<div class="menu-list alerts-panel" role="dialog" aria-label="Alerts" tabindex="-1" ref=${panel}>
    <${Answered} answer=${answer} lines=${3}>
      ${(/** @type {Alerts} */ data) => html`<${Content} data=${data} onClose=${onClose} />`}
    <//>
    <a class="button small" href=${href("alerts")} onClick=${onClose}>All alerts</a>
  </div>`;
}

/** @param {{ data: Alerts, onClose: () => void }} properties */
function Content({ data, onClose }) {
  const worst = data.alerts.filter((alert) => standingOf(alert) === "firing");
  const { pending, silenced, inhibited } = data.counts;
  const others = [pending && `${counted(pending, "pending", "pending")}`, silenced && `${counted(silenced, "silenced", "silenced")}`, inhibited && `${counted(inhibited, "explained", "explained")} by another`].filter(Boolean);
  return html`
    ${worst.length
      ? html`<${AlertList} alerts=${worst} most=${MOST} onOpen=${onClose} />`
      : html`<p class="all-well"><${State} state="ok" word="Nothing fires" />${data.evaluated_since ? html`<span class="muted">watched since <${Time} value=${data.evaluated_since} date /></span>` : html`<span class="muted">not evaluated yet</span>`}</p>`}
    ${others.length > 0 && html`<p class="muted">${others.join(", ")}</p>`}
    ${data.problems.length > 0 && html`<p><${State} state="warn" word=${`${counted(data.problems.length, "problem")} of the watch itself`} /></p>`}
  `;
}
