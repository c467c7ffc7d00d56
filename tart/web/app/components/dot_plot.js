// @ts-check
/** Points on an axis: one for each node. A part of the axis can be selected by dragging. */

import { useEffect, useMemo, useRef, useState } from "preact/hooks";

import { axisOf, marksOf, placeOf, valueAt } from "../core/dots.js";
import { duration } from "../core/format.js";
import { html } from "../html.js";
import { ChartFigure } from "./chart_figure.js";
import { Table } from "./table.js";
import { adoptStyles } from "./styles.js";
import styles from "./dot_plot.css" with { type: "text" };

adoptStyles(styles);

/**
 * @typedef {object} Dot
 * @property {string} id
 * @property {number} x
 * @property {number} y 0 is the bottom, 1 the top.
 * @property {number} [place] Of the colour of its implementation.
 * @property {string} text What is said of it.
 */

const LEFT = 64;
const RIGHT = 12;
const TOP = 8;
const BOTTOM = 22;

/**
 * @param {{
 *   title: string,
 *   dots: Dot[],
 *   marks: { y: number, label: any }[],
 *   log?: boolean,
 *   height?: number,
 *   left?: number,
 *   format?: (value: number) => string,
 *   xTitle?: string,
 *   columns: import("./table.js").Column<Dot>[],
 *   step?: boolean,
 *   selected?: [number, number] | null,
 *   onSelect?: (range: [number, number] | null) => void,
 *   onOpen?: (dot: Dot) => void,
 *   actions?: any,
 *   legend?: any,
 * }} properties `marks` are the lines of the other axis. `step` joins the points by a line.
 *   `selected` is the part of the axis that was dragged over. `columns` are those of the table.
 */
