// @ts-check
/** How many alerts there are, in the bar of every page; nothing if there are none. */

import { counted, number } from "../core/format.js";
import { html } from "../html.js";
import { summary } from "../state/live.js";
import { href } from "../state/location.js";
import { State } from "./basics.js";

export function AlertsMark() {
  const count = summary.value?.alerts ?? 0;
  if (!count) return null;
  return html`<a class="button quiet" href=${href("alerts")} title=${counted(count, "alert")}>
    <${State} state="warn" word=${html`${number(count)}<span class="visually-hidden"> alerts</span>`} />
  </a>`;
}
