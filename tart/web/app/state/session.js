// @ts-check
/** The client of the API, and what the caller may do. */

import { computed, signal } from "@preact/signals";

import { TartClient } from "../../../client/web/tart.js";

/** The API is beside the page, whatever prefix a proxy adds. */
export const client = new TartClient(new URL(".", document.baseURI).href.replace(/\/$/, ""), {
  retries: 1,
});

const ROLES = ["anyone", "viewer", "operator", "admin"];

/** What the server says of this caller; null until it has answered. @type {import("@preact/signals").Signal<{ role: string } | null>} */
export const session = signal(null);

const rank = computed(() => ROLES.indexOf(session.value?.role ?? "admin"));

/** Whether the caller has a role. @param {"viewer" | "operator" | "admin"} role */
export function can(role) {
  return rank.value >= ROLES.indexOf(role);
}
