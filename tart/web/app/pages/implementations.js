// @ts-check
/** Implementations and versions: who runs what, and how each does. */

import { useMemo, useState } from "preact/hooks";

import { Answered, Empty } from "../components/answered.js";
import { Implementation, State } from "../components/basics.js";
import { Tabs } from "../components/choices.js";
import { ChartFigure } from "../components/chart_figure.js";
import { TableExport } from "../components/downloads.js";
import { Card, Page } from "../components/page.js";
import { Table } from "../components/table.js";
import { spreadText } from "../core/comparison.js";
import { axisOf, placeOf, ridgePath, stackedShares, ticksOf } from "../core/distributions.js";
import { clock, counted, DASH, duration, number, percent, share } from "../core/format.js";
import { colourVariable, implementationText } from "../core/implementations.js";
import { LEVELS, stepText } from "../core/nodes.js";
import { html } from "../html.js";
import { go, location, setParameters } from "../state/location.js";
import { localTime } from "../state/preferences.js";
import { currentWindow, range } from "../state/range.js";
import { useAnswer } from "../state/requests.js";
import { client } from "../state/session.js";
import { adoptStyles } from "../components/styles.js";
import { ImplementationsCompare } from "./implementations_compare.js";
import styles from "./implementations.css" with { type: "text" };

adoptStyles(styles);

/** @typedef {import("../../../client/web/tart.js").Implementations} Answer */
/** @typedef {Answer["implementations"][number]} Row */

/** Steps that are shown until others are asked for. */
const STEPS = 6;
const WIDTH = 600;
const HEIGHT = 22;

export default function ImplementationsPage() {
  const tab = location.value.parameters.tab === "compare" ? "compare" : "";
  return html`<${Page} title="Implementations" question="Who runs what, how does each do, and do they differ?">
    <${Tabs}
      label="Parts of the page"
      tabs=${[
        { id: "", label: "Versions and figures" },
        { id: "compare", label: "Comparison" },
      ]}
      selected=${tab}
      onSelect=${(/** @type {string} */ id) => setParameters({ tab: id || undefined }, { push: true })}
    />
    ${tab === "" ? html`<${EachOfThem} />` : html`<${ImplementationsCompare} />`}
  <//>`;
}

function EachOfThem() {
  const deps = [JSON.stringify(range.value)];
  const answer = useAnswer("the implementations", (signal) => client.implementations(currentWindow(), { signal }), { every: 15_000, deps });
  const latency = useAnswer("the durations", (signal) => client.latency({ group_by: "implementation", ...currentWindow() }, { signal }), { every: 30_000, deps });
  return html`<${Answered}
      answer=${answer}
      lines=${10}
      isEmpty=${(/** @type {any} */ data) => data.implementations.length === 0}
      empty=${html`<${Empty} title="No node was connected in this range." />`}
    >
      ${(/** @type {any} */ data) => html`<div class="cards">
        <${Card} title="Versions over time" note="share of the connected nodes"><${Versions} data=${data} /><//>
        <${Card} title="Figures" note="of the nodes that ran this version last in the range" flush><${Figures} data=${data} /><//>
        <${Card} title="Durations by step" note="all samples of the range, by the nodes' clocks; one axis">
          <${Answered}
            answer=${latency}
            isEmpty=${(/** @type {any} */ found) => found.steps.length === 0}
            empty=${html`<${Empty} title="No durations in this range." />`}
          >
            ${(/** @type {any} */ found) => html`<${Distributions} steps=${found.steps} />`}
          <//>
        <//>
      </div>`}
    <//>`;
}

