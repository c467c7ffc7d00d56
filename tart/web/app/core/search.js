// @ts-check
/**
 * The search: pages by name, and what the server knows of a text, as one list. Pure.
 *
 * @typedef {{ kind: string, label: string, sentence: string, page: string, value?: string }} Result
 * @typedef {{ path: string, title: string, icon?: string, key?: string }} PageName
 */

/** @type {Record<string, string>} */
const KINDS = {
  page: "Page",
  node: "Node",
  implementation: "Implementation",
  block: "Block",
  package: "Work-package",
  report: "Work-report",
  erasure_root: "Erasure root",
  segments_root: "Segments root",
  anchor: "Anchor",
  hash: "Hash",
  slot: "Slot",
  core: "Core",
  event: "Event",
  event_type: "Event type",
  event_group: "Event group",
  rule: "Rule",
};

/** @param {string} kind */
export function kindName(kind) {
  return KINDS[kind] ?? kind;
}

/** Whether a text is a whole hash: pasting one opens what it names. @param {string} text */
export function isWholeHash(text) {
  return /^(0x)?[0-9a-f]{64}$/i.test(text.trim());
}

/** Pages with a name that begins with the text, then those that contain it. @param {string} text @param {readonly PageName[]} pages @returns {Result[]} */
export function pagesNamed(text, pages) {
  const wanted = text.trim().toLowerCase();
  const named = pages.filter(({ icon }) => icon);
  const starting = named.filter(({ title }) => title.toLowerCase().startsWith(wanted));
  const containing = named.filter((page) => !starting.includes(page) && page.title.toLowerCase().includes(wanted));
  return [...starting, ...containing].map(({ path, title, key }) => ({
    kind: "page",
    label: title,
    sentence: key ? `Page. Key: g ${key}` : "Page.",
    page: path,
  }));
}

/**
 * All results in order: a page whose name is the text or begins with it stands first, since its
 * name was typed; other pages stand last.
 *
 * @param {string} text
 * @param {readonly PageName[]} pages
 * @param {readonly Result[]} candidates Of the server.
 * @returns {Result[]}
 */
export function resultsOf(text, pages, candidates) {
  const named = pagesNamed(text, pages);
  const wanted = text.trim().toLowerCase();
  if (!wanted) return named;
  const first = named.filter(({ label }) => label.toLowerCase().startsWith(wanted));
  return [...first, ...candidates, ...named.filter((page) => !first.includes(page))];
}
