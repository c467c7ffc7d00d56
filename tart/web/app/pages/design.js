// @ts-check
/** The design system: every component in each of its states. */

import { useMemo, useState } from "preact/hooks";

import { Answered, Empty, Skeleton } from "../components/answered.js";
import { Implementation, State, Time, Ago } from "../components/basics.js";
import { Bars, Figure, Figures, Spark } from "../components/figure.js";
import { Heatmap } from "../components/heatmap.js";
import { Icon, ICON_NAMES } from "../components/icons.js";
import { LineChart } from "../components/line_chart.js";
import { SearchBox, Segmented, Tabs } from "../components/choices.js";
import { Chip, Hash, NodeLabel } from "../components/identifiers.js";
import { Dialog, Menu } from "../components/menu.js";
import { Card, Page } from "../components/page.js";
import { Table } from "../components/table.js";
import * as format from "../core/format.js";
import { html } from "../html.js";
import { SlotSamples } from "./design_slots.js";
import { adoptStyles } from "../components/styles.js";
import styles from "./design.css" with { type: "text" };

adoptStyles(styles);

export default function DesignPage() {
  return html`<${Page} title="Design" question="The parts of which all pages are made, in each state.">
    <div class="cards">
      <${Colours} />
      <${Type} />
      <${Numbers} />
      <${Marks} />
      <${Controls} />
      <${Absence} />
      <${Charts} />
      <${Grids} />
      <${SlotSamples} />
      <${Tables} />
      <${Icons} />
    </div>
  <//>`;
}

/** @type {[string, string, string][]} Variable, name, use. */
const ROLES = [
  ["--text-1", "text 1", "what is read"],
  ["--text-2", "text 2", "labels"],
  ["--text-3", "text 3", "notes"],
  ["--accent", "accent", "links, the chosen one"],
  ["--ok", "ok", "well"],
  ["--warn", "warn", "look at it"],
  ["--bad", "bad", "act"],
  ["--idle", "idle", "no data"],
  ["--info", "info", "a note"],
  ["--line-strong", "strong line", "edges of fields, ghosts"],
];
const SURFACES = ["--surface-1", "--surface-2", "--surface-3", "--warn-surface", "--bad-surface", "--info-surface"];

function Colours() {
  return html`<${Card} title="Colour" note="Only for state and for implementations. A well network is grey.">
    <ul class="design-row">
      ${ROLES.map(([variable, name, use]) => html`<li key=${variable} class="design-swatch">
        <i style=${{ background: `var(${variable})` }}></i>${name}<span class="muted">${use}</span>
      </li>`)}
      ${SURFACES.map((variable) => html`<li key=${variable} class="design-swatch">
        <i style=${{ background: `var(${variable})` }}></i>${variable.slice(2)}
      </li>`)}
    </ul>
    <p class="design-row">
      ${["PolkaJam", "jam-duna", "Jamixir", "PyJAMaz", "Tessera", "romio", "PBNJ", "New-JAMneration"].map(
        (name) => html`<${Implementation} key=${name} name=${name} version="0.1.0" />`,
      )}
      <${Implementation} name=${null} />
    </p>
  <//>`;
}

function Type() {
  return html`<${Card} title="Type" size="half" note="The system's fonts; figures of one width.">
    ${[28, 20, 16, 14, 13, 12].map(
      (size) => html`<p key=${size} style=${{ fontSize: `var(--size-${size})` }}>${size} — slot 10 031 944 took 230 ms</p>`,
    )}
    <p class="mono">mono — 0x4273fe7c8e411008951fc602</p>
  <//>`;
}

function Numbers() {
  const rows = [
    ["count", format.number(10_031_944)],
    ["rate", format.rate(98_214)],
    ["duration", [0.25, 230, 1400, 200_000].map(format.duration).join(", ")],
    ["size", format.bytes(12_400_000)],
    ["share", format.share(12, 341)],
    ["not known", format.number(null)],
    ["hash", html`<${Hash} value=${"0xb5af".padEnd(66, "42")} />`],
    ["time", html`<${Time} value="2026-11-20T12:03:05.348748Z" />`],
    ["age", html`<${Ago} value=${Date.now() - 200_000} />`],
  ];
  return html`<${Card} title="Numbers" size="half" note="A unit always; exact on hover and copy.">
    <dl class="pairs">${rows.map(([name, value]) => [html`<dt key=${name}>${name}</dt>`, html`<dd key=${`${name}-value`}>${value}</dd>`])}</dl>
  <//>`;
}

