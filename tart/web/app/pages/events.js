// @ts-check
/** Events: search and live tail in one place. */

import { useEffect, useMemo, useRef, useState } from "preact/hooks";

import { Answered, Empty, ErrorBox } from "../components/answered.js";
import { Implementation, Time } from "../components/basics.js";
import { Icon } from "../components/icons.js";
import { Chip, NodeLabel } from "../components/identifiers.js";
import { LineChart } from "../components/line_chart.js";
import { Menu } from "../components/menu.js";
import { Card, Page } from "../components/page.js";
import { Table } from "../components/table.js";
import { briefly, fieldsOf, nameOf, summaryOf } from "../core/event_fields.js";
import {
  conditionsOf,
  FAILURES,
  listWindow,
  liveFilter,
  noConditions,
  parseCondition,
  passesHere,
  readFilter,
  requestOf,
  statementOf,
  withCondition,
  withoutCondition,
} from "../core/event_filter.js";
import { compact, counted, number, shortNode } from "../core/format.js";
import { html } from "../html.js";
import { href, location, setParameters } from "../state/location.js";
import { follow } from "../state/live.js";
import { currentWindow, frozen, range } from "../state/range.js";
import { useAnswer } from "../state/requests.js";
import { can, client } from "../state/session.js";
import { adoptStyles } from "../components/styles.js";
import styles from "./events.css" with { type: "text" };

adoptStyles(styles);

const PAGE_ROWS = 200;
/** Live events that the page has; older ones are left to the pages below. */
const RING = 1000;
/** Live events are drawn at most this often. */
const DRAW_MS = 250;

export default function EventsPage() {
  const filter = readFilter(location.value.parameters);
  const key = JSON.stringify([filter, range.value]);
  const reference = useAnswer("the event types", (signal) => client.eventTypes({}, { signal }));
  const histogram = useAnswer(
    "the histogram",
    (signal) => client.eventHistogram({ .../** @type {any} */ (requestOf(filter)), ...currentWindow(), buckets: 120 }, { signal }),
    { every: 10_000, deps: [key] },
  );
  return html`<${Page}
    title="Events"
    question="What was sent, when, and by whom?"
    actions=${html`<${TailButton} /><${Exports} filter=${filter} reference=${reference.data} />`}
  >
    <${FilterBar} filter=${filter} reference=${reference.data} />
    <div class="cards">
      <${Card} title="Events over time" note=${html`<${HistogramNote} histogram=${histogram.data} />`}>
        <${Answered} answer=${histogram}>${(/** @type {any} */ data) => html`<${Histogram} data=${data} />`}<//>
      <//>
      <${Card} size="two-thirds" title="Events" flush><${List} key=${key} filter=${filter} reference=${reference.data} /><//>
      <${Card} size="third" title="Most frequent">
        <${Answered} answer=${histogram}>${(/** @type {any} */ data) => html`<${Tops} data=${data} filter=${filter} />`}<//>
      <//>
    </div>
  <//>`;
}

// --- Conditions ------------------------------------------------------------------------------

