// @ts-check
/** Blocks: by whom, how soon the nodes had them, forks and missed slots. */

import { useEffect, useMemo, useState } from "preact/hooks";

import { Answered, Empty } from "../components/answered.js";
import { Time } from "../components/basics.js";
import { ChainState, ClockSwitch } from "../components/block_parts.js";
import { ChainGraph } from "../components/chain_graph.js";
import { Figure, Figures } from "../components/figure.js";
import { Hash, NodeLabel } from "../components/identifiers.js";
import { LineChart } from "../components/line_chart.js";
import { Card, Page } from "../components/page.js";
import { SlotStrip } from "../components/slot_strip.js";
import { Table } from "../components/table.js";
import { bytes, counted, duration, number, percent } from "../core/format.js";
import { authorsOf, joinSlots, slotSeries, slotsOfRange, summarise } from "../core/slot_series.js";
import { isSpreading, mainBlock } from "../core/slots.js";
import { html } from "../html.js";
import { go, href, location } from "../state/location.js";
import { bounds, comparing, frozen, range } from "../state/range.js";
import { useAnswer } from "../state/requests.js";
import { client } from "../state/session.js";
import { adoptStyles } from "../components/styles.js";
import styles from "./slot.css" with { type: "text" };

adoptStyles(styles);

/** @typedef {import("../../../client/web/tart.js").Slots} Slots */
/** @typedef {import("../../../client/web/tart.js").SlotSummary} SlotSummary */
/** @typedef {import("../../../client/web/tart.js").SlotBlock} SlotBlock */

/** As many slots as one answer has at most. */
const MOST = 600;
/** Slots of the strip and of the graph. */
const STRIP = 60;

export default function BlocksPage() {
  const clock = location.value.parameters.clock === "node" ? "node" : "server";
  const key = JSON.stringify(range.value);
  const [incomplete, setIncomplete] = useState(false);
  const whole = useAnswer("the blocks", (signal) => requestRange(clock, signal), {
    every: incomplete ? 15_000 : 300_000,
    deps: [clock, key],
  });
  useEffect(() => setIncomplete(whole.partial !== null && whole.partial.answered < whole.partial.total), [whole.partial]);
  // The newest are requested often, and are those of the Network page, so that the server has them.
  const newest = useAnswer("the newest blocks", (signal) => client.slots({ count: STRIP, clock }, { signal }), {
    every: 6000,
    deps: [clock],
    when: !frozen.value,
  });
  const answer = frozen.value ? whole : joined(whole, newest);
  const first = answer.data?.slots[0]?.slot;
  const count = answer.data?.slots.length ?? 0;
  const earlier = useAnswer("the blocks before", (signal) => client.slots({ before: first, count, clock }, { signal }), {
    when: comparing.value && Boolean(first),
    deps: [clock, comparing.value, frozen.value ? first : Math.floor((first ?? 0) / 10)],
  });
  return html`<${Page}
    title="Blocks"
    question="Which blocks, by whom, and how soon did the nodes have them?"
    actions=${html`<${ClockSwitch} clock=${clock} />`}
  >
    <${Answered}
      answer=${answer}
      lines=${10}
      isEmpty=${(/** @type {Slots} */ data) => data.slots.every(({ state }) => state === "unknown" || state === "pending")}
      empty=${html`<${Empty} title="No blocks in this range.">
        Blocks appear when a connected node authors or imports one. Choose another range, or connect a node.
      <//>`}
    >
      ${(/** @type {Slots & { cut?: boolean }} */ data) => html`<${Blocks} data=${data} before=${comparing.value ? earlier.data : null} />`}
    <//>
  <//>`;
}

/**
 * The whole range with its newest slots as they are now.
 *
 * @param {import("../state/requests.js").Answer<any>} whole
 * @param {import("../state/requests.js").Answer<any>} newest
 */