export function DotPlot({
  title,
  dots,
  marks,
  log = false,
  height = 240,
  left = LEFT,
  format = duration,
  xTitle = "ms",
  columns,
  step = false,
  selected = null,
  onSelect,
  onOpen,
  actions,
  legend,
}) {
  const root = useRef(/** @type {HTMLElement | null} */ (null));
  const [width, setWidth] = useState(0);
  const [active, setActive] = useState(/** @type {number | null} */ (null));
  const [drag, setDrag] = useState(/** @type {[number, number] | null} */ (null));
  const [asTable, setAsTable] = useState(false);
  const ordered = useMemo(() => [...dots].sort((a, b) => a.x - b.x), [dots]);
  const axis = useMemo(() => axisOf(ordered.map(({ x }) => x), log), [ordered, log]);

  useEffect(() => {
    const element = root.current;
    if (!element) return undefined;
    const observer = new ResizeObserver(() => setWidth(element.clientWidth));
    observer.observe(element);
    return () => observer.disconnect();
  }, [asTable]);

  const [innerWidth, innerHeight] = [Math.max(1, width - left - RIGHT), height - TOP - BOTTOM];
  const xOf = (/** @type {number} */ value) => left + innerWidth * placeOf(value, axis);
  const yOf = (/** @type {number} */ y) => TOP + innerHeight * (1 - y);

  function placeAt(/** @type {PointerEvent} */ event) {
    const box = /** @type {HTMLElement} */ (root.current).getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  }

  function moved(/** @type {PointerEvent} */ event) {
    const { x, y } = placeAt(event);
    if (drag) setDrag([drag[0], x]);
    let [nearest, distance] = [/** @type {number | null} */ (null), 400];
    ordered.forEach((dot, index) => {
      const away = (xOf(dot.x) - x) ** 2 + (yOf(dot.y) - y) ** 2;
      if (away < distance) [nearest, distance] = [index, away];
    });
    setActive(nearest);
  }

  function released() {
    if (!drag) return;
    const [from, to] = [Math.min(...drag), Math.max(...drag)];
    setDrag(null);
    if (to - from < 4) {
      if (active !== null) onOpen?.(ordered[active]);
      else onSelect?.(null);
      return;
    }
    const at = (/** @type {number} */ x) => valueAt(Math.min(1, Math.max(0, (x - left) / innerWidth)), axis);
    // What is dragged to the beginning includes all before it.
    onSelect?.([from <= left ? Math.min(axis.low, ordered[0]?.x ?? 0) : at(from), at(to)]);
  }

  function pressed(/** @type {KeyboardEvent} */ event) {
    const move = { ArrowLeft: -1, ArrowRight: 1, Home: -ordered.length, End: ordered.length }[event.key];
    if (event.key === "Enter" && active !== null) onOpen?.(ordered[active]);
    else if (event.key === "Escape" && selected) onSelect?.(null);
    else if (move && ordered.length) setActive(Math.max(0, Math.min(ordered.length - 1, (active ?? (move > 0 ? -1 : ordered.length)) + move)));
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  const shown = active !== null && active < ordered.length ? ordered[active] : null;
  const brushed = drag ? /** @type {[number, number]} */ ([Math.min(...drag), Math.max(...drag)]) : selected && [xOf(selected[0]), xOf(selected[1])];
  return html`<${ChartFigure}
    title=${title}
    dots=${dots.length}
    legend=${legend}
    actions=${actions}
    table=${() => ({ titles: columns.map(({ id }) => id), rows: ordered.map((dot) => columns.map(({ value }) => value(dot))) })}
    asTable=${asTable}
    onToggle=${() => setAsTable(!asTable)}
  >
    ${asTable
      ? html`<${Table} caption=${title} height=${Math.max(240, height)} rows=${ordered} rowKey=${(/** @type {Dot} */ dot) => dot.id} columns=${columns} onOpen=${onOpen} />`
      : html`<div
          class="dot-plot"
          ref=${root}
          tabindex="0"
          role="img"
          aria-label=${`${title}: ${dots.length} points. Arrow keys read them; the table has all.`}
          style=${{ height: `${height}px`, touchAction: onSelect ? "pan-y" : "auto" }}
          onKeyDown=${pressed}
          onPointerMove=${moved}
          onPointerLeave=${() => (setActive(null), setDrag(null))}
          onPointerDown=${(/** @type {PointerEvent} */ event) => setDrag([placeAt(event).x, placeAt(event).x])}
          onPointerUp=${released}
          onBlur=${() => setActive(null)}
        >
          <svg width=${width} height=${height} aria-hidden="true">
            ${marks.map(
              ({ y, label }, index) => html`<g key=${index}>
                <line class="dot-line" x1=${left} x2=${width - RIGHT} y1=${yOf(y)} y2=${yOf(y)} />
                <text class="dot-label" x=${left - 6} y=${yOf(y) + 4} text-anchor="end">${label}</text>
              </g>`,
            )}
            ${marksOf(axis, innerWidth / 110)
              .filter((value, index, all) => index === 0 || xOf(value) - xOf(all[index - 1]) > 40 || !log)
              .map(
                (value) => html`<g key=${value}>
                  <line class="dot-line" x1=${xOf(value)} x2=${xOf(value)} y1=${TOP} y2=${height - BOTTOM} />
                  <text class="dot-label" x=${xOf(value)} y=${height - 6} text-anchor="middle">${format(value)}</text>
                </g>`,
              )}
            ${brushed && html`<rect class="dot-brush" x=${brushed[0]} y=${TOP} width=${Math.max(1, brushed[1] - brushed[0])} height=${innerHeight} />`}
            ${step && ordered.length > 1 && html`<path class="dot-step" d=${stepPath(ordered, xOf, yOf)} />`}
            ${ordered.map(
              (dot, index) => html`<circle
                key=${dot.id}
                class="dot"
                data-place=${dot.place}
                data-active=${index === active ? "" : undefined}
                cx=${xOf(dot.x)}
                cy=${yOf(dot.y)}
                r=${index === active ? 5 : ordered.length > 300 ? 2 : 3.5}
              />`,
            )}
          </svg>
          ${shown &&
          html`<div class="heatmap-hover" role="status" style=${hover(xOf(shown.x), yOf(shown.y), width)}>${shown.text}</div>`}
        </div>`}
    <span class="visually-hidden">${xTitle}</span>
  <//>`;
}

/** @param {Dot[]} dots @param {(value: number) => number} xOf @param {(value: number) => number} yOf */
function stepPath(dots, xOf, yOf) {
  const points = dots.map(({ x, y }, index) => (index ? `H${xOf(x).toFixed(1)}V${yOf(y).toFixed(1)}` : `M${xOf(x).toFixed(1)} ${yOf(y).toFixed(1)}`));
  return points.join("");
}

/** @param {number} x @param {number} y @param {number} width */
function hover(x, y, width) {
  return { top: `${y + 10}px`, ...(x < width / 2 ? { left: `${x + 10}px` } : { right: `${width - x + 10}px` }) };
}
