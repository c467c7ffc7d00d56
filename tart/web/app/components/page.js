// @ts-check
/** A page and its parts. */

import { html } from "../html.js";

/** @param {{ title: any, question?: any, actions?: any, children?: any }} properties The question is what the page answers. */
export function Page({ title, question, actions, children }) {
  return html`<div class="page-inner">
    <header class="page-head">
      <h1>${title}</h1>
      ${question && html`<p class="page-question">${question}</p>`}
      ${actions && html`<div class="page-actions">${actions}</div>`}
    </header>
    ${children}
  </div>`;
}

/**
 * @param {{ title: any, note?: any, actions?: any, flush?: boolean, size?: "third" | "half" | "half first" | "two-thirds", level?: 2 | 3, children?: any }} properties
 *   A flush card has no padding, for tables.
 */
export function Card({ title, note, actions, flush = false, size, level = 2, children }) {
  return html`<section class=${`card ${size ?? ""}`}>
    <header class="card-head">
      ${level === 2 ? html`<h2>${title}</h2>` : html`<h3>${title}</h3>`}
      ${note && html`<span class="card-note">${note}</span>`}
      ${actions && html`<div class="card-actions">${actions}</div>`}
    </header>
    <div class=${`card-body ${flush ? "flush" : ""}`}>${children}</div>
  </section>`;
}
