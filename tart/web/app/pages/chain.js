// @ts-check
/** The chain as the RPC of nodes shows it: heads, blocks, validators, cores, services. */

import { useMemo } from "preact/hooks";

import { Answered, Empty } from "../components/answered.js";
import { Ago, State, Time } from "../components/basics.js";
import { ChainFrame } from "../components/chain_frame.js";
import { Segmented } from "../components/choices.js";
import { Figure, Figures } from "../components/figure.js";
import { Hash, NodeLabel } from "../components/identifiers.js";
import { LineChart } from "../components/line_chart.js";
import { Card } from "../components/page.js";
import { Table } from "../components/table.js";
import { bytes, compact, counted, DASH, number, shortHash } from "../core/format.js";
import { html } from "../html.js";
import { href, location, setParameters } from "../state/location.js";
import { useNodeNames } from "../state/nodes.js";
import { bounds, currentWindow, range } from "../state/range.js";
import { useAnswer } from "../state/requests.js";
import { client } from "../state/session.js";

/** @typedef {import("../../../client/web/tart.js").JamStats} Stats */
/** @typedef {import("../../../client/web/tart.js").JamBlocks} Blocks */

/** @type {Record<string, [import("../components/basics.js").StateName, string]>} */
const STATUS = { final: ["ok", "final"], best: ["info", "best chain"], fork: ["warn", "fork"] };

export default function ChainPage() {
  return html`<${ChainFrame} tab="chain" title="Chain" question="What does the chain itself say?">${() => html`<${Chain} />`}<//>`;
}

function Chain() {
  const deps = [JSON.stringify(range.value)];
  const stats = useAnswer("the chain", (signal) => client.jamStats({}, { signal }), { every: 6000 });
  const blocks = useAnswer("the blocks on chain", (signal) => client.jamBlocks({ ...currentWindow(), limit: 100 }, { signal }), { every: 6000, deps });
  const left = useAnswer("the reorganisations", (signal) => client.jamReorganisations({ ...currentWindow(), limit: 100 }, { signal }), { every: 30_000, deps });
  return html`<div class="cards">
    <${Answered} answer=${stats}>
      ${(/** @type {Stats} */ data) => html`<div class="cards">
        <${Card} title="Heads"><${Heads} data=${data} /><//>
        <${Card} title="Endpoints" note="nodes whose RPC is read" flush><${Endpoints} data=${data} /><//>
      </div>`}
    <//>
    <${Card} title="Blocks" note="newest first" flush>
      <${Answered} answer=${blocks} isEmpty=${(/** @type {Blocks} */ data) => !data.blocks.length} empty=${html`<${Empty} title="No block in this range." />`}>
        ${(/** @type {Blocks} */ data) => html`<${BlockTable} data=${data} />`}
      <//>
    <//>
    <${Card} title="Reorganisations" note="changes of the best chain" flush>
      <${Answered}
        answer=${left}
        isEmpty=${(/** @type {any} */ data) => !data.reorganisations.length}
        empty=${html`<${Empty} title="None in this range." />`}
      >
        ${(/** @type {any} */ data) => html`<${Reorganisations} rows=${data.reorganisations} />`}
      <//>
    <//>
    <${Work} />
    <${Validators} />
  </div>`;
}

/** @param {{ data: Stats }} properties */
function Heads({ data: { best, finalized, ...data } }) {
  const behind = best && finalized ? best.slot - finalized.slot : null;
  return html`<${Figures} large>
    <${Figure} id="best" label="Best block" value=${slotLink(best)} note=${best && html`<${Ago} value=${best.seen_at} />`} />
    <${Figure} id="finalized" label="Final block" value=${slotLink(finalized)} note=${behind === null ? undefined : `${counted(behind, "slot")} behind`} />
    <${Figure} id="validators" label="Validators" value=${number(data.validator_count)} note=${counted(data.core_count ?? 0, "core")} />
    <${Figure} id="reorganisations" label="Reorganisations" value=${number(data.reorganisations)} note=${`of ${counted(data.blocks, "known block")}, ${number(data.forks)} on forks`} />
    <${Figure}
      id="missing"
      label="Without statistics"
      value=${number(data.missing_statistics)}
      state=${data.missing_statistics ? "warn" : undefined}
      note="blocks whose statistics no node had"
    />
  <//>`;
}