/** @param {{ filter: Record<string, string>, reference: any }} properties */
function FilterBar({ filter, reference }) {
  const [text, setText] = useState("");
  const conditions = conditionsOf(filter);
  const onlyFailures = (filter.event_types ?? "") === FAILURES;
  function add(/** @type {Event} */ event) {
    event.preventDefault();
    const condition = parseCondition(text);
    if (condition) apply(withCondition(filter, condition.name, condition.value));
    setText("");
  }
  return html`<form class="events-filter" onSubmit=${add} aria-label="Conditions">
    <input
      class="input"
      list="event-type-names"
      value=${text}
      placeholder="Type, node, slot 12, core 3, hash …"
      aria-label="Add a condition"
      spellcheck="false"
      autocomplete="off"
      onInput=${(/** @type {any} */ event) => setText(event.currentTarget.value)}
    />
    <datalist id="event-type-names">
      ${(reference?.event_types ?? []).map((/** @type {any} */ { name }) => html`<option key=${name} value=${name}></option>`)}
      ${Object.keys(reference?.groups ?? {}).map((name) => html`<option key=${name} value=${name}>group</option>`)}
    </datalist>
    <button type="submit" class="button" disabled=${!text.trim()}><${Icon} name="filter" />Add</button>
    <button
      type="button"
      class="button"
      aria-pressed=${onlyFailures}
      onClick=${() => setParameters({ event_types: onlyFailures ? undefined : FAILURES, exclude_types: undefined }, { push: true })}
    >
      Only failures
    </button>
    ${conditions.map(
      (condition) => html`<span key=${`${condition.name} ${condition.value}`} class="condition" data-condition=${condition.name} data-excluded=${condition.excluded || undefined}>
        <${Chip}
          title=${condition.local ? "Applied by the page to the events that it has" : undefined}
          removeLabel=${`Remove ${condition.label} ${condition.value}`}
          onRemove=${() => apply(withoutCondition(filter, condition))}
        >
          ${condition.label} <b class="mono">${condition.value.length > 20 ? briefly(`0x${condition.value}`) : condition.value}</b>
        <//>
      </span>`,
    )}
    ${conditions.length > 0 && html`<button type="button" class="button quiet small" onClick=${() => apply(noConditions())}>Clear</button>`}
    ${conditions.some(({ local }) => local) &&
    html`<span class="muted" role="note">The page itself leaves out nodes and other implementations: counts and exports include them.</span>`}
  </form>`;
}

/** @param {Record<string, string | undefined>} changes */
function apply(changes) {
  setParameters({ ...noAliases, ...changes }, { push: true });
}

const noAliases = { event_type: undefined };

/** Buttons that filter for a value and leave it out. @param {{ filter: Record<string, string>, name: string, value: string | number, excluding?: string, what: string }} properties */
function FilterButtons({ filter, name, value, excluding, what }) {
  return html`<span class="filter-buttons">
    <button type="button" class="button quiet small icon-only" aria-label=${`Only ${what}`} title=${`Only ${what}`} onClick=${() => apply(withCondition(filter, name, value))}>
      <${Icon} name="filter" />
    </button>
    ${excluding &&
    html`<button type="button" class="button quiet small icon-only" aria-label=${`Without ${what}`} title=${`Without ${what}`} onClick=${() => apply(withCondition(filter, excluding, value))}>
      <${Icon} name="close" />
    </button>`}
  </span>`;
}

// --- Counts ----------------------------------------------------------------------------------

/** @param {{ data: any }} properties */
function Histogram({ data }) {
  const buckets = useMemo(() => [...data.buckets].reverse(), [data]);
  const x = useMemo(() => buckets.map((/** @type {any} */ { timestamp }) => Date.parse(timestamp)), [buckets]);
  const series = useMemo(
    () => [
      { label: "events", values: buckets.map((/** @type {any} */ { events }) => events), bars: true },
      { label: "failures", values: buckets.map((/** @type {any} */ { failures }) => failures), colour: "--bad", bars: true },
    ],
    [buckets],
  );
  return html`<${LineChart} title="Events over time" x=${x} series=${series} height=${110} />`;
}

/** @param {{ histogram: any }} properties */
function HistogramNote({ histogram }) {
  if (!histogram) return null;
  const source = histogram.source === "aggregates" ? "counted from aggregates" : "counted from the event log";
  return html`<span data-total=${histogram.total}>${counted(histogram.total, "event")} of ${counted(histogram.nodes, "node")}; ${source}, by ${histogram.bucket_seconds} s; drag to zoom</span>`;
}

