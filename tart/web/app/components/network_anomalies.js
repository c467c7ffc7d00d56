// @ts-check
/** What differs in the network: figures from their past, implementations and nodes from the others. */

import { figureText, outstanding, scoreState, scoreText } from "../core/anomalies.js";
import { counted, number } from "../core/format.js";
import { html } from "../html.js";
import { href } from "../state/location.js";
import { useAnswer } from "../state/requests.js";
import { client } from "../state/session.js";
import { Answered, Empty } from "./answered.js";
import { State } from "./basics.js";
import { NodeLabel } from "./identifiers.js";
import { Card } from "./page.js";

/** @typedef {import("../../../client/web/tart.js").Anomalies} Anomalies */

const NODES = 8;

export function NetworkAnomalies() {
  const answer = useAnswer("the anomalies", (signal) => client.anomalies({ limit: 20 }, { signal }), { every: 30_000 });
  return html`<${Card} title="Anomalies" note="scores of the last minute; a score alone is no alert" actions=${html`<a class="button quiet small" href=${href("alerts", { tab: "rules", q: "anomaly" })}>Rules</a>`}>
    <${Answered} answer=${answer}>${(/** @type {Anomalies} */ data) => html`<${Content} data=${data} />`}<//>
  <//>`;
}

/** @param {{ data: Anomalies }} properties */
function Content({ data }) {
  if (!data.minute) return html`<${Empty} title="Not computed yet."><span>Scores are computed once a minute.</span><//>`;
  const { nodes, groups, network } = outstanding(data);
  if (!nodes.length && !groups.length && !network.length) {
    return html`<p class="all-well"><${State} state="ok" word="Nothing differs" /><span class="muted">${counted(data.nodes_compared, "node")} compared with each other, ${counted(data.network.length, "figure")} with the past</span></p>`;
  }
  return html`<ul class="anomalies">
    ${network.map((row) => html`<li key=${row.figure}><${State} state=${scoreState(row.score)} word=${scoreText(row.score)} /><span>${figureText(row.figure)}: ${number(row.value, 2)}, usually ${number(row.usual, 2)}</span></li>`)}
    ${groups.map((row) => html`<li key=${row.kind + row.name + row.figure}><${State} state=${scoreState(row.score)} word=${scoreText(row.score)} /><a href=${href("implementations")}>${row.name}, ${counted(row.nodes, "node")}: ${figureText(row.figure)} ${number(row.median, 2)}, the network ${number(row.network_median, 2)}</a></li>`)}
    ${nodes.slice(0, NODES).map((row) => html`<li key=${row.node_id}><${State} state=${scoreState(row.score)} word=${scoreText(row.score)} /><span class="row-of"><${NodeLabel} node=${row} short /> ${figureText(row.figure)}</span></li>`)}
    ${nodes.length > NODES && html`<li class="muted">and ${counted(nodes.length - NODES + data.nodes_truncated, "node")} more</li>`}
  </ul>`;
}