function Marks() {
  const node = { node_id: "a1b2c3d4".padEnd(64, "0"), implementation_name: "PolkaJam", implementation_version: "0.1.27" };
  return html`<${Card} title="State" note="A mark and a word, never colour alone.">
    <p class="design-row">
      ${["ok", "warn", "bad", "idle", "info"].map((state) => html`<${State} key=${state} state=${state} />`)}
      <${NodeLabel} node=${node} state="warn" word="silent for 3 min" />
      <${Chip} onRemove=${() => {}} removeLabel="Remove the condition">type: Authored<//>
      <span class="changed">just changed</span>
    </p>
    <${Figures} large>
      <${Figure} label="Best slot" value=${format.number(10_031_944)} spark=${[1, 2, 3, 2, 4, 5]} />
      <${Figure} label="Finality lag" value="14" unit="slots" state="bad" note="since 12:03" before="3 slots" />
      <${Figure} label="Clock offset" value="—" note="no estimate: the node has sent nothing" />
    <//>
  <//>`;
}

function Controls() {
  const [tab, setTab] = useState("one");
  const [text, setText] = useState("");
  const [dialog, setDialog] = useState(false);
  const [choice, setChoice] = useState("server");
  return html`<${Card} title="Controls">
    <p class="design-row">
      <button type="button" class="button primary">Primary</button>
      <button type="button" class="button">Button</button>
      <button type="button" class="button quiet">Quiet</button>
      <button type="button" class="button" aria-pressed="true">Pressed</button>
      <button type="button" class="button" disabled>Disabled</button>
      <button type="button" class="button small">Small</button>
      <${Menu} label="Menu" quiet=${false} start entries=${[{ label: "Open", onClick() {} }, { label: "Shown", checked: true, onClick() {} }]} />
      <button type="button" class="button" onClick=${() => setDialog(true)}>Dialog</button>
      <${SearchBox} label="Filter" value=${text} onInput=${setText} />
      <${Segmented}
        label="Clock"
        selected=${choice}
        onSelect=${setChoice}
        choices=${[{ id: "server", label: "server's clock" }, { id: "node", label: "nodes' clocks" }]}
      />
    </p>
    <${Tabs} label="Tabs" selected=${tab} onSelect=${setTab} tabs=${[{ id: "one", label: "One" }, { id: "two", label: "Two" }]} />
    ${dialog && html`<${Dialog} title="Dialog" onClose=${() => setDialog(false)}><p>Escape closes it.</p><//>`}
  <//>`;
}

/** @param {object} changes */
function example(changes) {
  return { name: "the example", data: null, error: null, loading: false, stale: false, since: Date.now() - 90_000, partial: null, reload() {}, ...changes };
}

function Absence() {
  const error = new Error("the server does not answer");
  return html`<${Card} title="What is not there" note="Loading, empty, failed, incomplete, old.">
    <div class="cards">
      <div class="third"><h3>Loading</h3><${Skeleton} /></div>
      <div class="third"><h3>Empty</h3><${Empty} title="No work-packages in this range">Builders submit them to guarantors.<//></div>
      <div class="third"><h3>Failed</h3><${Answered} answer=${example({ error })}>${() => ""}<//></div>
      <div class="half"><h3>Incomplete</h3>
        <${Answered} answer=${example({ data: 1, partial: { answered: 2, total: 3 } })}>${() => html`<p>981 nodes</p>`}<//>
      </div>
      <div class="half"><h3>Old</h3><${Answered} answer=${example({ data: 1, error, stale: true })}>${() => html`<p>1 019 nodes</p>`}<//></div>
    </div>
  <//>`;
}

