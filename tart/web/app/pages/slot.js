// @ts-check
/** One slot: its blocks, how they spread, and what each node did with them. */

import { useLayoutEffect, useMemo } from "preact/hooks";

import { Answered, Empty } from "../components/answered.js";
import { CopyButton, Implementation, State, Time } from "../components/basics.js";
import { ChainState, ClockSwitch } from "../components/block_parts.js";
import { DotPlot } from "../components/dot_plot.js";
import { Figure, Figures } from "../components/figure.js";
import { Heatmap } from "../components/heatmap.js";
import { Icon } from "../components/icons.js";
import { Segmented } from "../components/choices.js";
import { Hash, NodeLabel } from "../components/identifiers.js";
import { TraceLink } from "../components/trace_link.js";
import { Card, Page } from "../components/page.js";
import { SlotStrip } from "../components/slot_strip.js";
import { Table } from "../components/table.js";
import { jitter } from "../core/dots.js";
import { bytes, counted, DASH, duration, number, percent, share, shortHash, shortNode } from "../core/format.js";
import { colourPlace, implementationText } from "../core/implementations.js";
import { byImplementation, curveDots, EARLY_STAGES, LATE_MS, nodeRows, readPart, stageCells, STAGES, within, writePart } from "../core/slot_nodes.js";
import { html } from "../html.js";
import { go, href, location, setParameters } from "../state/location.js";
import { useAnswer } from "../state/requests.js";
import { client } from "../state/session.js";
import { adoptStyles } from "../components/styles.js";
import styles from "./slot.css" with { type: "text" };

adoptStyles(styles);

/** @typedef {import("../../../client/web/tart.js").SlotPropagation} SlotPropagation */
/** @typedef {import("../../../client/web/tart.js").BlockPropagationDetail} BlockDetail */
/** @typedef {import("../../../client/web/tart.js").Slots} Slots */
/** @typedef {import("../core/slot_nodes.js").NodeRow} NodeRow */

const MOST_SLOT = 2 ** 32 - 1;
/** Slots around this one. */
const AROUND = 30;

/** @param {{ slot: string }} properties */
export default function SlotPage({ slot: text }) {
  const slot = /^\d{1,10}$/.test(text) && Number(text) <= MOST_SLOT ? Number(text) : null;
  if (slot === null) return html`<${NoSlot} text=${text} />`;
  return html`<${OneSlot} key=${slot} slot=${slot} />`;
}

/** What was typed is no slot. @param {{ text: string }} properties */
function NoSlot({ text }) {
  const newest = useAnswer("the newest slot", (signal) => client.slots({ count: 1 }, { signal }));
  return html`<${Page} title="Slot">
    <${Empty} title=${`“${decodeURIComponent(text)}” is not a slot.`}>
      A slot is a number such as ${newest.data ? html`<a href=${href(`slots/${newest.data.newest_slot}`)}>${number(newest.data.newest_slot)}</a>, the newest` : "10039410"}.
    <//>
  <//>`;
}

/** @param {{ slot: number }} properties */
function OneSlot({ slot }) {
  const clock = location.value.parameters.clock === "node" ? "node" : "server";
  const answer = useAnswer(`slot ${slot}`, (signal) => client.slotPropagation(slot, { clock }, { signal }), { every: 6000, deps: [slot, clock] });
  const around = useAnswer("the slots around it", (signal) => client.slots({ before: Math.min(slot + AROUND, MOST_SLOT) + 1, count: 2 * AROUND + 1, clock }, { signal }), {
    every: 12_000,
    deps: [slot, clock],
  });
  const newest = answer.data?.newest_slot ?? null;
  // At once: the key that is pressed next must not be lost.
  useLayoutEffect(() => {
    function pressed(/** @type {KeyboardEvent} */ event) {
      const target = /** @type {HTMLElement} */ (event.target);
      if (event.ctrlKey || event.metaKey || event.altKey || target.closest("input, textarea, select, [role=grid], [role=list], [role=img]")) return;
      const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (step && slot + step >= 0) go(`slots/${slot + step}`, { clock: clock === "node" ? "node" : undefined });
    }
    document.addEventListener("keydown", pressed);
    return () => document.removeEventListener("keydown", pressed);
  }, [slot, clock]);
  return html`<${Page}
    title=${`Slot ${number(slot)}`}
    question="How did its block reach the nodes, and who was late?"
    actions=${html`<${Neighbours} slot=${slot} newest=${newest} clock=${clock} /><${ClockSwitch} clock=${clock} />`}
  >
    <${Card} title="Around it" note="click: that slot">
      <div class="slot-around">
        <${Answered} answer=${around} lines=${5}>
          ${(/** @type {Slots} */ data) => html`<${SlotStrip} answer=${upToNewest(data)} selected=${slot} title="Slots around it" />`}
        <//>
      </div>
    <//>
    <${Answered} answer=${answer} lines=${12}>
      ${(/** @type {SlotPropagation} */ data) => html`<${Slot} data=${data} />`}
    <//>
  <//>`;
}

