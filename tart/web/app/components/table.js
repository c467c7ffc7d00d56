// @ts-check
/**
 * A table of many rows. Only those on the screen are drawn; all can be sorted, opened by keyboard,
 * copied, and saved.
 */

import { Component } from "preact";
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";

import { number } from "../core/format.js";
import { grouped, GroupHead, inOrderOf, readSort, sorted } from "../core/sorting.js";
import { windowOfRows } from "../core/window_of_rows.js";
import { html } from "../html.js";
import { location, setParameters } from "../state/location.js";
import { narrow } from "../state/preferences.js";
import { TableExport } from "./downloads.js";
import { Icon } from "./icons.js";

const ROW_HEIGHT = 32;

/**
 * @template Row
 * @typedef {object} Column
 * @property {string} id
 * @property {any} title
 * @property {(row: Row) => unknown} value For order and CSV.
 * @property {(row: Row) => unknown} [saved] For CSV, where `value` is of use for the order alone.
 * @property {(row: Row) => any} [cell] What is shown; `value` by default.
 * @property {boolean} [end] Whether it is aligned to the end, as numbers are.
 * @property {string} [help] Explains the title.
 * @property {1 | 2 | 3} [rank] The three columns with a rank are those of a narrow window.
 * @property {boolean} [unsorted] Whether rows cannot be sorted by it.
 * @property {string} [className]
 */

/**
 * @param {{
 *   columns: Column<any>[],
 *   rows: readonly any[],
 *   rowKey: (row: any) => string | number,
 *   caption: string,
 *   sort?: string,
 *   sortParameter?: string,
 *   onOpen?: (row: any) => void,
 *   pinned?: (row: any) => boolean,
 *   onPin?: (row: any) => void,
 *   csv?: string,
 *   tools?: any,
 *   height?: number | string,
 *   empty?: any,
 *   rowState?: (row: any) => string | undefined,
 *   expanded?: (row: any) => any,
 *   onEnd?: () => void,
 *   headless?: boolean,
 *   steady?: boolean,
 *   groupOf?: (row: any) => string,
 *   groupHead?: (name: string, count: number) => any,
 * }} properties `caption` names the table for screen readers. `sort` is the column of the first
 *   order, with "-" before it for descending; the address has another as `sortParameter`; without
 *   `sort` rows stay in their order. Pinned rows stand first. `csv` is the name of the saved file.
 *   `tools` stand above the table. `height` is the most of the scrolled part, in pixels. `expanded`
 *   gives what is shown below a row, if anything. `onEnd` is called when the end comes near.
 *   The rows of a `steady` table stay in their places while the pointer is over it. `groupOf` names
 *   the group of a row: groups stand below heads, in the order of their names.
 */
