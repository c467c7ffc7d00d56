// @ts-check
/** Who sends to whom, and who is poorly connected. */

import { useMemo } from "preact/hooks";

import { Answered, Empty } from "../components/answered.js";
import { State } from "../components/basics.js";
import { Figure, Figures } from "../components/figure.js";
import { LinkMatrix } from "../components/link_matrix.js";
import { Segmented, Tabs } from "../components/choices.js";
import { NodeLabel } from "../components/identifiers.js";
import { Card, Page } from "../components/page.js";
import { Table } from "../components/table.js";
import { counted, DASH, number, share, shortNode } from "../core/format.js";
import { colourVariable } from "../core/implementations.js";
import { bandsOf, circle, linkedNodes, neighboursOf, ORDERS, orderedNodes, poorlyConnected } from "../core/topology.js";
import { html } from "../html.js";
import { go, href, location, setParameters } from "../state/location.js";
import { currentWindow, range } from "../state/range.js";
import { useAnswer } from "../state/requests.js";
import { client } from "../state/session.js";
import { adoptStyles } from "../components/styles.js";
import styles from "./topology.css" with { type: "text" };

adoptStyles(styles);

/** @typedef {"announcements" | "tickets" | "streams"} Kind */
/** @type {Record<Kind, string>} */
const WHAT = { announcements: "block announcements", tickets: "tickets", streams: "announcement streams opened" };
/** Neighbours that the graph shows; the table has all. */
const GRAPH_NODES = 40;

export default function TopologyPage() {
  const { parameters } = location.value;
  const kind = /** @type {Kind} */ (parameters.kind in WHAT ? parameters.kind : "announcements");
  const answer = useAnswer("the links", (signal) => client.links({ kind, ...currentWindow() }, { signal }), {
    every: 30_000,
    deps: [kind, JSON.stringify(range.value)],
  });
  const kinds = Object.entries(WHAT).map(([id]) => ({ id, label: id }));
  const actions = html`<${Segmented} label="Messages" choices=${kinds} selected=${kind} onSelect=${(/** @type {string} */ id) => setParameters({ kind: id === "announcements" ? undefined : id })} />`;
  return html`<${Page} title="Topology" question="Who sends to whom, and who is poorly connected?" actions=${actions}>
    <${Answered}
      answer=${answer}
      lines=${12}
      isEmpty=${(/** @type {any} */ data) => data.total_links === 0}
      empty=${html`<${Empty} title=${`No ${WHAT[kind]} in this range.`}>Links appear when two nodes exchange messages; counts are stored in buckets of ten minutes.<//>`}
    >
      ${(/** @type {any} */ data) => html`<${Topology} data=${data} kind=${kind} parameters=${parameters} />`}
    <//>
  <//>`;
}

