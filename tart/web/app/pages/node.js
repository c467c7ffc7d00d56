// @ts-check
/** One node: is it well, and why is it slow? */

import { useEffect, useMemo, useRef, useState } from "preact/hooks";

import { Answered, Empty, ErrorBox } from "../components/answered.js";
import { Ago, CopyButton, Implementation, State, Time } from "../components/basics.js";
import { Bars, Figure, Figures } from "../components/figure.js";
import { Hash, NodeLabel } from "../components/identifiers.js";
import { LineChart } from "../components/line_chart.js";
import { NodeWatch } from "../components/node_watch.js";
import { Card, Page } from "../components/page.js";
import { Table } from "../components/table.js";
import { bytes, compact, counted, DASH, duration, number, percent, rate, shortNode } from "../core/format.js";
import {
  connectedShare,
  deedsOf,
  ratioState,
  reconnects,
  rowsOf,
  sessionParts,
  stateWord,
  stepText,
} from "../core/nodes.js";
import { html } from "../html.js";
import { go, href, location, setParameters } from "../state/location.js";
import { bounds, currentWindow, frozen, range } from "../state/range.js";
import { useAnswer } from "../state/requests.js";
import { follow } from "../state/live.js";
import { client } from "../state/session.js";
import { adoptStyles } from "../components/styles.js";
import styles from "./node.css" with { type: "text" };

adoptStyles(styles);

/** Events of the live log that are retained. */
const LOG_ROWS = 200;
const LOG_EVERY_MS = 250;

/** @param {{ id: string }} properties A whole id or the beginning of one. */
export default function NodePage({ id }) {
  const node = useAnswer("the node", (signal) => client.node(id, {}, { signal }), { every: 10_000, deps: [id] });
  const { error, data } = node;
  if (error?.status === 409) return html`<${Candidates} prefix=${id} />`;
  if (error?.status === 404 || error?.status === 400) {
    return html`<${Page} title="Node">
      <${Empty} title=${error.status === 404 ? "This node has never connected." : "This is not a node id."}>
        <p>${error.message}</p>
        <p><a href=${href("nodes")}>All nodes</a></p>
      <//>
    <//>`;
  }
  const title = html`<span class="mono">${shortNode(data?.node_id ?? id)}</span>`;
  return html`<${Page} title=${title} question="Is this node well, and where is it slow?" actions=${data && html`<${Actions} node=${data} />`}>
    <${Answered} answer=${node} lines=${8}>
      ${(/** @type {any} */ known) => html`<${Node} node=${known} />`}
    <//>
  <//>`;
}

/** Nodes whose ids begin alike. @param {{ prefix: string }} properties */
function Candidates({ prefix }) {
  const answer = useAnswer("the nodes", (signal) => client.nodesSummary({}, { signal }), { deps: [prefix] });
  const digits = prefix.toLowerCase().replace(/^0x/, "");
  return html`<${Page} title="Node" question=${`More than one id begins with ${digits}`}>
    <${Answered} answer=${answer}>
      ${(/** @type {any} */ data) => html`<ul class="candidates">
        ${rowsOf(data)
          .filter(({ node_id: node }) => node.startsWith(digits))
          .map((row) => html`<li key=${row.node_id}><${NodeLabel} node=${row} state=${row.mark} word=${stateWord(row.state)} /> <span class="mono muted">${row.node_id}</span></li>`)}
      </ul>`}
    <//>
  <//>`;
}

/** @param {{ node: any }} properties */
function Actions({ node }) {
  return html`
    <${CopyButton} text=${node.node_id} label="Copy the whole id">Copy id<//>
    <a class="button small" href=${href("events", { node: node.node_id })}>Its events</a>
    <a class="button small" href=${href("topology", { node: node.node_id })}>Its links</a>
  `;
}

