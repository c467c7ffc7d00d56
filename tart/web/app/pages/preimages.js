// @ts-check
/** Preimages: who announces, fetches, serves and holds them, and how long that takes. */

import { useMemo } from "preact/hooks";

import { Answered, Empty } from "../components/answered.js";
import { Ago, State } from "../components/basics.js";
import { Figure, Figures } from "../components/figure.js";
import { Hash, NodeLabel } from "../components/identifiers.js";
import { LineChart } from "../components/line_chart.js";
import { Card, Page } from "../components/page.js";
import { Table } from "../components/table.js";
import { bytes, counted, duration, millis, number, share } from "../core/format.js";
import { html } from "../html.js";
import { href, location, setParameters } from "../state/location.js";
import { useNodeNames } from "../state/nodes.js";
import { comparing, currentWindow, range } from "../state/range.js";
import { useAnswer, useEarlierAnswer } from "../state/requests.js";
import { client } from "../state/session.js";
import { NodeList } from "./availability.js";
import { Failures, RequestKind } from "./requests.js";
import { adoptStyles } from "../components/styles.js";
import styles from "./availability.css" with { type: "text" };

adoptStyles(styles);

/** @typedef {import("../../../client/web/tart.js").Preimages} Preimages */
/** @typedef {import("../../../client/web/tart.js").Preimage} Preimage */
/** @typedef {ReadonlyMap<string, import("../state/nodes.js").NodeName>} Names */

const LIMIT = 200;

export default function PreimagesPage() {
  const names = useNodeNames();
  const deps = [JSON.stringify(range.value)];
  const answer = useAnswer("the preimages", (signal) => client.preimages({ ...currentWindow(), limit: LIMIT }, { signal }), { every: 10_000, deps });
  const earlier = useEarlierAnswer("the preimages of the range before", (window, signal) => client.preimages({ ...window, limit: 1 }, { signal }), deps);
  const before = comparing.value ? earlier.data : null;
  return html`<${Page} title="Preimages" question="Do the nodes that need a preimage get it, from whom, and how soon?">
    <${Answered} answer=${answer} isEmpty=${isEmpty} empty=${html`<${NoPreimages} />`}>
      ${(/** @type {Preimages} */ data) => html`<div class="cards">
        <${Card} title="Distribution"><${Totals} data=${data} before=${before} /><//>
        <${Card} title="Announcements over time"><${Announcements} data=${data} before=${before} /><//>
        <${Card} title="Preimages" note=${noteOf(data)} flush><${List} rows=${data.preimages} names=${names} /><//>
        <${Card} title="Requests" note="times by the clock of the node that reports them, of transfers">
          <${RequestKind} row=${data.requests} times=${data.times} before=${before?.requests ?? null} names=${names} />
        <//>
        <${Card} size="half" title="Nodes" flush><${Nodes} rows=${data.nodes} names=${names} /><//>
        <${Card} size="half" title="Announcements that failed, and losses" flush><${Failures} rows=${data.failures} /><//>
      </div>`}
    <//>
  <//>`;
}

/** @param {Preimages} data */
function isEmpty({ totals, preimages }) {
  return !preimages.length && !totals.announced && !totals.transferred && !totals.stored;
}

function NoPreimages() {
  return html`<${Empty} title="No preimages in this range.">
    They appear here when nodes report Preimage announced (191), requests (193 to 198), or preimages in their Status.
  <//>`;
}

/** @param {Preimages} data */
function noteOf({ preimages, read }) {
  const cut = read.complete ? "" : `, from the newest ${number(read.events)} events`;
  return `${preimages.length >= LIMIT ? "the newest " : ""}${counted(preimages.length, "preimage")}${cut}`;
}

/** @param {{ data: Preimages, before: Preimages | null }} properties */
function Totals({ data: { totals, requests }, before }) {
  const old = before?.totals;
  const ended = requests.requester.transferred + requests.requester.failed;
  const bad = ended >= 20 && requests.requester.failed * 20 > ended;
  const oldSide = before?.requests.requester;
  return html`<${Figures} large>
    <${Figure} id="announced" label="Announcements" value=${number(totals.announced)} note="events of either side" before=${old && number(old.announced)} />
    <${Figure} id="transferred" label="Fetched" value=${number(requests.requester.transferred)} before=${oldSide && number(oldSide.transferred)} />
    <${Figure}
      id="failed"
      label="Requests failed"
      value=${share(requests.requester.failed, ended)}
      state=${bad ? "warn" : undefined}
      note=${bad && html`<${State} state="warn" word="more than 5 %" />`}
      before=${oldSide && share(oldSide.failed, oldSide.transferred + oldSide.failed)}
    />
    <${Figure}
      id="p95"
      label="Fetch p95"
      value=${duration(requests.requester.p95_ms)}
      note=${`p50 ${duration(requests.requester.p50_ms)}`}
      before=${oldSide && duration(oldSide.p95_ms)}
    />
    <${Figure} id="stored" label="In all pools" value=${number(totals.stored)} note=${bytes(Number(totals.stored_bytes))} before=${old && number(old.stored)} />
    <${Figure} id="forgotten" label="Forgotten" value=${number(totals.forgotten)} before=${old && number(old.forgotten)} />
    <${Figure} id="discarded" label="Discarded" value=${number(totals.discarded)} note="also those provided on chain" before=${old && number(old.discarded)} />
  <//>`;
}