/** Without slots that have not begun. @param {Slots} answer @returns {Slots} */
function upToNewest(answer) {
  return { ...answer, slots: answer.slots.filter(({ slot }) => slot <= answer.newest_slot) };
}

/** @param {{ slot: number, newest: number | null, clock: string }} properties */
function Neighbours({ slot, newest, clock }) {
  const parameters = clock === "node" ? { clock } : {};
  return html`<span class="row-of">
    ${slot > 0 && html`<a class="button small" href=${href(`slots/${slot - 1}`, parameters)} title="Previous slot ( ← )"><${Icon} name="left" />${number(slot - 1)}</a>`}
    ${(newest === null || slot < newest) && html`<a class="button small" href=${href(`slots/${slot + 1}`, parameters)} title="Next slot ( → )">${number(slot + 1)}<${Icon} name="right" /></a>`}
    ${newest !== null && newest > 0 && slot !== newest && html`<a class="button small" href=${href(`slots/${newest}`, parameters)}>Newest</a>`}
    <a class="button small" href=${href("events", { slot })}>Its events</a>
    <${CopyButton} label="Copy the link" text=${() => window.location.href}>Link<//>
  </span>`;
}

/** @param {{ data: SlotPropagation }} properties */
function Slot({ data }) {
  const { blocks, nodes, failures } = data;
  const forked = blocks.length > 1;
  return html`
    <div class="stack" data-slot=${data.slot} data-state=${data.state} data-blocks=${blocks.length}>
      ${blocks.length === 0 && html`<${WithoutBlock} data=${data} />`}
      ${forked && html`<div class="notice" data-state="warn" role="status">A fork: ${counted(blocks.length, "block")} of this slot, side by side.</div>`}
      <div class="cards">
        ${blocks.map((block) => html`<${BlockCard} key=${block.hash} block=${block} size=${forked ? "half" : undefined} />`)}
        ${blocks.map((block) => html`<${Curve} key=${`curve-${block.hash}`} block=${block} nodes=${nodes} several=${forked} size=${forked ? "half" : undefined} />`)}
        ${failures.length > 0 && html`<${Failures} data=${data} />`}
        ${blocks.map((block) => html`<${Work} key=${`work-${block.hash}`} block=${block} nodes=${nodes} several=${forked} />`)}
        ${blocks.map((block) => html`<${Nodes} key=${`nodes-${block.hash}`} block=${block} nodes=${nodes} several=${forked} />`)}
      </div>
    </div>
  `;
}

/** @param {{ data: SlotPropagation }} properties */
function WithoutBlock({ data }) {
  const newest = html`<a href=${href(`slots/${data.newest_slot}`)}>slot ${number(data.newest_slot)}</a>`;
  // A server that was told of no block knows no newest slot.
  if (data.newest_slot === 0) return html`<${Empty} title="No block is known yet.">Slots appear when a node that authors or imports one connects.<//>`;
  if (data.slot > data.newest_slot) return html`<${Empty} title="This slot has not begun."> The newest is ${newest}.<//>`;
  if (data.state === "pending") return html`<${Empty} title="No block yet."> The slot may still get one; this page follows it.<//>`;
  if (data.state === "missed") {
    return html`<${Empty} title="Missed: no node had a block of this slot.">
      ${data.failures.length ? "Its author failed; see below." : "Nodes were connected then; none authored or imported one."} The newest is ${newest}.
    <//>`;
  }
  return html`<${Empty} title="Nothing is known of this slot.">
    No node was connected to this server then, or its events have expired. The newest is ${newest}.
  <//>`;
}