/** @param {{ slot: number } | null} block */
function slotLink(block) {
  return block ? html`<a href=${href(`slots/${block.slot}`)}>${number(block.slot)}</a>` : DASH;
}

/** @param {{ data: Stats }} properties */
function Endpoints({ data }) {
  return html`<${Table}
    caption="Endpoints"
    rows=${data.endpoints}
    rowKey=${(/** @type {any} */ row) => data.endpoints.indexOf(row)}
    height=${200}
    empty="The chain process has not answered yet."
    columns=${[
      { id: "url", title: "URL", value: (/** @type {any} */ row) => row.url, cell: (/** @type {any} */ row) => html`<span class="mono">${row.url ?? "hidden"}</span>`, rank: 1 },
      { id: "state", title: "State", value: (/** @type {any} */ row) => row.connected, cell: (/** @type {any} */ row) => html`<${State} state=${row.connected ? "ok" : "bad"} word=${row.connected ? "connected" : "not connected"} />`, rank: 2 },
      { id: "since", title: "Since", value: (/** @type {any} */ row) => row.since, cell: (/** @type {any} */ row) => (row.since ? html`<${Ago} value=${row.since} />` : DASH) },
      { id: "best", title: "Best", end: true, value: (/** @type {any} */ row) => row.best_slot, cell: (/** @type {any} */ row) => number(row.best_slot), rank: 3 },
      { id: "final", title: "Final", end: true, value: (/** @type {any} */ row) => row.finalized_slot, cell: (/** @type {any} */ row) => number(row.finalized_slot) },
      { id: "requests", title: "Requests", end: true, value: (/** @type {any} */ row) => row.requests, cell: (/** @type {any} */ row) => number(row.requests) },
      { id: "failures", title: "Failed", end: true, value: (/** @type {any} */ row) => row.failures, cell: (/** @type {any} */ row) => html`<span title=${row.error}>${number(row.failures)}</span>` },
      { id: "reconnects", title: "Reconnects", end: true, value: (/** @type {any} */ row) => row.reconnects, cell: (/** @type {any} */ row) => number(row.reconnects) },
    ]}
  />`;
}

