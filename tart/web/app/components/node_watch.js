// @ts-check
/** What the watch says of one node: its alerts, its failures, and how it differs from the others. */

import { cohortText, figureText, scoreState, scoreText } from "../core/anomalies.js";
import { stateOf, templateText } from "../core/failures.js";
import { number } from "../core/format.js";
import { html } from "../html.js";
import { go, href } from "../state/location.js";
import { currentWindow, range } from "../state/range.js";
import { useAnswer } from "../state/requests.js";
import { client } from "../state/session.js";
import { AlertList } from "./alert_list.js";
import { Answered, Empty } from "./answered.js";
import { Ago, State } from "./basics.js";
import { Card } from "./page.js";
import { Table } from "./table.js";

/** @typedef {import("../../../client/web/tart.js").Alerts} Alerts */
/** @typedef {import("../../../client/web/tart.js").Anomalies} Anomalies */
/** @typedef {import("../../../client/web/tart.js").Failures} Failures */
/** @typedef {import("../../../client/web/tart.js").FailureMembers} Group */
/** @typedef {import("../../../client/web/tart.js").FigureAnomaly} FigureAnomaly */

/** @param {{ id: string }} properties */
export function NodeWatch({ id }) {
  const alerts = useAnswer("its alerts", (signal) => client.alerts({ node: id }, { signal }), { every: 10_000, deps: [id] });
  const failures = useAnswer("its failures", (signal) => client.failures({ node_id: id, ...currentWindow() }, { signal }), { every: 30_000, deps: [id, range.value] });
  const anomalies = useAnswer("how it differs", (signal) => client.anomalies({ node: id }, { signal }), { every: 30_000, deps: [id] });
  return html`
    <${Card} title="Alerts" size="half" actions=${html`<a class="button quiet small" href=${href("alerts", { tab: "history", node: id })}>Before</a>`}>
      <${Answered} answer=${alerts} isEmpty=${(/** @type {Alerts} */ data) => !data.alerts.length} empty=${html`<p class="all-well"><${State} state="ok" word="Nothing fires about it" /></p>`}>
        ${(/** @type {Alerts} */ data) => html`<${AlertList} alerts=${data.alerts} />`}
      <//>
    <//>
    <${Card} title="Against the other nodes" size="half" note="in units of their spread, over the last minutes" flush>
      <${Answered} answer=${anomalies}>
        ${(/** @type {Anomalies} */ data) => html`<${Differences} data=${data} />`}
      <//>
    <//>
    <${Card} title="Failures" note="by type and reason" actions=${html`<a class="button quiet small" href=${href("failures", { node_id: id })}>All of them</a>`} flush>
      <${Answered} answer=${failures} isEmpty=${(/** @type {Failures} */ data) => !data.failures.length} empty=${html`<${Empty} title="It reported no failure in this range." />`}>
        ${(/** @type {Failures} */ data) => html`<${Table}
          caption="Failures of the node"
          columns=${FAILURES}
          rows=${data.failures}
          rowKey=${(/** @type {Group} */ row) => row.fingerprint}
          height=${280}
          onOpen=${(/** @type {Group} */ row) => go(`failures/${row.fingerprint}`)}
        />`}
      <//>
    <//>
  `;
}

/** @type {import("./table.js").Column<Group>[]} */
const FAILURES = [
  {
    id: "state",
    title: "State",
    rank: 2,
    value: (row) => stateOf(row)[1],
    cell: (row) => html`<${State} state=${stateOf(row)[0]} word=${stateOf(row)[1]} />`,
  },
  { id: "event", title: "Type", value: (row) => row.event_name },
  { id: "template", title: "Reason", rank: 1, value: templateText, cell: (row) => html`<a class="mono" href=${href(`failures/${row.fingerprint}`)}>${templateText(row)}</a>` },
  { id: "count", title: "Failures", end: true, rank: 3, value: (row) => row.count, cell: (row) => number(row.count) },
  { id: "last", title: "Last seen", end: true, value: (row) => row.last_seen, cell: (row) => html`<${Ago} value=${row.last_seen} />` },
];

/** @param {{ data: Anomalies }} properties */
function Differences({ data }) {
  const node = data.nodes[0];
  if (!data.minute) return html`<${Empty} title="Not compared yet."><span>Nodes are compared once a minute.</span><//>`;
  if (data.nodes_compared < 5) return html`<${Empty} title="Too few nodes to compare with."><span>Five nodes or more are compared.</span><//>`;
  if (!node) return html`<${Empty} title="It is as the others are."><span>${number(data.nodes_compared)} nodes are compared; a score below 1 is not listed.</span><//>`;
  return html`<${Table}
    caption="Differences of the node"
    columns=${DIFFERENCES}
    rows=${node.figures}
    rowKey=${(/** @type {FigureAnomaly} */ row) => row.figure}
    height=${280}
  />`;
}

/** @type {import("./table.js").Column<FigureAnomaly>[]} */
const DIFFERENCES = [
  { id: "figure", title: "Figure", rank: 1, value: (row) => row.figure, cell: (row) => figureText(row.figure) },
  { id: "score", title: "Score", rank: 2, help: "Distance from the median of the nodes that lasts, in units of their spread; 3 is much", value: (row) => row.score, cell: (row) => html`<${State} state=${scoreState(row.score)} word=${scoreText(row.score)} />` },
  { id: "value", title: "Its value", end: true, rank: 3, value: (row) => row.value, cell: (row) => number(row.value, 2) },
  { id: "median", title: "Median", end: true, value: (row) => row.median, cell: (row) => number(row.median, 2) },
  { id: "cohorts", title: "Now, against", value: (row) => cohortText(row.cohorts) },
];