/** @param {{ data: Preimages, before: Preimages | null }} properties */
function Announcements({ data, before }) {
  const x = useMemo(() => data.times.map((time) => millis(time) ?? 0), [data]);
  const series = useMemo(() => {
    const old = before?.series.announced;
    return [
      ...(old ? [{ label: "announced, before", values: x.map((_, index) => old[old.length - x.length + index] ?? null), ghost: true }] : []),
      { label: "announced", values: data.series.announced, bars: true, colour: "--accent" },
      { label: "discarded", values: data.series.discarded, colour: "--implementation-3" },
      { label: "forgotten", values: data.series.forgotten, colour: "--warn" },
    ];
  }, [data, before, x]);
  return html`<${LineChart} title="Announcements of preimages over time" x=${x} series=${series} format=${number} height=${150} />`;
}

/** @param {{ rows: Preimage[], names: Names }} properties */
function List({ rows, names }) {
  const open = location.value.parameters.preimage;
  /** @type {import("../components/table.js").Column<Preimage>[]} */
  const columns = [
    { id: "hash", title: "Preimage", rank: 1, value: (row) => row.hash, cell: (row) => html`<${Hash} value=${row.hash} />` },
    { id: "service", title: "Service", end: true, value: (row) => row.service, cell: (row) => number(row.service) },
    { id: "length", title: "Size", rank: 2, end: true, value: (row) => row.length, cell: (row) => bytes(row.length) },
    { id: "first", title: "First seen", rank: 3, end: true, value: (row) => row.first_at, cell: (row) => html`<${Ago} value=${row.first_at} />` },
    { id: "announcers", title: "Announced by", end: true, value: (row) => row.announcers.length, help: "Nodes that announced it to others." },
    { id: "requests", title: "Requests", end: true, value: (row) => row.requests },
    { id: "transfers", title: "Fetched", end: true, value: (row) => row.transfers },
    {
      id: "failures",
      title: "Failed",
      end: true,
      value: (row) => row.failures,
      cell: (row) => (row.failures ? html`<${State} state="warn" word=${number(row.failures)} />` : number(0)),
    },
    { id: "holders", title: "Held by", end: true, value: (row) => row.holders.length, help: "Nodes that announced, fetched or served it and did not discard it since." },
    { id: "spread", title: "Spread in", end: true, value: (row) => row.spread_ms, cell: (row) => duration(row.spread_ms), help: "From the first event to the last fetch, by the server's clock." },
  ];
  return html`<${Table}
    caption="Preimages"
    columns=${columns}
    rows=${rows}
    rowKey=${(/** @type {Preimage} */ row) => row.hash}
    sort="-first"
    csv="preimages"
    height=${400}
    empty="No event about a preimage in this range."
    onOpen=${(/** @type {Preimage} */ row) => setParameters({ preimage: row.hash === open ? undefined : row.hash })}
    expanded=${(/** @type {Preimage} */ row) => row.hash === open && html`<${Details} row=${row} names=${names} />`}
  />`;
}

/** @param {{ row: Preimage, names: Names }} properties */
function Details({ row, names }) {
  const reasons = (/** @type {Record<string, number>} */ counts) =>
    Object.entries(counts).map(([reason, count]) => `${reason} ${number(count)}`).join(", ") || "none";
  return html`<dl class="pairs preimage-details">
    <dt>Announced by</dt>
    <dd><${NodeList} nodes=${row.announcers} names=${names} /></dd>
    <dt>Announced to</dt>
    <dd><${NodeList} nodes=${row.hearers} names=${names} /></dd>
    <dt>Fetched by</dt>
    <dd><${NodeList} nodes=${row.fetchers} names=${names} /></dd>
    <dt>Held by</dt>
    <dd><${NodeList} nodes=${row.holders} names=${names} /></dd>
    <dt>Forgotten</dt>
    <dd>${reasons(row.forgotten)}</dd>
    <dt>Discarded</dt>
    <dd>${reasons(row.discarded)}</dd>
    <dt>Events</dt>
    <dd><a href=${href(`events/${row.first_event}`)}>first event</a> · <a href=${href("events", { hash: row.hash })}>all that name it</a></dd>
  </dl>`;
}

/** @param {{ rows: any[], names: Names }} properties */
function Nodes({ rows, names }) {
  /** @type {import("../components/table.js").Column<any>[]} */
  const columns = [
    { id: "node", title: "Node", rank: 1, value: (row) => row.node_id, cell: (row) => html`<${NodeLabel} node=${names.get(row.node_id) ?? row} />` },
    { id: "stored", title: "Pool", rank: 2, end: true, value: (row) => row.stored, cell: (row) => number(row.stored), help: "Preimages in its pool, by its newest Status." },
    { id: "bytes", title: "Size", end: true, value: (row) => row.stored_bytes, cell: (row) => bytes(row.stored_bytes) },
    { id: "fetched", title: "Fetched", rank: 3, end: true, value: (row) => row.fetched },
    { id: "fetch_failed", title: "failed", end: true, value: (row) => row.fetch_failed },
    { id: "fetch_p95", title: "p95", end: true, value: (row) => row.fetch_p95_ms, cell: (row) => duration(row.fetch_p95_ms) },
    { id: "served", title: "Served", end: true, value: (row) => row.served },
    { id: "serve_failed", title: "failed", end: true, value: (row) => row.serve_failed },
    { id: "serve_p95", title: "p95", end: true, value: (row) => row.serve_p95_ms, cell: (row) => duration(row.serve_p95_ms) },
  ];
  return html`<${Table}
    caption="Nodes and their preimages"
    columns=${columns}
    rows=${rows}
    rowKey=${(/** @type {any} */ row) => row.node_id}
    sort="-fetched"
    sortParameter="nodes"
    csv="preimages-by-node"
    height=${360}
  />`;
}
