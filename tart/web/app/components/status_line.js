// @ts-check
/** The status line: how current and how complete the data is. */

import { clock } from "../core/format.js";
import { html } from "../html.js";
import { connection, received, summary } from "../state/live.js";
import { localTime } from "../state/preferences.js";
import { now } from "../state/time.js";
import { Ago, State } from "./basics.js";

/** @type {Record<string, [import("./basics.js").StateName, string]>} */
const CONNECTIONS = {
  live: ["ok", "live"],
  polling: ["ok", "polling"],
  paused: ["info", "paused"],
  stale: ["bad", "no answer"],
  offline: ["bad", "offline"],
  connecting: ["idle", "connecting"],
  closed: ["idle", "not logged in"],
};

export function StatusLine() {
  const [state, word] = CONNECTIONS[connection.value];
  const old = connection.value === "stale" || connection.value === "offline";
  const newest = summary.value;
  return html`<footer class="status">
    <${State} state=${state} word=${word} />
    ${old && received.value > 0 && html`<span>since <${Ago} value=${received.value} /></span>`}
    ${newest &&
    html`<${State}
      state=${old ? "idle" : newest.shards_answered < newest.shards_total ? "warn" : "ok"}
      word=${`${newest.shards_answered} of ${newest.shards_total} shards`}
    />`}
    <button
      type="button"
      class="button quiet small status-end"
      title="Switch between UTC and the clock of this machine"
      onClick=${() => (localTime.value = !localTime.value)}
    >
      ${clock(now.value, { local: localTime.value })} ${localTime.value ? "local" : "UTC"}
    </button>
  </footer>`;
}
