// @ts-check
/** A grid of many cells: rows by columns, one colour each. */

import { useEffect, useMemo, useRef, useState } from "preact/hooks";

import { compact } from "../core/format.js";
import { channelsOf, ramp, scaleOf } from "../core/heat.js";
import { html } from "../html.js";
import { colourOf, colours } from "../state/preferences.js";
import { ChartFigure } from "./chart_figure.js";
import { Table } from "./table.js";
import { adoptStyles } from "./styles.js";
import styles from "./heatmap.css" with { type: "text" };

adoptStyles(styles);

const STOPS = ["--heat-0", "--heat-1", "--heat-2", "--heat-3", "--heat-4", "--heat-5"];

/**
 * @typedef {{ value: number, label: string, colour: string, glyph?: string }} Level A value with a
 *   meaning of its own, and its CSS variable.
 */

/**
 * @param {{
 *   title: string,
 *   rows: number,
 *   columns: number,
 *   values: ArrayLike<number>,
 *   rowLabel: (row: number) => string,
 *   columnLabel: (column: number) => string,
 *   rowTitle?: string,
 *   columnTitle?: string,
 *   domain?: [number, number],
 *   log?: boolean,
 *   levels?: Level[],
 *   format?: (value: number) => string,
 *   cellHeight?: number,
 *   height?: number,
 *   describe?: (row: number, column: number) => any,
 *   onOpen?: (row: number, column: number) => void,
 *   onSelect?: (area: { row: number, column: number, lastRow: number, lastColumn: number }) => void,
 *   onHover?: (cell: { row: number, column: number } | null) => void,
 *   actions?: any,
 * }} properties `values` is by rows; NaN is a cell without data. Colours are those of `levels`, or
 *   of the scale over `domain`. `describe` gives what is said of a cell, `onSelect` the cells that
 *   were dragged over.
 */
export function Heatmap({
  title,
  rows,
  columns,
  values,
  rowLabel,
  columnLabel,
  rowTitle = "row",
  columnTitle = "column",
  domain,
  log = false,
  levels,
  format = compact,
  cellHeight,
  height,
  describe,
  onOpen,
  onSelect,
  onHover,
  actions,
}) {
  const canvas = useRef(/** @type {HTMLCanvasElement | null} */ (null));
  const [cell, setCell] = useState(/** @type {{ row: number, column: number } | null} */ (null));
  const [drag, setDrag] = useState(/** @type {{ row: number, column: number } | null} */ (null));
  const [asTable, setAsTable] = useState(false);
  const [width, setWidth] = useState(0);
  // The cells as an image: the crosshair moves over it without painting them again.
  const small = useRef(/** @type {Painted} */ ({ key: [], canvas: null }));
  const scheme = colours.value;
  const shownHeight = height ?? Math.max(40, Math.min(640, rows * (cellHeight ?? Math.max(4, Math.min(20, 400 / Math.max(rows, 1))))));
  const limits = useMemo(() => domain ?? extent(values), [domain, values]);

  useEffect(() => {
    const element = canvas.current;
    if (!element) return undefined;
    const observer = new ResizeObserver(() => setWidth(element.clientWidth));
    observer.observe(element);
    return () => observer.disconnect();
  }, [asTable]);

  useEffect(() => {
    const element = canvas.current;
    if (!element || !width || !rows || !columns) return;
    const ratio = window.devicePixelRatio || 1;
    element.width = Math.round(width * ratio);
    element.height = Math.round(shownHeight * ratio);
    draw(element, { rows, columns, values, limits, log, levels, small: small.current });
    if (cell) outline(element, cell, rows, columns);
  }, [values, rows, columns, width, shownHeight, limits, levels, scheme, cell, asTable]);

  function at(/** @type {PointerEvent} */ event) {
    const box = /** @type {HTMLElement} */ (event.currentTarget).getBoundingClientRect();
    const column = Math.floor(((event.clientX - box.left) / box.width) * columns);
    const row = Math.floor(((event.clientY - box.top) / box.height) * rows);
    return row >= 0 && row < rows && column >= 0 && column < columns ? { row, column } : null;
  }

  function show(/** @type {{ row: number, column: number } | null} */ next) {
    setCell(next);
    onHover?.(next);
  }

  function released(/** @type {PointerEvent} */ event) {
    const end = at(event);
    if (end && drag) {
      const moved = Math.abs(end.row - drag.row) + Math.abs(end.column - drag.column) > 1;
      if (!moved) onOpen?.(end.row, end.column);
      else {
        onSelect?.({
          row: Math.min(drag.row, end.row),
          column: Math.min(drag.column, end.column),
          lastRow: Math.max(drag.row, end.row),
          lastColumn: Math.max(drag.column, end.column),
        });
      }
    }
    setDrag(null);
  }

  function moved(/** @type {KeyboardEvent} */ event) {
    /** @type {Record<string, [number, number]>} */
    const steps = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
    if (event.key === "Enter" && cell) onOpen?.(cell.row, cell.column);
    else if (event.key in steps) {
      const [down, right] = steps[event.key];
      const from = cell ?? { row: 0, column: columns - 1 };
      show({
        row: Math.max(0, Math.min(rows - 1, from.row + down)),
        column: Math.max(0, Math.min(columns - 1, from.column + right)),
      });
    } else return;
    event.preventDefault();
  }

  const textOf = (/** @type {number} */ value) =>
    Number.isNaN(value) ? "—" : (levels?.find((level) => level.value === value)?.label ?? format(value));
  const valueAt = (/** @type {number} */ row, /** @type {number} */ column) => values[row * columns + column];
  const table = () => ({
    titles: [rowTitle, ...Array.from({ length: columns }, (_, column) => columnLabel(column))],
    rows: Array.from({ length: rows }, (_, row) => [
      rowLabel(row),
      ...Array.from({ length: columns }, (__, column) => (Number.isNaN(valueAt(row, column)) ? null : textOf(valueAt(row, column)))),
    ]),
  });

  return html`<${ChartFigure}
    title=${title}
    kind="grid"
    legend=${levels ? html`<${LevelLegend} levels=${levels} />` : html`<${Scale} limits=${limits} format=${format} />`}
    actions=${actions}
    table=${table}
    asTable=${asTable}
    onToggle=${() => setAsTable(!asTable)}
  >
    ${asTable
      ? html`<${Table}
          caption=${title}
          height=${Math.max(shownHeight, 240)}
          rowKey=${(/** @type {number} */ index) => index}
          rows=${Array.from({ length: rows * columns }, (_, index) => index).filter((index) => !Number.isNaN(values[index]))}
          columns=${[
            { id: "row", title: rowTitle, value: (/** @type {number} */ index) => rowLabel(Math.floor(index / columns)), rank: 1 },
            { id: "column", title: columnTitle, value: (/** @type {number} */ index) => columnLabel(index % columns), rank: 2 },
            { id: "value", title: "value", value: (/** @type {number} */ index) => textOf(values[index]), end: true, rank: 3 },
          ]}
        />`
      : html`<div class="heatmap">
          <canvas
            ref=${canvas}
            tabindex="0"
            role="img"
            aria-label=${`${title}: ${rows} rows by ${columns} columns. Arrow keys read the cells; the table has all.`}
            style=${{ height: `${shownHeight}px`, cursor: onOpen || onSelect ? "crosshair" : "default", touchAction: onSelect ? "none" : "auto" }}
            onPointerMove=${(/** @type {PointerEvent} */ event) => show(at(event))}
            onPointerLeave=${() => (show(null), setDrag(null))}
            onPointerDown=${(/** @type {PointerEvent} */ event) => setDrag(at(event))}
            onPointerUp=${released}
            onKeyDown=${moved}
            onBlur=${() => show(null)}
          ></canvas>
          ${cell &&
          html`<div class="heatmap-hover" role="status" style=${placed(cell, rows, columns, width, shownHeight)}>
            <b>${rowLabel(cell.row)}</b> · ${columnLabel(cell.column)}<br />
            ${describe ? describe(cell.row, cell.column) : textOf(valueAt(cell.row, cell.column))}
          </div>`}
        </div>`}
  <//>`;
}

