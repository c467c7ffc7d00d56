// @ts-check
/** Finality and audits: how far, how soon, where it stood still, and what no event reports yet. */

import { useMemo } from "preact/hooks";

import { Answered } from "../components/answered.js";
import { State, Time } from "../components/basics.js";
import { ChainFrame } from "../components/chain_frame.js";
import { Figure, Figures } from "../components/figure.js";
import { Hash, NodeLabel } from "../components/identifiers.js";
import { LineChart } from "../components/line_chart.js";
import { Card } from "../components/page.js";
import { Table } from "../components/table.js";
import { counted, DASH, duration, number, share } from "../core/format.js";
import { html } from "../html.js";
import { href } from "../state/location.js";
import { currentWindow, range } from "../state/range.js";
import { useAnswer } from "../state/requests.js";
import { client } from "../state/session.js";

/** @typedef {import("../../../client/web/tart.js").Finality} Finality */
/** @typedef {import("../../../client/web/tart.js").Audits} Audits */

const NOT_YET = "not reported yet";

export default function FinalityPage() {
  return html`<${ChainFrame} tab="chain/finality" title="Finality and audits" question="How soon is a block final, and who recovers what?" needsChain=${false}>
    ${() => html`<${Parts} />`}
  <//>`;
}

function Parts() {
  const deps = [JSON.stringify(range.value)];
  const finality = useAnswer("finality", (signal) => client.finality({ ...currentWindow(), limit: 1000 }, { signal }), { every: 12_000, deps });
  const audits = useAnswer("the audits", (signal) => client.audits({ ...currentWindow(), limit: 1000 }, { signal }), { every: 30_000, deps });
  return html`<div class="cards">
    <${Answered} answer=${finality} lines=${8}>${(/** @type {Finality} */ data) => html`<div class="cards"><${FinalityCards} data=${data} /></div>`}<//>
    <${Answered} answer=${audits} lines=${6}>${(/** @type {Audits} */ data) => html`<div class="cards"><${AuditCards} data=${data} /></div>`}<//>
  </div>`;
}

