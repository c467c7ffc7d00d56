// @ts-check
/** The bell in the bar of every page: how many alerts fire, and the worst of them. */

import { useEffect, useRef, useState } from "preact/hooks";

import { number } from "../core/format.js";
import { html } from "../html.js";
import { firing } from "../state/live.js";
import { State } from "./basics.js";
import { Icon } from "./icons.js";
import { useOutside } from "./menu.js";
import { Part } from "./parts.js";

/** @type {[string, import("./basics.js").StateName][]} */
const SEVERITIES = [["critical", "bad"], ["warning", "warn"], ["info", "info"]];

export function AlertsBell() {
  const [open, setOpen] = useState(false);
  const root = useRef(/** @type {HTMLElement | null} */ (null));
  const close = () => setOpen(false);
  useOutside(root, open, close);
  const counts = firing.value;
  const shown = SEVERITIES.filter(([severity]) => counts[severity]);
  const text = shown.map(([severity]) => `${number(counts[severity])} ${severity}`).join(", ") || "none fires";
  const worst = shown[0]?.[0] ?? "";
  useEffect(() => {
    // The mark of the window's tab is of no use to the first picture.
    import("./favicon.js").then(({ markFavicon }) => markFavicon(worst)).catch(() => {});
  }, [worst]);

  function pressed(/** @type {KeyboardEvent} */ event) {
    if (event.key !== "Escape") return;
    event.stopPropagation();
    close();
    root.current?.querySelector("button")?.focus();
  }

  return html`<span class="menu bell" ref=${root} onKeyDown=${open ? pressed : undefined}>
    <button type="button" class="button quiet" aria-haspopup="dialog" aria-expanded=${open} title=${`Alerts: ${text}`} onClick=${() => setOpen(!open)}>
      <${Icon} name="alerts" /><span class="visually-hidden">Alerts:${shown.length ? "" : " none fires"} </span>
      ${shown.map(([severity, state]) => html`<${State} key=${severity} state=${state} word=${html`${number(counts[severity])}<span class="visually-hidden"> ${severity} </span>`} />`)}
    </button>
    ${open && html`<${Part} name="Alerts" onClose=${close} />`}
  </span>`;
}