/** @param {{ levels: Level[] }} properties */
export function LevelLegend({ levels }) {
  return levels.map(
    ({ label, colour, glyph }) => html`<span key=${label} class="legend-entry">
      <i class="swatch" style=${{ background: `var(${colour})` }}></i>${glyph ? `${glyph} ` : ""}${label}
    </span>`,
  );
}

/** The scale of colours with its ends. @param {{ limits: [number, number], format: (value: number) => string }} properties */
function Scale({ limits, format }) {
  const canvas = useRef(/** @type {HTMLCanvasElement | null} */ (null));
  const scheme = colours.value;
  useEffect(() => {
    const element = /** @type {HTMLCanvasElement} */ (canvas.current);
    [element.width, element.height] = [256, 1];
    draw(element, { rows: 1, columns: 256, values: Float64Array.from({ length: 256 }, (_, index) => index), limits: [0, 255] });
  }, [scheme]);
  return html`<span class="scale">${format(limits[0])}<canvas ref=${canvas} aria-hidden="true"></canvas>${format(limits[1])}</span>`;
}

/** @typedef {{ key: unknown[], canvas: OffscreenCanvas | null }} Painted */

/** @param {HTMLCanvasElement} element @param {{ rows: number, columns: number, values: ArrayLike<number>, limits: [number, number], log?: boolean, levels?: Level[], small?: Painted }} grid */
function draw(element, { rows, columns, values, limits, log = false, levels, small = { key: [], canvas: null } }) {
  const context = /** @type {CanvasRenderingContext2D} */ (element.getContext("2d"));
  const byLevel = new Map(levels?.map(({ value, colour }) => [value, channelsOf(colourOf(colour))]));
  const key = [values, rows, columns, limits, log, levels, colours.value];
  if (!small.canvas || key.some((each, index) => each !== small.key[index])) {
    small.key = key;
    small.canvas = paint({ rows, columns, values, limits, log, levels, byLevel });
  }
  context.imageSmoothingEnabled = false;
  context.clearRect(0, 0, element.width, element.height);
  context.drawImage(small.canvas, 0, 0, element.width, element.height);
  if (levels) drawGlyphs(context, { rows, columns, values, levels, byLevel });
  // A line between cells, as long as they are large enough to be told apart.
  const [cellWidth, cellHeight] = [element.width / columns, element.height / rows];
  context.fillStyle = colourOf("--surface-1");
  if (cellWidth >= 6) for (let column = 1; column < columns; column += 1) context.fillRect(Math.round(column * cellWidth), 0, 1, element.height);
  if (cellHeight >= 6) for (let row = 1; row < rows; row += 1) context.fillRect(0, Math.round(row * cellHeight), element.width, 1);
}