/** @param {{ data: Finality }} properties */
function FinalityCards({ data }) {
  const { now, series, times } = data;
  const x = useMemo(() => times.map((time) => Date.parse(time)), [times]);
  const stalled = data.stalls_total > 0;
  return html`
    <${Card} title="Finality" note="by the events of nodes">
      <${Figures} large>
        <${Figure} id="lag" label="Behind the best block" value=${now.lag_slots === null ? DASH : counted(now.lag_slots, "slot")} note=${`final ${number(now.finalized_slot)}, best ${number(now.best_slot)}`} />
        <${Figure} id="delay" label="From best to final, p50" value=${duration(data.node_delay.p50_ms)} note=${`p95 ${duration(data.node_delay.p95_ms)}, at a node`} />
        <${Figure} id="network" label="From first sight to final, p50" value=${duration(data.network_delay.p50_ms)} note=${`of ${counted(data.network_delay.count, "block")}, anywhere`} />
        <${Figure} id="spread" label="Until all nodes, p50" value=${duration(data.spread.p50_ms)} note=${`longest ${duration(data.spread.max_ms)}`} />
        <${Figure} id="stalls" label="Times without progress" value=${number(data.stalls_total)} note=${`longer than ${duration(data.stall_after_seconds * 1000)}`} state=${stalled ? "warn" : undefined} />
      <//>
    <//>
    <${Card} size="half" title="Slots behind" note="network, by bucket"><${LineChart} title="Slots from the best to the final block" x=${x} series=${[{ label: "slots", values: series.lag_slots, colour: "--accent" }]} format=${(/** @type {any} */ value) => number(value, 1)} /><//>
    <${Card} size="half" title="Time until final" note="from a node's best block"><${LineChart} title="Time from best to final" x=${x} series=${[{ label: "p50", values: series.p50_ms, colour: "--accent" }, { label: "p95", values: series.p95_ms, colour: "--line-strong" }]} format=${duration} /><//>
    <${Card} size="two-thirds" title="Finality by node" note="those farthest behind first" flush>
      <${Table}
        caption="Finality by node"
        rows=${data.nodes}
        rowKey=${(/** @type {any} */ row) => row.node_id}
        sort="-max"
        sortParameter="finality"
        csv="finality-nodes"
        height=${320}
        columns=${[
          { id: "node", title: "Node", value: (/** @type {any} */ row) => row.node_id, cell: (/** @type {any} */ row) => html`<${NodeLabel} node=${row} />`, rank: 1 },
          { id: "final", title: "Final slot", end: true, value: (/** @type {any} */ row) => row.finalized_slot, cell: (/** @type {any} */ row) => number(row.finalized_slot) },
          { id: "lag", title: "Lag p50", end: true, value: (/** @type {any} */ row) => row.lag_p50, cell: (/** @type {any} */ row) => number(row.lag_p50), rank: 2 },
          { id: "max", title: "Most", end: true, value: (/** @type {any} */ row) => row.lag_max, cell: (/** @type {any} */ row) => number(row.lag_max), rank: 3 },
          { id: "p50", title: "Delay p50", end: true, value: (/** @type {any} */ row) => row.delay_p50_ms, cell: (/** @type {any} */ row) => duration(row.delay_p50_ms) },
          { id: "p95", title: "p95", end: true, value: (/** @type {any} */ row) => row.delay_p95_ms, cell: (/** @type {any} */ row) => duration(row.delay_p95_ms) },
        ]}
      />
    <//>
    <${Card} size="third" title="Without progress" flush>
      <${Table}
        caption="Times without progress"
        rows=${data.stalls}
        rowKey=${(/** @type {any} */ row) => row.since}
        height=${320}
        empty="Finality never stood still in this range."
        columns=${[
          { id: "since", title: "Since", value: (/** @type {any} */ row) => row.since, cell: (/** @type {any} */ row) => html`<${Time} value=${row.since} />`, rank: 1 },
          { id: "seconds", title: "Length", end: true, value: (/** @type {any} */ row) => row.seconds, cell: (/** @type {any} */ row) => duration(row.seconds * 1000), rank: 2 },
          { id: "slot", title: "After slot", end: true, value: (/** @type {any} */ row) => row.finalized_slot, cell: (/** @type {any} */ row) => number(row.finalized_slot), rank: 3 },
        ]}
      />
    <//>
    <${Card} title="Rounds of finality"><${Steps} steps=${data.rounds} /><//>
  `;
}

/** Steps that event types report, or not yet. @param {{ steps: Record<string, any> }} properties */
function Steps({ steps }) {
  const entries = Object.entries(steps);
  const words = (/** @type {string} */ name) => name.charAt(0).toUpperCase() + name.slice(1).replaceAll("_", " ");
  if (entries.every(([, step]) => step === null)) {
    return html`<p data-steps="none"><${State} state="idle" hideWord word="no data" /> ${entries.map(([name]) => words(name)).join(", ")}: ${NOT_YET}. JIP-3 has no event for them so far.</p>`;
  }
  return html`<dl class="pairs">
    ${entries.map(
      ([name, step]) => html`<dt key=${name}>${words(name)}</dt>
        <dd>${step === null ? html`<span class="muted">${NOT_YET}</span>` : `${counted(step.events, "event")} of ${counted(step.nodes.length, "node")}${step.invalid === null ? "" : `, ${number(step.invalid)} negative`}`}</dd>`,
    )}
  </dl>`;
}

