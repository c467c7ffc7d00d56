// @ts-check
/** Styles that come with a page. */

/** @type {Set<string>} */
const adopted = new Set();

/**
 * Add styles to the document, once. Constructed sheets are permitted by the policy of the page.
 *
 * @param {string} text
 */
export function adoptStyles(text) {
  if (adopted.has(text)) return;
  adopted.add(text);
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(text);
  document.adoptedStyleSheets.push(sheet);
}
