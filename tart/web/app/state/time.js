// @ts-check
/** The present, as a signal that changes every second while the page is visible. */

import { signal } from "@preact/signals";

/** Milliseconds since 1970 by the clock of this machine. */
export const now = signal(Date.now());
/** Whether the page is visible. */
export const visible = signal(!document.hidden);

document.addEventListener("visibilitychange", () => {
  visible.value = !document.hidden;
  now.value = Date.now();
});

setInterval(() => {
  if (visible.value) now.value = Date.now();
}, 1000);
