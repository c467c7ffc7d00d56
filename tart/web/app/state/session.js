// @ts-check
/** The client of the API, and what the caller may do. */

import { computed, signal } from "@preact/signals";

import { TartClient } from "../../../client/web/tart.js";

/** @typedef {import("../../../client/web/tart.js").LoginSession} LoginSession */
/** @typedef {"viewer" | "operator" | "admin"} Role */

const RETRY_MS = 3000;
/** The longest time that a timer of a browser takes. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** The API is beside the page, whatever prefix a proxy adds. */
const BASE = new URL(".", document.baseURI).href.replace(/\/$/, "");

/** As `fetch`; a login that has ended is noticed. @type {typeof fetch} */
async function request(input, init) {
  const response = await window.fetch(input, init);
  // The login ended, or the server asks for keys since a moment ago.
  if (response.status === 401 && session.peek()?.role) refreshSession();
  return response;
}

export const client = new TartClient(BASE, { retries: 1, fetch: request });
/** The same with 64-bit integers as text, where every digit counts. */
export const exactClient = new TartClient(BASE, { retries: 0, int64: "string", fetch: request });

/**
 * Run a SELECT and return its result as a file.
 *
 * @param {string} query
 * @param {string} format One of /api/sql.
 * @param {AbortSignal} signal
 */
export async function runSql(query, format, signal) {
  const response = await request(`${BASE}/api/sql?format=${encodeURIComponent(format)}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ query }),
    signal,
  });
  if (!response.ok) throw new Error((await response.json()).error?.message ?? response.statusText);
  const [answered, total] = (response.headers.get("x-tart-shards") ?? "").split("/");
  return { blob: await response.blob(), complete: answered === total };
}

const ROLES = ["viewer", "operator", "admin"];

/** What the server says of this caller; null until it has answered. @type {import("@preact/signals").Signal<LoginSession | null>} */
export const session = signal(null);
const unanswered = signal(false);

const rank = computed(() => ROLES.indexOf(session.value?.role ?? (session.value ? "" : "viewer")));

/**
 * Whether data may be requested: null until it is known. Without an answer it may: what is
 * requested says why it fails.
 */
export const permitted = computed(() => {
  if (session.value) return session.value.role !== null;
  return unanswered.value ? true : null;
});

/** Whether the caller has a role. @param {Role} role */
export function can(role) {
  return rank.value >= ROLES.indexOf(role);
}

/** Log in with a key. @param {string} key */
export async function logIn(key) {
  accept(await client.login({ key }));
}

/** Log out; everywhere: in all browsers that logged in with the same key. @param {boolean} [everywhere] */
export async function logOut(everywhere = false) {
  const before = session.value;
  // The pages end what they follow before the server does.
  if (before) session.value = { ...before, role: null, key: null, expires_at: null, login_required: true };
  try {
    await client.logout({ everywhere });
  } finally {
    await refreshSession();
  }
}

/** @type {Promise<void> | null} */
let refreshing = null;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer;

/** Ask the server again what the caller may do. */
export function refreshSession() {
  refreshing ??= client
    .session()
    .then(accept)
    .catch(() => {
      unanswered.value = true;
      wait(RETRY_MS);
    })
    .finally(() => (refreshing = null));
  return refreshing;
}

/** @param {LoginSession} answer */
function accept(answer) {
  // Something else than the server may answer, too.
  if (answer?.role === undefined) throw new TypeError("this is no session");
  unanswered.value = false;
  session.value = answer;
  clearTimeout(timer);
  if (answer.expires_at) wait(Date.parse(answer.expires_at) - Date.now() + 500);
}

/** @param {number} milliseconds */
function wait(milliseconds) {
  clearTimeout(timer);
  timer = setTimeout(refreshSession, Math.min(Math.max(milliseconds, RETRY_MS), LONGEST_TIMER_MS));
}

refreshSession();