/** @param {{ data: Answer }} properties */
function Versions({ data }) {
  const [asTable, setAsTable] = useState(false);
  const local = localTime.value;
  const { buckets, implementations: rows } = data;
  const parts = useMemo(() => stackedShares(rows.map(({ series }) => series)), [data]);
  const start = Date.parse(buckets.start);
  const times = Array.from({ length: buckets.count }, (_, index) => start + index * buckets.seconds * 1000);
  const names = rows.map(({ name, version }) => implementationText(name, version));
  const table = () => ({
    titles: ["time", ...names, "nodes"],
    rows: times.map((time, index) => [new Date(time).toISOString(), ...rows.map(({ series }) => series[index]), buckets.total[index]]),
  });
  const width = 1000 / Math.max(buckets.count, 1);
  return html`<${ChartFigure}
    title="Versions over time"
    legend=${html`${rows.map(
        ({ name, version, series }, index) => html`<span key=${names[index]} class="legend-entry">
          <i class="legend-line" style=${{ background: `var(${colourVariable(name)})`, opacity: shade(rows, index) }}></i>${implementationText(name, version)}
          <b>${share(series.at(-1), buckets.total.at(-1))}</b>
        </span>`,
      )}`}
    table=${table}
    asTable=${asTable}
    onToggle=${() => setAsTable(!asTable)}
  >
    ${asTable
      ? html`<${Table}
          caption="Versions over time"
          height=${240}
          rowKey=${(/** @type {number} */ index) => index}
          rows=${times.map((_, index) => index).reverse()}
          columns=${[
            { id: "time", title: "time", value: (/** @type {number} */ index) => times[index], cell: (/** @type {number} */ index) => clock(times[index], { local, date: true }), rank: 1 },
            ...names.map((name, place) => ({ id: name, title: name, end: true, value: (/** @type {number} */ index) => rows[place].series[index], rank: place < 2 ? /** @type {2 | 3} */ (place + 2) : undefined })),
          ]}
        />`
      : html`<div class="versions-chart">
          <svg viewBox="0 0 1000 120" preserveAspectRatio="none" role="img" aria-label=${`Versions over time: ${rows.map(({ series }, index) => `${names[index]} ${share(series.at(-1), buckets.total.at(-1))}`).join("; ")}`}>
            ${parts.map((shares, place) =>
              shares.map(
                ({ from, to }, index) =>
                  to > from &&
                  html`<rect
                    key=${`${place} ${index}`}
                    x=${index * width}
                    y=${120 - to * 120}
                    width=${width - (width > 6 ? 1 : 0)}
                    height=${(to - from) * 120}
                    style=${{ fill: `var(${colourVariable(rows[place].name)})`, fillOpacity: shade(rows, place) }}
                  ><title>${`${clock(times[index], { local, date: true })} · ${names[place]}: ${share(rows[place].series[index], buckets.total[index])}`}</title></rect>`,
              ),
            )}
          </svg>
          <div class="versions-axis muted"><span>${clock(times[0], { local, date: true })}</span><span>${clock(times.at(-1), { local, date: true })}</span></div>
        </div>`}
  <//>`;
}

/** Versions of one implementation have its colour in shades. @param {Row[]} rows @param {number} index */
function shade(rows, index) {
  const before = rows.slice(0, index).filter(({ name }) => name === rows[index].name).length;
  return [0.8, 0.55, 0.35, 0.2][Math.min(before, 3)];
}