/** @param {{ node: any }} properties */
function Node({ node }) {
  const id = node.node_id;
  const window = JSON.stringify(range.value);
  const options = { every: 10_000, deps: [id, window] };
  const summary = useAnswer("its figures", (signal) => client.nodesSummary({ node_id: id, ...currentWindow() }, { signal }), { ...options, every: 5000 });
  const sessions = useAnswer("its connections", (signal) => client.nodeSessions(id, { ...currentWindow(), limit: 1000 }, { signal }), options);
  const latencies = useAnswer("its latencies", (signal) => client.nodeLatencies(id, currentWindow(), { signal }), options);
  const conformance = useAnswer("its findings", (signal) => client.nodeConformance(id, currentWindow(), { signal }), { ...options, every: 30_000 });
  const links = useAnswer("its links", (signal) => client.links({ node_id: id, ...currentWindow() }, { signal }), { ...options, every: 30_000 });
  return html`<div class="cards">
    <${Card} title="Now"><${Answered} answer=${summary}>${(/** @type {any} */ data) => html`<${Now} summary=${data} />`}<//><//>
    <${NodeWatch} id=${id} />
    <${Card} title="Connections" note=${node.first_seen_at && html`first seen <${Ago} value=${node.first_seen_at} />`}>
      <${Answered} answer=${sessions}>
        ${(/** @type {any} */ data) => html`<${Connections} answer=${data} summary=${summary.data} />`}
      <//>
    <//>
    <${Card} title="Durations against the network" note="by the node's clock" flush>
      <${Answered}
        answer=${latencies}
        isEmpty=${(/** @type {any} */ data) => data.steps.length === 0}
        empty=${html`<${Empty} title="No durations in this range.">A step counts when an event refers to an earlier one.<//>`}
      >
        ${(/** @type {any} */ data) => html`<${Latencies} id=${id} data=${data} />`}
      <//>
    <//>
    <${Card} title="What it did" size="half">
      <${Answered}
        answer=${latencies}
        isEmpty=${(/** @type {any} */ data) => deedsOf(data.steps).length === 0}
        empty=${html`<${Empty} title="Nothing in this range." />`}
      >
        ${(/** @type {any} */ data) => html`<${Deeds} steps=${data.steps} />`}
      <//>
    <//>
    <${Card} title="Findings" size="half" flush>
      <${Answered}
        answer=${conformance}
        isEmpty=${(/** @type {any} */ data) => data.findings.length === 0}
        empty=${html`<${Empty} title="No rule broken in this range.">All that it sent is as JIP-3 has it.<//>`}
      >
        ${(/** @type {any} */ data) => html`<${Findings} rows=${data.findings} />`}
      <//>
    <//>
    <${Card} title="Peers" size="half" note="block announcements" flush>
      <${Answered}
        answer=${links}
        isEmpty=${(/** @type {any} */ data) => data.total_links === 0}
        empty=${html`<${Empty} title="No announcement from or to it in this range." />`}
      >
        ${(/** @type {any} */ data) => html`<${Peers} id=${id} data=${data} />`}
      <//>
    <//>
    <${Card} title="What it says of itself" size="half"><${Identity} node=${node} /><//>
    <${Card} title="Live log" note="newest first" flush><${LiveLog} id=${id} /><//>
  </div>`;
}

/** @param {{ summary: import("../core/nodes.js").Summary }} properties */
function Now({ summary }) {
  const [row] = rowsOf(summary);
  const rule = summary.rules.find(({ state }) => state === row.state);
  return html`
    <${Figures}>
      <${Figure} id="state" label="State" value=${html`<${State} state=${row.mark} word=${stateWord(row.state)} />`} note=${rule?.state === "well" ? undefined : rule?.meaning} />
      <${Figure} id="best" label="Best slot" value=${number(row.best_slot)} note=${lagNote(row.best_lag)} />
      <${Figure} id="finalized" label="Finalized" value=${number(row.finalized_slot)} note=${lagNote(row.finalized_lag)} />
      <${Figure} id="rate" label="Events" value=${rate(row.events_per_second)} spark=${row.series} note=${`${number(row.events)} in the range`} />
      <${Figure} id="clock" label="Clock" value=${duration(row.clock_offset_ms)} title=${row.clock_offset_ms === null ? undefined : `${row.clock_offset_ms} ms`} note="server's minus its own" />
      <${Figure} id="peers" label="Peers" value=${number(row.peers)} note=${row.validator_peers === null ? "no Status in the range" : `${number(row.validator_peers)} validators${row.is_connected ? "" : ", when it left"}`} />
      <${Figure} id="failures" label="Failures" value=${number(row.failures)} note="in the range" />
      <${Figure} id="dropped" label="Dropped" value=${compact(Number(row.dropped))} note="by the node, ever" />
      <${Figure} id="undecodable" label="Undecodable" value=${compact(row.undecodable)} note="ever" />
      <${Figure} id="seen" label="Last seen" value=${html`<${Ago} value=${row.last_seen_at} />`} />
    <//>
  `;
}

/** @param {number | null} lag */
function lagNote(lag) {
  if (lag === null) return "not reported";
  return lag === 0 ? "with the network" : `${counted(lag, "slot")} behind`;
}

const OUTCOMES = { open: "open", closed: "closed", died: "the server's shard died", refused: "refused" };

/** @param {{ answer: any, summary: any }} properties */
function Connections({ answer, summary }) {
  const [from, to] = bounds();
  const parts = sessionParts(answer.sessions, [from, to]);
  const series = summary ? rowsOf(summary)[0].series : [];
  const most = Math.max(...series, 1);
  const again = reconnects(answer.sessions, from);
  return html`
    <p class="muted" data-sessions=${answer.sessions.length}>
      ${parts.length === 0
        ? "Not connected in this range."
        : html`Connected ${percent(connectedShare(parts))} of the range,
          ${again === 0 ? " without a reconnect" : ` ${counted(again, "reconnect")}`}${answer.has_more ? "; the newest 1 000 connections are shown" : ""}.
          Bars are its events.`}
    </p>
    <div class="sessions-strip" role="img" aria-label=${`Connections: ${parts.length}; connected ${percent(connectedShare(parts))} of the range`}>
      <svg viewBox="0 0 1000 40" preserveAspectRatio="none" aria-hidden="true">
        ${series.map((/** @type {number} */ count, /** @type {number} */ index) => {
          const width = 1000 / series.length;
          const height = count ? Math.max(1, (count / most) * 24) : 0;
          return html`<rect key=${`bar ${index}`} class="sessions-events" x=${index * width + 0.5} y=${26 - height} width=${Math.max(1, width - 1)} height=${height} />`;
        })}
        ${parts.map(
          ({ from: start, to: end, outcome, session }) => html`<rect
            key=${session.session}
            class="sessions-part"
            data-outcome=${outcome}
            x=${start * 1000}
            y="29"
            width=${Math.max(1.5, (end - start) * 1000 - 0.75)}
            height="9"
          />`,
        )}
      </svg>
    </div>
    <details>
      <summary>${counted(answer.sessions.length, "connection")}</summary>
      <${Table}
        caption="Connections"
        rows=${answer.sessions}
        rowKey=${(/** @type {any} */ row) => row.session}
        sort="-started"
        sortParameter="connections"
        csv="connections"
        height=${240}
        columns=${[
          { id: "started", title: "began", value: (/** @type {any} */ row) => row.started_at, cell: (/** @type {any} */ row) => html`<${Time} value=${row.started_at} date />`, rank: 1 },
          { id: "lasted", title: "lasted", end: true, value: (/** @type {any} */ row) => lasted(row), cell: (/** @type {any} */ row) => duration(lasted(row)), rank: 2 },
          { id: "outcome", title: "outcome", value: (/** @type {any} */ row) => row.outcome, cell: (/** @type {any} */ row) => html`<${State} state=${row.outcome === "open" ? "ok" : row.outcome === "closed" ? "idle" : "bad"} word=${OUTCOMES[/** @type {keyof typeof OUTCOMES} */ (row.outcome)]} />`, rank: 3 },
          { id: "reason", title: "reason", value: (/** @type {any} */ row) => row.reason },
          { id: "events", title: "events", end: true, value: (/** @type {any} */ row) => row.event_count, cell: (/** @type {any} */ row) => number(row.event_count) },
          { id: "bytes", title: "received", end: true, value: (/** @type {any} */ row) => row.bytes, cell: (/** @type {any} */ row) => bytes(row.bytes) },
          { id: "dropped", title: "dropped", end: true, value: (/** @type {any} */ row) => row.dropped_count, cell: (/** @type {any} */ row) => number(row.dropped_count) },
          { id: "address", title: "address", value: (/** @type {any} */ row) => row.address, cell: (/** @type {any} */ row) => html`<span class="mono">${row.address}</span>` },
        ]}
      />
    </details>
  `;
}

/** @param {any} session */
function lasted({ started_at: start, ended_at: end }) {
  return (end === null ? Date.now() : Date.parse(end)) - Date.parse(start);
}

const RATIO_WORDS = { ok: "as the network", warn: "slower", bad: "much slower", idle: "few samples", info: "" };

/** @param {{ id: string, data: any }} properties */
function Latencies({ id, data }) {
  const chosen = location.value.parameters.step;
  const step = data.steps.find((/** @type {any} */ each) => each.step === chosen) ?? slowest(data.steps);
  const x = useMemo(() => {
    const start = Date.parse(data.buckets.start);
    return Array.from({ length: data.buckets.count }, (_, index) => start + index * data.buckets.seconds * 1000);
  }, [data]);
  const series = useMemo(
    () => [
      { label: "network p10", values: step.band.p10_ms, colour: "--line-strong" },
      { label: "network p90", values: step.band.p90_ms, colour: "--line-strong" },
      { label: "network p50", values: step.band.p50_ms, ghost: true },
      { label: "this node p50", values: step.series.p50_ms, colour: "--accent" },
    ],
    [step],
  );
  return html`
    <div class="latency-split">
      <${Table}
        caption="Steps"
        rows=${data.steps}
        rowKey=${(/** @type {any} */ row) => row.step}
        sort="-ratio"
        sortParameter="steps"
        csv="durations"
        steady
        height=${360}
        onOpen=${(/** @type {any} */ row) => setParameters({ step: row.step })}
        rowState=${(/** @type {any} */ row) => (row.step === step.step ? "chosen" : undefined)}
        columns=${[
          { id: "step", title: "step", value: (/** @type {any} */ row) => row.step, cell: (/** @type {any} */ row) => stepText(row.from, row.to), rank: 1 },
          {
            id: "ratio",
            title: "against it",
            help: "The node's median divided by the network's; slower from 2 times on, with 5 samples or more",
            value: (/** @type {any} */ row) => (row.node.count < 5 ? null : row.ratio),
            cell: (/** @type {any} */ row) => html`<${State} state=${ratioState(row)} word=${row.ratio === null ? DASH : `${number(row.ratio, 2)} times`} title=${RATIO_WORDS[ratioState(row)]} />`,
            rank: 2,
          },
          { id: "count", title: "count", end: true, value: (/** @type {any} */ row) => row.node.count, cell: (/** @type {any} */ row) => number(row.node.count) },
          { id: "p50", title: "p50", end: true, value: (/** @type {any} */ row) => row.node.p50_ms, cell: (/** @type {any} */ row) => duration(row.node.p50_ms), rank: 3 },
          { id: "p90", title: "p90", end: true, value: (/** @type {any} */ row) => row.node.p90_ms, cell: (/** @type {any} */ row) => duration(row.node.p90_ms) },
          { id: "network", title: "network p50", end: true, value: (/** @type {any} */ row) => row.network.p50_ms, cell: (/** @type {any} */ row) => duration(row.network.p50_ms) },
        ]}
      />
      <div class="latency-chart" data-step=${step.step}>
        <h3>${stepText(step.from, step.to)}</h3>
        <${LineChart} title=${`Durations of ${step.step}`} x=${x} series=${series} format=${duration} bands=${[{ low: 0, high: 1 }]} height=${200} />
        <${Why} id=${id} step=${step} />
      </div>
    </div>
  `;
}

/** The step that is most above the network's. @param {any[]} steps */
function slowest(steps) {
  const enough = steps.filter(({ node, ratio }) => node.count >= 5 && ratio !== null);
  return enough.reduce((worst, step) => (step.ratio > worst.ratio ? step : worst), enough[0] ?? steps[0]);
}

/** The slowest examples of a step: why it is slow. @param {{ id: string, step: any }} properties */
function Why({ id, step }) {
  const answer = useAnswer("the slowest examples", (signal) => client.nodeSlowestSteps(id, { step: step.step, limit: 8, ...currentWindow() }, { signal }), {
    deps: [id, step.step, JSON.stringify(range.value)],
  });
  return html`<h4>Slowest examples</h4>
    <${Answered} answer=${answer} isEmpty=${(/** @type {any} */ data) => data.examples.length === 0} empty=${html`<p class="muted">The event log of this range has none.</p>`}>
      ${(/** @type {any} */ data) => html`<ol class="slowest">
        ${data.examples.map(
          (/** @type {any} */ example) => html`<li key=${example.id}>
            <a href=${href(`events/${example.id}`)}>${duration(example.duration_ms)}</a>
            <span class="muted">
              <${Time} value=${example.received_at} date />
              ${example.slot !== null && html` · slot <a href=${href(`slots/${example.slot}`)}>${number(example.slot)}</a>`}
              ${example.core !== null && html` · core <a href=${href(`cores/${example.core}`)}>${number(example.core)}</a>`}
              · from <a href=${href(`events/${example.from_id}`)}>its beginning</a>
            </span>
          </li>`,
        )}
      </ol>`}
    <//>`;
}

