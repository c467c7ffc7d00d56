// @ts-check
/** The address of the page as a signal. All that is on the screen is in it. */

import { signal } from "@preact/signals";

import { formatHash, parseHash } from "../core/hash_route.js";

/** Path and parameters after "#". */
export const location = signal(parseHash(window.location.hash));

/** Path of the page before this one; null if this is the first. @type {string | null} */
let before = null;

window.addEventListener("hashchange", () => {
  before = location.peek().path;
  location.value = parseHash(window.location.hash);
});

/** The lists that pages about one thing belong to, where the path does not name them. @type {Record<string, string>} */
const LISTS = { slots: "blocks", sessions: "events" };

/** Go from a page about one thing to its list: back, if that is where the reader came from. */
export function leave() {
  const [first, ...rest] = location.peek().path.split("/");
  if (!rest.length) return;
  const list = LISTS[first] ?? first;
  if (before === list) window.history.back();
  else go(list);
}

/** Parameters that belong to all pages: the time range and the comparison. */
const COMMON = ["range", "pause", "from", "to", "compare"];

/**
 * Address of a page; the common parameters are as they are now.
 *
 * @param {string} path Like "nodes" or "slots/12".
 * @param {Record<string, string | number | boolean | undefined | null>} [parameters]
 */
export function href(path, parameters = {}) {
  const { parameters: now } = location.value;
  const common = Object.fromEntries(COMMON.filter((name) => name in now).map((name) => [name, now[name]]));
  return formatHash(path, { ...common, ...parameters });
}

/**
 * Go to a page; the browser's history has it.
 *
 * @param {string} path
 * @param {Record<string, string | number | boolean | undefined | null>} [parameters]
 */
export function go(path, parameters) {
  window.location.hash = href(path, parameters);
}

/**
 * Change parameters of this page; undefined removes one. Typing a filter makes no history.
 *
 * @param {Record<string, string | number | boolean | undefined | null>} changes
 * @param {{ push?: boolean }} [options] Whether "back" undoes it.
 */
export function setParameters(changes, { push = false } = {}) {
  const { path, parameters } = location.value;
  const hash = formatHash(path, { ...parameters, ...changes });
  if (hash === window.location.hash) return;
  if (push) window.history.pushState(null, "", hash);
  else window.history.replaceState(null, "", hash);
  location.value = parseHash(hash);
}
