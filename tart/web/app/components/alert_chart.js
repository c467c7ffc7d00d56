// @ts-check
/** What the figure of an alert was over the time range, or what moves it. */

import { chartOf, curveOf } from "../core/alert_chart.js";
import { bytes, compact } from "../core/format.js";
import { html } from "../html.js";
import { currentWindow, range } from "../state/range.js";
import { useAnswer } from "../state/requests.js";
import { client } from "../state/session.js";
import { Answered } from "./answered.js";
import { LineChart } from "./line_chart.js";

/** @typedef {import("../../../client/web/tart.js").ActiveAlert} ActiveAlert */

/** @type {Record<import("../core/alert_chart.js").Source, (alert: ActiveAlert, signal: AbortSignal) => Promise<any>>} */
const REQUESTS = {
  node: ({ labels }, signal) => client.nodesSummary({ node_id: labels.node, ...currentWindow() }, { signal }),
  connections: (_, signal) => client.connectionTimeline(currentWindow(), { signal }),
  blocks: (_, signal) => client.timeseries({ metric: "blocks", interval: 1, ...currentWindow() }, { signal }),
  failures: (_, signal) => client.groupedTimeseries({ metric: "failures", group_by: "category", ...currentWindow() }, { signal }),
  // It has no other windows than the time until now.
  server: (_, signal) => client.serverHistory({ duration: "24h" }, { signal }),
};

/** @param {{ alert: ActiveAlert }} properties */
export function AlertChart({ alert }) {
  const chart = chartOf(alert);
  const answer = useAnswer(
    "the figure of the alert",
    (signal) => REQUESTS[chart?.source ?? "node"](alert, signal),
    { every: 30_000, deps: [alert.fingerprint, range.value], when: chart !== null },
  );
  if (chart === null) return null;
  return html`<${Answered} answer=${answer} lines=${3}>
    ${(/** @type {any} */ data) => {
      const { x, label, values, limit } = curveOf(chart.source, data, alert);
      if (!x.length) return html`<p class="muted">Nothing of it in this range.</p>`;
      const series = [{ label, values, fill: limit === null }];
      // The threshold is a line of its own, where the curve is the figure that it is compared with.
      if (limit !== null) series.push({ label: "threshold", values: x.map(() => limit), fill: false, .../** @type {any} */ ({ colour: "--bad" }) });
      return html`<${LineChart} title=${chart.title} x=${x} series=${series} format=${label === "bytes" ? bytes : compact} least=${0} height=${140} />`;
    }}
  <//>`;
}