/** @param {{ block: BlockDetail, size?: string }} properties */
function BlockCard({ block, size }) {
  const contents = [
    ["guarantee", block.num_guarantees],
    ["assurance", block.num_assurances],
    ["ticket", block.num_tickets],
    ["preimage", block.num_preimages],
    ["dispute verdict", block.num_dispute_verdicts],
  ].filter(([, count]) => Number(count) > 0);
  return html`<${Card}
    size=${size}
    title=${html`Block <span class="mono">${shortHash(block.hash)}</span>`}
    note=${html`<${ChainState} chain=${block.chain} />`}
    actions=${html`<${TraceLink} path=${`blocks/${block.hash}`} />`}
  >
    <${Figures}>
      <${Figure} id="nodes" label="Nodes that had it" value=${`${number(block.nodes)} of ${number(block.expected)}`} note=${percent(block.share)} state=${block.never.length ? "warn" : undefined} />
      <${Figure} id="p50" label="50 %" value=${duration(block.until_50_ms)} />
      <${Figure} id="p90" label="90 %" value=${duration(block.until_90_ms)} />
      <${Figure} id="p99" label="99 %" value=${duration(block.until_99_ms)} />
      <${Figure} id="size" label="Size" value=${bytes(block.size_bytes)} />
      <${Figure} id="authoring" label="Authoring took" value=${duration(block.authoring_ms)} />
    <//>
    <dl class="pairs block-pairs">
      <dt>Author</dt>
      <dd>${block.author ? html`<${NodeLabel} node=${block.author} />` : html`<span class="muted">— it sends no telemetry to this server</span>`}</dd>
      <dt>${block.reference === "authored" ? "Authored" : "First had"}</dt>
      <dd><${Time} value=${block.authored_at ?? block.first_had_at} fraction /> <span class="muted">${block.reference === "authored" ? "times count from here" : "times count from here: the author’s is not known"}</span></dd>
      <dt>Hash</dt><dd><${Hash} value=${block.hash} /></dd>
      <dt>Parent</dt><dd><${Hash} value=${block.parent} /></dd>
      <dt>Contents</dt>
      <dd>${contents.length ? contents.map(([noun, count]) => counted(Number(count), String(noun))).join(", ") : block.size_bytes === null ? DASH : "no extrinsics"}</dd>
    </dl>
  <//>`;
}

/** Scale of times in the address. */
function isLog() {
  return location.value.parameters.scale === "log";
}

/** @param {{ block: BlockDetail, nodes: any[], several: boolean, size?: string }} properties */
function Curve({ block, nodes, several, size }) {
  const rows = useMemo(() => nodeRows(block, nodes), [block]);
  const dots = useMemo(
    () =>
      curveDots(rows, block.expected).map((dot) => ({
        ...dot,
        text: `${shortNode(dot.id)} · ${implementationText(dot.row.node.implementation_name, dot.row.node.implementation_version)} · ${duration(dot.x)} · ${percent(dot.y)}`,
      })),
    [rows],
  );
  const log = isLog();
  const name = several ? `Propagation of ${shortHash(block.hash)}` : "Propagation";
  return html`<${Card}
    title=${name}
    size=${size}
    note="each dot is a node; drag to select"
    actions=${html`<${Segmented}
      label="Scale of times"
      choices=${[
        { id: "linear", label: "linear" },
        { id: "log", label: "log" },
      ]}
      selected=${log ? "log" : "linear"}
      onSelect=${(/** @type {string} */ id) => setParameters({ scale: id === "log" ? "log" : undefined })}
    />`}
  >
    ${dots.length
      ? html`<${DotPlot}
          title=${`${name}: share of the nodes that had the block, by time since ${block.reference === "authored" ? "authoring" : "the first node had it"}`}
          dots=${dots}
          step
          log=${log}
          marks=${[0, 0.5, 0.9, 1].map((y) => ({ y, label: percent(y) }))}
          selected=${readPart(location.value.parameters.part)}
          onSelect=${(/** @type {[number, number] | null} */ part) => setParameters({ part: writePart(part) })}
          onOpen=${(/** @type {any} */ dot) => go(`nodes/${dot.id}`)}
          legend=${html`<${ImplementationLegend} rows=${rows} />`}
          columns=${[
            { id: "node", title: "node", value: (/** @type {any} */ dot) => dot.id, cell: (/** @type {any} */ dot) => html`<${NodeLabel} node=${dot.row.node} />`, rank: 1 },
            { id: "ms", title: "had it after", end: true, value: (/** @type {any} */ dot) => dot.x, cell: (/** @type {any} */ dot) => duration(dot.x), rank: 2 },
            { id: "share", title: "share of nodes", end: true, value: (/** @type {any} */ dot) => dot.y, cell: (/** @type {any} */ dot) => percent(dot.y), rank: 3 },
          ]}
        />`
      : html`<${Empty} title="No times.">
          ${block.without_clock ? `The offsets of the clocks of ${counted(block.without_clock, "node")} are not known; choose the server’s clock.` : "No node reported that it had this block."}
        <//>`}
    ${block.without_clock > 0 && dots.length > 0 && html`<p class="muted">${counted(block.without_clock, "node")} left out: the offset of the clock is not known.</p>`}
  <//>`;
}