/** @param {{ data: Answer }} properties */
function Figures({ data }) {
  return html`<${Table}
    caption="Implementations"
    rows=${data.implementations}
    rowKey=${(/** @type {Row} */ row) => `${row.name} ${row.version}`}
    sort="-nodes"
    csv="implementations"
    height=${420}
    onOpen=${(/** @type {Row} */ row) => go("nodes", { q: [row.name, row.version].filter(Boolean).join(" ") })}
    columns=${[
      { id: "implementation", title: "implementation", value: (/** @type {Row} */ row) => implementationText(row.name, row.version), cell: (/** @type {Row} */ row) => html`<${Implementation} name=${row.name} version=${row.version} />`, rank: 1 },
      { id: "nodes", title: "nodes", end: true, value: (/** @type {Row} */ row) => row.nodes, cell: (/** @type {Row} */ row) => html`<span title=${`${counted(row.connected, "node")} connected now; ${counted(row.changed, "node")} had another version before`}>${number(row.connected)} of ${number(row.nodes)}${row.changed > 0 && html` <span class="muted">(${number(row.changed)} changed)</span>`}</span>`, rank: 2 },
      { id: "spread", title: "spread", help: "From the first node with this version until all nodes of the implementation had it", value: (/** @type {Row} */ row) => row.spread.reached, saved: (/** @type {Row} */ row) => spreadText(row.spread), cell: (/** @type {Row} */ row) => html`<span title=${spreadTitle(row.spread, localTime.value)}>${spreadText(row.spread)}</span>` },
      { id: "states", title: "states now", value: (/** @type {Row} */ row) => row.levels.bad * 1e6 + row.levels.warning, cell: (/** @type {Row} */ row) => html`<${Levels} levels=${row.levels} />` },
      { id: "best", title: "best lag", help: "Slots behind the network: median and most of its connected nodes", end: true, value: (/** @type {Row} */ row) => row.best_lag_max, cell: (/** @type {Row} */ row) => lags(row.best_lag_p50, row.best_lag_max) },
      { id: "finalized", title: "final. lag", help: "Slots behind the network: median and most of its connected nodes", end: true, value: (/** @type {Row} */ row) => row.finalized_lag_max, cell: (/** @type {Row} */ row) => lags(row.finalized_lag_p50, row.finalized_lag_max) },
      { id: "p50", title: "import p50", end: true, value: (/** @type {Row} */ row) => row.import_p50_ms, cell: (/** @type {Row} */ row) => html`<span title=${counted(row.imports, "import")}>${duration(row.import_p50_ms)}</span>` },
      { id: "p95", title: "import p95", end: true, value: (/** @type {Row} */ row) => row.import_p95_ms, cell: (/** @type {Row} */ row) => html`<span title=${counted(row.imports, "import")}>${duration(row.import_p95_ms)}</span>`, rank: 3 },
      { id: "imports", title: "imports", end: true, value: (/** @type {Row} */ row) => row.imports, cell: (/** @type {Row} */ row) => number(row.imports) },
      { id: "failures", title: "failures", end: true, value: (/** @type {Row} */ row) => row.failures, cell: (/** @type {Row} */ row) => html`<span title=${`At ${share(row.failing_nodes, row.nodes)} of its nodes`}>${number(row.failures)}</span>` },
      { id: "findings", title: "rules broken", help: "Errors, warnings and notes", value: (/** @type {Row} */ row) => row.errors * 1e6 + row.warnings * 1e3 + row.infos, cell: (/** @type {Row} */ row) => html`<${Broken} row=${row} />` },
    ]}
  />`;
}

/** @param {Row["spread"]} spread @param {boolean} local */
function spreadTitle({ first_at: first, half_at: half, most_at: most, all_at: all }, local) {
  /** @type {[string, string | null][]} */
  const steps = [["first node", first], ["half", half], ["nine tenths", most], ["all", all]];
  return steps.map(([name, time]) => `${name}: ${time ? clock(time, { local, date: true }) : "not in this range"}`).join("; ");
}

/** @param {number | null} median @param {number | null} most */
function lags(median, most) {
  if (most === null) return html`<span class="muted" title="None of its connected nodes has reported a block">${DASH}</span>`;
  return html`${number(median)} <span class="muted">(most ${number(most)})</span>`;
}

/** @param {{ levels: Record<string, number> }} properties */
function Levels({ levels }) {
  return html`<span class="row-of nowrap">
    ${LEVELS.filter(({ level }) => levels[level] > 0).map(({ level, mark, word }) => html`<${State} key=${level} state=${mark} word=${number(levels[level])} title=${`${number(levels[level])} ${word}`} />`)}
  </span>`;
}

/** @param {{ row: Row }} properties */
function Broken({ row }) {
  if (!row.errors && !row.warnings && !row.infos) return html`<span class="muted">none</span>`;
  return html`<span class="row-of nowrap" title=${`Errors or warnings at ${share(row.deviating_nodes, row.nodes)} of its nodes`}>
    ${row.errors > 0 && html`<${State} state="bad" word=${number(row.errors)} title=${counted(row.errors, "error")} />`}
    ${row.warnings > 0 && html`<${State} state="warn" word=${number(row.warnings)} title=${counted(row.warnings, "warning")} />`}
    ${row.infos > 0 && html`<${State} state="info" word=${number(row.infos)} title=${counted(row.infos, "note")} />`}
  </span>`;
}