/**
 * The cells as an image, a pixel each.
 *
 * @param {{ rows: number, columns: number, values: ArrayLike<number>, limits: [number, number], log: boolean, levels?: Level[], byLevel: Map<number, [number, number, number]> }} grid
 */
function paint({ rows, columns, values, limits, log, levels, byLevel }) {
  const image = new ImageData(columns, rows);
  const empty = channelsOf(colourOf("--surface-2"));
  const palette = levels ? new Uint8Array() : ramp(STOPS.map((name) => channelsOf(colourOf(name))));
  const scale = scaleOf(limits, log);
  for (let index = 0; index < rows * columns; index += 1) {
    const value = values[index];
    let [red, green, blue] = empty;
    if (levels) [red, green, blue] = byLevel.get(value) ?? empty;
    else if (!Number.isNaN(value) && value !== undefined) {
      const place = Math.round(scale(value) * 255) * 3;
      [red, green, blue] = [palette[place], palette[place + 1], palette[place + 2]];
    }
    const place = index * 4;
    image.data[place] = red;
    image.data[place + 1] = green;
    image.data[place + 2] = blue;
    image.data[place + 3] = 255;
  }
  const canvas = new OffscreenCanvas(columns, rows);
  /** @type {OffscreenCanvasRenderingContext2D} */ (canvas.getContext("2d")).putImageData(image, 0, 0);
  return canvas;
}

/**
 * Signs in cells that are large enough, so that levels are told apart without colour.
 *
 * @param {CanvasRenderingContext2D} context
 * @param {{ rows: number, columns: number, values: ArrayLike<number>, levels: Level[], byLevel: Map<number, [number, number, number]> }} grid
 */
function drawGlyphs(context, { rows, columns, values, levels, byLevel }) {
  const { width, height } = context.canvas;
  const [cellWidth, cellHeight] = [width / columns, height / rows];
  const size = Math.min(cellWidth, cellHeight, 18 * (window.devicePixelRatio || 1)) * 0.8;
  if (size < 9) return;
  const glyphs = new Map(levels.map(({ value, glyph }) => [value, glyph]));
  context.font = `${Math.round(size)}px sans-serif`;
  context.textAlign = "center";
  context.textBaseline = "middle";
  for (let index = 0; index < rows * columns; index += 1) {
    const glyph = glyphs.get(values[index]);
    if (!glyph) continue;
    const [red, green, blue] = byLevel.get(values[index]) ?? [0, 0, 0];
    context.fillStyle = red * 0.3 + green * 0.59 + blue * 0.11 > 140 ? "#000" : "#fff";
    context.fillText(glyph, ((index % columns) + 0.5) * cellWidth, (Math.floor(index / columns) + 0.5) * cellHeight);
  }
}

/** @param {HTMLCanvasElement} element @param {{ row: number, column: number }} cell @param {number} rows @param {number} columns */
function outline(element, { row, column }, rows, columns) {
  const context = /** @type {CanvasRenderingContext2D} */ (element.getContext("2d"));
  const [width, height] = [element.width / columns, element.height / rows];
  context.strokeStyle = colourOf("--text-1");
  context.lineWidth = 1;
  context.globalAlpha = 0.35;
  context.strokeRect(column * width, -1, width, element.height + 2);
  context.strokeRect(-1, row * height, element.width + 2, height);
  context.globalAlpha = 1;
  context.strokeRect(column * width, row * height, width, height);
}

/** @param {{ row: number, column: number }} cell @param {number} rows @param {number} columns @param {number} width @param {number} height */
function placed({ row, column }, rows, columns, width, height) {
  const [x, y] = [((column + 0.5) / columns) * width, ((row + 1) / rows) * height];
  return {
    ...(x < width / 2 ? { left: `${x + 8}px` } : { right: `${width - x + 8}px` }),
    ...(y < height * 0.7 ? { top: `${y + 8}px` } : { bottom: `${height - y + 24}px` }),
  };
}

/** @param {ArrayLike<number>} values @returns {[number, number]} */
function extent(values) {
  let most = 0;
  for (let index = 0; index < values.length; index += 1) if (values[index] > most) most = values[index];
  return [0, most || 1];
}
