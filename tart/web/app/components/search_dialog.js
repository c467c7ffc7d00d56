// @ts-check
/** Search: what a text names, and where it leads. */

import { useState } from "preact/hooks";

import { html } from "../html.js";
import { PAGES } from "../pages/index.js";
import { go } from "../state/location.js";
import { Dialog } from "./menu.js";

/** @param {{ onClose: () => void }} properties */
export function SearchDialog({ onClose }) {
  const [text, setText] = useState("");
  const results = PAGES.filter(({ icon, title }) => icon && title.toLowerCase().includes(text.trim().toLowerCase()));
  function open(/** @type {SubmitEvent} */ event) {
    event.preventDefault();
    if (results.length) go(results[0].path);
    onClose();
  }
  return html`<${Dialog} title="Search" bare onClose=${onClose}>
    <form onSubmit=${open}>
      <input
        class="input search-input"
        type="search"
        value=${text}
        autofocus
        placeholder="Page"
        aria-label="Search"
        onInput=${(/** @type {any} */ event) => setText(event.currentTarget.value)}
      />
    </form>
    <ul>
      ${results.map(
        ({ path, title }) => html`<li key=${path}>
          <button type="button" class="menu-entry" onClick=${() => (go(path), onClose())}>${title}</button>
        </li>`,
      )}
    </ul>
  <//>`;
}
