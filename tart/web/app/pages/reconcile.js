// @ts-check
/** Telemetry against the chain: what nodes say to have done, and what the chain shows. */

import { useMemo } from "preact/hooks";

import { Answered } from "../components/answered.js";
import { Implementation, State } from "../components/basics.js";
import { ChainFrame } from "../components/chain_frame.js";
import { Hash, NodeLabel } from "../components/identifiers.js";
import { Card } from "../components/page.js";
import { Table } from "../components/table.js";
import { counted, DASH, number } from "../core/format.js";
import { certaintyText, comparedText, completeText, epochsText, exampleText, findingText, groupFindings, limitations, totalDifference, verdict } from "../core/reconcile.js";
import { html } from "../html.js";
import { href } from "../state/location.js";
import { useNodeNames } from "../state/nodes.js";
import { currentWindow, range } from "../state/range.js";
import { useAnswer } from "../state/requests.js";
import { client } from "../state/session.js";

/** @typedef {import("../core/reconcile.js").Reconcile} Reconcile */
/** @typedef {import("../core/reconcile.js").Validator} Validator */
/** @typedef {import("../core/reconcile.js").Group} Group */
/** @typedef {ReadonlyMap<string, import("../state/nodes.js").NodeName>} Names */

/** The most that the API answers. */
const LIMIT = 1000;
const FIGURES = /** @type {const} */ (["blocks", "guarantees", "assurances", "tickets", "preimages"]);

/** @type {Record<string, string>} */
const EVIDENCE = { blocks: "its blocks", guarantees: "its guarantees", other_epoch: "its index in another epoch" };

export default function ReconcilePage() {
  return html`<${ChainFrame} tab="chain/reconcile" title="Reconcile" question="Did the nodes do what they say, and say what they did?">
    ${() => html`<${Compared} />`}
  <//>`;
}

function Compared() {
  const names = useNodeNames();
  const deps = [JSON.stringify(range.value)];
  const answer = useAnswer("the comparison with the chain", (signal) => client.chainReconcile({ ...currentWindow(), limit: LIMIT }, { signal }), { every: 30_000, deps });
  return html`<${Answered} answer=${answer} lines=${10}>
    ${(/** @type {Reconcile} */ data) => html`<div class="cards">
      <${Verdict} data=${data} />
      ${data.findings.length > 0 && html`<${Findings} data=${data} names=${names} />`}
      ${data.validators.length > 0 &&
      html`<${Validators} data=${data} names=${names} />
        <${Epochs} data=${data} names=${names} />
        <${Implementations} data=${data} />
        <${Cores} data=${data} />
        <${Services} data=${data} />`}
    </div>`}
  <//>`;
}

/** @param {{ data: Reconcile }} properties */
function Verdict({ data }) {
  const { state, text } = verdict(data);
  const missing = limitations(data.chain);
  return html`<${Card} title="Telemetry and chain" note=${`slots ${number(data.chain.first_slot)} to ${number(data.chain.last_slot)}`}>
    <p class="reconcile-verdict" data-verdict=${state}><b><${State} state=${state} hideWord word=${state === "warn" ? "findings" : undefined} /> ${text}</b></p>
    ${missing.length > 0 && html`<p class="muted">Not compared: ${missing.join("; ")}.</p>`}
    ${data.unexamined > 0 && html`<p class="muted">${counted(data.unexamined, "claim")} were too many to search for witnesses of.</p>`}
  <//>`;
}

/** @param {{ id: string | null, names: Names }} properties */
function Node({ id, names }) {
  return id === null ? html`<span class="muted" title="No node is known to be this validator">${DASH}</span>` : html`<${NodeLabel} node=${names.get(id) ?? { node_id: id }} />`;
}

/** @param {{ data: Reconcile, names: Names }} properties */
function Findings({ data, names }) {
  const groups = useMemo(() => groupFindings(data.findings), [data.findings]);
  const part = data.findings.length < data.total_findings ? `newest ${number(data.findings.length)} of ${number(data.total_findings)} by epoch; ` : "";
  return html`<${Card}
    title="Findings"
    note=${`${part}differences that nothing but the node explains`}
    flush
  >
    <${Table}
      caption="Findings"
      rows=${groups}
      rowKey=${(/** @type {Group} */ row) => `${row.kind} ${row.node_id}`}
      sort="-count"
      sortParameter="findings"
      csv="reconcile-findings"
      height=${420}
      columns=${[
        { id: "node", title: "Node", value: (/** @type {any} */ row) => row.node_id, cell: (/** @type {any} */ row) => html`<${Node} id=${row.node_id} names=${names} />`, rank: 1 },
        { id: "kind", title: "Finding", value: (/** @type {any} */ row) => row.kind, cell: (/** @type {any} */ row) => html`<${State} state="warn" word=${findingText(row)} />`, rank: 2 },
        { id: "count", title: "Cases", end: true, value: (/** @type {any} */ row) => row.count, cell: (/** @type {any} */ row) => number(row.count) },
        { id: "epoch", title: "Epochs", end: true, value: (/** @type {Group} */ row) => row.epochs, saved: epochsText, cell: (/** @type {Group} */ row) => html`<span title=${epochsText(row)}>${number(row.epochs)}</span>` },
        { id: "validator", title: "Validator", end: true, value: (/** @type {Group} */ row) => row.validators[0] ?? null, cell: (/** @type {Group} */ row) => row.validators.map((index) => `#${number(index)}`).join(", ") || DASH },
        { id: "sure", title: "How sure", value: certaintyText },
        { id: "examples", title: "Example", value: (/** @type {any} */ row) => row.examples.map((/** @type {any} */ each) => each.hash).join(" "), cell: (/** @type {any} */ row) => html`<${Examples} examples=${row.examples} />`, rank: 3 },
      ]}
    />
  <//>`;
}