/** @param {{ data: import("../core/topology.js").Links, kind: Kind, parameters: Record<string, string> }} properties */
function Topology({ data, kind, parameters }) {
  const order = ORDERS.includes(parameters.order) ? parameters.order : "implementation";
  const nodes = useMemo(() => linkedNodes(data), [data]);
  const ordered = useMemo(() => orderedNodes(nodes, order), [nodes, order]);
  const poor = useMemo(() => poorlyConnected(nodes), [nodes]);
  const wanted = (parameters.node ?? "").toLowerCase().replace(/^0x/, "");
  const selected = wanted ? nodes.find(({ node_id: id }) => id.startsWith(wanted)) : undefined;
  const silent = nodes.filter(({ known }) => !known).length;
  const tab = parameters.tab ?? "poor";
  const select = (/** @type {number} */ index) => setParameters({ node: nodes[index].node_id });

  return html`<div class="cards">
    <${Card} title="Links">
      <${Figures}>
        <${Figure} id="nodes" label="Nodes" value=${number(nodes.length)} note=${silent ? `${counted(silent, "peer")} without telemetry` : undefined} />
        <${Figure} id="links" label="Links" value=${number(data.total_links)} note=${`${share(data.total_links, nodes.length * (nodes.length - 1))} of all pairs`} />
        <${Figure} id="median" label="Links of a node" value=${number(poor.median)} note="median" />
        <${Figure} id="poor" label="Poorly connected" value=${number(poor.nodes.length)} state=${poor.nodes.length ? "warn" : undefined} note="below a third of the median" />
      <//>
      ${!data.complete && html`<p class="muted">The matrix has the ${number(data.links.messages.length)} links with the most messages.</p>`}
    <//>
    <${Card}
      title="Matrix"
      note=${WHAT[kind]}
      size="two-thirds"
      actions=${html`<${Segmented}
        label="Order"
        choices=${ORDERS.map((id) => ({ id, label: `by ${id}` }))}
        selected=${order}
        onSelect=${(/** @type {string} */ id) => setParameters({ order: id === "implementation" ? undefined : id })}
      />`}
    >
      <${LinkMatrix} links=${data.links} nodes=${ordered} selected=${selected?.index} onSelect=${select} what=${WHAT[kind]} />
      <div class="chart-legend">
        ${bandsOf(orderedNodes(nodes, "implementation")).map(
          ({ name, label, from, to }) => html`<span key=${label} class="legend-entry">
            <i class="swatch" style=${{ background: `var(${colourVariable(name)})` }}></i>${label.replace("\uffff", "")} (${number(to - from)})
          </span>`,
        )}
        <span class="muted">darker: more messages, by their logarithm</span>
      </div>
    <//>
    <${Card}
      title=${selected ? html`Neighbours of <span class="mono">${shortNode(selected.node_id)}</span>` : "Neighbours"}
      size="third"
      actions=${selected && html`<a class="button small" href=${href(`nodes/${selected.node_id}`)}>Open</a>`}
    >
      ${selected
        ? html`<${Neighbourhood} data=${data} nodes=${nodes} own=${selected.index} what=${WHAT[kind]} />`
        : html`<${Empty} title=${wanted ? `No link names a node that begins with ${wanted.slice(0, 12)}.` : "No node selected."}>Click a row of the matrix, or a node below.<//>`}
    <//>
    <section class="card">
      <${Tabs}
        label="Lists"
        selected=${tab}
        onSelect=${(/** @type {string} */ id) => setParameters({ tab: id === "poor" ? undefined : id })}
        tabs=${[
          { id: "poor", label: `Poorly connected (${number(poor.nodes.length)})` },
          { id: "nodes", label: "All nodes" },
          { id: "links", label: "All links" },
        ]}
      />
      ${tab === "links"
        ? html`<${LinkTable} data=${data} nodes=${nodes} />`
        : html`<${NodeTable} rows=${tab === "nodes" ? nodes : poor.nodes} poor=${poor} />`}
    </section>
  </div>`;
}

/** One node in the middle, its busiest neighbours around it. @param {{ data: import("../core/topology.js").Links, nodes: import("../core/topology.js").LinkedNode[], own: number, what: string }} properties */
function Neighbourhood({ data, nodes, own, what }) {
  const all = useMemo(() => neighboursOf(data.links, own), [data, own]);
  const shown = all.slice(0, GRAPH_NODES);
  const places = circle(shown.length, 118);
  const most = Math.max(...shown.map(({ sent, received }) => sent + received), 1);
  return html`
    <svg class="neighbourhood" viewBox="-150 -150 300 300" role="group" aria-label=${`${shortNode(nodes[own].node_id)} has ${counted(all.length, "neighbour")}`}>
      ${shown.map(({ index, sent, received }, place) => {
        const width = 0.5 + (3.5 * (sent + received)) / most;
        return html`<line key=${`line ${index}`} x1="0" y1="0" x2=${places[place].x} y2=${places[place].y} style=${{ strokeWidth: `${width}px` }} />`;
      })}
      <circle class="own" r="9" style=${{ fill: `var(${colourVariable(nodes[own].implementation_name)})` }} />
      ${shown.map(({ index, sent, received }, place) => {
        const node = nodes[index];
        const label = `${shortNode(node.node_id)} ${node.implementation_name ?? "no telemetry"}: ${number(sent)} to it, ${number(received)} from it`;
        return html`<a key=${index} href=${href("topology", { ...location.value.parameters, node: node.node_id })} aria-label=${label}>
          <circle cx=${places[place].x} cy=${places[place].y} r="7" style=${{ fill: `var(${colourVariable(node.implementation_name)})` }}>
            <title>${label}</title>
          </circle>
          ${shown.length <= 20 && html`<text x=${places[place].x * 1.16} y=${places[place].y * 1.12 + 3}>${shortNode(node.node_id)}</text>`}
        </a>`;
      })}
    </svg>
    <p class="muted">
      ${counted(all.length, "neighbour")}${all.length > shown.length ? `; the ${GRAPH_NODES} with the most ${what} are shown` : ""}.
      Width: ${what} in both directions.
    </p>
  `;
}

/** @param {{ rows: import("../core/topology.js").LinkedNode[], poor: { median: number } }} properties */
function NodeTable({ rows, poor }) {
  return html`<${Table}
    caption="Nodes by links"
    rows=${rows}
    rowKey=${(/** @type {any} */ row) => row.node_id}
    sort="links"
    csv="nodes-by-links"
    height=${360}
    onOpen=${(/** @type {any} */ row) => setParameters({ node: row.node_id })}
    empty=${`Every node has at least a third of the median, ${counted(poor.median, "link")}.`}
    columns=${[
      { id: "node", title: "node", value: (/** @type {any} */ row) => row.node_id, cell: (/** @type {any} */ row) => html`<${NodeLabel} node=${row} />`, rank: 1 },
      { id: "links", title: "sends to", end: true, value: (/** @type {any} */ row) => row.targets, cell: (/** @type {any} */ row) => few(row.targets, poor.median), rank: 2 },
      { id: "sources", title: "receives from", end: true, value: (/** @type {any} */ row) => row.sources, cell: (/** @type {any} */ row) => few(row.sources, poor.median), rank: 3 },
      { id: "sent", title: "sent", end: true, value: (/** @type {any} */ row) => row.sent, cell: (/** @type {any} */ row) => number(row.sent) },
      { id: "received", title: "received", end: true, value: (/** @type {any} */ row) => row.received, cell: (/** @type {any} */ row) => number(row.received) },
      { id: "peers", title: "peers", help: "As its newest Status has it", end: true, value: (/** @type {any} */ row) => row.peers, cell: (/** @type {any} */ row) => number(row.peers) },
      { id: "telemetry", title: "telemetry", value: (/** @type {any} */ row) => (row.known ? (row.is_connected ? "connected" : "disconnected") : "none"), cell: (/** @type {any} */ row) => (row.known ? html`<${State} state=${row.is_connected ? "ok" : "bad"} word=${row.is_connected ? "connected" : "disconnected"} />` : html`<span class="muted">${DASH} none</span>`) },
    ]}
  />`;
}

/** @param {number} count @param {number} median */
function few(count, median) {
  return count < median / 3 ? html`<${State} state="warn" word=${number(count)} title="Below a third of the median" />` : number(count);
}

/** @param {{ data: import("../core/topology.js").Links, nodes: import("../core/topology.js").LinkedNode[] }} properties */
function LinkTable({ data, nodes }) {
  const { links } = data;
  const rows = useMemo(() => links.messages.map((_, index) => index), [links]);
  return html`<${Table}
    caption="Links"
    rows=${rows}
    rowKey=${(/** @type {number} */ index) => index}
    sort="-messages"
    sortParameter="links"
    csv="links"
    height=${360}
    onOpen=${(/** @type {number} */ index) => go("topology", { ...location.value.parameters, node: nodes[links.source[index]].node_id })}
    columns=${[
      { id: "from", title: "from", value: (/** @type {number} */ index) => nodes[links.source[index]].node_id, cell: (/** @type {number} */ index) => html`<${NodeLabel} node=${nodes[links.source[index]]} />`, rank: 1 },
      { id: "to", title: "to", value: (/** @type {number} */ index) => nodes[links.target[index]].node_id, cell: (/** @type {number} */ index) => html`<${NodeLabel} node=${nodes[links.target[index]]} />`, rank: 2 },
      { id: "messages", title: "messages", end: true, value: (/** @type {number} */ index) => links.messages[index], cell: (/** @type {number} */ index) => number(links.messages[index]), rank: 3 },
    ]}
  />`;
}