/** @param {{ steps: any[] }} properties */
function Distributions({ steps }) {
  const everything = location.value.parameters.steps === "all";
  const groups = useMemo(() => bySteps(steps), [steps]);
  const shown = everything ? groups : groups.slice(0, STEPS);
  const axis = useMemo(() => axisOf(shown.flatMap(({ rows }) => rows.map((/** @type {any} */ row) => row.histogram))), [groups, everything]);
  const table = () => ({
    titles: ["step", "implementation", "count", "p50 ms", "p90 ms", "p95 ms", "p99 ms"],
    rows: groups.flatMap(({ step, rows }) => rows.map((/** @type {any} */ row) => [step, row.group ?? "unknown", row.count, row.p50_ms, row.p90_ms, row.p95_ms, row.p99_ms])),
  });
  return html`
    <figure class="ridges" role="figure" aria-label="Durations by step and implementation">
      <div class="ridges-axis" aria-hidden="true">
        <span></span>
        <span class="ridges-ticks">
          ${ticksOf(axis).map((tick) => html`<i key=${tick} style=${{ insetInlineStart: `${placeOf(tick, axis) * 100}%` }}>${duration(tick)}</i>`)}
        </span>
        <span class="end">p50</span><span class="end">p95</span><span class="end">count</span>
      </div>
      ${shown.map(
        ({ step, from, to, rows }) => html`<section key=${step} data-step=${step}>
          <h3>${from ? stepText(from, to) : step}</h3>
          ${rows.map(
            (/** @type {any} */ row) => html`<div key=${row.group} class="ridge">
              <span class="ridge-name">${row.group ?? "unknown"}</span>
              <svg viewBox=${`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" role="img" aria-label=${`${row.group}: median ${duration(row.p50_ms)}, 95 % up to ${duration(row.p95_ms)}`}>
                <path d=${ridgePath(row.histogram, axis, WIDTH, HEIGHT)} style=${{ fill: `var(${colourVariable(String(row.group ?? "").replace(/ [^ ]*$/, ""))})` }} />
                ${[row.p50_ms, row.p95_ms].map((ms, index) => ms !== null && html`<line key=${index} class="ridge-mark" x1=${placeOf(ms, axis) * WIDTH} x2=${placeOf(ms, axis) * WIDTH} y1="0" y2=${HEIGHT} />`)}
              </svg>
              <span class="end nowrap">${duration(row.p50_ms)}</span>
              <span class="end nowrap">${duration(row.p95_ms)}</span>
              <span class="end nowrap muted">${number(row.count)}</span>
            </div>`,
          )}
        </section>`,
      )}
    </figure>
    <div class="row-of">
      ${groups.length > STEPS &&
      html`<button type="button" class="button small" onClick=${() => setParameters({ steps: everything ? undefined : "all" })}>
        ${everything ? `Show the ${STEPS} most frequent` : `Show all ${groups.length} steps`}
      </button>`}
      <span class="muted">Lines: p50 and p95. Height: share of samples, each strip by its highest. ${percent(0.1)} is the error of a percentile at most.</span>
      <${TableExport} name="durations" table=${table} />
    </div>
  `;
}

/** Steps with a row for each implementation, the most frequent step first. @param {any[]} steps */
function bySteps(steps) {
  /** @type {Map<string, { step: string, from: string | null, to: string, count: number, rows: any[] }>} */
  const groups = new Map();
  for (const row of steps) {
    const group = groups.get(row.step) ?? { step: row.step, from: row.from, to: row.to, count: 0, rows: /** @type {any[]} */ ([]) };
    group.count += row.count;
    group.rows.push(row);
    groups.set(row.step, group);
  }
  for (const { rows } of groups.values()) rows.sort((a, b) => String(a.group).localeCompare(String(b.group)));
  return [...groups.values()].sort((a, b) => b.count - a.count || (a.step < b.step ? -1 : 1));
}
