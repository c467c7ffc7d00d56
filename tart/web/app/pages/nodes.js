// @ts-check
/** All nodes: which are not well, and how each compares with the others. */

import { useMemo } from "preact/hooks";

import { Answered, Empty } from "../components/answered.js";
import { Ago, Implementation, State } from "../components/basics.js";
import { Spark } from "../components/figure.js";
import { Icon } from "../components/icons.js";
import { SearchBox, Segmented } from "../components/choices.js";
import { Chip, NodeLabel } from "../components/identifiers.js";
import { Menu } from "../components/menu.js";
import { Card, Page } from "../components/page.js";
import { Table } from "../components/table.js";
import { compact, counted, DASH, duration, number, rate, shortNode } from "../core/format.js";
import { colourPlace } from "../core/implementations.js";
import { byImplementation, filterRows, harmOf, implementationOf, LEVELS, rowsOf, stateWord } from "../core/nodes.js";
import { isTexts } from "../core/stored.js";
import { html } from "../html.js";
import { go, href, location, setParameters } from "../state/location.js";
import { narrow, remembered } from "../state/preferences.js";
import { currentWindow, range } from "../state/range.js";
import { useAnswer } from "../state/requests.js";
import { client } from "../state/session.js";
import { adoptStyles } from "../components/styles.js";
import styles from "./nodes.css" with { type: "text" };

adoptStyles(styles);

/** @typedef {import("../core/nodes.js").NodeRow} NodeRow */

const pins = remembered("pins", /** @type {string[]} */ ([]), isTexts);
const SHOWN = ["node", "state", "best_lag", "finalized_lag", "clock", "rate", "peers", "dropped", "findings", "seen"];

export default function NodesPage() {
  const { parameters } = location.value;
  const answer = useAnswer("the nodes", (signal) => client.nodesSummary(currentWindow(), { signal }), {
    every: 5000,
    deps: [JSON.stringify(range.value)],
  });
  return html`<${Page} title="Nodes" question="Which nodes are not well?" actions=${html`<${ViewChoice} />`}>
    <${Answered}
      answer=${answer}
      lines=${12}
      isEmpty=${(/** @type {any} */ data) => data.total === 0}
      empty=${html`<${Empty} title="No node has ever connected.">
        <p>A node sends telemetry with <code>--telemetry HOST:PORT</code> of this server.</p>
      <//>`}
    >
      ${(/** @type {any} */ data) => html`<${Nodes} data=${data} parameters=${parameters} />`}
    <//>
  <//>`;
}