/** @param {{ data: Blocks }} properties */
function BlockTable({ data }) {
  const names = useNodeNames();
  const seen = useAnswer("the authors", (signal) => client.slots({ count: 120 }, { signal }), { every: 12_000 });
  const authors = useMemo(
    () => new Map((seen.data?.slots ?? []).flatMap(({ blocks }) => blocks.map(({ hash, author }) => /** @type {[string, any]} */ ([hash, author])))),
    [seen.data],
  );
  const author = (/** @type {any} */ row) => {
    const node = authors.get(row.header_hash);
    return html`<span class="nowrap">
      ${node && html`<${NodeLabel} node=${names.get(node.node_id) ?? node} /> `}
      <span class="muted" title="Index in the validator set">${row.author_index === null ? DASH : `#${number(row.author_index)}`}</span>
    </span>`;
  };
  const figure = (/** @type {string} */ id, /** @type {string} */ title, /** @type {string} */ help) => ({
    id,
    title,
    help,
    end: true,
    value: (/** @type {any} */ row) => row[id],
    cell: (/** @type {any} */ row) => number(row[id]),
  });
  return html`
    ${!data.complete && data.slots.blocks > data.blocks.length && html`<p class="card-note" role="status">Newest ${number(data.blocks.length)} of ${counted(data.slots.blocks, "block")} in this range.</p>`}
    <${Table}
      caption="Blocks on chain"
      rows=${data.blocks}
      rowKey=${(/** @type {any} */ row) => row.header_hash}
      csv="chain-blocks"
      height=${420}
      columns=${[
        { id: "slot", title: "Slot", value: (/** @type {any} */ row) => row.slot, cell: slotLink, rank: 1 },
        { id: "status", title: "Status", value: (/** @type {any} */ row) => row.status, cell: (/** @type {any} */ row) => html`<${State} state=${STATUS[row.status][0]} word=${STATUS[row.status][1]} />`, rank: 2 },
        { id: "hash", title: "Block", value: (/** @type {any} */ row) => row.header_hash, cell: (/** @type {any} */ row) => html`<${Hash} value=${row.header_hash} />` },
        { id: "author", title: "Author", value: (/** @type {any} */ row) => row.author_index, cell: author, rank: 3 },
        figure("reports", "Reports", "Cores with a report guaranteed in the block"),
        figure("guarantors", "Guarantors", "Validators with a guarantee in the block"),
        figure("assurers", "Assurers", "Validators with an assurance in the block"),
        figure("tickets", "Tickets", "In the block"),
        figure("preimages", "Preimages", "In the block"),
        { id: "irregularity", title: "Note", value: (/** @type {any} */ row) => row.irregularity, cell: (/** @type {any} */ row) => row.irregularity && html`<${State} state="warn" hideWord word=${row.irregularity} />` },
      ]}
    />
  `;
}

/** @param {{ rows: any[] }} properties */
function Reorganisations({ rows }) {
  return html`<${Table}
    caption="Reorganisations"
    rows=${rows}
    rowKey=${(/** @type {any} */ row) => `${row.timestamp} ${row.new.header_hash}`}
    height=${200}
    columns=${[
      { id: "time", title: "Time", value: (/** @type {any} */ row) => row.timestamp, cell: (/** @type {any} */ row) => html`<${Time} value=${row.timestamp} />`, rank: 1 },
      { id: "left", title: "Left", end: true, help: "Blocks that were left", value: (/** @type {any} */ row) => row.left.length, cell: (/** @type {any} */ row) => html`<span title=${row.left.map(shortHash).join(", ")}>${counted(row.left.length, "block")}</span>`, rank: 2 },
      { id: "slot", title: "New best", end: true, value: (/** @type {any} */ row) => row.new.slot, cell: (/** @type {any} */ row) => slotLink(row.new), rank: 3 },
    ]}
  />`;
}

/** The length of the buckets of the range, at most 60. */
function step() {
  const [from, to] = bounds();
  return `${Math.max(6, Math.ceil((to - from) / 60_000))}s`;
}

/** What cores and services do. */
function Work() {
  const services = location.value.parameters.of === "services";
  const deps = [JSON.stringify(range.value)];
  const cores = useAnswer("the cores on chain", (signal) => client.jamCores({ ...currentWindow(), step: step() }, { signal }), { every: 12_000, deps, when: !services });
  const all = useAnswer("the services on chain", (signal) => client.jamServices({ ...currentWindow(), step: step() }, { signal }), { every: 12_000, deps, when: services });
  const choice = html`<${Segmented}
    label="Cores or services"
    choices=${[
      { id: "cores", label: "cores" },
      { id: "services", label: "services" },
    ]}
    selected=${services ? "services" : "cores"}
    onSelect=${(/** @type {string} */ id) => setParameters({ of: id === "services" ? id : undefined })}
  />`;
  return html`
    <${Card} size="half" title="Work on chain over time" note="of the blocks in the range" actions=${choice}>
      <${Answered} answer=${services ? all : cores}>
        ${(/** @type {any} */ data) => html`<${Series} rows=${data.series} services=${services} />`}
      <//>
    <//>
    <${Card} size="half" title=${services ? "Services" : "Cores"} flush>
      <${Answered} answer=${services ? all : cores}>
        ${(/** @type {any} */ data) => (services ? html`<${Services} rows=${data.services} />` : html`<${Cores} rows=${data.cores} />`)}
      <//>
    <//>
  `;
}

/** @param {{ rows: any[], services: boolean }} properties */
function Series({ rows, services }) {
  const x = useMemo(() => rows.map(({ at }) => Date.parse(at)), [rows]);
  if (!rows.length) return html`<${Empty} title="No bucket of this range has work yet." />`;
  const of = (/** @type {string} */ name) => rows.map((row) => (row[name] === null ? null : Number(row[name])));
  if (services) {
    return html`
      <${LineChart} title="Gas of services" x=${x} series=${[{ label: "refinement", values: of("refinement_gas_used") }, { label: "accumulation", values: of("accumulate_gas_used") }]} />
      <${LineChart} title="Segments of services" x=${x} series=${[{ label: "imports", values: of("imports") }, { label: "exports", values: of("exports") }]} />
    `;
  }
  return html`
    <${LineChart} title="Gas of refinement" x=${x} series=${[{ label: "gas", values: of("gas_used"), fill: true }]} height=${110} />
    <${LineChart} title="Data that became available" x=${x} series=${[{ label: "DA load", values: of("da_load"), fill: true }]} format=${bytes} height=${110} />
    <${LineChart} title="Popularity: assurances that mark a core" x=${x} series=${[{ label: "popularity", values: of("popularity") }]} format=${(/** @type {any} */ value) => number(value, 1)} height=${110} />
  `;
}

/** @param {string} id @param {string} title @param {(value: any) => string} format @param {2 | 3} [rank] @param {(row: any) => any} [read] */
function amount(id, title, format, rank, read = (row) => row[id]) {
  return { id, title, end: true, value: (/** @type {any} */ row) => (read(row) == null ? null : Number(read(row))), cell: (/** @type {any} */ row) => format(read(row) == null ? null : Number(read(row))), rank };
}

/** @param {{ rows: any[] }} properties */
function Cores({ rows }) {
  return html`<${Table}
    caption="Cores on chain"
    rows=${rows}
    rowKey=${(/** @type {any} */ row) => row.core_index}
    sort="core"
    sortParameter="cores"
    csv="chain-cores"
    height=${380}
    columns=${[
      { id: "core", title: "Core", value: (/** @type {any} */ row) => row.core_index, cell: (/** @type {any} */ row) => html`<a href=${href(`cores/${row.core_index}`)}>${number(row.core_index)}</a>`, rank: 1 },
      amount("gas_used", "Gas", compact, 2),
      amount("da_load", "DA load", bytes, 3),
      amount("popularity", "Popularity", (value) => number(value, 1)),
      amount("imports", "Imports", number),
      amount("exports", "Exports", number),
      amount("blocks", "Blocks", number),
    ]}
  />`;
}

/** @param {{ rows: any[] }} properties */
function Services({ rows }) {
  const name = (/** @type {any} */ { code_info: code }) => code?.Known?.name ?? code?.Known?.code_name ?? "";
  return html`<${Table}
    caption="Services on chain"
    rows=${rows}
    rowKey=${(/** @type {any} */ row) => row.id}
    sort="-refinement"
    sortParameter="services"
    csv="chain-services"
    height=${380}
    columns=${[
      { id: "id", title: "Service", value: (/** @type {any} */ row) => row.id, cell: (/** @type {any} */ row) => html`<span class="mono">${row.id}</span> ${name(row)}`, rank: 1 },
      amount("refinement", "Refine gas", compact, 2, (row) => row.activity?.refinement_gas_used),
      amount("accumulate", "Accumulate gas", compact, 3, (row) => row.activity?.accumulate_gas_used),
      amount("items", "Work items", number, undefined, (row) => row.activity?.refinement_count),
      amount("provided", "Preimages", number, undefined, (row) => row.activity?.provided_count),
      amount("bytes", "Account", bytes),
    ]}
  />`;
}

/** Validators of the newest epoch in the range. */
function Validators() {
  const deps = [JSON.stringify(range.value)];
  const answer = useAnswer("the validators on chain", (signal) => client.jamValidators(currentWindow(), { signal }), { every: 12_000, deps });
  return html`<${Answered} answer=${answer}>
    ${(/** @type {any} */ data) => {
      const epoch = data.epochs.reduce((/** @type {any} */ newest, /** @type {any} */ each) => (newest === null || (each.epoch ?? -1) > (newest.epoch ?? -1) ? each : newest), null);
      const rows = data.validators.filter((/** @type {any} */ row) => row.epoch === epoch?.epoch);
      return html`<${Card} title="Validators" note=${epoch ? `epoch ${number(epoch.epoch)}, ${epoch.exact ? "as the chain has it" : "sum of the blocks in the range"}` : undefined} flush>
        <${Table}
          caption="Validators on chain"
          rows=${rows}
          rowKey=${(/** @type {any} */ row) => row.validator_index}
          sort="index"
          sortParameter="validators"
          csv="chain-validators"
          height=${420}
          empty="No block of this range has statistics yet."
          columns=${[
            { id: "index", title: "Validator", value: (/** @type {any} */ row) => row.validator_index, cell: (/** @type {any} */ row) => `#${number(row.validator_index)}`, rank: 1 },
            amount("blocks", "Blocks", number, 2),
            amount("guarantees", "Guarantees", number, 3),
            amount("assurances", "Assurances", number),
            amount("tickets", "Tickets", number),
            amount("preimages", "Preimages", number),
            amount("preimages_size", "Preimages' size", bytes),
          ]}
        />
      <//>`;
    }}
  <//>`;
}
