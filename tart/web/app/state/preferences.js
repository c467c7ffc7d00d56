// @ts-check
/** What this browser remembers: colour scheme, clock, columns. It never leaves the browser. */

import { effect, signal } from "@preact/signals";

/**
 * A signal that the browser remembers under a name; the default where it cannot.
 *
 * @template Value
 * @param {string} name
 * @param {Value} fallback
 */
export function remembered(name, fallback) {
  const key = `tart.${name}`;
  const value = signal(read(key, fallback));
  effect(() => write(key, value.value));
  return value;
}

/** @template Value @param {string} key @param {Value} fallback @returns {Value} */
function read(key, fallback) {
  try {
    const text = window.localStorage.getItem(key);
    return text === null ? fallback : JSON.parse(text);
  } catch {
    return fallback;
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

/** "auto" follows the system. @type {import("@preact/signals").Signal<"auto" | "light" | "dark">} */
export const scheme = remembered("scheme", "auto");
/** Whether times are shown by the clock of this machine instead of UTC. */
export const localTime = remembered("localTime", false);

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
