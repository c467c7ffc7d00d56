// @ts-check
/** Implementations or versions side by side: by each step and metric, with intervals by node. */

import { useMemo, useState } from "preact/hooks";

import { Answered, Empty } from "../components/answered.js";
import { Implementation, State } from "../components/basics.js";
import { SearchBox, Segmented } from "../components/choices.js";
import { TableExport } from "../components/downloads.js";
import { IntervalMark, IntervalRow } from "../components/intervals.js";
import { Card } from "../components/page.js";
import { Table } from "../components/table.js";
import {
  differing,
  foundText,
  groupAxis,
  groupTicks,
  intervalAxis,
  intervalText,
  measureRows,
  measureText,
  oriented,
  pairSentence,
  placeOnAxis,
  ratioText,
  ratioTicks,
  valueText,
} from "../core/comparison.js";
import { counted, duration, number, percent } from "../core/format.js";
import { html } from "../html.js";
import { location, setParameters } from "../state/location.js";
import { narrow } from "../state/preferences.js";
import { currentWindow, range } from "../state/range.js";
import { useAnswer } from "../state/requests.js";
import { client } from "../state/session.js";

/** @typedef {import("../core/comparison.js").Comparison} Comparison */
/** @typedef {import("../core/comparison.js").Measure} Measure */
/** @typedef {import("../core/comparison.js").Pair} Pair */
/** @typedef {import("../core/comparison.js").Group} Group */

/** Differences that are drawn before all are asked for. */
const FIRST = 12;
/** What is shown if nothing differs. */
const FIRST_STEP = "Importing_to_BlockVerified";

