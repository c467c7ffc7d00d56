// @ts-check
/** Failures in groups: what fails, on which nodes and versions, and is it new? */

import { useMemo } from "preact/hooks";

import { Answered } from "../components/answered.js";
import { Ago, Implementation, State } from "../components/basics.js";
import { SearchBox, Segmented } from "../components/choices.js";
import { Figure, Figures, Spark } from "../components/figure.js";
import { Card, Page } from "../components/page.js";
import { adoptStyles } from "../components/styles.js";
import { Table } from "../components/table.js";
import { filtered, limitTexts, SHOWN, stateOf, templateText } from "../core/failures.js";
import { compact, counted, number } from "../core/format.js";
import { html } from "../html.js";
import { go, href, location, setParameters } from "../state/location.js";
import { currentWindow, range } from "../state/range.js";
import { useAnswer } from "../state/requests.js";
import { client } from "../state/session.js";
import styles from "./failures.css" with { type: "text" };

adoptStyles(styles);

/** @typedef {import("../../../client/web/tart.js").Failures} Failures */
/** @typedef {import("../../../client/web/tart.js").FailureMembers} Group */

const LIMIT = 1000;

export default function FailuresPage() {
  const { node_id, implementation, event_types } = location.value.parameters;
  const answer = useAnswer(
    "the failures",
    (signal) => client.failures({ ...currentWindow(), node_id, implementation, event_types, limit: LIMIT }, { signal }),
    { every: 10_000, deps: [range.value, node_id, implementation, event_types] },
  );
  return html`<${Page} title="Failures" question="What fails, on which nodes and versions, and is it new?">
    <${Answered} answer=${answer} lines=${8}>${(/** @type {Failures} */ data) => html`<${Content} data=${data} />`}<//>
  <//>`;
}

/** @param {{ data: Failures }} properties */
function Content({ data }) {
  const { parameters } = location.value;
  const { shown = "", q = "" } = parameters;
  const rows = useMemo(() => filtered(data.failures, { shown, q }), [data, shown, q]);
  const { totals, watch } = data;
  const limits = limitTexts(parameters);
  const back = totals.by_state.regressed ?? 0;
  const tools = html`
    <${Segmented} label="State" choices=${SHOWN} selected=${shown} onSelect=${(/** @type {string} */ id) => setParameters({ shown: id })} />
    <${SearchBox} label="Type, reason, version" value=${q} onInput=${(/** @type {string} */ text) => setParameters({ q: text })} />
    ${limits.map((text) => html`<span key=${text} class="chip">${text}</span>`)}
    ${limits.length > 0 && html`<button type="button" class="button quiet small" onClick=${() => setParameters({ node_id: "", implementation: "", event_types: "" })}>Of all nodes</button>`}
  `;
  return html`<div class="cards">
    <${Figures} large>
      <${Figure} id="groups" label="Groups" value=${number(totals.groups)} note="of one event type and reason each" />
      <${Figure} id="failures" label="Failures" value=${compact(totals.failures)} title=${number(totals.failures)} note="in the range" />
      <${Figure} id="new" label="New" value=${number(totals.new)} state=${totals.new ? "warn" : undefined} note="first seen in the range" />
      <${Figure} id="regressed" label="Back again" value=${number(back)} state=${back ? "bad" : undefined} note="after they were resolved" />
      ${totals.other_reasons + totals.ungrouped > 0 &&
      html`<${Figure} id="others" label="Not grouped" value=${compact(totals.other_reasons + totals.ungrouped)} note="too many different reasons" />`}
    <//>
    ${watch.problem && html`<div class="notice" data-state="warn" role="status">New and returning groups are not noticed: ${watch.problem}.</div>`}
    <${Card} title="Groups" note=${rows.length === data.failures.length ? counted(rows.length, "group") : `${number(rows.length)} of ${counted(data.failures.length, "group")}`} flush>
      <${Table}
        caption="Failure groups"
        columns=${COLUMNS}
        rows=${rows}
        rowKey=${(/** @type {Group} */ row) => row.fingerprint}
        sort="-count"
        csv="failures"
        steady
        tools=${tools}
        height="max(420px, calc(100dvh - 380px))"
        onOpen=${(/** @type {Group} */ row) => go(`failures/${row.fingerprint}`)}
        empty=${data.failures.length
          ? "No group passes the filter."
          : "Nothing failed in this range. Failures that nodes report, such as WorkPackageFailed, and discards for a fault are grouped here by their reason."}
      />
      ${data.has_more && html`<p class="muted failures-more">Only the ${number(data.failures.length)} groups with the most failures are listed.</p>`}
    <//>
  </div>`;
}

/** @type {import("../components/table.js").Column<Group>[]} */
const COLUMNS = [
  {
    id: "state",
    title: "State",
    rank: 2,
    value: (row) => stateOf(row)[1],
    cell: (row) => {
      const [state, word] = stateOf(row);
      return html`<${State} state=${state} word=${word} />`;
    },
  },
  { id: "event", title: "Type", value: (row) => row.event_name },
  {
    id: "template",
    title: "Reason",
    rank: 1,
    className: "failures-template",
    value: (row) => templateText(row),
    cell: (row) => html`<a href=${href(`failures/${row.fingerprint}`)} title=${templateText(row)}>${templateText(row)}</a>`,
  },
  { id: "count", title: "Failures", end: true, rank: 3, value: (row) => row.count, cell: (row) => number(row.count) },
  { id: "trend", title: "In the range", unsorted: true, value: (row) => row.series.join(" "), cell: (row) => html`<${Spark} values=${row.series} />` },
  { id: "nodes", title: "Nodes", end: true, value: (row) => row.nodes, cell: (row) => number(row.nodes) },
  {
    id: "versions",
    title: "Versions",
    value: (row) => row.versions.length,
    saved: (row) => row.versions.map(({ name, version }) => `${name} ${version}`).join(", "),
    cell: (row) => html`<span class="nowrap">${row.versions.slice(0, 1).map(({ name, version }) => html`<${Implementation} name=${name} version=${version} />`)}${row.versions.length > 1 ? ` +${row.versions.length - 1}` : ""}</span>`,
  },
  { id: "first", title: "First seen", end: true, value: (row) => row.first_seen, cell: (row) => html`<${Ago} value=${row.first_seen} />` },
  { id: "last", title: "Last seen", end: true, value: (row) => row.last_seen, cell: (row) => html`<${Ago} value=${row.last_seen} />` },
];
