// @ts-check
/** The frame of every chart: legend, buttons, and the chart or its table. */

import { html } from "../html.js";
import { TableExport, toggledByKey } from "./downloads.js";
import { Icon } from "./icons.js";

/**
 * @param {{
 *   title: string,
 *   legend?: any,
 *   actions?: any,
 *   kind?: "chart" | "grid" | "strip",
 *   name?: string,
 *   table: () => { titles: string[], rows: unknown[][] },
 *   asTable: boolean,
 *   onToggle: () => void,
 *   dots?: number,
 *   children?: any,
 * }} properties `kind` is the word for what the children are unless `asTable`. `name` is that of the
 *   saved file, `table` its contents.
 */
export function ChartFigure({
  title,
  legend,
  actions,
  kind = "chart",
  name = title.replace(/\W+/g, "-").toLowerCase(),
  table,
  asTable,
  onToggle,
  dots,
  children,
}) {
  const label = asTable ? `Show as a ${kind}` : "Show as a table";
  return html`<figure
    class="chart"
    role="figure"
    aria-label=${title}
    data-figure-chart=${title}
    data-dots=${dots}
    onKeyDown=${(/** @type {KeyboardEvent} */ event) => toggledByKey(event, onToggle)}
  >
    <div class="chart-legend">
      ${legend}
      <span class="card-actions">
        ${actions}
        <button
          type="button"
          class="button quiet small icon-only as-table"
          aria-pressed=${asTable}
          aria-label=${label}
          title=${`${label} (T)`}
          onClick=${onToggle}
        >
          <${Icon} name=${asTable ? (kind === "grid" ? "cores" : "chart") : "table"} />
        </button>
        <${TableExport} name=${name} table=${table} />
      </span>
    </div>
    ${children}
  </figure>`;
}