export function ImplementationsCompare() {
  const { by: wanted, measure: chosen } = location.value.parameters;
  const by = wanted === "version" ? "version" : "implementation";
  const deps = [JSON.stringify(range.value), by];
  const everything = useAnswer("the comparison", (signal) => client.implementationsCompare({ by, ...currentWindow() }, { signal }), { every: 60_000, deps });
  return html`<div class="cards">
    <div class="row-of compare-by">
      <span class="muted">Compare</span>
      <${Segmented}
        label="Groups"
        choices=${[
          { id: "implementation", label: "implementations" },
          { id: "version", label: "versions with the one before" },
        ]}
        selected=${by}
        onSelect=${(/** @type {string} */ id) => setParameters({ by: id === "version" ? id : undefined })}
      />
      <a href="api/docs#/paths/~1api~1implementations~1compare">How it is measured</a>
    </div>
    <${Answered}
      answer=${everything}
      lines=${12}
      isEmpty=${(/** @type {Comparison} */ data) => !data.measures.length}
      empty=${html`<${Empty} title="Nothing to compare in this range.">Nodes that send events of steps appear here by implementation.<//>`}
    >
      ${(/** @type {Comparison} */ data) => html`<div class="cards"><${Everything} data=${data} chosen=${chosen} /></div>`}
    <//>
  </div>`;
}

/** @param {{ data: Comparison, chosen: string | undefined }} properties */
function Everything({ data, chosen }) {
  const rows = useMemo(() => measureRows(data), [data]);
  const measure = data.measures.find(({ name }) => name === chosen) ?? (rows.find(({ different }) => different) ?? rows.find(({ measure: { name } }) => name === FIRST_STEP) ?? rows[0]).measure;
  return html`
    <${Card} title="What differs" note=${noteOf(data)}><${Overview} data=${data} /><//>
    <${Card} size="third" title="Steps and metrics" note=${counted(rows.length, "measure")} flush><${Measures} rows=${rows} chosen=${measure.name} /><//>
    <${Card} size="two-thirds" title=${measureText(measure)} note=${measure.description}><${OneMeasure} key=${measure.name} measure=${measure} all=${data} /><//>
  `;
}

/** @param {Comparison} data */
function noteOf({ comparisons, measures, level, nodes_unknown: unknown, nodes_changed: changed }) {
  return [
    `${counted(comparisons, "comparison")} by ${counted(measures.length, "measure")}`,
    `${percent(level)} sure of all together`,
    unknown && `${counted(unknown, "node")} of unknown implementation left out`,
    changed && `${counted(changed, "node")} changed version`,
  ]
    .filter(Boolean)
    .join("; ");
}

/** Everything that differs. @param {{ data: Comparison }} properties */
function Overview({ data }) {
  const [all, setAll] = useState(false);
  const found = useMemo(() => differing(data), [data]);
  const ratios = useMemo(() => intervalAxis(found.filter(({ pair }) => pair.ratio !== null).map(({ pair }) => pair), "ratio"), [found]);
  const groups = new Set(data.groups.map(({ group }) => group)).size;
  if (!data.comparisons) return html`<p class="compare-calm"><span><${State} state="idle" hideWord /> ${nothingText(data.by, groups)}</span></p>`;
  if (!found.length) {
    return html`<p class="compare-calm">
      <span><${State} state="ok" hideWord /> None of ${counted(data.comparisons, "comparison")} shows a difference.</span>
      <span class="muted">That is not proof of equality: choose one measure to see which differences are still possible.</span>
    </p>`;
  }
  const shown = all ? found : found.slice(0, FIRST);
  return html`
    <div class="intervals" role="list" aria-label="Differences, the surest first">
      <${RatioAxis} axis=${ratios} />
      ${shown.map(
        ({ pair, measure }) => html`<${PairRow}
          key=${`${pair.measure} ${pair.a} ${pair.b}`}
          pair=${pair}
          measure=${measure}
          axis=${pair.ratio === null ? intervalAxis([pair], "difference") : ratios}
          link
        />`,
      )}
    </div>
    <div class="row-of">
      ${found.length > FIRST &&
      html`<button type="button" class="button small" onClick=${() => setAll(!all)}>${all ? `Show the first ${FIRST}` : `Show all ${found.length} differences`}</button>`}
      <span class="muted">Differences of shares and rates have each an axis of their own. The line is at no difference.</span>
      <${TableExport} name="implementations-differences" table=${() => pairTable(data)} />
    </div>
  `;
}

/** @param {"implementation" | "version"} by @param {number} groups */
function nothingText(by, groups) {
  if (by === "version") return "No implementation has two versions with enough nodes in this range; take a longer one that has the upgrade in it.";
  if (groups < 2) return "There is one implementation only; nothing to compare it with.";
  return "Not enough data: a comparison needs three nodes of each implementation, with enough events.";
}

/** @param {Comparison} data */
function pairTable({ differences }) {
  return {
    titles: ["measure", "a", "b", "ratio", "difference", "low", "high", "p", "significant", "worse", "state", "reason"],
    rows: differences.map((pair) => [pair.measure, pair.a, pair.b, pair.ratio, pair.difference, pair.low, pair.high, pair.p, pair.significant, pair.worse, pair.state, pair.reason]),
  };
}

/** @param {{ rows: ReturnType<typeof measureRows>, chosen: string }} properties */
function Measures({ rows, chosen }) {
  const [text, setText] = useState("");
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const shown = rows.filter(({ measure }) => words.every((word) => `${measure.name} ${measureText(measure)}`.toLowerCase().includes(word)));
  return html`<${Table}
    caption="Steps and metrics"
    rows=${shown}
    rowKey=${(/** @type {any} */ row) => row.measure.name}
    rowState=${(/** @type {any} */ row) => (row.measure.name === chosen ? "chosen" : undefined)}
    onOpen=${(/** @type {any} */ row) => setParameters({ measure: row.measure.name })}
    height=${narrow.value ? 240 : 520}
    empty="No step or metric has these words."
    tools=${html`<${SearchBox} value=${text} onInput=${setText} label="Find a step or metric" />`}
    columns=${[
      {
        id: "measure",
        title: "Measure",
        className: "compare-measure",
        value: (/** @type {any} */ row) => measureText(row.measure),
        cell: (/** @type {any} */ row) => html`<span title=${`${measureText(row.measure)}: ${row.measure.description}`}>${row.measure.name === chosen ? html`<b>${measureText(row.measure)}</b>` : measureText(row.measure)}</span>`,
        rank: 1,
      },
      {
        id: "found",
        title: "Differs",
        help: "Pairs of groups with a difference that chance does not explain",
        value: (/** @type {any} */ row) => row.different,
        cell: (/** @type {any} */ row) => html`<${State} state=${row.different ? "info" : row.tested ? "ok" : "idle"} word=${foundText(row)} hideWord=${!row.different} />`,
        rank: 2,
      },
    ]}
  />`;
}

/** A measure by itself, for which fewer comparisons are to be corrected. @param {{ measure: Measure, all: Comparison }} properties */
function OneMeasure({ measure, all }) {
  const { name, kind } = measure;
  const { by } = all;
  const deps = [JSON.stringify(range.value), by, name];
  const answer = useAnswer(
    "the comparison by this measure",
    (signal) => client.implementationsCompare({ by, [kind]: name, ...currentWindow() }, { signal }),
    { every: 60_000, deps },
  );
  return html`<${Answered} answer=${answer} lines=${8}>
    ${(/** @type {Comparison} */ data) => html`<${Measured} data=${data.measures.length ? data : all} measure=${data.measures[0] ?? measure} />`}
  <//>`;
}