/** @param {{ data: any, filter: Record<string, string> }} properties */
function Tops({ data, filter }) {
  return html`
    <h3>Nodes</h3>
    <div class="top-list" data-top="nodes">
      ${data.top_nodes.map(
        (/** @type {any} */ { node_id: id, node_name: name, node_version: version, events }) => html`
          <span><${NodeLabel} node=${{ node_id: id, implementation_name: name, implementation_version: version }} /></span>
          <span class="end" title=${number(events)}>${compact(events)}</span>
          <${FilterButtons} filter=${filter} name="node" value=${id} excluding="exclude_nodes" what=${`node ${shortNode(id)}`} />
        `,
      )}
    </div>
    <h3>Types</h3>
    <div class="top-list" data-top="types">
      ${data.top_types.map(
        (/** @type {any} */ { event_type: type, event_name: name, events }) => html`
          <span title=${name}>${name ?? `type ${type}`}</span>
          <span class="end" title=${number(events)}>${compact(events)}</span>
          <${FilterButtons} filter=${filter} name="event_types" value=${name ?? type} excluding="exclude_types" what=${name ?? `type ${type}`} />
        `,
      )}
    </div>
    <h3>Reasons</h3>
    ${data.top_reasons === null && html`<p class="muted">Not counted under these conditions.</p>`}
    ${data.top_reasons?.length === 0 && html`<p class="muted">No failures or discards.</p>`}
    <div class="top-list" data-top="reasons">
      ${(data.top_reasons ?? []).map(
        (/** @type {any} */ { event_type: type, event_name: name, reason, events }) => html`
          <span title=${`${name}: ${reason}`}>${reason || "no reason"} <span class="muted">${name}</span></span>
          <span class="end" title=${number(events)}>${compact(events)}</span>
          <${FilterButtons} filter=${filter} name="event_types" value=${name ?? type} what=${name ?? `type ${type}`} />
        `,
      )}
    </div>
  `;
}

// --- The list --------------------------------------------------------------------------------

