// @ts-check
/** Requests between nodes for data, on both sides: a part of the pages on availability. */

import { useMemo } from "preact/hooks";

import { Answered, Empty } from "../components/answered.js";
import { Ago, State } from "../components/basics.js";
import { Figure, Figures } from "../components/figure.js";
import { LineChart } from "../components/line_chart.js";
import { Tabs } from "../components/choices.js";
import { NodeLabel } from "../components/identifiers.js";
import { Card } from "../components/page.js";
import { Table } from "../components/table.js";
import { REQUEST_MEANINGS, REQUEST_NAMES, slowServers } from "../core/availability.js";
import { duration, millis, number, share } from "../core/format.js";
import { html } from "../html.js";
import { location, setParameters } from "../state/location.js";
import { comparing, currentWindow, range } from "../state/range.js";
import { useAnswer, useEarlierAnswer } from "../state/requests.js";
import { client } from "../state/session.js";

/** @typedef {import("../../../client/web/tart.js").AvailabilityRequests} AllRequests */
/** @typedef {import("../../../client/web/tart.js").KindOfRequests} Kind */
/** @typedef {ReadonlyMap<string, import("../state/nodes.js").NodeName>} Names */

const KINDS = Object.keys(REQUEST_MEANINGS);

/** Requests for shards, bundles and segments. @param {{ names: Names }} properties */
export function Requests({ names }) {
  const kind = KINDS.includes(location.value.parameters.kind) ? location.value.parameters.kind : KINDS[0];
  const deps = [JSON.stringify(range.value)];
  const answer = useAnswer("the requests", (signal) => client.availabilityRequests(currentWindow(), { signal }), { every: 10_000, deps });
  const earlier = useEarlierAnswer("the requests of the range before", (window, signal) => client.availabilityRequests(window, { signal }), deps);
  const before = comparing.value ? (earlier.data?.kinds.find((row) => row.kind === kind) ?? null) : null;
  return html`<${Card} title="Requests" note="times by the clock of the node that reports them, of transfers">
    <${Tabs}
      label="Kinds of requests"
      selected=${kind}
      onSelect=${(/** @type {string} */ id) => setParameters({ kind: id === KINDS[0] ? undefined : id })}
      tabs=${KINDS.map((id) => ({ id, label: REQUEST_NAMES[id] }))}
    />
    <${Answered} answer=${answer}>
      ${(/** @type {AllRequests} */ data) => {
        const row = data.kinds.find((each) => each.kind === kind);
        return row && html`<div role="tabpanel" aria-label=${REQUEST_NAMES[kind]} data-kind=${kind}>
          <p class="card-note">${REQUEST_MEANINGS[kind]}</p>
          <${RequestKind} row=${row} times=${data.times} before=${before} names=${names} />
        </div>`;
      }}
    <//>
  <//>`;
}

/** One kind of requests. @param {{ row: Kind, times: string[], before: Kind | null, names: Names }} properties */
export function RequestKind({ row, times, before, names }) {
  if (!row.requester.started && !row.server.started) {
    return html`<${Empty} title="No such requests in this range.">They appear here when nodes ask each other for this data.<//>`;
  }
  return html`<div class="request-kind">
    <div class="sides">
      <section aria-label="Requesters"><h3>Requesters: from the request sent to its transfer</h3><${Side} side=${row.requester} before=${before?.requester} id="requester" /></section>
      <section aria-label="Servers"><h3>Servers: from the request received to its transfer</h3><${Side} side=${row.server} before=${before?.server} id="server" /></section>
    </div>
    <${Times} row=${row} times=${times} before=${before} />
    <div class="sides">
      <section aria-label="Slowest servers"><h3>Slowest servers</h3><${Servers} row=${row} names=${names} /></section>
      <section aria-label="Reasons of failures"><h3>Failures by reason</h3><${Failures} rows=${row.failures} /></section>
    </div>
  </div>`;
}

/** @param {{ side: any, before: any, id: string }} properties */
function Side({ side, before, id }) {
  const ended = side.transferred + side.failed;
  const bad = ended >= 20 && side.failed * 20 > ended;
  return html`<${Figures}>
    <${Figure} id=${`${id}-started`} label="Started" value=${number(side.started)} before=${before && number(before.started)} />
    <${Figure}
      id=${`${id}-failed`}
      label="Failed"
      value=${share(side.failed, ended)}
      state=${bad ? "warn" : undefined}
      note=${bad && html`<${State} state="warn" word="more than 5 %" />`}
      before=${before && share(before.failed, before.transferred + before.failed)}
    />
    <${Figure} id=${`${id}-p50`} label="p50" value=${duration(side.p50_ms)} before=${before && duration(before.p50_ms)} />
    <${Figure} id=${`${id}-p95`} label="p95" value=${duration(side.p95_ms)} before=${before && duration(before.p95_ms)} />
  <//>`;
}

