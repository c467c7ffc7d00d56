// @ts-check
/** All keys. */

import { html } from "../html.js";
import { PAGES } from "../pages/index.js";
import { Dialog } from "./menu.js";

const KEYS = [
  ["/", "search"],
  ["Ctrl K", "search, from anywhere"],
  ["?", "this list"],
  ["j k", "next, previous row"],
  ["Enter", "open the row or cell"],
  ["x", "pin the row"],
  ["Esc", "close, or go back"],
  ["p", "pause, or follow the present"],
  ["[ ]", "half the time range earlier, later"],
  ["c", "compare with the range before"],
  ["y", "copy the address of this view"],
  ["T", "show the chart in focus as a table"],
];

/** @param {{ onClose: () => void }} properties */
export function HelpDialog({ onClose }) {
  const pages = PAGES.filter(({ key }) => key);
  return html`<${Dialog} title="Keys" onClose=${onClose}>
    <div class="row-of" style=${{ alignItems: "start", gap: "32px" }}>
      <${Keys} rows=${KEYS} />
      <${Keys} rows=${pages.map(({ key, title }) => [`g ${key}`, title])} />
    </div>
  <//>`;
}

/** @param {{ rows: any[] }} properties */
function Keys({ rows }) {
  return html`<dl class="pairs">
    ${rows.map(([keys, text]) => [
      html`<dt key=${keys}>${keys.split(" ").map((/** @type {string} */ key) => html`<kbd key=${key}>${key}</kbd> `)}</dt>`,
      html`<dd key=${text}>${text}</dd>`,
    ])}
  </dl>`;
}