/** @param {{ data: import("../core/nodes.js").Summary, parameters: Record<string, string> }} properties */
function Nodes({ data, parameters }) {
  const all = useMemo(() => rowsOf(data), [data]);
  const level = LEVELS.find((each) => each.level === parameters.state);
  // Sentences of the Network page lead to one state, not to all of its level.
  const only = level ? undefined : data.rules.find((/** @type {any} */ { state }) => state === parameters.state)?.state;
  const wanted = useMemo(() => {
    const found = filterRows(all, parameters.q ?? "");
    return level ? found.filter(({ mark }) => mark === level.mark) : only ? found.filter(({ state }) => state === only) : found;
  }, [all, parameters.q, level, only]);
  const columns = useMemo(() => columnsOf(data.rules), [data.rules.length]);
  const ids = (parameters.columns ?? "").split(",").filter((id) => columns.some((each) => each.id === id));
  const shown = ids.length ? ids : SHOWN;
  const chosen = useMemo(() => columns.filter(({ id }) => shown.includes(id)), [columns, shown.join()]);
  const grid = parameters.view === "grid";
  const group = parameters.group === "implementation";

  const tools = html`
    <${SearchBox} label="Filter: id, implementation, address, state" value=${parameters.q ?? ""} onInput=${(/** @type {string} */ q) => setParameters({ q: q || undefined })} />
    <${LevelChoice} counts=${data.levels} selected=${level?.level} />
    ${only &&
    html`<button type="button" class="button small" aria-pressed="true" title="Show all states" onClick=${() => setParameters({ state: undefined })}>
      ${stateWord(only)}
    </button>`}
    <button
      type="button"
      class="button small"
      aria-pressed=${group}
      onClick=${() => setParameters({ group: group ? undefined : "implementation" })}
    >
      By implementation
    </button>
    ${!grid && html`<${ColumnMenu} columns=${columns} shown=${shown} />`}
    <span class="muted nowrap" role="status" data-shown=${wanted.length}>
      ${wanted.length === all.length ? counted(all.length, "node") : `${number(wanted.length)} of ${counted(all.length, "node")}`}
    </span>
  `;
  return html`
    <p class="nodes-line" data-total=${data.total} data-connected=${data.connected}>
      <b>${number(data.connected)}</b> of ${number(data.total)} connected · best slot${" "}
      <b>${number(data.network.best_slot)}</b> · finalized <b>${number(data.network.finalized_slot)}</b>
    </p>
    <section class="card" aria-label="Nodes">
      ${grid
        ? html`<div class="table-tools">${tools}</div>
            <${NodeGrid} rows=${wanted} rules=${data.rules} group=${group} />`
        : html`<${Table}
            caption="Nodes"
            columns=${chosen}
            rows=${wanted}
            rowKey=${keyOf}
            sort="state"
            pinned=${isPinned(pins.value)}
            onPin=${(/** @type {NodeRow} */ row) => pin(row.node_id)}
            onOpen=${(/** @type {NodeRow} */ row) => go(`nodes/${row.node_id}`)}
            csv="nodes"
            tools=${tools}
            height="calc(100dvh - 250px)"
            steady
            groupOf=${group ? implementationOf : undefined}
            groupHead=${groupHead}
            rowState=${(/** @type {NodeRow} */ row) => row.mark}
            empty=${html`<p>No node matches. <button type="button" class="button small" onClick=${() => setParameters({ q: undefined, state: undefined })}>Show all</button></p>`}
          />`}
    </section>
    <details class="nodes-rules">
      <summary>What the states mean</summary>
      <dl class="pairs">
        ${data.rules.map(
          ({ state, level: of, meaning }) => html`
            <dt key=${state}><${State} state=${LEVELS.find((each) => each.level === of)?.mark ?? "idle"} word=${stateWord(state)} /></dt>
            <dd>${meaning}</dd>
          `,
        )}
      </dl>
      <p class="muted">The first that holds counts. Lags are against the slots that a third of the connected nodes have reached.</p>
    </details>
  `;
}

function ViewChoice() {
  return html`<${Segmented}
    label="View"
    selected=${location.value.parameters.view === "grid" ? "grid" : "table"}
    choices=${[
      { id: "table", label: "Table" },
      { id: "grid", label: "Grid" },
    ]}
    onSelect=${(/** @type {string} */ id) => setParameters({ view: id === "grid" ? "grid" : undefined })}
  />`;
}

/** @param {{ counts: Record<string, number>, selected: string | undefined }} properties */
function LevelChoice({ counts, selected }) {
  return html`<span class="row-of" role="group" aria-label="State">
    ${LEVELS.map(
      ({ level, mark, word }) => html`<button
        key=${level}
        type="button"
        class="button small"
        aria-pressed=${selected === level}
        data-level=${level}
        data-count=${counts[level]}
        onClick=${() => setParameters({ state: selected === level ? undefined : level })}
      >
        <${State} state=${mark} word=${`${number(counts[level])} ${word}`} />
      </button>`,
    )}
  </span>`;
}

/** @param {{ columns: import("../components/table.js").Column<NodeRow>[], shown: string[] }} properties */
function ColumnMenu({ columns, shown }) {
  const entries = columns
    .filter(({ id }) => id !== "node")
    .map(({ id, title }) => ({
      label: title,
      checked: shown.includes(id),
      onClick: () => {
        const next = shown.includes(id) ? shown.filter((each) => each !== id) : [...shown, id];
        setParameters({ columns: next.length === SHOWN.length && SHOWN.every((each) => next.includes(each)) ? undefined : next.join(",") });
      },
    }));
  return html`<${Menu} label="Columns" icon="columns" small start entries=${entries} />`;
}

/** @param {NodeRow} row */
function keyOf(row) {
  return row.node_id;
}

/** @param {string[]} ids */
function isPinned(ids) {
  const chosen = new Set(ids);
  return chosen.size ? (/** @type {NodeRow} */ row) => chosen.has(row.node_id) : undefined;
}