/** @param {{ row: Kind, times: string[], before: Kind | null }} properties */
function Times({ row, times, before }) {
  const x = useMemo(() => times.map((time) => millis(time) ?? 0), [times]);
  // The buckets of both ranges are equally many, or one more or less.
  const ghost = (/** @type {readonly (number | null)[]} */ values) => x.map((_, index) => values[values.length - x.length + index] ?? null);
  const series = useMemo(
    () => [
      ...(before ? [{ label: "requesters p95, before", values: ghost(before.series.requester_p95_ms), ghost: true }] : []),
      { label: "requesters p50", values: row.series.requester_p50_ms, colour: "--accent" },
      { label: "requesters p95", values: row.series.requester_p95_ms, colour: "--implementation-1" },
      { label: "servers p50", values: row.series.server_p50_ms, colour: "--implementation-2" },
      { label: "servers p95", values: row.series.server_p95_ms, colour: "--implementation-3" },
    ],
    [row, before, x],
  );
  const counts = useMemo(
    () => [
      { label: "requested", values: row.series.requested, colour: "--accent", bars: true },
      { label: "failed", values: row.series.failed, colour: "--bad", bars: true },
    ],
    [row],
  );
  return html`<div class="sides">
    <${LineChart} title=${`Times of ${REQUEST_NAMES[row.kind].toLowerCase()}`} x=${x} series=${series} format=${duration} height=${150} />
    <${LineChart} title=${`Numbers of ${REQUEST_NAMES[row.kind].toLowerCase()}`} x=${x} series=${counts} format=${number} height=${150} />
  </div>`;
}

/** @param {{ row: Kind, names: Names }} properties */
function Servers({ row, names }) {
  const slow = useMemo(() => slowServers(row.servers), [row]);
  /** @type {import("../components/table.js").Column<any>[]} */
  const columns = [
    {
      id: "node",
      title: "Node",
      rank: 1,
      value: (each) => each.node_id,
      cell: (each) => html`<${NodeLabel}
        node=${names.get(each.node_id) ?? each}
        state=${slow.has(each.node_id) ? "warn" : "ok"}
        word=${slow.has(each.node_id) ? "twice the typical p95 or more" : "as others"}
      />`,
    },
    { id: "p95", title: "p95", rank: 2, end: true, value: (each) => each.p95_ms, cell: (each) => duration(each.p95_ms) },
    { id: "p50", title: "p50", end: true, value: (each) => each.p50_ms, cell: (each) => duration(each.p50_ms) },
    { id: "transferred", title: "Transfers", rank: 3, end: true, value: (each) => each.transferred },
    { id: "failed", title: "Failed", end: true, value: (each) => each.failed },
  ];
  return html`<${Table}
      caption=${`Servers of ${REQUEST_NAMES[row.kind].toLowerCase()}`}
      columns=${columns}
      rows=${row.servers}
      rowKey=${(/** @type {any} */ each) => each.node_id}
      sort="-p95"
      sortParameter="servers"
      csv=${`servers-${row.kind}`}
      height=${240}
      empty="No node received such a request."
    />
    ${row.servers_total > row.servers.length &&
    html`<p class="card-note">The slowest ${number(row.servers.length)} of ${number(row.servers_total)} servers.</p>`}`;
}

/** Reasons in the nodes' own words. @param {{ rows: any[] }} properties */
export function Failures({ rows }) {
  /** @type {import("../components/table.js").Column<any>[]} */
  const columns = [
    { id: "reason", title: "Reason", rank: 1, value: (row) => row.reason, cell: (row) => html`<span title=${row.reason}>${row.reason}</span>` },
    { id: "count", title: "Events", rank: 2, end: true, value: (row) => row.count },
    { id: "nodes", title: "Nodes", end: true, value: (row) => row.nodes },
    { id: "last", title: "Last", rank: 3, end: true, value: (row) => row.last_at, cell: (row) => html`<${Ago} value=${row.last_at} />` },
  ];
  return html`<${Table}
    caption="Failures by reason"
    columns=${columns}
    rows=${rows}
    rowKey=${(/** @type {any} */ row) => row.reason}
    sort="-count"
    sortParameter="failures"
    height=${240}
    empty="No failures in this range."
  />`;
}
