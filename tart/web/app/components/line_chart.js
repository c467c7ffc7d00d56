// @ts-check
/** Lines over time, or over another axis. */

import { useEffect, useRef, useState } from "preact/hooks";
import uPlot from "uplot";

import { clock, compact, DASH } from "../core/format.js";
import { html } from "../html.js";
import { colourOf, colours, localTime } from "../state/preferences.js";
import { zoom } from "../state/range.js";
import { ChartFigure } from "./chart_figure.js";
import { Table } from "./table.js";

/**
 * @typedef {object} Series
 * @property {string} label
 * @property {readonly (number | null | undefined)[]} values
 * @property {string} [colour] A CSS variable such as "--accent".
 * @property {boolean} [ghost] Whether it is of the range before: grey and dashed.
 * @property {boolean} [fill] Whether the area below it is filled.
 * @property {boolean} [bars] Whether it is drawn as bars.
 * @property {boolean} [points] Whether it is drawn as points without a line.
 */

const COLOURS = ["--accent", "--implementation-1", "--implementation-2", "--implementation-3", "--implementation-4", "--implementation-6"];

/** Charts of one page share the cursor. */
const cursors = uPlot.sync("time");

/**
 * @param {{
 *   title: string,
 *   x: readonly number[],
 *   series: Series[],
 *   format?: (value: number | null | undefined) => string,
 *   formatX?: (value: number) => string,
 *   xTitle?: string,
 *   time?: boolean,
 *   height?: number,
 *   onZoom?: (from: number, to: number) => void,
 *   log?: boolean,
 *   bands?: { low: number, high: number }[],
 *   most?: number,
 *   least?: number,
 *   onPick?: (index: number) => void,
 * }} properties `title` names the figure. `x` ascends: milliseconds if `time`. `bands` are pairs of
 *   indices of series with the area between them filled. `onZoom` gets what was dragged over; by
 *   default the time range of the page becomes that. `onPick` gets the index of a point that was clicked.
 */
