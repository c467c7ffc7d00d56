// @ts-check
/** What happens now: figures of every second, and whether they are current. */

import { computed, effect, signal } from "@preact/signals";

import { client, permitted } from "./session.js";
import { frozen } from "./range.js";
import { visible } from "./time.js";

/** @type {import("@preact/signals").Signal<any>} */
export const summary = signal(null);
/** When the summary was received, in milliseconds. */
export const received = signal(0);
const failing = signal(false);

/** "live", "polling", "paused", "stale", "connecting", or "closed": the caller may read nothing. */
export const connection = computed(() => {
  if (permitted.value === false) return "closed";
  if (frozen.value) return "paused";
  if (failing.value) return "stale";
  return received.value ? "polling" : "connecting";
});

const EVERY_MS = 2000;

effect(() => {
  if (!visible.value || frozen.value || !permitted.value) return undefined;
  let stopped = false;
  (async () => {
    while (!stopped) {
      try {
        summary.value = await client.live();
        received.value = Date.now();
        failing.value = false;
      } catch {
        failing.value = true;
      }
      await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
    }
  })();
  return () => (stopped = true);
});

/**
 * Call back with each event of a filter.
 *
 * @param {any} filter As of /api/ws.
 * @param {(item: any) => void} callback Gets events, and `Lagged` where some are missing.
 * @returns {() => void} Ends it.
 */
export function follow(filter, callback) {
  const control = new AbortController();
  (async () => {
    try {
      for await (const item of client.follow(filter, { signal: control.signal })) callback(item);
    } catch (error) {
      if (!control.signal.aborted) throw error;
    }
  })();
  return () => control.abort();
}