function joined(whole, newest) {
  if (!whole.data || !newest.data || newest.data.clock !== whole.data.clock) return whole;
  const slots = joinSlots(whole.data.slots, newest.data.slots);
  if (slots === null) queueMicrotask(whole.reload);
  const data = { ...newest.data, cut: whole.data.cut, slots: (slots ?? newest.data.slots).slice(-Math.max(whole.data.slots.length, 1)) };
  return { ...whole, data, error: whole.error ?? newest.error, since: newest.since, partial: newest.partial ?? whole.partial };
}

/** @param {"server" | "node"} clock @param {AbortSignal} signal */
async function requestRange(clock, signal) {
  const [from, to] = bounds();
  const current = range.value;
  const most = Math.min(MOST, Math.ceil((to - from) / 1000));
  if (current.kind === "last" && current.pausedAt === null) {
    const count = Math.max(1, Math.min(most, Math.ceil((to - from) / 6000)));
    const data = await client.slots({ count, clock }, { signal });
    return { ...data, cut: (to - from) / 1000 > data.slot_seconds * MOST };
  }
  const newest = await client.slots({ count: 1, clock }, { signal });
  const only = newest.slots[0];
  const newestMs = Date.parse((newest.follows_calendar ? only?.time : mainBlock(only)?.first_had_at) ?? "");
  if (Number.isNaN(newestMs)) return { ...newest, cut: false };
  const calendar = { slotSeconds: newest.slot_seconds, newest: newest.newest_slot, newestMs };
  const { count, before, cut } = slotsOfRange([from, to], calendar, MOST);
  return { ...(await client.slots({ count, before, clock }, { signal })), cut };
}

/** @param {{ data: Slots & { cut?: boolean }, before: Slots | null }} properties */
function Blocks({ data, before }) {
  const { slots, newest_slot: newest, follows_calendar: follows } = data;
  const now = useMemo(() => summarise(slots, newest), [data]);
  const then = useMemo(() => before && summarise(before.slots, newest), [before]);
  const series = useMemo(() => slotSeries(slots, follows), [data]);
  const ghost = useMemo(() => before && slotSeries(before.slots, follows), [before]);
  const shown = { ...data, slots: slots.slice(-STRIP) };
  return html`<div class="stack">
    ${data.cut &&
    html`<div class="notice" role="status">
      Shown are the newest ${counted(slots.length, "slot")} of the range; move the range with [ and ] to see the others.
    </div>`}
    <${Figures}>
      <${Figure} id="best" label="Best slot" value=${number(data.best_slot)} note=${`finalized ${number(data.finalized_slot)}`} />
      <${Figure} id="authored" label="Slots with a block" value=${`${number(now.authored)} of ${number(now.settled)}`} note=${percent(now.settled ? now.authored / now.settled : null)} before=${then && percent(then.settled ? then.authored / then.settled : null)} />
      <${Figure} id="missed" label="Missed" value=${number(now.missed)} state=${now.missed ? "warn" : undefined} before=${then && number(then.settled ? then.missed : null)} />
      <${Figure} id="forks" label="Slots with a fork" value=${number(now.forks)} state=${now.forks ? "warn" : undefined} before=${then && number(then.settled ? then.forks : null)} />
      <${Figure} id="p50" label="Until 50 % had it" value=${duration(now.p50)} note="median of slots" before=${then && duration(then.p50)} />
      <${Figure} id="p90" label="Until 90 % had it" value=${duration(now.p90)} note="median of slots" before=${then && duration(then.p90)} />
      <${Figure} id="p99" label="Until 99 % had it" value=${duration(now.p99)} note="median of slots" before=${then && duration(then.p99)} />
      <${Figure} id="incomplete" label="90 % not reached" value=${number(now.incomplete)} note="slots" state=${now.incomplete ? "bad" : undefined} before=${then && number(then.settled ? then.incomplete : null)} />
    <//>
    <div class="cards">
      <${Card} title=${`Last ${counted(shown.slots.length, "slot")}`} note="click: that slot">
        <${SlotStrip} answer=${shown} title=${`Strip of ${counted(shown.slots.length, "slot")}`} />
      <//>
      <${Card} title="Chain" note="forks as branches">
        <${ChainGraph} slots=${slots.slice(-120)} />
      <//>
      <${Card} title="Time until the nodes had the block" size="half" note="by slot; lower is better">
        <${LineChart}
          title="Time until 50, 90 and 99 % of the nodes had the block"
          log
          x=${series.x}
          height=${200}
          format=${duration}
          series=${[
            { label: "50 %", values: series.p50 },
            { label: "90 %", values: series.p90 },
            { label: "99 %", values: series.p99 },
            ...(ghost ? [{ label: "90 % before", values: aligned(ghost.p90, series.x.length), ghost: true }] : []),
          ]}
          onPick=${(/** @type {number} */ index) => goToTime(slots, series.x[index], follows)}
        />
      <//>
      <${Card} title="Block interval" size="half" note=${`from one block to the next; a slot has ${data.slot_seconds} s`}>
        <${LineChart}
          title="Block interval, slot by slot"
          x=${series.x}
          height=${200}
          format=${duration}
          series=${[
            { label: "interval", values: series.interval, bars: true },
            ...(ghost ? [{ label: "before", values: aligned(ghost.interval, series.x.length), ghost: true }] : []),
          ]}
          onPick=${(/** @type {number} */ index) => goToTime(slots, series.x[index], follows)}
        />
      <//>
      <${Card} title="Blocks" flush><${BlockTable} slots=${slots} newest=${newest} /><//>
      <${Card} title="Authors" note="medians of their blocks" flush><${AuthorTable} slots=${slots} /><//>
    </div>
  </div>`;
}