/** @param {{ examples: any[] }} properties */
function Examples({ examples }) {
  return html`<span class="nowrap">
    ${examples.slice(0, 1).map(
      (each) => html`<span key=${`${each.hash} ${each.subject}`} title=${exampleText(each)}>
        ${each.slot === null
          ? html`<${Hash} value=${each.hash} path=${`events?hash=${each.hash}`} />`
          : html`<a href=${href(`slots/${each.slot}`)}>slot ${number(each.slot)}</a>`}
${" "}<a class="muted" href=${href("events", { hash: each.hash })}>events</a>${"  "}
      </span>`,
    )}
  </span>`;
}

/** @param {{ data: Reconcile, names: Names }} properties */
function Validators({ data, names }) {
  const columns = useMemo(
    () => [
      { id: "validator", title: "Validator", value: (/** @type {Validator} */ row) => row.validator, cell: (/** @type {Validator} */ row) => `#${number(row.validator)}` },
      { id: "epoch", title: "Epoch", end: true, value: (/** @type {Validator} */ row) => row.epoch, cell: (/** @type {Validator} */ row) => number(row.epoch) },
      { id: "node", title: "Node", value: (/** @type {Validator} */ row) => row.node_id, cell: (/** @type {Validator} */ row) => html`<${Node} id=${row.node_id} names=${names} />`, rank: /** @type {const} */ (1) },
      ...FIGURES.map((name) => ({
        id: name,
        title: name,
        help: "Reported / on chain; one number if both are the same",
        end: true,
        value: (/** @type {Validator} */ row) => Math.abs(row[name].difference ?? 0),
        saved: (/** @type {Validator} */ row) => `${row[name].claimed ?? ""}/${row[name].on_chain}`,
        cell: (/** @type {Validator} */ row) => html`<span data-differs=${row[name].difference ? "" : undefined}>${row[name].difference ? html`<b>${comparedText(row[name])}</b>` : comparedText(row[name])}</span>`,
        rank: name === "blocks" ? /** @type {const} */ (2) : name === "assurances" ? /** @type {const} */ (3) : undefined,
      })),
      { id: "difference", title: "Differences", help: "Sum of the differences, without their signs", end: true, value: totalDifference, cell: (/** @type {Validator} */ row) => number(totalDifference(row)) },
      { id: "complete", title: "Telemetry", value: completeText, cell: (/** @type {Validator} */ row) => html`<${State} state=${row.complete ? "ok" : "idle"} word=${completeText(row)} />` },
    ],
    [names],
  );
  const note = data.validators.length < data.total_validators ? `newest ${number(data.validators.length)} of ${number(data.total_validators)}` : counted(data.total_validators, "row");
  return html`<${Card} title="Validators by epoch" note=${`${note}; reported / on chain. A difference is not an accusation: telemetry may be lost, an assurance late.`} flush>
    <${Table}
      caption="Validators by epoch"
      rows=${data.validators}
      rowKey=${(/** @type {Validator} */ row) => `${row.epoch} ${row.validator}`}
      sort="-difference"
      csv="reconcile-validators"
      height=${480}
      columns=${columns}
    />
  <//>`;
}

/** @param {{ data: Reconcile, names: Names }} properties */
function Epochs({ data, names }) {
  const newest = data.epochs[0];
  if (!newest) return null;
  const silent = newest.validators_without_telemetry;
  return html`<${Card} size="half" title="Which node is which validator" note=${`epoch ${number(newest.epoch)}, by evidence`}>
    <dl class="pairs">
      <dt>Matched</dt>
      <dd>${number(newest.matched)} of ${newest.validators === null ? DASH : counted(newest.validators, "validator")}${Object.entries(newest.by_evidence).map(([kind, count]) => html`<span key=${kind} class="muted">; ${number(count)} by ${EVIDENCE[kind] ?? kind.replaceAll("_", " ")}</span>`)}</dd>
      <dt>Without telemetry</dt>
      <dd>${silent.length ? html`${silent.slice(0, 40).map((index) => `#${number(index)}`).join(", ")}${silent.length > 40 ? ` and ${number(silent.length - 40)} more` : ""}` : html`<span class="muted">none</span>`}</dd>
      <dt>Nodes not matched</dt>
      <dd>${newest.unmatched_nodes.length ? html`<span class="node-list">${newest.unmatched_nodes.slice(0, 12).map((id) => html`<${Node} key=${id} id=${id} names=${names} />`)}${newest.unmatched_nodes.length > 12 && ` and ${number(newest.unmatched_nodes.length - 12)} more`}</span>` : html`<span class="muted">none</span>`}</dd>
      <dt>Contradictions</dt>
      <dd>${newest.contradictions.length ? newest.contradictions.map((each, index) => html`<div key=${index}>${each.nodes.map((id) => html`<${Node} key=${id} id=${id} names=${names} /> `)} as ${each.validators.map((validator) => `#${number(validator)}`).join(", ")}</div>`) : html`<span class="muted">none</span>`}</dd>
    </dl>
  <//>`;
}

