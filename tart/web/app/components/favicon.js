// @ts-check
/** The mark on the icon of the window's tab while alerts fire. */

/** @type {Record<string, string>} */
const COLOURS = { critical: "#c02a2f", warning: "#f0a824", info: "#2556c9" };

let plain = "";

/** Show the worst severity that fires on the icon; the plain icon for none. @param {string} severity */
export function markFavicon(severity) {
  const link = /** @type {HTMLLinkElement | null} */ (document.querySelector("link[rel=icon]"));
  if (!link) return;
  plain ||= link.href;
  const colour = COLOURS[severity];
  if (!colour) {
    if (link.href !== plain) link.href = plain;
    return;
  }
  // The icon itself is a pot; beside the mark its form is enough.
  const icon = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="#b3261e"/><path d="M6 13h20l-3.2 11H9.2z" fill="#fff"/><circle cx="24" cy="8" r="8" fill="${colour}" stroke="#fff" stroke-width="2"/></svg>`;
  link.href = `data:image/svg+xml,${encodeURIComponent(icon)}`;
}