/** @param {{ filter: Record<string, string>, reference: any }} properties */
function List({ filter, reference }) {
  const older = useOlder(filter);
  const live = useTail(filter, reference);
  const [open, setOpen] = useState(/** @type {number | null} */ (null));
  const rows = useMemo(() => {
    const known = new Set(older.rows.map((/** @type {any} */ { id }) => id));
    return [...live.rows.filter(({ id }) => !known.has(id)), ...older.rows].filter((event) => passesHere(filter, event));
  }, [live.rows, older.rows]);

  /** @type {import("../components/table.js").Column<any>[]} */
  const columns = [
    { id: "time", title: "Received", value: (event) => event.received_at, cell: (event) => html`<${Time} value=${event.received_at} fraction />`, rank: 1 },
    { id: "node", title: "Node", value: (event) => event.node_id, cell: (event) => html`<${NodeLabel} node=${{ node_id: event.node_id, implementation_name: event.node_name, implementation_version: event.node_version }} short />` },
    { id: "event", title: "Event", value: nameOf, cell: (event) => html`<a href=${href(`events/${event.id}`)}>${nameOf(event)}</a>`, rank: 2 },
    {
      id: "context",
      title: "Slot, core",
      value: (event) => `${event.context.slot ?? ""} ${event.context.core ?? ""}`.trim(),
      saved: ({ context: { slot, core } }) => [slot !== null && `slot ${slot}`, core !== null && `core ${core}`].filter(Boolean).join(" "),
      cell: (event) => html`<${Context} context=${event.context} />`,
      rank: 3,
    },
    { id: "fields", title: "Fields", value: summaryOf, saved: (event) => Object.values(event.data)[0] ?? null, cell: (event) => html`<span class="event-summary" title=${summaryOf(event)}>${summaryOf(event)}</span>` },
  ];
  return html`
    ${older.error && html`<${ErrorBox} name="the events" error=${older.error} onRetry=${older.more} />`}
    ${live.error && html`<${ErrorBox} name="live events" error=${live.error} />`}
    <div data-rows=${rows.length}>
      <${Table}
        caption="Events"
        columns=${columns}
        rows=${rows}
        rowKey=${(/** @type {any} */ event) => event.id}
        csv="events"
        height="70vh"
        onOpen=${(/** @type {any} */ event) => setOpen(open === event.id ? null : event.id)}
        onEnd=${older.more}
        expanded=${open === null ? undefined : (/** @type {any} */ event) => event.id === open && html`<${Details} event=${event} filter=${filter} />`}
        tools=${html`<${Tools} live=${live} count=${rows.length} more=${older.hasMore} />`}
        empty=${older.loading ? "Loading …" : html`<${Empty} title="No event fulfils the conditions in this range.">Choose a longer range, or remove a condition.<//>`}
      />
    </div>
  `;
}

/** @param {{ live: any, count: number, more: boolean }} properties */
function Tools({ live, count, more }) {
  return html`<span class="muted">${counted(count, "event")}${more ? ", older ones follow at the end" : ""}</span>
    ${live.active &&
    html`<button type="button" class="button small" aria-pressed=${live.held} onClick=${live.hold}>
        <${Icon} name=${live.held ? "play" : "pause"} />${live.held ? "Continue" : "Pause"}
      </button>
      ${live.waiting > 0 && html`<button type="button" class="button small primary" onClick=${live.hold}>${number(live.waiting)} new</button>`}
      ${live.missed > 0 && html`<span class="muted">${counted(live.missed, "event")} were too many to show</span>`}`}`;
}

/** @param {{ context: any }} properties */
function Context({ context }) {
  const { slot, core } = context;
  if (slot === null && core === null) return html`<span class="muted">—</span>`;
  return html`${slot !== null && html`<a href=${href(`slots/${slot}`)}>${number(slot)}</a>`}${core !== null && html`${slot !== null ? " · " : ""}<a href=${href(`cores/${core}`)}>core ${core}</a>`}`;
}

/** @param {{ event: any, filter: Record<string, string> }} properties */
function Details({ event, filter }) {
  const name = nameOf(event);
  return html`<dl class="event-details">
    <dt>event</dt>
    <dd>
      ${name} (${event.event_type}) <${FilterButtons} filter=${filter} name="event_types" value=${name} excluding="exclude_types" what=${name} />
      <a class="button small" href=${href(`events/${event.id}`)}>Bytes and meaning</a>
      <a class="button small" href=${href("sql", { q: `SELECT * FROM events WHERE id = ${event.id}` })}>In SQL</a>
    </dd>
    <dt>node</dt>
    <dd>
      <${NodeLabel} node=${{ node_id: event.node_id }} />
      <${FilterButtons} filter=${filter} name="node" value=${event.node_id} excluding="exclude_nodes" what=${`node ${shortNode(event.node_id)}`} />
      ${event.node_name &&
      html`<${Implementation} name=${event.node_name} version=${event.node_version} />
        <${FilterButtons} filter=${filter} name="implementation" value=${event.node_name} what=${event.node_name} />`}
    </dd>
    <dt>node's clock</dt>
    <dd><${Time} value=${event.timestamp} date fraction /></dd>
    <dt>session, event id</dt>
    <dd class="mono">${event.session}, ${String(event.event_id)}</dd>
    ${["slot", "core"].map(
      (kind) =>
        event.context[kind] !== null &&
        html`<dt>${kind}</dt>
          <dd>${number(event.context[kind])} <${FilterButtons} filter=${filter} name=${kind} value=${event.context[kind]} what=${`${kind} ${event.context[kind]}`} /></dd>`,
    )}
    ${event.context.hash &&
    html`<dt>about</dt>
      <dd class="mono">${event.context.hash} <${FilterButtons} filter=${filter} name="hash" value=${event.context.hash.slice(2)} what="this hash" /></dd>`}
    ${fieldsOf(event).map(
      ({ path, value, kind }) => html`<dt key=${path}>${path}</dt>
        <dd class=${kind === "hash" ? "mono" : ""}>
          ${typeof value === "object" ? JSON.stringify(value) : String(value)}
          ${kind === "hash" && html`<${FilterButtons} filter=${filter} name="hash" value=${value.slice(2)} what="this hash" />`}
          ${(kind === "slot" || kind === "core") && html`<${FilterButtons} filter=${filter} name=${kind} value=${value} what=${`${kind} ${value}`} />`}
        </dd>`,
    )}
  </dl>`;
}

/** The stored events of the range, page by page. @param {Record<string, string>} filter */
function useOlder(filter) {
  const [state, setState] = useState({ rows: /** @type {any[]} */ ([]), cursor: /** @type {string | undefined} */ (undefined), hasMore: true, loading: true, error: /** @type {any} */ (null) });
  const control = useRef(new AbortController());
  const busy = useRef(false);
  const latest = useRef(state);
  latest.current = state;

  async function more() {
    if (busy.current || !latest.current.hasMore) return;
    busy.current = true;
    try {
      const { cursor } = latest.current;
      const page = await client.events(
        { .../** @type {any} */ (requestOf(filter)), ...listWindow(currentWindow()), limit: PAGE_ROWS, cursor },
        { signal: control.current.signal },
      );
      setState((old) => ({ rows: [...old.rows, ...page.events], cursor: page.next_cursor, hasMore: page.has_more, loading: false, error: null }));
    } catch (error) {
      if (!control.current.signal.aborted) setState((old) => ({ ...old, loading: false, error }));
    } finally {
      busy.current = false;
    }
  }

  useEffect(() => {
    control.current = new AbortController();
    more();
    return () => control.current.abort();
  }, []);
  return { ...state, more };
}

/** Live events of the conditions, while the page tails. @param {Record<string, string>} filter @param {any} reference */
function useTail(filter, reference) {
  const active = location.value.parameters.tail === "1" && !frozen.value;
  const [rows, setRows] = useState(/** @type {any[]} */ ([]));
  const [held, setHeld] = useState(false);
  const [counts, setCounts] = useState({ waiting: 0, missed: 0 });
  const [error, setError] = useState(/** @type {any} */ (null));
  const ring = useRef({ events: /** @type {any[]} */ ([]), shown: /** @type {any[]} */ ([]), missed: 0, held: false });
  const live = useMemo(() => liveFilter(filter, reference), [JSON.stringify(filter), reference]);

  useEffect(() => {
    if (!active || live === null || (filter.exclude_types && !reference)) return undefined;
    const state = ring.current;
    setError(null);
    let dirty = false;
    const stop = follow(live, (item) => {
      dirty = true;
      if (!("id" in item)) {
        state.missed += item.missed ?? 0;
        return;
      }
      state.events.unshift(item);
      if (state.events.length > RING) state.events.length = RING;
    }, setError);
    const timer = setInterval(() => {
      if (!dirty) return;
      dirty = false;
      if (state.held) {
        const newest = state.shown[0]?.id;
        const place = state.events.findIndex(({ id }) => id === newest);
        setCounts({ waiting: place < 0 ? state.events.length : place, missed: state.missed });
        return;
      }
      state.shown = [...state.events];
      setRows(state.shown);
      setCounts({ waiting: 0, missed: state.missed });
    }, DRAW_MS);
    return () => {
      clearInterval(timer);
      stop();
    };
  }, [active, live]);

  function hold() {
    const state = ring.current;
    state.held = !state.held;
    setHeld(state.held);
    if (!state.held) {
      state.shown = [...state.events];
      setRows(state.shown);
      setCounts({ waiting: 0, missed: state.missed });
    }
  }

  return { rows: active ? rows : [], active, held, hold, error, ...counts };
}

// --- Actions ---------------------------------------------------------------------------------

function TailButton() {
  const tailing = location.value.parameters.tail === "1";
  return html`<button
    type="button"
    class=${`button ${tailing ? "primary" : ""}`}
    aria-pressed=${tailing}
    disabled=${frozen.value}
    title=${frozen.value ? "The range does not follow the present" : "Show events as they arrive"}
    onClick=${() => setParameters({ tail: tailing ? undefined : "1" })}
  >
    <${Icon} name=${tailing ? "pause" : "play"} />Tail
  </button>`;
}

/** @param {{ filter: Record<string, string>, reference: any }} properties */
function Exports({ filter, reference }) {
  const query = new URLSearchParams(/** @type {any} */ ({ ...requestOf(filter), ...listWindow(currentWindow()) }));
  const link = (/** @type {string} */ format) => {
    const parameters = new URLSearchParams(query);
    parameters.set("format", format);
    return `api/events/export?${parameters}`;
  };
  if (!can("operator")) return null;
  const statement = statementOf(filter, currentWindow(), reference ?? null);
  return html`<${Menu}
      label="Export"
      icon="download"
      quiet=${false}
      entries=${[
        { label: "NDJSON", href: link("ndjson") },
        { label: "CSV", href: link("csv") },
        { label: "Capture, to replay", href: link("capture") },
      ]}
    />${statement && html`<a class="button" href=${href("sql", { q: statement })}>SQL</a>`}`;
}
