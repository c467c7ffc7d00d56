// @ts-check
/**
 * The present of the network: the summarised live channel, over the best way that works.
 *
 * WebSocket, else server-sent events, else polling. A way that brings no state for some seconds is
 * left; what was shown stays and is marked as old. Nothing is requested while the page is hidden
 * or paused.
 */

import { batch, computed, effect, signal } from "@preact/signals";

import { applySummary, nextWay, retryDelay } from "../core/live_network.js";
import { client, permitted } from "./session.js";
import { frozen } from "./range.js";
import { visible } from "./time.js";

/** @typedef {import("../core/live_network.js").LiveNetwork} LiveNetwork */
/** @typedef {import("../core/live_network.js").LiveNode} LiveNode */
/** @typedef {import("../core/live_network.js").Summary} Summary */
/** @typedef {import("../core/live_network.js").Way} Way */

/** The newest state without its nodes; null before the first. @type {import("@preact/signals").Signal<Summary | null>} */
export const summary = signal(null);
/** All nodes, those that did not change as the same objects. @type {import("@preact/signals").Signal<LiveNetwork | null>} */
export const network = signal(null);
const firingText = computed(() => JSON.stringify(summary.value?.alerts_by_severity ?? {}));
/** The alerts that fire, by severity; it changes only if they do, unlike the summary. @type {import("@preact/signals").ReadonlySignal<Record<string, number>>} */
export const firing = computed(() => JSON.parse(firingText.value));
/** When the newest state was received, in milliseconds; 0 before the first. */
export const received = signal(0);
/** The way over which states come; null while none do. @type {import("@preact/signals").Signal<Way | null>} */
export const way = signal(null);
const online = signal(window.navigator.onLine !== false);
const failing = signal(false);

/**
 * "live", "polling", "paused", "stale" (no answer since `received`), "offline" (this machine has no
 * network), "connecting", or "closed": the caller may read nothing.
 */
export const connection = computed(() => {
  if (permitted.value === false) return "closed";
  if (frozen.value) return "paused";
  if (way.value) return way.value === "poll" ? "polling" : "live";
  if (!online.value) return "offline";
  return failing.value || received.value ? "stale" : "connecting";
});

/**
 * A way that brings no state for so long is left. States come every second; the first takes as
 * long as a connection over TLS to a far or busy server.
 */
const SILENCE_MS = 4500;
const FIRST_MS = 6000;
const POLL_MS = 2000;
/** While it polls, better ways are tried again: soon at first, as a server may just have started. */
const POLLED_MS = { first: 4000, most: 60_000 };

/** The figures of a node as a signal that changes only if they do. @param {string} id */
export function liveNode(id) {
  return computed(() => {
    const known = network.value;
    const number = known?.numbers.get(id);
    return number === undefined ? null : (known?.nodes[number] ?? null);
  });
}

/**
 * @param {Summary} next
 * @param {Way} by
 * @returns {boolean} False if states are missing between the last one and this.
 */
function accept(next, by) {
  const known = applySummary(network.peek(), next);
  if (!known) return false;
  batch(() => {
    network.value = known;
    summary.value = next;
    received.value = Date.now();
    way.value = by;
    failing.value = false;
    if (by !== "poll") polled = POLLED_MS.first;
  });
  return true;
}

/** How long it polls next. */
let polled = POLLED_MS.first;

/** @type {Record<Way, (alive: () => void, signal: AbortSignal) => Promise<void>>} */
const FOLLOW = {
  async socket(alive, signal) {
    const live = client.connect({ signal });
    await live.subscribeSummary();
    for await (const message of live) {
      if (message.type !== "summary") continue;
      if (accept(message.data, "socket")) alive();
      else await live.subscribeSummary();
    }
  },
  async stream(alive, signal) {
    const since = network.peek()?.sequence;
    for await (const next of client.streamSummary({ since }, { signal })) {
      if (!accept(next, "stream")) return;
      alive();
    }
  },
  async poll(alive, signal) {
    const until = Date.now() + polled;
    polled = Math.min(2 * polled, POLLED_MS.most);
    while (Date.now() < until) {
      const next = await client.summary({ since: network.peek()?.sequence }, { signal });
      if (!accept(next, "poll")) network.value = null;
      alive();
      await pause(POLL_MS, signal);
    }
  },
};

/**
 * Follow the channel one way until it brings nothing any more.
 *
 * @param {Way} by
 * @param {AbortSignal} stopped
 * @returns {Promise<boolean>} Whether it brought a state.
 */
async function attempt(by, stopped) {
  const control = new AbortController();
  const stop = () => control.abort();
  stopped.addEventListener("abort", stop, { once: true });
  let worked = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  const watch = () => {
    clearTimeout(timer);
    timer = setTimeout(stop, worked ? SILENCE_MS : FIRST_MS);
  };
  watch();
  try {
    await FOLLOW[by](() => {
      worked = true;
      watch();
    }, control.signal);
  } catch {
    // A refusal or an outage: the next attempt tells which.
  } finally {
    clearTimeout(timer);
    stopped.removeEventListener("abort", stop);
    control.abort();
  }
  return worked;
}

/** @param {AbortSignal} stopped */
async function run(stopped) {
  /** @type {Way} */
  let by = "socket";
  let failures = 0;
  while (!stopped.aborted) {
    const worked = await attempt(by, stopped);
    if (stopped.aborted) return;
    // Polling ends by itself to try the better ways: what it brought is not old yet.
    if (!(by === "poll" && worked)) batch(() => ((way.value = null), (failing.value = true)));
    failures = worked ? 0 : failures + 1;
    by = nextWay(by, worked);
    if (by === "socket" && !worked) await pause(retryDelay(failures / 3, Math.random()), stopped).catch(() => {});
  }
}

/** @param {number} ms @param {AbortSignal} signal @returns {Promise<void>} */
function pause(ms, signal) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => (clearTimeout(timer), reject(signal.reason)), { once: true });
  });
}

window.addEventListener("online", () => (online.value = true));
window.addEventListener("offline", () => (online.value = false));

effect(() => {
  // A machine that is back on the network tries at once.
  const wanted = [visible.value, !frozen.value, permitted.value === true, online.value];
  if (!wanted.slice(0, 3).every(Boolean)) return undefined;
  const control = new AbortController();
  run(control.signal);
  return () => {
    control.abort();
    way.value = null;
  };
});

/** Live events that wait for a page that is busy; beyond that the oldest are dropped. */
const BUFFER = 2000;

/**
 * Call back with each event of a filter.
 *
 * @param {any} filter As of /api/ws.
 * @param {(item: any) => void} callback Gets events, and `Lagged` where some are missing.
 * @param {(error: any) => void} failed Called once if no more will come: the server refuses the filter, for example.
 * @returns {() => void} Ends it.
 */
export function follow(filter, callback, failed) {
  const control = new AbortController();
  const { signal } = control;
  (async () => {
    try {
      // Where no WebSocket passes, the same events come as server-sent events.
      const passes = way.peek() === "socket" || way.peek() === null;
      const events = passes
        ? client.follow(filter, { signal, buffer: BUFFER, overflow: "oldest" })
        : client.streamEvents({ filter: /** @type {any} */ (JSON.stringify(filter)) }, { signal });
      for await (const item of events) callback(item);
    } catch (error) {
      if (!signal.aborted) failed(error);
    }
  })();
  return () => control.abort();
}