/** @param {{ data: Audits }} properties */
function AuditCards({ data }) {
  const { recovery, series, times } = data;
  const x = useMemo(() => times.map((time) => Date.parse(time)), [times]);
  return html`
    <${Card} title="Audits" note="bundles that auditors recover">
      <${Figures} large>
        <${Figure} id="shards" label="Shards received" value=${share(recovery.shards_transferred, recovery.shard_requests)} note="of the requests" />
        <${Figure} id="bundles" label="Bundles received" value=${share(recovery.bundles_transferred, recovery.bundle_requests)} note="whole, from guarantors" />
        <${Figure} id="reconstructed" label="Reconstructed" value=${share(recovery.reconstructed, recovery.reconstructions)} />
        <${Figure} id="recovery" label="Until the bundle, p50" value=${duration(recovery.p50_ms)} note=${`p95 ${duration(recovery.p95_ms)}`} />
      <//>
    <//>
    <${Card} title="Steps of audits"><${Steps} steps=${data.steps} /><//>
    <${Card} size="half" title="Requests of auditors"><${LineChart} title="Requests of auditors" x=${x} series=${[{ label: "shards", values: series.shard_requests }, { label: "bundles", values: series.bundle_requests }, { label: "reconstructed", values: series.reconstructed }]} /><//>
    <${Card} size="half" title="Auditors" flush>
      <${Table}
        caption="Auditors"
        rows=${data.nodes}
        rowKey=${(/** @type {any} */ row) => row.node_id}
        sort="-requests"
        sortParameter="auditors"
        csv="auditors"
        height=${260}
        empty="No node reported an audit in this range."
        columns=${[
          { id: "node", title: "Node", value: (/** @type {any} */ row) => row.node_id, cell: (/** @type {any} */ row) => html`<${NodeLabel} node=${row} />`, rank: 1 },
          { id: "requests", title: "Requests", end: true, value: (/** @type {any} */ row) => row.shard_requests + row.bundle_requests, cell: (/** @type {any} */ row) => number(row.shard_requests + row.bundle_requests), rank: 2 },
          { id: "failed", title: "Failed", end: true, value: (/** @type {any} */ row) => row.shard_requests_failed + row.bundle_requests_failed, cell: (/** @type {any} */ row) => number(row.shard_requests_failed + row.bundle_requests_failed), rank: 3 },
          { id: "served", title: "Served", end: true, value: (/** @type {any} */ row) => row.served, cell: (/** @type {any} */ row) => number(row.served) },
          { id: "p50", title: "Recovery p50", end: true, value: (/** @type {any} */ row) => row.p50_ms, cell: (/** @type {any} */ row) => duration(row.p50_ms) },
          ...(data.nodes.some((/** @type {any} */ row) => row.judgments !== null) ? [{ id: "judgments", title: "Judgments", end: true, value: (/** @type {any} */ row) => row.judgments, cell: (/** @type {any} */ row) => (row.judgments === null ? DASH : number(row.judgments)) }] : []),
        ]}
      />
    <//>
    <${Card} title="Audited reports" note="newest first" flush>
      <${Table}
        caption="Audited reports"
        rows=${data.reports}
        rowKey=${(/** @type {any} */ row) => row.erasure_root}
        csv="audited-reports"
        height=${260}
        empty="None in this range."
        columns=${[
          { id: "time", title: "First", value: (/** @type {any} */ row) => row.first_at, cell: (/** @type {any} */ row) => html`<${Time} value=${row.first_at} />`, rank: 2 },
          { id: "root", title: "Erasure root", value: (/** @type {any} */ row) => row.erasure_root, cell: (/** @type {any} */ row) => html`<${Hash} value=${row.erasure_root} path=${`work/${row.erasure_root}`} />`, rank: 1 },
          { id: "core", title: "Core", end: true, value: (/** @type {any} */ row) => row.core, cell: (/** @type {any} */ row) => (row.core === null ? DASH : html`<a href=${href(`cores/${row.core}`)}>${number(row.core)}</a>`) },
          { id: "shards", title: "Shards", end: true, help: "Transferred and failed, counted by both sides", value: (/** @type {any} */ row) => row.shards_transferred, cell: (/** @type {any} */ row) => `${number(row.shards_transferred)}${row.shards_failed ? `, ${number(row.shards_failed)} failed` : ""}`, rank: 3 },
          { id: "bundles", title: "Bundles", end: true, help: "Transferred and failed, counted by both sides", value: (/** @type {any} */ row) => row.bundles_transferred, cell: (/** @type {any} */ row) => `${number(row.bundles_transferred)}${row.bundles_failed ? `, ${number(row.bundles_failed)} failed` : ""}` },
        ]}
      />
    <//>
  `;
}