/** @param {{ data: Reconcile }} properties */
function Implementations({ data }) {
  const figure = (/** @type {"blocks" | "guarantees" | "assurances"} */ name) => ({ id: name, title: name, end: true, value: (/** @type {any} */ row) => Math.abs(row[name].difference ?? 0), cell: (/** @type {any} */ row) => comparedText(row[name]) });
  const cases = (/** @type {any} */ row) => Object.values(row.findings).reduce((/** @type {number} */ sum, count) => sum + Number(count), 0);
  return html`<${Card} size="half" title="By implementation" note="reported / on chain" flush>
    <${Table}
      caption="Telemetry and chain by implementation"
      rows=${data.implementations}
      rowKey=${(/** @type {any} */ row) => `${row.name} ${row.version}`}
      csv="reconcile-implementations"
      height=${260}
      columns=${[
        { id: "implementation", title: "Implementation", value: (/** @type {any} */ row) => `${row.name} ${row.version}`, cell: (/** @type {any} */ row) => html`<${Implementation} name=${row.name} version=${row.version} />`, rank: 1 },
        { id: "nodes", title: "Nodes", end: true, value: (/** @type {any} */ row) => row.nodes, cell: (/** @type {any} */ row) => number(row.nodes), rank: 2 },
        figure("blocks"),
        figure("guarantees"),
        figure("assurances"),
        { id: "findings", title: "Cases", end: true, value: cases, cell: (/** @type {any} */ row) => html`<span title=${Object.entries(row.findings).map(([kind, count]) => findingText({ kind, count: Number(count) })).join("; ")}>${number(cases(row))}</span>`, rank: 3 },
      ]}
    />
  <//>`;
}

/** @param {{ total: { claimed: unknown, on_chain: unknown, equal: boolean } }} properties */
function Total({ total }) {
  if (total.equal) return html`<span>${number(/** @type {any} */ (total.on_chain))}</span>`;
  return html`<b>${number(/** @type {any} */ (total.claimed))} / ${number(/** @type {any} */ (total.on_chain))}</b>`;
}

/** @param {{ data: Reconcile }} properties */
function Cores({ data }) {
  return html`<${Card} size="half" title="Cores" note="reported / on chain" flush>
    <${Table}
      caption="Telemetry and chain by core"
      rows=${data.cores}
      rowKey=${(/** @type {any} */ row) => row.core}
      csv="reconcile-cores"
      height=${260}
      columns=${[
        { id: "core", title: "Core", value: (/** @type {any} */ row) => row.core, cell: (/** @type {any} */ row) => html`<a href=${href(`cores/${row.core}`)}>${number(row.core)}</a>`, rank: 1 },
        { id: "reports", title: "Reports", end: true, value: (/** @type {any} */ row) => row.reports.on_chain, cell: (/** @type {any} */ row) => comparedText(row.reports), rank: 2 },
        { id: "gas", title: "Gas", end: true, value: (/** @type {any} */ row) => Number(row.gas.on_chain), cell: (/** @type {any} */ row) => html`<${Total} total=${row.gas} />`, rank: 3 },
        { id: "exports", title: "Exports", end: true, value: (/** @type {any} */ row) => row.exports.on_chain, cell: (/** @type {any} */ row) => comparedText(row.exports) },
      ]}
    />
  <//>`;
}

/** @param {{ data: Reconcile }} properties */
function Services({ data }) {
  return html`<${Card} size="half" title="Services" note="gas of accumulation: the most that a node reports of each block / on chain" flush>
    <${Table}
      caption="Telemetry and chain by service"
      rows=${data.services}
      rowKey=${(/** @type {any} */ row) => row.service}
      csv="reconcile-services"
      height=${260}
      columns=${[
        { id: "service", title: "Service", value: (/** @type {any} */ row) => row.service, cell: (/** @type {any} */ row) => html`<span class="mono">${row.service}</span>`, rank: 1 },
        { id: "gas", title: "Gas", end: true, value: (/** @type {any} */ row) => Number(row.gas.on_chain), cell: (/** @type {any} */ row) => html`<${Total} total=${row.gas} />`, rank: 2 },
      ]}
    />
  <//>`;
}
