// @ts-check
/** Menus and dialogs: what opens. */

import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";

import { html } from "../html.js";
import { Icon } from "./icons.js";

/**
 * A button that opens a list.
 *
 * @param {{ label: any, title?: string, icon?: string, quiet?: boolean, small?: boolean, start?: boolean, entries: { label: any, onClick?: () => void, href?: string, checked?: boolean, key?: string }[] }} properties
 *   Entries with `checked` leave the menu open.
 */
export function Menu({ label, title, icon, quiet = true, small = false, start = false, entries }) {
  const [open, setOpen] = useState(false);
  const root = useRef(/** @type {HTMLElement | null} */ (null));
  useOutside(root, open, () => setOpen(false));

  function move(/** @type {KeyboardEvent} */ event) {
    const items = [...(root.current?.querySelectorAll("[role^=menuitem]") ?? [])];
    const index = items.indexOf(/** @type {Element} */ (document.activeElement));
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      event.preventDefault();
      /** @type {HTMLElement} */ (items[(index + step + items.length) % items.length])?.focus();
    } else if (event.key === "Escape") {
      event.stopPropagation();
      setOpen(false);
      /** @type {HTMLElement | null | undefined} */ (root.current?.querySelector("button"))?.focus();
    }
  }

  useEffect(() => {
    if (open) /** @type {HTMLElement | null | undefined} */ (root.current?.querySelector("[role^=menuitem]"))?.focus();
  }, [open]);

  const choose = (/** @type {any} */ entry) => () => {
    entry.onClick?.();
    if (entry.checked === undefined) setOpen(false);
  };

  return html`<div class="menu" ref=${root} onKeyDown=${open ? move : undefined}>
    <button
      type="button"
      class=${`button ${quiet ? "quiet" : ""} ${small ? "small" : ""} ${label ? "" : "icon-only"}`}
      aria-haspopup="menu"
      aria-expanded=${open}
      aria-label=${label ? undefined : title}
      title=${title}
      onClick=${() => setOpen(!open)}
    >
      ${icon && html`<${Icon} name=${icon} />`}${label}
    </button>
    ${open &&
    html`<div class=${`menu-list ${start ? "start" : ""}`} role="menu">
      ${entries.map((entry, index) =>
        entry.href
          ? html`<a key=${index} role="menuitem" class="menu-entry" href=${entry.href} onClick=${choose(entry)}>${entry.label}</a>`
          : html`<button
              key=${index}
              type="button"
              role=${entry.checked === undefined ? "menuitem" : "menuitemcheckbox"}
              aria-checked=${entry.checked}
              class="menu-entry"
              onClick=${choose(entry)}
            >
              ${entry.label}
            </button>`,
      )}
    </div>`}
  </div>`;
}

/** Close what is open when the reader goes elsewhere. @param {{ current: HTMLElement | null }} root @param {boolean} active @param {() => void} close */
export function useOutside(root, active, close) {
  useEffect(() => {
    if (!active) return undefined;
    const listen = (/** @type {Event} */ event) => {
      if (!root.current?.contains(/** @type {Node} */ (event.target))) close();
    };
    document.addEventListener("pointerdown", listen);
    document.addEventListener("focusin", listen);
    return () => {
      document.removeEventListener("pointerdown", listen);
      document.removeEventListener("focusin", listen);
    };
  }, [active]);
}

/** @param {{ title: any, onClose: () => void, children?: any, bare?: boolean, label?: string }} properties A bare dialog has no head. */
export function Dialog({ title, onClose, children, bare = false, label }) {
  const element = useRef(/** @type {HTMLDialogElement | null} */ (null));
  // At once: a key that is pressed meanwhile would be one of the page.
  useLayoutEffect(() => {
    element.current?.showModal();
  }, []);
  return html`<dialog
    class="dialog"
    ref=${element}
    aria-label=${label ?? title}
    onClose=${onClose}
    onClick=${(/** @type {Event} */ event) => event.target === element.current && onClose()}
  >
    ${!bare &&
    html`<div class="dialog-head">
      <h2>${title}</h2>
      <button type="button" class="button quiet icon-only" aria-label="Close" onClick=${onClose}>
        <${Icon} name="close" />
      </button>
    </div>`}
    <div class=${bare ? "" : "dialog-body"}>${children}</div>
  </dialog>`;
}