/** Pin a node in this browser, or unpin it. @param {string} id */
function pin(id) {
  pins.value = pins.value.includes(id) ? pins.value.filter((each) => each !== id) : [...pins.value, id];
}

/** @param {string} name @param {number} count */
function groupHead(name, count) {
  return html`${name} <span class="muted">${counted(count, "node")}</span>`;
}

/** @param {import("../core/nodes.js").Summary["rules"]} rules @returns {import("../components/table.js").Column<NodeRow>[]} */
function columnsOf(rules) {
  const meanings = Object.fromEntries(rules.map(({ state, meaning }) => [state, meaning]));
  return [
    { id: "node", title: "node", value: (row) => row.node_id, cell: (row) => html`<${PinnedNode} row=${row} />`, rank: 1 },
    { id: "implementation", title: "implementation", value: implementationOf, cell: (row) => html`<${Implementation} name=${row.implementation_name} version=${row.implementation_version} />` },
    { id: "state", title: "state", value: (row) => harmOf(row, rules), cell: (row) => html`<${State} state=${row.mark} word=${stateWord(row.state)} title=${meanings[row.state]} />`, rank: 2 },
    { id: "best_lag", title: "best lag", help: "Slots behind the network's best block", end: true, value: (row) => row.best_lag, cell: (row) => lagText(row.best_lag), rank: 3 },
    { id: "finalized_lag", title: "final. lag", help: "Slots behind the network's finalized block", end: true, value: (row) => row.finalized_lag, cell: (row) => lagText(row.finalized_lag) },
    { id: "best_slot", title: "best slot", end: true, value: (row) => row.best_slot, cell: (row) => number(row.best_slot) },
    { id: "finalized_slot", title: "finalized slot", end: true, value: (row) => row.finalized_slot, cell: (row) => number(row.finalized_slot) },
    { id: "clock", title: "clock", help: "The server's clock minus the node's, the least of the newest hour; it contains the least delay", end: true, value: (row) => row.clock_offset_ms, cell: (row) => duration(row.clock_offset_ms) },
    {
      id: "rate",
      title: "events/s",
      help: "Over the last minute; the line is the range",
      end: true,
      value: (row) => row.events_per_second,
      cell: (row) => html`<span class="nodes-rate"><${Spark} values=${row.series} /><span>${rate(row.events_per_second)}</span></span>`,
    },
    { id: "events", title: "events", help: "In the range", end: true, value: (row) => row.events, cell: (row) => number(row.events) },
    { id: "peers", title: "peers", help: "Validators of all peers, as the node reports", end: true, value: (row) => (row.is_connected ? row.peers : null), cell: peersText },
    { id: "dropped", title: "dropped", help: "Events that the node reports as dropped, ever", end: true, value: (row) => row.dropped, cell: (row) => zero(row.dropped) },
    { id: "undecodable", title: "undecodable", help: "Events that could not be decoded, ever", end: true, value: (row) => row.undecodable, cell: (row) => zero(row.undecodable) },
    { id: "failures", title: "failures", help: "Events in the range that report a failure", end: true, value: (row) => row.failures, cell: (row) => zero(row.failures) },
    {
      id: "findings",
      title: "findings",
      help: "Rules broken in the range, by severity: errors, warnings, notes",
      value: (row) => row.errors * 1e6 + row.warnings * 1e3 + row.infos,
      cell: (row) => html`<${Findings} row=${row} />`,
    },
    { id: "seen", title: "last seen", value: (row) => row.last_seen_at, cell: (row) => html`<${Ago} value=${row.last_seen_at} />` },
    { id: "changed", title: "since", help: "When the connection began or ended", value: (row) => row.changed_at, cell: (row) => html`<${Ago} value=${row.changed_at} />` },
    { id: "address", title: "address", value: (row) => row.address, cell: (row) => html`<span class="mono">${row.address ?? DASH}</span>` },
  ];
}

/** @param {{ row: NodeRow }} properties */
function PinnedNode({ row }) {
  const pinned = pins.value.includes(row.node_id);
  return html`<span class="nodes-node">
    <button
      type="button"
      class="button quiet small icon-only nodes-pin"
      aria-pressed=${pinned}
      aria-label=${pinned ? "Unpin" : "Pin"}
      title=${pinned ? "Unpin (x)" : "Pin (x)"}
      tabindex="-1"
      onClick=${() => pin(row.node_id)}
    >
      <${Icon} name="pin" />
    </button>
    <${NodeLabel} node=${row} short=${narrow.value} />
    ${narrow.value && html`<i class="swatch" data-place=${colourPlace(row.implementation_name)} title=${implementationOf(row)}></i>`}
  </span>`;
}

