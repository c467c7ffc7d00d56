// @ts-check
/** What this browser remembers: colour scheme, clock, columns. It never leaves the browser. */

import { effect, signal } from "@preact/signals";

import { isBoolean, isOneOf, readStored } from "../core/stored.js";

/**
 * A signal that the browser remembers under a name; the default where it cannot, or where what it
 * has is of another form. What another window changes changes here, so that none undoes the other.
 *
 * @template Value
 * @param {string} name
 * @param {Value} fallback
 * @param {(value: unknown) => boolean} fits Whether a stored value has the form.
 * @param {(own: Value, other: Value) => Value} [merge] Takes what another window stored.
 */
export function remembered(name, fallback, fits, merge = (_own, other) => other) {
  const key = `tart.${name}`;
  const value = signal(readStored(read(key), fallback, fits));
  let taking = false;
  effect(() => {
    const next = value.value;
    // Stored again, it would come back to the window that it came from.
    if (!taking) write(key, next);
  });
  window.addEventListener("storage", (event) => {
    if (event.key !== key || event.newValue === null) return;
    taking = true;
    value.value = merge(value.peek(), readStored(event.newValue, value.peek(), fits));
    taking = false;
  });
  return value;
}

/** @param {string} key */
function read(key) {
  try {
    return window.localStorage.getItem(key);
  } catch {
    return null;
  }
}

/** @param {string} key @param {unknown} value */
function write(key, value) {
  try {
    window.localStorage.setItem(key, JSON.stringify(value));
  } catch {
    // A private window may have no storage, or it is full.
  }
}

/** "auto" follows the system. */
export const scheme = remembered("scheme", /** @type {"auto" | "light" | "dark"} */ ("auto"), isOneOf("auto", "light", "dark"));
/** Whether times are shown by the clock of this machine instead of UTC. */
export const localTime = remembered("localTime", false, isBoolean);

const dark = window.matchMedia("(prefers-color-scheme: dark)");
/** Changes whenever colours may have changed; charts depend on it. */
export const colours = signal(0);

effect(() => {
  const { dataset } = document.documentElement;
  if (scheme.value === "auto") delete dataset.scheme;
  else dataset.scheme = scheme.value;
  colours.value = colours.peek() + 1;
});
dark.addEventListener("change", () => (colours.value += 1));

/** @type {Map<string, string>} */
const resolved = new Map();
let resolvedFor = -1;

/** The colour of a CSS variable as canvas takes it. @param {string} variable Like "--ok". */
export function colourOf(variable) {
  if (resolvedFor !== colours.value) {
    resolved.clear();
    resolvedFor = colours.value;
  }
  let colour = resolved.get(variable);
  if (colour === undefined) {
    const probe = document.createElement("i");
    probe.style.color = `var(${variable})`;
    document.documentElement.append(probe);
    colour = getComputedStyle(probe).color;
    probe.remove();
    resolved.set(variable, colour);
  }
  return colour;
}

const phone = window.matchMedia("(max-width: 600px)");
/** Whether the window is as narrow as a phone's. */
export const narrow = signal(phone.matches);
phone.addEventListener("change", () => (narrow.value = phone.matches));
