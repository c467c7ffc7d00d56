// @ts-check
/** Small parts: state, implementation, times, buttons. */

import { useState } from "preact/hooks";

import { ago, clock } from "../core/format.js";
import { colourPlace, implementationText } from "../core/implementations.js";
import { html } from "../html.js";
import { localTime } from "../state/preferences.js";
import { now } from "../state/time.js";
import { Icon } from "./icons.js";

/** @typedef {"ok" | "warn" | "bad" | "idle" | "info"} StateName */

/** @type {Record<StateName, string>} Circle, triangle, square, ring, diamond. */
const MARKS = {
  ok: "M5 9.500a4.500 4.500 0 1 0 0-9 4.500 4.500 0 0 0 0 9Z",
  warn: "M5 .5 10 9.500H0Z",
  bad: "M.5.5h9v9h-9Z",
  idle: "M5 9a4 4 0 1 0 0-8 4 4 0 0 0 0 8Z",
  info: "M5 0 10 5 5 10 0 5Z",
};
/** @type {Record<StateName, string>} */
const WORDS = { ok: "well", warn: "warning", bad: "bad", idle: "no data", info: "note" };

/**
 * A state as mark and word: never colour alone.
 *
 * @param {{ state: StateName, word?: any, hideWord?: boolean, title?: string }} properties The word
 *   stays for screen readers if it is hidden.
 */
export function State({ state, word = WORDS[state], hideWord = false, title }) {
  return html`<span class="state" data-state=${state} title=${title ?? (hideWord ? word : undefined)}>
    <svg class="state-mark" viewBox="0 0 10 10" aria-hidden="true"><path d=${MARKS[state]} /></svg>
    <span class=${hideWord ? "visually-hidden" : ""}>${word}</span>
  </span>`;
}

/** An implementation in its colour. @param {{ name: string | null | undefined, version?: string | null }} properties */
export function Implementation({ name, version }) {
  const text = implementationText(name, version);
  return html`<span class="chip" title=${text}>
    <i class="swatch" data-place=${colourPlace(name)}></i>${text}
  </span>`;
}

const REFUSED = "The browser did not permit to copy";

/** Copies a text. @param {{ text: string | (() => string | Promise<string>), label?: string, children?: any, small?: boolean }} properties */
export function CopyButton({ text, label = "Copy", children, small = true }) {
  const [done, setDone] = useState(/** @type {boolean | null} */ (null));
  async function copy(/** @type {Event} */ event) {
    event.preventDefault();
    event.stopPropagation();
    setDone(await copyText(typeof text === "function" ? await text() : text));
    setTimeout(() => setDone(null), 2500);
  }
  return html`<button
    type="button"
    class=${`button quiet ${small ? "small" : ""} ${children ? "" : "icon-only"}`}
    aria-label=${children ? undefined : label}
    title=${done === null ? label : done ? "Copied" : REFUSED}
    onClick=${copy}
  >
    <${Icon} name=${done === null ? "copy" : done ? "check" : "close"} />${children}
  </button>`;
}

/** Copy a text, also where the page is not served over TLS; return whether the browser did. @param {string} text */
export async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = document.createElement("textarea");
    area.value = text;
    area.className = "visually-hidden";
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    return done;
  }
}

/** A time of day, with its date on hover. @param {{ value: string | number | null | undefined, date?: boolean, fraction?: boolean }} properties */
export function Time({ value, date = false, fraction = false }) {
  const local = localTime.value;
  const zone = local ? "" : " UTC";
  return html`<time title=${`${clock(value, { local, date: true, fraction: true })}${zone}`}>
    ${clock(value, { local, date, fraction })}
  </time>`;
}

/** How long ago; the time itself on hover. @param {{ value: string | number | null | undefined }} properties */
export function Ago({ value }) {
  const local = localTime.value;
  return html`<time title=${`${clock(value, { local, date: true })}${local ? "" : " UTC"}`}>${ago(value, now.value)}</time>`;
}