/** @param {{ data: Comparison, measure: Measure }} properties */
function Measured({ data, measure }) {
  const groups = data.groups.filter((group) => group.measure === measure.name);
  const pairs = data.differences.filter((pair) => pair.measure === measure.name).map((pair) => oriented(pair, data.by));
  const axis = useMemo(() => groupAxis(groups), [data, measure]);
  const lines = useMemo(() => intervalAxis(pairs, measure.effect), [data, measure]);
  const isDuration = groups.some(({ p50_ms: p50 }) => p50 !== null);
  return html`
    <div class="row-of"><h3>Values</h3><${TableExport} name=${`comparison-${measure.name}`} table=${() => groupTable(groups)} /></div>
    <div class="intervals compare-groups" data-durations=${isDuration ? "" : undefined} role="list" aria-label="Values by group">
      <div class="intervals-row intervals-head" aria-hidden="true">
        <span></span>
        <span class="intervals-ticks">
          ${groupTicks(axis).map((tick) => html`<i key=${tick} style=${{ insetInlineStart: `${placeOnAxis(tick, axis) * 100}%` }}>${valueText(tick, measure.unit)}</i>`)}
        </span>
        <span class="intervals-numbers">${(isDuration ? ["p50", "p95", "p99"] : ["value"]).map((title) => html`<span key=${title}>${title}</span>`)}</span>
      </div>
      ${groups.map((group) => html`<${GroupRow} key=${group.group} group=${group} measure=${measure} axis=${axis} isDuration=${isDuration} />`)}
    </div>
    <p class="muted compare-legend">
      ${isDuration ? "◆ mean of the nodes, with the line from the lowest node to the highest; ● p50, ○ p95 and p99 of all events, within 10 %." : "◆ value, with the line from the lowest node to the highest."}
    </p>
    <div class="row-of"><h3>Differences</h3><${TableExport} name=${`differences-${measure.name}`} table=${() => pairTable(data)} /></div>
    ${pairs.length
      ? html`<div class="intervals" role="list" aria-label="Differences by this measure">
          ${measure.effect === "ratio" && pairs.some(({ ratio }) => ratio !== null) && html`<${RatioAxis} axis=${lines} />`}
          ${pairs.map((pair) => html`<${PairRow} key=${`${pair.a} ${pair.b}`} pair=${pair} measure=${measure} axis=${lines} />`)}
        </div>`
      : html`<p class="muted">${nothingText(data.by, groups.length)}</p>`}
    <p class="muted compare-legend">${percent(data.level)} sure of the differences of this measure together; the unit is the node, not the event.</p>
  `;
}