/** @param {{ rows: NodeRow[] }} properties */
function ImplementationLegend({ rows }) {
  const names = [...new Set(rows.map(({ node }) => node.implementation_name ?? ""))].sort();
  return names.map(
    (name) => html`<span key=${name} class="legend-entry"><i class="swatch" data-place=${colourPlace(name)}></i>${name || "unknown"}</span>`,
  );
}

/** Verification and execution at each node. @param {{ block: BlockDetail, nodes: any[], several: boolean }} properties */
function Work({ block, nodes, several }) {
  const rows = useMemo(() => nodeRows(block, nodes), [block]);
  const suffix = several ? ` of ${shortHash(block.hash)}` : "";
  return html`
    <${Strips} rows=${rows} name="verification" title=${`Verification${suffix}`} note="Importing to Block verified" />
    <${Strips} rows=${rows} name="execution" title=${`Execution${suffix}`} note="Block verified to Block executed" />
  `;
}

/** @param {{ rows: NodeRow[], name: "verification" | "execution", title: string, note: string }} properties */
function Strips({ rows, name, title, note }) {
  const groups = useMemo(() => byImplementation(rows, name), [rows]);
  const dots = useMemo(
    () =>
      groups.flatMap((group, lane) =>
        group.rows.map((row, index) => ({
          id: row.node.node_id,
          x: Number(row[name]),
          y: 1 - (lane + 0.5 + 0.6 * jitter(index)) / groups.length,
          place: colourPlace(group.name),
          row,
          text: `${shortNode(row.node.node_id)} · ${implementationText(group.name, group.version)} · ${duration(row[name])}`,
        })),
      ),
    [groups],
  );
  return html`<${Card} title=${title} size="half" note=${`${note}, own clocks`}>
    ${dots.length === 0
      ? html`<${Empty} title="Not reported." />`
      : html`<${DotPlot}
          title=${title}
          dots=${dots}
          left=${132}
          log=${isLog()}
          height=${Math.max(96, 34 * groups.length + 30)}
          marks=${groups.map((group, lane) => ({ y: 1 - (lane + 0.5) / groups.length, label: clipped(implementationText(group.name, group.version)) }))}
          onOpen=${(/** @type {any} */ dot) => go(`nodes/${dot.id}`)}
          legend=${groups.map((group) => html`<span key=${group.name} class="legend-entry">${implementationText(group.name, group.version)} <b>${duration(group.median)}</b> median of ${number(group.rows.length)}</span>`)}
          columns=${[
            { id: "node", title: "node", value: (/** @type {any} */ dot) => dot.id, cell: (/** @type {any} */ dot) => html`<${NodeLabel} node=${dot.row.node} />`, rank: 1 },
            { id: "ms", title: name, end: true, value: (/** @type {any} */ dot) => dot.x, cell: (/** @type {any} */ dot) => duration(dot.x), rank: 2 },
          ]}
        />`}
  <//>`;
}

/** @param {string} text */
function clipped(text) {
  return text.length > 20 ? `${text.slice(0, 19)}…` : text;
}