/** The newest values of the range before, below those of this one. @param {(number | null)[]} values @param {number} length */
function aligned(values, length) {
  return [...Array(Math.max(0, length - values.length)).fill(null), ...values].slice(-length);
}

/** @param {SlotSummary[]} slots @param {number} ms @param {boolean} follows */
function goToTime(slots, ms, follows) {
  const slot = slots.find((each) => {
    const text = follows ? each.time : mainBlock(each)?.first_had_at;
    return text && Date.parse(text) === ms;
  });
  if (slot) go(`slots/${slot.slot}`);
}

/** @typedef {{ slot: SlotSummary, block: SlotBlock | null }} Row A missed slot has no block. */

/** @param {SlotSummary} slot @returns {Row[]} */
function rowsOf(slot) {
  if (slot.state === "missed") return [{ slot, block: null }];
  return slot.blocks.map((block) => ({ slot, block }));
}

/** @param {{ slots: SlotSummary[], newest: number }} properties */
function BlockTable({ slots, newest }) {
  const rows = useMemo(
    () => [...slots].reverse().flatMap(rowsOf),
    [slots],
  );
  return html`<${Table}
    caption="Blocks"
    csv="blocks"
    sort="-slot"
    height=${560}
    rows=${rows}
    rowKey=${(/** @type {Row} */ { slot, block }) => block?.hash ?? slot.slot}
    onOpen=${(/** @type {Row} */ { slot }) => go(`slots/${slot.slot}`)}
    columns=${[
      { id: "slot", title: "slot", value: (/** @type {Row} */ { slot }) => slot.slot, cell: (/** @type {Row} */ { slot }) => html`<a href=${href(`slots/${slot.slot}`)}>${number(slot.slot)}</a>`, rank: 1 },
      { id: "time", title: "time", value: (/** @type {Row} */ { slot, block }) => block?.first_had_at ?? slot.time, cell: (/** @type {Row} */ { slot, block }) => html`<${Time} value=${block?.first_had_at ?? slot.time} />` },
      { id: "state", title: "state", value: (/** @type {Row} */ { block }) => block?.chain ?? "missed", cell: (/** @type {Row} */ { block }) => html`<${ChainState} chain=${block?.chain} />`, rank: 2 },
      { id: "author", title: "author", value: (/** @type {Row} */ { block }) => block?.author?.node_id, cell: (/** @type {Row} */ { block }) => (block?.author ? html`<${NodeLabel} node=${block.author} />` : html`<span class="muted" title="The author sends no telemetry to this server.">—</span>`) },
      { id: "hash", title: "hash", value: (/** @type {Row} */ { block }) => block?.hash, cell: (/** @type {Row} */ { block }) => html`<${Hash} value=${block?.hash} />` },
      { id: "p50", title: "50 %", end: true, value: (/** @type {Row} */ { block }) => block?.until_50_ms, cell: (/** @type {Row} */ row) => reached(row, "until_50_ms", newest) },
      { id: "p90", title: "90 %", end: true, value: (/** @type {Row} */ { block }) => block?.until_90_ms, cell: (/** @type {Row} */ row) => reached(row, "until_90_ms", newest), rank: 3 },
      { id: "p99", title: "99 %", end: true, value: (/** @type {Row} */ { block }) => block?.until_99_ms, cell: (/** @type {Row} */ row) => reached(row, "until_99_ms", newest) },
      { id: "nodes", title: "nodes", end: true, help: "Nodes that had it within a minute, of those connected", value: (/** @type {Row} */ { block }) => block?.nodes, cell: (/** @type {Row} */ { block }) => (block ? `${number(block.nodes)} of ${number(block.expected)}` : "—") },
      { id: "size", title: "size", end: true, value: (/** @type {Row} */ { block }) => block?.size_bytes, cell: (/** @type {Row} */ { block }) => bytes(block?.size_bytes) },
      { id: "guarantees", title: "guarantees", end: true, value: (/** @type {Row} */ { block }) => block?.num_guarantees },
      { id: "assurances", title: "assurances", end: true, value: (/** @type {Row} */ { block }) => block?.num_assurances },
      { id: "tickets", title: "tickets", end: true, value: (/** @type {Row} */ { block }) => block?.num_tickets },
      { id: "preimages", title: "preimages", end: true, value: (/** @type {Row} */ { block }) => block?.num_preimages },
    ]}
  />`;
}

