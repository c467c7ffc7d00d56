// @ts-check
/** Points with intervals on an axis that all rows share. */

import { colourVariable } from "../core/implementations.js";
import { html } from "../html.js";
import { adoptStyles } from "./styles.js";
import styles from "./intervals.css" with { type: "text" };

adoptStyles(styles);

/**
 * A row of a list of intervals.
 *
 * @param {{ label: any, numbers: any[], sentence?: "beside" | "alone", children?: any }} properties
 *   The label is a `sentence` beside its interval, or without one.
 */
export function IntervalRow({ label, numbers, sentence, children }) {
  return html`<div role="listitem" class=${`intervals-row ${sentence ? "intervals-sentence" : ""}`} data-sentence=${sentence}>
    <span class="intervals-label">${label}</span>
    ${children}
    <span class="intervals-numbers">${numbers.map((text, index) => html`<span key=${index}>${text}</span>`)}</span>
  </div>`;
}

/**
 * An interval and points; places are from 0 to 1, and null where nothing is known.
 *
 * @param {{
 *   low: number | null,
 *   high: number | null,
 *   dots: { at: number | null, kind: string }[],
 *   label: string,
 *   zero?: number | null,
 *   colour?: string | null,
 *   strong?: boolean,
 * }} properties `zero` is the place of no difference, `colour` the implementation; `strong` marks
 *   what is significant.
 */
export function IntervalMark({ low, high, dots, label, zero = null, colour, strong = false }) {
  const place = (/** @type {number} */ at) => `${at * 100}%`;
  const paint = colour === undefined ? `var(${strong ? "--accent" : "--line-strong"})` : `var(${colourVariable(colour)})`;
  return html`<span class="interval" role="img" aria-label=${label} title=${label}>
    ${zero !== null && html`<i class="interval-zero" style=${{ insetInlineStart: place(zero) }}></i>`}
    ${low !== null && high !== null && html`<i class="interval-line" style=${{ insetInlineStart: place(low), width: place(Math.max(0, high - low)), background: paint }}></i>`}
    ${dots.map(({ at, kind }, index) => at !== null && html`<i key=${index} class="interval-dot" data-kind=${kind} style=${{ insetInlineStart: place(at), borderColor: paint, background: kind === "tail" ? "var(--surface-1)" : paint }}></i>`)}
  </span>`;
}