function Charts() {
  const x = useMemo(() => Array.from({ length: 120 }, (_, index) => Date.UTC(2026, 10, 20, 12) + index * 30_000), []);
  const wave = (/** @type {number} */ scale, /** @type {number} */ phase) => x.map((_, index) => (index === 40 ? null : scale * (2 + Math.sin(index / 9 + phase))));
  const series = useMemo(
    () => [
      { label: "p50", values: wave(100, 0) },
      { label: "p90", values: wave(180, 0.4) },
      { label: "p50 before", values: wave(95, 2), ghost: true },
    ],
    [],
  );
  const bars = useMemo(() => [{ label: "events", values: wave(40, 1), bars: true }], []);
  return html`<${Card} title="Lines and bars" note="Drag to zoom all charts; T shows the chart in focus as a table.">
    <div class="cards">
      <div class="half"><${LineChart} title="Propagation (example)" x=${x} series=${series} format=${format.duration} /></div>
      <div class="half"><${LineChart} title="Events per bucket (example)" x=${x} series=${bars} /></div>
    </div>
    <${Bars} label="Failures by reason (example)" rows=${[
      { label: "timed out", value: 12, text: "12", state: "bad" },
      { label: "refused", value: 3, text: "3", state: "warn" },
    ]} />
    <p><${Spark} label="A trend" values=${[3, 4, 3, 5, null, 6, 9]} /></p>
  <//>`;
}

const LEVELS = [
  { value: 0, label: "nothing", colour: "--surface-3" },
  { value: 1, label: "guaranteed", colour: "--implementation-5", glyph: "◐" },
  { value: 2, label: "available", colour: "--ok", glyph: "●" },
  { value: 3, label: "failed", colour: "--bad", glyph: "■" },
];

function Grids() {
  const [rows, columns] = [12, 60];
  const values = useMemo(() => Float64Array.from({ length: rows * columns }, (_, index) => (index % 97 === 0 ? NaN : (index * 37) % 400)), []);
  const stages = useMemo(() => Uint8Array.from({ length: rows * columns }, (_, index) => (index % 53 === 0 ? 3 : (index * 7) % 3)), []);
  const labels = { rowLabel: (/** @type {number} */ row) => `core ${row}`, columnLabel: (/** @type {number} */ column) => `slot ${column}` };
  return html`<${Card} title="Grids" note="One scale with its unit, or one colour for each stage.">
    <div class="cards">
      <div class="half"><${Heatmap} title="Import time (example)" rows=${rows} columns=${columns} values=${values} format=${format.duration} ...${labels} /></div>
      <div class="half"><${Heatmap} title="Stages (example)" rows=${rows} columns=${columns} values=${stages} levels=${LEVELS} ...${labels} /></div>
    </div>
  <//>`;
}

function Tables() {
  const rows = useMemo(
    () => Array.from({ length: 1023 }, (_, index) => ({ index, rate: (index * 7919) % 1000, lag: index % 50 === 3 ? null : index % 7 })),
    [],
  );
  return html`<${Card} title="Tables" note="1,023 rows; j and k move, Enter opens." flush>
    <${Table}
      caption="Nodes (example)"
      csv="nodes"
      sort="index"
      sortParameter="example-sort"
      height=${240}
      rows=${rows}
      rowKey=${(/** @type {any} */ row) => row.index}
      columns=${[
        { id: "index", title: "node", value: (/** @type {any} */ row) => row.index, rank: 1 },
        { id: "lag", title: "lag", end: true, value: (/** @type {any} */ row) => row.lag, rank: 2 },
        { id: "rate", title: "events/s", end: true, value: (/** @type {any} */ row) => row.rate, rank: 3 },
      ]}
    />
    <${Table} caption="Nothing (example)" rows=${[]} rowKey=${() => 0} columns=${[{ id: "a", title: "a", value: () => 0 }]} empty="No node has sent anything yet." />
  <//>`;
}

function Icons() {
  return html`<${Card} title="Icons" note="A label stands beside each.">
    <ul class="design-row">${ICON_NAMES.map((name) => html`<li key=${name} class="design-swatch"><${Icon} name=${name} />${name}</li>`)}</ul>
  <//>`;
}