export function Table({
  columns,
  rows,
  rowKey,
  caption,
  sort = "",
  sortParameter = "sort",
  onOpen,
  pinned,
  onPin,
  csv,
  tools,
  height = 480,
  empty = "No rows.",
  rowState,
  expanded,
  onEnd,
  steady = false,
  groupOf,
  groupHead,
}) {
  const small = narrow.value;
  const shown = useMemo(() => (small ? ranked(columns) : columns), [columns, small]);
  const order = readSort(sort && location.value.parameters[sortParameter], sort);
  const column = columns.find(({ id }) => id === order.by);
  const [hovered, setHovered] = useState(false);
  const held = useRef({ order: "", keys: /** @type {(string | number)[]} */ ([]) });
  const ordered = useMemo(() => {
    const all = column ? sorted(rows, column.value, order.descending) : [...rows];
    const free = pinned ? [...all.filter(pinned), ...all.filter((row) => !pinned(row))] : all;
    const name = `${order.by} ${order.descending}`;
    if (steady && hovered && held.current.order === name) return inOrderOf(free, held.current.keys, rowKey);
    if (steady) held.current = { order: name, keys: free.map(rowKey) };
    return free;
  }, [rows, column, order.descending, pinned, hovered]);
  /** Rows, with the heads of their groups. @type {any[]} */
  const items = useMemo(() => (groupOf ? grouped(ordered, groupOf) : ordered), [ordered, groupOf]);

  const scroller = useRef(/** @type {HTMLElement | null} */ (null));
  const [view, setView] = useState({ top: 0, height: typeof height === "number" ? height : 800 });
  const [active, setActive] = useState(-1);
  const activeKey = useRef(/** @type {string | number | null} */ (null));
  // Rows of different heights cannot be left out by arithmetic.
  const whole = Boolean(expanded) && items.length <= 2000;
  const [first, last] = whole ? [0, items.length] : windowOfRows(items.length, ROW_HEIGHT, view.top, view.height);

  useLayoutEffect(() => {
    const element = scroller.current;
    if (!element) return undefined;
    const observer = new ResizeObserver(() => setView((old) => ({ ...old, height: element.clientHeight })));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);

  useEffect(() => {
    if (onEnd && last >= items.length - 10) onEnd();
  }, [last, items.length]);

  // The cursor is on a row, not on a place: it goes where the row is pinned or sorted to.
  useLayoutEffect(() => {
    const at = activeKey.current === null ? -1 : items.findIndex((item) => keyOf(item) === activeKey.current);
    if (at >= 0) setActive(at);
  }, [items]);

  /** @param {any} item */
  function keyOf(item) {
    return item === undefined || item instanceof GroupHead ? null : rowKey(item);
  }

  function scrolled() {
    const element = /** @type {HTMLElement} */ (scroller.current);
    setView({ top: element.scrollTop, height: element.clientHeight });
  }

  function activate(/** @type {number} */ index) {
    const next = Math.max(0, Math.min(items.length - 1, index));
    setActive(next);
    activeKey.current = keyOf(items[next]);
    const element = /** @type {HTMLElement} */ (scroller.current);
    const [top, bottom] = [next * ROW_HEIGHT, (next + 2) * ROW_HEIGHT];
    if (top < element.scrollTop) element.scrollTop = top;
    else if (bottom > element.scrollTop + element.clientHeight) element.scrollTop = bottom - element.clientHeight;
  }

  function pressed(/** @type {KeyboardEvent} */ event) {
    if (event.target !== event.currentTarget || event.ctrlKey || event.metaKey || event.altKey) return;
    const page = Math.max(1, Math.floor(view.height / ROW_HEIGHT) - 2);
    /** @type {Record<string, number>} */
    const steps = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1, PageDown: page, PageUp: -page };
    const row = items[active] instanceof GroupHead ? undefined : items[active];
    if (event.key in steps) activate(active + steps[event.key]);
    else if (event.key === "Home") activate(0);
    else if (event.key === "End") activate(items.length - 1);
    else if (event.key === "Enter" && row && onOpen) onOpen(row);
    else if (event.key === "x" && row && onPin) onPin(row);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  function sortBy(/** @type {Column<any>} */ { id }) {
    const turned = order.by === id && !order.descending;
    setParameters({ [sortParameter]: turned ? `-${id}` : id });
  }

  function opened(/** @type {MouseEvent} */ event, /** @type {any} */ row, /** @type {number} */ index) {
    setActive(index);
    activeKey.current = rowKey(row);
    const target = /** @type {HTMLElement} */ (event.target);
    const selecting = String(window.getSelection?.() ?? "") !== "";
    if (onOpen && !selecting && !target.closest("a, button, input, select, label")) onOpen(row);
  }

  const name = `row-${caption.replace(/\W+/g, "-")}`;
  const table = () => ({
    // A title that several columns have names none.
    titles: columns.map(({ id, title }) => (typeof title === "string" && columns.filter((each) => each.title === title).length === 1 ? title : id)),
    rows: ordered.map((row) => columns.map(({ value, saved = value }) => saved(row))),
  });

  return html`<div class="table-box">
    ${(tools || csv) &&
    html`<div class="table-tools">
      ${tools}
      ${csv && html`<span class="row-of end" style=${{ marginInlineStart: "auto" }}><${TableExport} name=${csv} table=${table} /></span>`}
    </div>`}
    <div
      class="table-scroll"
      ref=${scroller}
      onScroll=${scrolled}
      onPointerEnter=${steady ? () => setHovered(true) : undefined}
      onPointerLeave=${steady ? () => setHovered(false) : undefined}
      style=${{ maxHeight: typeof height === "number" ? `${height}px` : height }}
    >
      <table
        class="table"
        role="grid"
        aria-label=${caption}
        aria-rowcount=${items.length + 1}
        aria-activedescendant=${active >= first && active < last ? `${name}-${active}` : undefined}
        tabindex="0"
        onKeyDown=${pressed}
      >
        <thead>
          <tr aria-rowindex="1">
            ${shown.map(
              (each) => html`<th
                key=${each.id}
                scope="col"
                class=${each.end ? "end" : ""}
                title=${each.help}
                aria-sort=${sort && order.by === each.id ? (order.descending ? "descending" : "ascending") : undefined}
              >
                ${sort && !each.unsorted
                  ? html`<button type="button" onClick=${() => sortBy(each)}>
                      ${each.title}
                      ${order.by === each.id && html`<${Icon} name=${order.descending ? "down" : "up"} />`}
                    </button>`
                  : each.title}
              </th>`,
            )}
          </tr>
        </thead>
        <tbody>
          ${first > 0 && html`<tr class="gap" aria-hidden="true"><td colspan=${shown.length} style=${{ height: `${first * ROW_HEIGHT}px` }}></td></tr>`}
          ${items.slice(first, last).map((row, offset) => {
            const index = first + offset;
            if (row instanceof GroupHead) {
              return html`<tr key=${`group ${row.name}`} class="group" aria-rowindex=${index + 2}>
                <th scope="rowgroup" colspan=${shown.length}>${groupHead ? groupHead(row.name, row.count) : row.name}</th>
              </tr>`;
            }
            const below = expanded?.(row);
            const key = rowKey(row);
            return html`
              <${TableRow}
                key=${key}
                name=${`${name}-${index}`}
                rowKey=${key}
                row=${row}
                index=${index}
                active=${index === active}
                columns=${shown}
                state=${rowState?.(row)}
                opens=${Boolean(onOpen)}
                onClick=${(/** @type {MouseEvent} */ event) => opened(event, row, index)}
              />
              ${below && html`<tr key=${`${key}-below`} class="below"><td colspan=${shown.length}>${below}</td></tr>`}
            `;
          })}
          ${last < items.length &&
          html`<tr class="gap" aria-hidden="true"><td colspan=${shown.length} style=${{ height: `${(items.length - last) * ROW_HEIGHT}px` }}></td></tr>`}
        </tbody>
      </table>
      ${ordered.length === 0 && html`<div class="table-empty">${empty}</div>`}
    </div>
  </div>`;
}

/** What a row is drawn from; it is not drawn again while these are the same, however far one scrolls. */
const DRAWN = /** @type {const} */ (["row", "index", "active", "columns", "state", "opens", "name"]);

/** One row. Its cells may read signals. */
class TableRow extends Component {
  /** @param {any} next @param {any} state Another one if a signal has changed that a cell has read. */
  shouldComponentUpdate(next, state) {
    const drawn = /** @type {any} */ (this.props);
    return state !== this.state || DRAWN.some((name) => next[name] !== drawn[name]);
  }

  render() {
    const { name, rowKey, row, index, active, columns, state, opens } = /** @type {any} */ (this.props);
    return html`<tr
      id=${name}
      aria-rowindex=${index + 2}
      aria-selected=${active ? "true" : "false"}
      data-key=${rowKey}
      data-state=${state}
      data-opens=${opens ? "" : undefined}
      onClick=${(/** @type {MouseEvent} */ event) => /** @type {any} */ (this.props).onClick(event)}
    >
      ${columns.map(
        (/** @type {Column<any>} */ { id, cell, value, end, className }) => html`<td key=${id} class=${`${end ? "end" : ""} ${className ?? ""}`} data-column=${id}>
          ${cell ? cell(row) : plain(value(row))}
        </td>`,
      )}
    </tr>`;
  }
}

/** @param {unknown} value */
function plain(value) {
  if (value === null || value === undefined) return html`<span class="muted">—</span>`;
  return typeof value === "number" ? number(value, 2) : String(value);
}

/** The columns of a narrow window. @param {Column<any>[]} columns */
function ranked(columns) {
  const chosen = columns.filter(({ rank }) => rank).sort((a, b) => Number(a.rank) - Number(b.rank));
  return chosen.length ? chosen : columns.slice(0, 3);
}