/** @param {{ steps: any[] }} properties */
function Deeds({ steps }) {
  const deeds = deedsOf(steps);
  return html`<${Bars}
    label="Numbers of what it did"
    rows=${deeds.map(({ text, failed, count }) => ({
      label: failed ? html`<${State} state="bad" word=${text} />` : text,
      value: count,
      text: number(count),
      state: failed ? "bad" : undefined,
    }))}
  />`;
}

const SEVERITY_STATES = { error: "bad", warning: "warn", info: "info" };

/** @param {{ rows: any[] }} properties */
function Findings({ rows }) {
  return html`<${Table}
    caption="Findings"
    rows=${rows}
    rowKey=${(/** @type {any} */ row) => row.code}
    height=${280}
    onOpen=${(/** @type {any} */ row) => row.examples[0]?.id && go(`events/${row.examples[0].id}`)}
    columns=${[
      { id: "severity", title: "severity", value: (/** @type {any} */ row) => row.severity, cell: (/** @type {any} */ row) => html`<${State} state=${SEVERITY_STATES[/** @type {keyof typeof SEVERITY_STATES} */ (row.severity)]} word=${row.severity === "info" ? "note" : row.severity} />`, rank: 2 },
      { id: "rule", title: "rule", value: (/** @type {any} */ row) => row.code, cell: (/** @type {any} */ row) => (row.docs ? html`<a href=${row.docs.replace(/^\//, "")}>${row.code}</a>` : row.code), rank: 1 },
      { id: "count", title: "count", end: true, value: (/** @type {any} */ row) => row.count, cell: (/** @type {any} */ row) => `${number(row.count)} ${row.counted}`, rank: 3 },
      { id: "last", title: "last", value: (/** @type {any} */ row) => row.last_at, cell: (/** @type {any} */ row) => html`<${Ago} value=${row.last_at} />` },
      { id: "example", title: "example", value: (/** @type {any} */ row) => row.examples[0]?.id ?? null, cell: (/** @type {any} */ row) => (row.examples[0]?.id ? html`<a href=${href(`events/${row.examples[0].id}`)}>event</a>` : html`<span class="muted">${DASH}</span>`) },
    ]}
  />`;
}

/** @param {{ id: string, data: any }} properties */
function Peers({ id, data }) {
  const rows = useMemo(() => neighbours(id, data), [data]);
  return html`<${Table}
    caption="Peers"
    rows=${rows}
    rowKey=${(/** @type {any} */ row) => row.node_id}
    sort="-sent"
    sortParameter="peers"
    csv="peers"
    steady
    height=${280}
    onOpen=${(/** @type {any} */ row) => go(`nodes/${row.node_id}`)}
    columns=${[
      { id: "peer", title: "peer", value: (/** @type {any} */ row) => row.node_id, cell: (/** @type {any} */ row) => html`<${NodeLabel} node=${row} />`, rank: 1 },
      { id: "sent", title: "to it", end: true, value: (/** @type {any} */ row) => row.sent, cell: (/** @type {any} */ row) => number(row.sent), rank: 2 },
      { id: "received", title: "from it", end: true, value: (/** @type {any} */ row) => row.received, cell: (/** @type {any} */ row) => number(row.received), rank: 3 },
    ]}
  />`;
}

/** Neighbours of a node with the messages to and from each. @param {string} id @param {any} data */
function neighbours(id, { nodes, links, implementations }) {
  const own = nodes.node_id.indexOf(id);
  /** @type {Map<number, { sent: number, received: number }>} */
  const found = new Map();
  links.messages.forEach((/** @type {number} */ count, /** @type {number} */ place) => {
    const [source, target] = [links.source[place], links.target[place]];
    const other = source === own ? target : source;
    const entry = found.get(other) ?? { sent: 0, received: 0 };
    entry[source === own ? "sent" : "received"] += count;
    found.set(other, entry);
  });
  return [...found].map(([index, counts]) => {
    const version = implementations[nodes.implementation[index]] ?? { name: null, version: null };
    return { node_id: nodes.node_id[index], implementation_name: version.name, implementation_version: version.version, ...counts };
  });
}

/** @param {{ node: any }} properties */
function Identity({ node }) {
  const info = node.node_info;
  const open = node.connections[0];
  return html`
    <dl class="pairs">
      <dt>Id</dt><dd><span class="mono">${node.node_id}</span></dd>
      <dt>Implementation</dt><dd><${Implementation} name=${node.implementation_name} version=${node.implementation_version} /></dd>
      <dt>Address</dt><dd class="mono">${node.address ?? DASH}</dd>
      <dt>Protocol</dt><dd>${info ? `JIP-3 version ${open?.protocol_version ?? info.protocol_version ?? DASH}, Gray Paper ${info.gp_version}, parameters as ${info.params_layout ?? "unknown"}` : DASH}</dd>
      <dt>Genesis</dt><dd><${Hash} value=${info?.genesis} /></dd>
      <dt>Flags</dt><dd>${info ? flagsText(info.flags) : DASH}</dd>
      ${info?.additional_info && html`<dt>Says</dt><dd>${info.additional_info}</dd>`}
      <dt>In sync</dt><dd>${node.synced === null ? DASH : node.synced ? "yes" : "no"}</dd>
    </dl>
    ${info?.params &&
    html`<details>
      <summary>Protocol parameters</summary>
      <dl class="pairs">
        ${Object.entries(info.params).map(([name, value]) => html`<dt key=${name} class="mono">${name}</dt><dd>${value === null ? DASH : number(/** @type {number} */ (value))}</dd>`)}
      </dl>
    </details>`}
  `;
}

/** @param {number} flags */
function flagsText(flags) {
  const known = flags & 1 ? "PVM recompiler" : "PVM interpreter";
  return `${known} (0x${flags.toString(16).padStart(8, "0")})`;
}

/** What the node sends now. @param {{ id: string }} properties */
function LiveLog({ id }) {
  const [rows, setRows] = useState(/** @type {any[]} */ ([]));
  const [missed, setMissed] = useState(0);
  const [error, setError] = useState(/** @type {any} */ (null));
  const paused = frozen.value;
  const waiting = useRef(/** @type {any[]} */ ([]));

  useEffect(() => {
    if (paused) return undefined;
    setError(null);
    const stop = follow({ type: "Node", node_id: id }, (item) => {
      if ("missed" in item) setMissed((old) => old + (item.missed ?? 0));
      else {
        waiting.current.push(item);
        if (waiting.current.length > LOG_ROWS) waiting.current.shift();
      }
    }, setError);
    // Many events come in a second; the table changes a few times in it.
    const timer = setInterval(() => {
      if (!waiting.current.length) return;
      const fresh = waiting.current.reverse();
      waiting.current = [];
      setRows((old) => [...fresh, ...old].slice(0, LOG_ROWS));
    }, LOG_EVERY_MS);
    return () => {
      clearInterval(timer);
      stop();
    };
  }, [id, paused]);

  return html`
    ${error && html`<${ErrorBox} name="live events" error=${error} />`}
    ${missed > 0 && html`<div class="notice" data-state="warn">${counted(missed, "event")} were too many to show.</div>`}
    <${Table}
      caption="Live log"
      rows=${rows}
      rowKey=${(/** @type {any} */ row) => row.id}
      height=${320}
      steady
      onOpen=${(/** @type {any} */ row) => go(`events/${row.id}`)}
      empty=${paused ? "The page is paused; press p to follow again." : "Waiting for its next event."}
      columns=${[
        { id: "time", title: "received", value: (/** @type {any} */ row) => row.received_at, cell: (/** @type {any} */ row) => html`<${Time} value=${row.received_at} fraction />`, rank: 1 },
        { id: "type", title: "event", value: (/** @type {any} */ row) => Object.keys(row.data)[0], cell: (/** @type {any} */ row) => html`<a href=${href(`events/${row.id}`)}>${Object.keys(row.data)[0]}</a>`, rank: 2 },
        { id: "fields", title: "fields", value: fieldsText, cell: (/** @type {any} */ row) => html`<span class="mono muted">${fieldsText(row)}</span>`, rank: 3 },
      ]}
    />
  `;
}

/** Fields of an event in one line. @param {any} event */
function fieldsText({ data }) {
  const fields = /** @type {Record<string, any>} */ (Object.values(data)[0] ?? {});
  return Object.entries(fields)
    .filter(([name]) => name !== "timestamp")
    .map(([name, value]) => `${name} ${fieldText(value)}`)
    .join("  ");
}

/** @param {any} value */
function fieldText(value) {
  if (typeof value === "string") return value.length > 20 ? `${value.slice(0, 10)}…` : value;
  if (Array.isArray(value)) return `[${value.length}]`;
  return typeof value === "object" && value !== null ? "{…}" : String(value);
}

