// @ts-check
/** A number with its name, and lines as small as words. */

import { change } from "../core/format.js";
import { sparkPath } from "../core/spark.js";
import { html } from "../html.js";

/**
 * @param {{ label: any, value: any, unit?: any, note?: any, before?: any, state?: import("./basics.js").StateName, spark?: (number | null)[], title?: string, id?: string }} properties
 *   `value` is text of core/format.js, `before` that of the earlier range, with the change since.
 */
export function Figure({ label, value, unit, note, before, state, spark, title, id }) {
  const changed = change(value, before);
  return html`<div class="figure" data-state=${state} data-figure=${id}>
    <dt>
      <span>${label}</span>
      ${note && html`<span class="figure-note">${note}</span>`}
      ${before !== undefined && before !== null && html`<span class="figure-note">before: ${before}${changed && html` <b>(${changed})</b>`}</span>`}
    </dt>
    <dd title=${title}>
      <span>${value}</span>
      ${unit && html`<span class="figure-unit">${unit}</span>`}
      ${spark && html`<${Spark} values=${spark} />`}
    </dd>
  </div>`;
}

/** @param {{ children?: any, large?: boolean }} properties */
export function Figures({ children, large = false }) {
  return html`<dl class=${`figures ${large ? "large" : ""}`}>${children}</dl>`;
}

/** A line without axes, for a trend. @param {{ values: (number | null)[], label?: string }} properties */
export function Spark({ values, label }) {
  return html`<svg
    class="spark"
    viewBox="0 0 72 18"
    preserveAspectRatio="none"
    role=${label ? "img" : undefined}
    aria-label=${label}
    aria-hidden=${label ? undefined : "true"}
  >
    <path d=${sparkPath(values, 72, 18)} vector-effect="non-scaling-stroke" />
  </svg>`;
}

/**
 * Bars of one measure, longest 100 %.
 *
 * @param {{ rows: { label: any, value: number, text?: any, state?: string, title?: string }[], label: string, most?: number }} properties `most` is
 *   the value of a full bar, where that is not the longest.
 */
export function Bars({ rows, label, most = Math.max(...rows.map(({ value }) => value), 0) || 1 }) {
  return html`<div class="bars" role="list" aria-label=${label}>
    ${rows.map(
      (row, index) => html`<div key=${index} role="listitem" class="bars-row" style=${{ display: "contents" }}>
        <span class="nowrap">${row.label}</span>
        <span class="bar-track" title=${row.title}>
          <span
            class="bar-fill"
            data-state=${row.state}
            style=${{ display: "block", width: `${(100 * row.value) / most}%` }}
          ></span>
        </span>
        <span class="end nowrap">${row.text ?? row.value}</span>
      </div>`,
    )}
  </div>`;
}