/** The nodes: those that never had the block, the selected or the slowest, and all stages. @param {{ block: BlockDetail, nodes: any[], several: boolean }} properties */
function Nodes({ block, nodes, several }) {
  const rows = useMemo(() => nodeRows(block, nodes), [block]);
  const part = readPart(location.value.parameters.part);
  const shown = useMemo(() => within(rows, part), [rows, part?.[0], part?.[1]]);
  const suffix = several ? ` of ${shortHash(block.hash)}` : "";
  const cells = useMemo(() => stageCells(shown), [shown]);
  return html`
    ${block.never.length > 0 &&
    html`<${Card} title=${`Never had it${suffix}`} note=${share(block.never.length, block.expected)}>
      <ul class="node-list" data-never=${block.never.length}>
        ${block.never.map((place) => html`<li key=${place}><${NodeLabel} node=${nodes[place]} state="bad" word="never had it" /></li>`)}
      </ul>
    <//>`}
    <${Card}
      title=${`Stages by node${suffix}`}
      note=${part ? html`${counted(shown.length, "node")} that had it after ${duration(part[0])} to ${duration(part[1])}` : counted(shown.length, "node")}
      actions=${part && html`<button type="button" class="button small" onClick=${() => setParameters({ part: undefined })}>Show all</button>`}
    >
      <${Heatmap}
        title=${`Stages by node${suffix}`}
        rows=${shown.length}
        columns=${EARLY_STAGES.length}
        values=${cells}
        rowTitle="node"
        columnTitle="stage"
        rowLabel=${(/** @type {number} */ row) => shortNode(shown[row].node.node_id)}
        columnLabel=${(/** @type {number} */ column) => EARLY_STAGES[column][1]}
        domain=${[10, 10_000]}
        log
        format=${duration}
        cellHeight=${Math.max(4, Math.min(18, 480 / Math.max(1, shown.length)))}
        onOpen=${(/** @type {number} */ row) => go(`nodes/${shown[row].node.node_id}`)}
      />
      <div class="stage-titles" aria-hidden="true">${EARLY_STAGES.map(([name, title]) => html`<span key=${name}>${title}</span>`)}</div>
    <//>
    <${Card} title=${part ? `Selected nodes${suffix}` : `Nodes${suffix}, the latest first`} flush>
      <${NodeTable} rows=${shown} />
    <//>
  `;
}

/** @param {{ rows: NodeRow[] }} properties */
function NodeTable({ rows }) {
  /** @param {string} name @param {string} title @param {2 | 3} [rank] */
  const stage = (name, title, rank) => ({
    id: name,
    title,
    end: true,
    rank,
    value: (/** @type {NodeRow} */ row) => row.stages[name],
    cell: (/** @type {NodeRow} */ row) => duration(row.stages[name]),
  });
  return html`<${Table}
    caption="Nodes of the block"
    csv="block-nodes"
    sort="-had"
    height=${480}
    rows=${rows}
    rowKey=${(/** @type {NodeRow} */ row) => row.node.node_id}
    onOpen=${(/** @type {NodeRow} */ row) => go(`nodes/${row.node.node_id}`)}
    columns=${[
      { id: "node", title: "node", value: (/** @type {NodeRow} */ row) => row.node.node_id, cell: (/** @type {NodeRow} */ row) => html`<${NodeLabel} node=${row.node} short />`, rank: 1 },
      { id: "implementation", title: "implementation", value: (/** @type {NodeRow} */ row) => implementationText(row.node.implementation_name, row.node.implementation_version), cell: (/** @type {NodeRow} */ row) => html`<${Implementation} name=${row.node.implementation_name} version=${row.node.implementation_version} />` },
      { id: "had", title: "had it after", help: "First Authored, Importing or Best block changed event", end: true, value: (/** @type {NodeRow} */ row) => row.had ?? -1, cell: (/** @type {NodeRow} */ row) => hadText(row), rank: 2 },
      ...STAGES.map(([name, title]) => stage(name, title, name === "executed" ? 3 : undefined)),
      { id: "verification", title: "verification", end: true, value: (/** @type {NodeRow} */ row) => row.verification, cell: (/** @type {NodeRow} */ row) => duration(row.verification) },
      { id: "execution", title: "execution", end: true, value: (/** @type {NodeRow} */ row) => row.execution, cell: (/** @type {NodeRow} */ row) => duration(row.execution) },
    ]}
  />`;
}

/** @param {NodeRow} row */
function hadText({ had }) {
  if (had === null) return html`<span class="muted" title="The node was told of the block; no event shows that it had it.">${DASH}</span>`;
  return had > LATE_MS ? html`<${State} state="warn" word=${`late: ${duration(had)}`} />` : duration(had);
}

/** @param {{ data: SlotPropagation }} properties */
function Failures({ data }) {
  return html`<${Card} title="Failures" note=${counted(data.failures.length, "event")} flush>
    <${Table}
      caption="Failures"
      csv="failures"
      height=${280}
      rows=${data.failures.map((failure, index) => ({ ...failure, index }))}
      rowKey=${(/** @type {any} */ row) => row.index}
      columns=${[
        { id: "node", title: "node", value: (/** @type {any} */ row) => data.nodes[row.node].node_id, cell: (/** @type {any} */ row) => html`<${NodeLabel} node=${data.nodes[row.node]} />`, rank: 1 },
        { id: "stage", title: "stage", value: (/** @type {any} */ row) => row.stage, cell: (/** @type {any} */ row) => html`<${State} state="bad" word=${`${row.stage} failed`} />`, rank: 2 },
        { id: "reason", title: "reason", value: (/** @type {any} */ row) => row.reason, rank: 3 },
        { id: "block", title: "block", value: (/** @type {any} */ row) => row.hash, cell: (/** @type {any} */ row) => html`<${Hash} value=${row.hash} />` },
        { id: "after", title: "after", end: true, value: (/** @type {any} */ row) => row.ms, cell: (/** @type {any} */ row) => duration(row.ms) },
        { id: "at", title: "received", value: (/** @type {any} */ row) => row.at, cell: (/** @type {any} */ row) => html`<${Time} value=${row.at} fraction />` },
      ]}
    />
  <//>`;
}
