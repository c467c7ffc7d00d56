// @ts-check
/** Tabs, choices of few, fields that filter. */

import { html } from "../html.js";
import { adoptStyles } from "./styles.js";
import styles from "./choices.css" with { type: "text" };

adoptStyles(styles);

/** @param {{ tabs: { id: string, label: any }[], selected: string, onSelect: (id: string) => void, label: string }} properties */
export function Tabs({ tabs, selected, onSelect, label }) {
  function move(/** @type {KeyboardEvent} */ event) {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const index = tabs.findIndex(({ id }) => id === selected);
    onSelect(tabs[(index + step + tabs.length) % tabs.length].id);
    const list = /** @type {HTMLElement} */ (event.currentTarget);
    requestAnimationFrame(() => /** @type {HTMLElement | null} */ (list.querySelector("[aria-selected=true]"))?.focus());
  }
  return html`<div class="tabs" role="tablist" aria-label=${label} onKeyDown=${move}>
    ${tabs.map(
      ({ id, label: text }) => html`<button
        key=${id}
        type="button"
        role="tab"
        class="tab"
        aria-selected=${id === selected}
        tabindex=${id === selected ? 0 : -1}
        onClick=${() => onSelect(id)}
      >
        ${text}
      </button>`,
    )}
  </div>`;
}

/** A choice of few. @param {{ choices: { id: string, label: any }[], selected: string, onSelect: (id: string) => void, label: string }} properties */
export function Segmented({ choices, selected, onSelect, label }) {
  return html`<div class="segmented" role="group" aria-label=${label}>
    ${choices.map(
      ({ id, label: text }) => html`<button key=${id} type="button" aria-pressed=${id === selected} onClick=${() => onSelect(id)}>
        ${text}
      </button>`,
    )}
  </div>`;
}

/** A field that filters what is below it. @param {{ value: string, onInput: (text: string) => void, label: string }} properties */
export function SearchBox({ value, onInput, label }) {
  return html`<input
    class="input"
    type="search"
    value=${value}
    placeholder=${label}
    aria-label=${label}
    spellcheck="false"
    autocomplete="off"
    onInput=${(/** @type {any} */ event) => onInput(event.currentTarget.value)}
  />`;
}