/** @param {number | null} lag */
function lagText(lag) {
  if (lag === null) return html`<span class="muted" title="It has reported no such block">${DASH}</span>`;
  return lag === 0 ? html`<span class="muted">0</span>` : number(lag);
}

/** @param {NodeRow} row */
function peersText({ peers, validator_peers: validators, is_connected: connected }) {
  if (!connected) return html`<span class="muted" title="Not connected">${DASH}</span>`;
  if (peers === null) return html`<span class="muted" title="No Status in the range">${DASH}</span>`;
  return html`<span title=${`${counted(validators ?? 0, "validator")} of ${counted(peers, "peer")}`}>${number(validators)}/${number(peers)}</span>`;
}

/** @param {number} count */
function zero(count) {
  return Number(count) === 0 ? html`<span class="muted">0</span>` : compact(Number(count));
}

/** @param {{ row: NodeRow }} properties */
function Findings({ row }) {
  const { errors, warnings, infos, finding } = row;
  if (!finding) return html`<span class="muted">none</span>`;
  return html`<span class="row-of nowrap" title=${`Newest: ${finding}`}>
    ${errors > 0 && html`<${State} state="bad" word=${number(errors)} title=${counted(errors, "rule of severity error", "rules of severity error")} />`}
    ${warnings > 0 && html`<${State} state="warn" word=${number(warnings)} title=${counted(warnings, "rule of severity warning", "rules of severity warning")} />`}
    ${infos > 0 && html`<${State} state="info" word=${number(infos)} title=${counted(infos, "note")} />`}
  </span>`;
}

/** All nodes at one glance: a cell each. @param {{ rows: NodeRow[], rules: import("../core/nodes.js").Summary["rules"], group: boolean }} properties */
function NodeGrid({ rows, rules, group }) {
  const groups = useMemo(() => {
    const ordered = [...rows].sort((a, b) => harmOf(a, rules) - harmOf(b, rules) || (a.node_id < b.node_id ? -1 : 1));
    return group ? byImplementation(ordered) : [{ name: "", rows: ordered }];
  }, [rows, group]);
  if (!rows.length) return html`<div class="table-empty">No node matches.</div>`;
  return html`<div class="nodes-grid" onKeyDown=${moved}>
    ${groups.map(
      ({ name, rows: members }) => html`<section key=${name} aria-label=${name || "Nodes"}>
        ${name && html`<h2><${Chip}>${name}<//> <span class="muted">${counted(members.length, "node")}</span></h2>`}
        <ul>
          ${members.map(
            (row) => html`<li key=${row.node_id}>
              <a
                class="nodes-cell"
                data-state=${row.mark}
                href=${href(`nodes/${row.node_id}`)}
                title=${`${shortNode(row.node_id)} · ${implementationOf(row)} · ${stateWord(row.state)}${row.best_lag ? ` · ${row.best_lag} behind` : ""}`}
                aria-label=${`${shortNode(row.node_id)} ${stateWord(row.state)}`}
              >${GLYPHS[row.mark]}</a>
            </li>`,
          )}
        </ul>
      </section>`,
    )}
  </div>`;
}

/** @type {Record<string, string>} */
const GLYPHS = { ok: "", warn: "▲", bad: "■", idle: "○", info: "" };

/** Arrow keys move between cells. @param {KeyboardEvent} event */
function moved(event) {
  const root = /** @type {HTMLElement} */ (event.currentTarget);
  const cells = /** @type {HTMLElement[]} */ ([...root.querySelectorAll(".nodes-cell")]);
  const index = cells.indexOf(/** @type {HTMLElement} */ (document.activeElement));
  if (index < 0) return;
  const { top } = cells[index].getBoundingClientRect();
  const across = cells.filter((cell) => cell.getBoundingClientRect().top === top).length || 1;
  /** @type {Record<string, number>} */
  const steps = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -across, ArrowDown: across };
  if (!(event.key in steps)) return;
  event.preventDefault();
  cells[Math.max(0, Math.min(cells.length - 1, index + steps[event.key]))].focus();
}