export function LineChart({
  title,
  x,
  series,
  format = compact,
  formatX,
  xTitle = "time",
  time = true,
  height = 180,
  onZoom,
  log = false,
  bands,
  most,
  least = 0,
  onPick,
}) {
  const root = useRef(/** @type {HTMLElement | null} */ (null));
  const plot = useRef(/** @type {uPlot | null} */ (null));
  const [cursor, setCursor] = useState(/** @type {number | null} */ (null));
  const [asTable, setAsTable] = useState(false);
  const local = localTime.value;
  const scheme = colours.value;
  const xText = formatX ?? ((value) => (time ? clock(value, { local, date: true }) : compact(value)));
  const chosen = useRef({ onZoom, onPick });
  chosen.current = { onZoom, onPick };
  // A chart is made anew only if its form changes, not with new values.
  const form = JSON.stringify([series.map(({ label, ghost, fill, bars, points, colour }) => [label, ghost, fill, bars, points, colour]), time, log, most, least, height, bands, scheme, local, asTable]);

  useEffect(() => {
    const element = root.current;
    if (!element || asTable) return undefined;
    const made = new uPlot(
      options({ series, format, formatX, time, local, log, bands, most, least, height, width: element.clientWidth, setCursor, chosen, sync: time }),
      data(x, series, time),
      element,
    );
    plot.current = made;
    const observer = new ResizeObserver(() => {
      if (element.clientWidth) made.setSize({ width: element.clientWidth, height });
    });
    observer.observe(element);
    return () => {
      observer.disconnect();
      plot.current = null;
      made.destroy();
    };
  }, [form]);

  useEffect(() => {
    plot.current?.setData(data(x, series, time));
  }, [x, series]);

  function moved(/** @type {KeyboardEvent} */ event) {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    const made = plot.current;
    if (!step || !made || !x.length) return;
    event.preventDefault();
    const index = Math.max(0, Math.min(x.length - 1, (cursor ?? (step > 0 ? -1 : x.length)) + step));
    const value = made.data[0][index];
    const scaled = series[0]?.values[index] ?? 0;
    made.setCursor({ left: made.valToPos(value, "x"), top: made.valToPos(scaled, "y") });
    setCursor(index);
  }

  const index = cursor !== null && cursor < x.length ? cursor : null;
  const table = () => ({
    titles: [xTitle, ...series.map(({ label }) => label)],
    rows: x.map((value, row) => [time ? new Date(value).toISOString() : value, ...series.map(({ values }) => values[row] ?? null)]),
  });

  return html`<${ChartFigure}
    title=${title}
    legend=${html`${series.map(
        ({ label, values, colour, ghost }, place) => html`<span key=${label} class="legend-entry">
          <i class="legend-line" style=${{ background: `var(${lineColour(colour, ghost, place)})` }}></i>${label}
          ${index !== null && html`<b>${format(values[index])}</b>`}
        </span>`,
      )}
      ${index !== null && html`<span class="muted" role="status">${xText(x[index])}</span>`}`}
    table=${table}
    asTable=${asTable}
    onToggle=${() => setAsTable(!asTable)}
  >
    ${asTable
      ? html`<${Table}
          caption=${title}
          height=${Math.max(height, 200)}
          rowKey=${(/** @type {any} */ row) => row.x}
          rows=${x.map((value, row) => ({ x: value, row })).reverse()}
          columns=${[
            { id: "x", title: xTitle, value: (/** @type {any} */ row) => row.x, cell: (/** @type {any} */ row) => xText(row.x), rank: 1 },
            ...series.map(({ label, values }, place) => ({
              id: label,
              title: label,
              end: true,
              value: (/** @type {any} */ row) => values[row.row],
              cell: (/** @type {any} */ row) => format(values[row.row]),
              rank: place < 2 ? /** @type {2 | 3} */ (place + 2) : undefined,
            })),
          ]}
        />`
      : html`<div
          class="chart-canvas"
          ref=${root}
          tabindex="0"
          role="img"
          aria-label=${`${title}. ${described(series, format)} Arrow keys read the values; the table has all.`}
          onKeyDown=${moved}
          style=${{ minHeight: `${height}px` }}
        ></div>`}
  <//>`;
}

/** @param {string | undefined} colour @param {boolean | undefined} ghost @param {number} place */
function lineColour(colour, ghost, place) {
  return ghost ? "--line-strong" : (colour ?? COLOURS[place % COLOURS.length]);
}

/** @param {readonly number[]} x @param {Series[]} series @param {boolean} time @returns {any} */
function data(x, series, time) {
  return [time ? x.map((value) => value / 1000) : x, ...series.map(({ values }) => values)];
}

/** The last value of each series, for those who do not see it. @param {Series[]} series @param {(value: any) => string} format */
function described(series, format) {
  const parts = series.map(({ label, values }) => {
    const last = values.findLast((value) => value !== null && value !== undefined);
    return `${label}: last ${last === undefined ? DASH : format(last)}`;
  });
  return `${parts.join("; ")}.`;
}

