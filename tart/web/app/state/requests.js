// @ts-check
/** Answers of the API for components: requested, refreshed, and retained while new ones are awaited. */

import { useEffect, useRef, useState } from "preact/hooks";

import { effect } from "@preact/signals";

import { comparing, comparison, earlierWindow, frozen } from "./range.js";
import { visible } from "./time.js";

/**
 * @template Data
 * @typedef {object} Answer
 * @property {string} name
 * @property {Data | null} data The last good answer; none of other parameters once a request failed.
 * @property {any} error Why the newest request failed; null if it did not.
 * @property {boolean} loading Whether a request is on its way and there is no data yet.
 * @property {boolean} stale Whether data is of other parameters, or the newest request failed.
 * @property {number | null} since When data was received, in milliseconds.
 * @property {{ answered: number, total: number } | null} partial Shards, if not all answered.
 * @property {() => void} reload
 */

const IDLE = { data: null, error: null, loading: true, stale: false, foreign: false, since: null, partial: null };
const NOTHING = { data: null, since: null, partial: null, foreign: false };
/** Requests that failed are repeated after this time at the earliest. */
const RETRY_MS = 3000;
/** The earlier range moves with the present: it is requested again after this time. */
const EARLIER_MS = 60_000;

/**
 * Request an answer, again after `every` milliseconds while the page is visible and not frozen,
 * and again when `deps` change.
 *
 * @template Data
 * @param {string} name What is requested, for messages: "the nodes".
 * @param {(signal: AbortSignal) => Promise<Data>} request
 * @param {{ every?: number, deps?: unknown[], when?: boolean }} [options] Nothing is requested
 *   unless `when`.
 * @returns {Answer<Data>}
 */
export function useAnswer(name, request, { every = 0, deps = [], when = true } = {}) {
  const [state, setState] = useState(/** @type {any} */ (IDLE));
  const latest = useRef(request);
  latest.current = request;
  const reload = useRef(() => {});

  useEffect(() => {
    if (!when) return undefined;
    const poller = poll(
      (signal) => latest.current(signal),
      every,
      // What was answered to other parameters says nothing of these.
      (change) => setState((/** @type {any} */ old) => ({ ...old, ...("data" in change || !old.foreign ? {} : NOTHING), ...change })),
    );
    reload.current = poller.now;
    setState((/** @type {any} */ old) => ({ ...old, foreign: old.data !== null, stale: old.data !== null, loading: old.data === null }));
    return poller.stop;
  }, [every, when, ...deps]);

  // What is no longer wanted is no longer shown.
  return { ...(when ? state : IDLE), name, reload: () => reload.current() };
}

/**
 * Request an answer about the earlier range, if one is shown, and again when another one is chosen.
 *
 * @template Data
 * @param {string} name
 * @param {(window: { start: string, end: string }, signal: AbortSignal) => Promise<Data>} request
 * @param {unknown[]} deps As of `useAnswer`.
 * @returns {Answer<Data>} Without data while nothing is compared.
 */
export function useEarlierAnswer(name, request, deps) {
  return useAnswer(name, (signal) => request(earlierWindow(), signal), { every: EARLIER_MS, deps: [...deps, comparison.value], when: comparing.value });
}

/**
 * @param {(signal: AbortSignal) => Promise<any>} request
 * @param {number} every
 * @param {(change: object) => void} report
 */
function poll(request, every, report) {
  const control = new AbortController();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  let running = false;
  let due = true;

  function wanted() {
    // Both are read, so that the effect below follows both.
    const [seen, still] = [visible.value, frozen.value];
    return seen && (due || (every > 0 && !still));
  }

  async function ask() {
    if (running || control.signal.aborted) return;
    running = true;
    due = false;
    clearTimeout(timer);
    let wait = every;
    try {
      const data = await request(control.signal);
      report({ data, error: null, loading: false, stale: false, foreign: false, since: Date.now(), partial: data?.shards ?? null });
    } catch (error) {
      if (control.signal.aborted) return;
      report({ error, loading: false, stale: true });
      wait = Math.max(every, RETRY_MS);
      due = transient(error);
    } finally {
      running = false;
    }
    if (wait > 0) timer = setTimeout(next, wait);
  }

  function next() {
    timer = undefined;
    if (wanted()) ask();
  }

  // Comes back to life when the tab does, or when the range follows the present again.
  const unwatch = effect(() => {
    if (wanted() && timer === undefined) queueMicrotask(() => timer === undefined && wanted() && ask());
  });

  return {
    now: () => ask(),
    stop: () => {
      unwatch();
      clearTimeout(timer);
      control.abort();
    },
  };
}

/** Whether the same request may succeed later. @param {any} error */
function transient(error) {
  return !error?.status || error.status >= 500 || error.status === 429;
}
