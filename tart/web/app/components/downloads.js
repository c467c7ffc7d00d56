// @ts-check
/** What people take away: CSV files and copied tables. */

import { csvOf, tsvOf } from "../core/csv.js";
import { html } from "../html.js";
import { CopyButton } from "./basics.js";
import { Icon } from "./icons.js";

/** Save a text, or bytes, as a file. @param {string} name @param {BlobPart} text @param {string} [type] */
export function download(name, text, type = "text/csv") {
  const url = URL.createObjectURL(new Blob([text], { type: `${type};charset=utf-8` }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  document.body.append(link);
  link.click();
  link.remove();
  // The browser has its own copy once the download has begun.
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

/**
 * Show a chart as a table, and back, by "T". The focus goes to the button that does the same, since
 * what had it is replaced.
 *
 * @param {KeyboardEvent} event Of what holds the chart and its button.
 * @param {() => void} toggle
 */
export function toggledByKey(event, toggle) {
  if (event.key !== "T" || /** @type {HTMLElement} */ (event.target).closest("input, textarea, select")) return;
  toggle();
  /** @type {HTMLElement | null} */ (/** @type {HTMLElement} */ (event.currentTarget).querySelector(".as-table"))?.focus();
}

/**
 * Buttons that copy a table and save it as CSV.
 *
 * @param {{ name: string, table: () => { titles: string[], rows: unknown[][] } }} properties `name` is that of the file, without its ending.
 */
export function TableExport({ name, table }) {
  return html`
    <${CopyButton} label="Copy as a table" text=${() => tsvOf(table().titles, table().rows)} />
    <button
      type="button"
      class="button quiet small icon-only"
      aria-label="Save as CSV"
      title="Save as CSV"
      onClick=${() => download(`${name}.csv`, csvOf(table().titles, table().rows))}
    >
      <${Icon} name="download" />
    </button>
  `;
}