/** @param {any} properties @returns {uPlot.Options} */
function options({ series, format, formatX, time, local, log, bands, most, least, height, width, setCursor, chosen, sync }) {
  const [line, text] = [colourOf("--line"), colourOf("--text-3")];
  const axis = {
    stroke: text,
    font: "11px system-ui, sans-serif",
    grid: { stroke: line, width: 1 },
    ticks: { show: false },
  };
  return {
    width,
    height,
    padding: [8, 8, 0, 0],
    tzDate: (stamp) => (local ? new Date(stamp * 1e3) : uPlot.tzDate(new Date(stamp * 1e3), "Etc/UTC")),
    scales: {
      x: { time },
      y: log
        ? { distr: 3 }
        : { range: (_, low, high) => [Math.min(least ?? low, low ?? 0), Math.max(most ?? -Infinity, high ?? 1) || 1] },
    },
    axes: [
      { ...axis, space: 70, ...(formatX && { values: (/** @type {any} */ _, /** @type {number[]} */ splits) => splits.map(formatX) }), ...(time && { values: TIMES }) },
      { ...axis, size: 62, ...(log && { splits: powers }), values: (_, splits) => splits.map((value) => (value === null ? "" : format(value))) },
    ],
    cursor: {
      ...(sync && { sync: { key: cursors.key, setSeries: false } }),
      drag: { x: true, y: false, setScale: false },
      points: { size: 5 },
    },
    legend: { show: false },
    bands: bands?.map(({ low, high }) => ({ series: [high + 1, low + 1], fill: faint(colourOf("--line-strong")) })),
    series: [
      {},
      ...series.map((/** @type {Series} */ { colour, ghost, fill, bars, points, label }, /** @type {number} */ place) => {
        const stroke = colourOf(lineColour(colour, ghost, place));
        return {
          label,
          stroke: points || bars ? undefined : stroke,
          width: 1,
          dash: ghost ? [4, 4] : undefined,
          fill: fill || bars ? faint(stroke, bars ? 0.6 : 0.16) : undefined,
          paths: points ? () => null : bars ? uPlot.paths.bars?.({ size: [0.8, 24], align: 1 }) : undefined,
          // A value without neighbours would have no line.
          points: { show: !bars, size: 4, stroke, fill: stroke, ...(!points && { filter: alone }) },
        };
      }),
    ],
    hooks: {
      setCursor: [(made) => setCursor(made.cursor.idx ?? null)],
      setSelect: [
        (made) => {
          if (made.select.width < 4) return;
          const [from, to] = [made.posToVal(made.select.left, "x"), made.posToVal(made.select.left + made.select.width, "x")];
          made.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
          const act = chosen.current.onZoom ?? (time ? zoom : undefined);
          if (time) act?.(from * 1000, to * 1000);
          else act?.(from, to);
        },
      ],
      ready: [
        (made) => made.over.addEventListener("click", () => made.cursor.idx !== null && chosen.current.onPick?.(made.cursor.idx)),
      ],
    },
  };
}

/** Lines of a logarithmic axis: powers of ten. @param {uPlot} _ @param {number} __ @param {number} least @param {number} most */
function powers(_, __, least, most) {
  const first = Math.ceil(Math.log10(least) - 1e-9);
  return Array.from({ length: Math.max(1, Math.floor(Math.log10(most) + 1e-9) - first + 1) }, (___, index) => 10 ** (first + index));
}

/** Labels of the time axis: 24 hours, the date where it changes. @type {any} */
const TIMES = [
  [86_400, "{YYYY}-{MM}-{DD}", null, null, null, null, null, null, 1],
  [3600, "{HH}:{mm}", "\n{YYYY}-{MM}-{DD}", null, "\n{YYYY}-{MM}-{DD}", null, null, null, 1],
  [60, "{HH}:{mm}", "\n{YYYY}-{MM}-{DD}", null, "\n{YYYY}-{MM}-{DD}", null, null, null, 1],
  [1, "{HH}:{mm}:{ss}", "\n{YYYY}-{MM}-{DD}", null, "\n{YYYY}-{MM}-{DD}", null, null, null, 1],
  [0.001, ":{ss}.{fff}", "\n{HH}:{mm}", null, "\n{HH}:{mm}", null, "\n{HH}:{mm}", null, 1],
];

/** Places of a series whose neighbours have no value. @param {uPlot} made @param {number} series */
function alone(made, series) {
  const values = made.data[series];
  const missing = (/** @type {number} */ index) => values[index] === null || values[index] === undefined;
  return [...values.keys()].filter((index) => !missing(index) && missing(index - 1) && missing(index + 1));
}

/** @param {string} colour Like "rgb(1, 2, 3)". @param {number} [opacity] */
function faint(colour, opacity = 0.16) {
  return colour.replace(/^rgb\((.*)\)$/, `rgba($1, ${opacity})`);
}