/** @param {Group[]} groups */
function groupTable(groups) {
  return {
    titles: ["measure", "group", "nodes", "nodes left out", "events", "value", "p50 ms", "p95 ms", "p99 ms", "node min", "node median", "node max"],
    rows: groups.map((group) => [group.measure, group.group, group.nodes, group.nodes_left_out, group.events, group.value, group.p50_ms, group.p95_ms, group.p99_ms, group.node_min, group.node_median, group.node_max]),
  };
}

/** @param {{ group: Group, measure: Measure, axis: any, isDuration: boolean }} properties */
function GroupRow({ group, measure, axis, isDuration }) {
  const { unit } = measure;
  const { node_min: least, node_max: most, value, p50_ms: p50, p95_ms: p95, p99_ms: p99 } = group;
  const at = (/** @type {number | null} */ number) => (number === null ? null : placeOnAxis(number, axis));
  const out = group.nodes_left_out ? `, ${counted(group.nodes_left_out, "node")} left out` : "";
  return html`<${IntervalRow}
    label=${html`<${Implementation} name=${group.name} version=${group.version} />
      <span class="muted" title=${`${counted(group.nodes, "node")}${out} with at least ${number(measure.least_events)} ${measure.events}`}>${counted(group.nodes, "node")}${out} · ${number(group.events)} ${measure.events}</span>`}
    numbers=${(isDuration ? [p50, p95, p99].map((ms) => duration(ms)) : [valueText(value, unit)])}
  >
    <${IntervalMark}
      low=${at(least)}
      high=${at(most)}
      colour=${group.name}
      dots=${[
        ...(isDuration ? [{ at: at(p50), kind: "median" }, { at: at(p95), kind: "tail" }, { at: at(p99), kind: "tail" }] : []),
        { at: at(value), kind: "value" },
      ]}
      label=${`${group.group}: ${valueText(value, unit)}, nodes from ${valueText(least, unit)} to ${valueText(most, unit)}`}
    />
  <//>`;
}

/** @param {{ axis: import("../core/comparison.js").IntervalAxis }} properties */
function RatioAxis({ axis }) {
  return html`<div class="intervals-row intervals-head" aria-hidden="true">
    <span></span>
    <span class="intervals-ticks">
      ${ratioTicks(axis).map((tick) => html`<i key=${tick} style=${{ insetInlineStart: `${placeOnAxis(tick, axis) * 100}%` }}>${ratioText(tick)}</i>`)}
    </span>
    <span class="intervals-numbers"></span>
  </div>`;
}

/** @param {{ pair: Pair, measure: Measure, axis: any, link?: boolean }} properties */
function PairRow({ pair, measure, axis, link = false }) {
  const { ratio, difference, low, high, significant, p, worse } = pair;
  const value = measure.effect === "ratio" ? ratio : difference;
  const at = (/** @type {number | null} */ number) => (number === null ? null : placeOnAxis(number, axis));
  const sentence = pairSentence(pair, measure);
  const state = pair.state === "not_enough_data" ? "idle" : significant ? (worse ? "warn" : "info") : "ok";
  return html`<${IntervalRow}
    sentence=${value === null ? "alone" : "beside"}
    label=${html`${link &&
      html`<button type="button" class="button quiet small compare-open" onClick=${() => setParameters({ measure: measure.name })}>${measureText(measure)}</button>`}
      <span><${State} state=${state} hideWord word=${significant ? (worse ? `${worse} is worse` : "differs") : foundText({ different: 0, tested: Number(pair.state !== "not_enough_data"), pairs: 1 })} /> ${sentence}</span>`}
    numbers=${[p === null ? "" : p < 0.001 ? "p < 0.001" : `p ${number(p, 3)}`]}
  >
    ${value !== null && html`<${IntervalMark} low=${at(low)} high=${at(high)} zero=${at(measure.effect === "ratio" ? 1 : 0)} dots=${[{ at: at(value), kind: "value" }]} strong=${significant} label=${`${pair.b} against ${pair.a}: ${intervalText(pair, measure)}`} />`}
  <//>`;
}