/** @param {{ slot: SlotSummary, block: SlotBlock | null }} row @param {"until_50_ms" | "until_90_ms" | "until_99_ms"} name @param {number} newest */
function reached({ slot, block }, name, newest) {
  if (!block) return "—";
  if (block[name] !== null) return duration(block[name]);
  return html`<span class="muted" title=${isSpreading(slot, newest, block) ? "The block is still spreading." : "Fewer of the connected nodes had it."}>—</span>`;
}

/** @param {{ slots: SlotSummary[] }} properties */
function AuthorTable({ slots }) {
  const rows = useMemo(() => authorsOf(slots), [slots]);
  /** @typedef {ReturnType<typeof authorsOf>[number]} Author */
  return html`<${Table}
    caption="Authors"
    csv="authors"
    sort="-blocks"
    sortParameter="authors"
    height=${560}
    rows=${rows}
    rowKey=${(/** @type {Author} */ { node }) => node.node_id}
    onOpen=${(/** @type {Author} */ { node }) => go(`nodes/${node.node_id}`)}
    empty="No author sends telemetry to this server."
    columns=${[
      { id: "author", title: "author", value: (/** @type {Author} */ { node }) => node.node_id, cell: (/** @type {Author} */ { node }) => html`<${NodeLabel} node=${node} />`, rank: 1 },
      { id: "blocks", title: "blocks", end: true, value: (/** @type {Author} */ row) => row.blocks, rank: 2 },
      { id: "forks", title: "forks", end: true, value: (/** @type {Author} */ row) => row.forks },
      { id: "p90", title: "90 %", help: "Median time until 90 % of the nodes had its blocks", end: true, value: (/** @type {Author} */ row) => row.p90, cell: (/** @type {Author} */ row) => duration(row.p90), rank: 3 },
      { id: "size", title: "size", help: "Median size of its blocks", end: true, value: (/** @type {Author} */ row) => row.bytes, cell: (/** @type {Author} */ row) => bytes(row.bytes) },
    ]}
  />`;
}
