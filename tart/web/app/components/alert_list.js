// @ts-check
/** Alerts as sentences with their links, as small as other pages have place for. */

import { aboutText, groupedRows, groupText, labelText, markOf, ownLabels, placeOf, standingOf, STANDINGS } from "../core/alerts.js";
import { html } from "../html.js";
import { href } from "../state/location.js";
import { Ago, State } from "./basics.js";

/** @typedef {import("../../../client/web/tart.js").ActiveAlert} ActiveAlert */

/** A link to what an alert is about; its name where no page is about it. @param {{ alert: ActiveAlert, word?: any, button?: boolean }} properties */
export function AboutLink({ alert, word = aboutText(alert), button = false }) {
  const place = placeOf(alert);
  return place ? html`<a class=${button ? "button small" : ""} href=${href(...place)} title=${alert.about.id || undefined}>${word}</a>` : html`<span title=${alert.about.id || undefined}>${word}</span>`;
}

/** The labels that tell an alert from others of its rule. @param {{ labels: Record<string, string> }} properties */
export function Labels({ labels }) {
  return html`<span class="row-of">
    ${ownLabels(labels).map(([name, value]) => html`<span key=${name} class="chip" title=${`${name}="${value}"`}>${labelText(name, value)}</span>`)}
  </span>`;
}

/** State and severity of an alert in words. @param {{ alert: ActiveAlert }} properties */
export function AlertState({ alert }) {
  const standing = standingOf(alert);
  const word = standing === "firing" ? alert.severity : STANDINGS[standing].toLowerCase();
  return html`<${State} state=${markOf(alert)} word=${word} />`;
}

/** Sentences, many of one rule as one; each leads to the alert. @param {{ alerts: readonly ActiveAlert[], most?: number, onOpen?: () => void }} properties */
export function AlertList({ alerts, most = 20, onOpen }) {
  const rows = groupedRows(alerts, new Set());
  return html`<ul class="attention">
    ${rows.slice(0, most).map((row) => {
      const alert = row.kind === "group" ? row.alerts[0] : row.alert;
      const path = href("alerts", row.kind === "group" ? { rule: alert.alert, open: row.key } : { alert: alert.fingerprint });
      return html`<li key=${row.key}>
        <a href=${path} onClick=${onOpen}>
          <${AlertState} alert=${alert} />
          <span>${row.kind === "group" ? html`<b>${groupText(row.alerts)}:</b> ` : ""}${alert.summary} <span class="muted nowrap"><${Ago} value=${alert.fired_at ?? alert.since} /></span></span>
        </a>
      </li>`;
    })}
    ${rows.length > most && html`<li><a href=${href("alerts")} onClick=${onOpen}>and ${rows.length - most} more</a></li>`}
  </ul>`;
}
