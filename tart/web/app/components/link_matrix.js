// @ts-check
/** Who sends to whom: a cell for each pair of nodes, senders in rows. */

import { useEffect, useMemo, useRef, useState } from "preact/hooks";

import { number, shortNode } from "../core/format.js";
import { channelsOf, ramp } from "../core/heat.js";
import { colourVariable } from "../core/implementations.js";
import { bandsOf, matrixOf, messagesBetween } from "../core/topology.js";
import { html } from "../html.js";
import { colourOf, colours } from "../state/preferences.js";

const STOPS = ["--heat-1", "--heat-2", "--heat-3", "--heat-4", "--heat-5"];
/** Width of the margins that show implementations, in pixels. */
const MARGIN = 8;

/**
 * @param {{ links: import("../core/topology.js").Links["links"], nodes: import("../core/topology.js").LinkedNode[], selected: number | undefined, onSelect: (index: number) => void, what: string }} properties
 *   `nodes` are in the order of rows and columns; `selected` and what `onSelect` gets are indices
 *   of the answer.
 */
export function LinkMatrix({ links, nodes, selected, onSelect, what }) {
  const canvas = useRef(/** @type {HTMLCanvasElement | null} */ (null));
  const [cell, setCell] = useState(/** @type {{ row: number, column: number } | null} */ (null));
  const [width, setWidth] = useState(0);
  const scheme = colours.value;
  const matrix = useMemo(() => matrixOf(links, nodes), [links, nodes]);
  const bands = useMemo(() => bandsOf(nodes), [nodes]);
  const image = useMemo(() => paint(matrix), [matrix, scheme]);
  const { size } = matrix;

  useEffect(() => {
    const element = /** @type {HTMLCanvasElement} */ (canvas.current);
    const observer = new ResizeObserver(() => setWidth(element.clientWidth));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);

  useEffect(() => {
    const element = canvas.current;
    if (!element || !width || !size) return;
    const ratio = window.devicePixelRatio || 1;
    element.width = element.height = Math.round(width * ratio);
    const context = /** @type {CanvasRenderingContext2D} */ (element.getContext("2d"));
    const inset = MARGIN * ratio;
    const side = element.width - inset;
    context.imageSmoothingEnabled = side < size;
    context.drawImage(image, inset, inset, side, side);
    for (const { name, from, to } of bands) {
      context.fillStyle = colourOf(colourVariable(name));
      const [start, length] = [inset + (from / size) * side, ((to - from) / size) * side];
      context.fillRect(start, 0, length - ratio, inset - 2 * ratio);
      context.fillRect(0, start, inset - 2 * ratio, length - ratio);
    }
    const chosen = nodes.findIndex(({ index }) => index === selected);
    for (const place of [chosen]) if (place >= 0) lines(context, place, place, 0.9);
    if (cell) lines(context, cell.row, cell.column, 0.4);

    function lines(/** @type {CanvasRenderingContext2D} */ target, /** @type {number} */ row, /** @type {number} */ column, /** @type {number} */ alpha) {
      const step = side / size;
      target.strokeStyle = colourOf("--text-1");
      target.globalAlpha = alpha;
      target.strokeRect(inset + column * step, inset, Math.max(step, 1), side);
      target.strokeRect(inset, inset + row * step, side, Math.max(step, 1));
      target.globalAlpha = 1;
    }
  }, [image, width, bands, cell, selected, nodes]);

  function at(/** @type {PointerEvent} */ event) {
    const box = /** @type {HTMLElement} */ (event.currentTarget).getBoundingClientRect();
    const side = box.width - MARGIN;
    const column = Math.floor(((event.clientX - box.left - MARGIN) / side) * size);
    const row = Math.floor(((event.clientY - box.top - MARGIN) / side) * size);
    return row >= 0 && row < size && column >= 0 && column < size ? { row, column } : null;
  }

  function pressed(/** @type {KeyboardEvent} */ event) {
    /** @type {Record<string, [number, number]>} */
    const steps = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
    if (event.key === "Enter" && cell) onSelect(nodes[cell.row].index);
    else if (event.key in steps) {
      const [down, right] = steps[event.key];
      const from = cell ?? { row: 0, column: 0 };
      const within = (/** @type {number} */ place) => Math.max(0, Math.min(size - 1, place));
      setCell({ row: within(from.row + down), column: within(from.column + right) });
    } else return;
    event.preventDefault();
  }

  const count = cell ? messagesBetween(links, nodes[cell.row].index, nodes[cell.column].index) : 0;
  return html`<div class="link-matrix">
    <canvas
      ref=${canvas}
      tabindex="0"
      role="img"
      aria-label=${`${what} between ${size} nodes, senders in rows. Arrow keys read the cells; the table has all links.`}
      onPointerMove=${(/** @type {PointerEvent} */ event) => setCell(at(event))}
      onPointerLeave=${() => setCell(null)}
      onClick=${(/** @type {any} */ event) => {
        const found = at(event);
        if (found) onSelect(nodes[found.row].index);
      }}
      onKeyDown=${pressed}
      onBlur=${() => setCell(null)}
    ></canvas>
    <p class="link-matrix-cell muted" role="status">
      ${cell
        ? html`<span class="mono">${shortNode(nodes[cell.row].node_id)}</span> → <span class="mono">${shortNode(nodes[cell.column].node_id)}</span>: ${count ? `${number(count)} ${what}` : "none"}`
        : "Rows send, columns receive. Click a row for its neighbours."}
    </p>
  </div>`;
}

/** @param {{ cells: Uint8Array, size: number }} matrix */
function paint({ cells, size }) {
  const surface = new OffscreenCanvas(Math.max(size, 1), Math.max(size, 1));
  const context = /** @type {OffscreenCanvasRenderingContext2D} */ (surface.getContext("2d"));
  const palette = ramp(STOPS.map((name) => channelsOf(colourOf(name))));
  const [red, green, blue] = channelsOf(colourOf("--surface-2"));
  const words = new Uint32Array(256);
  words[0] = packed(red, green, blue);
  for (let level = 1; level < 256; level += 1) words[level] = packed(palette[level * 3], palette[level * 3 + 1], palette[level * 3 + 2]);
  const image = new ImageData(surface.width, surface.height);
  const pixels = new Uint32Array(image.data.buffer);
  for (let index = 0; index < cells.length; index += 1) pixels[index] = words[cells[index]];
  context.putImageData(image, 0, 0);
  return surface;
}

/** A pixel as ImageData has it on a little-endian machine, as all browsers' are. @param {number} red @param {number} green @param {number} blue */
function packed(red, green, blue) {
  return ((255 << 24) | (blue << 16) | (green << 8) | red) >>> 0;
}
