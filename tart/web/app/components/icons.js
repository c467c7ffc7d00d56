// @ts-check
/** Icons of 16 by 16. They say nothing on their own: a word or a label stands beside each. */

import { html } from "../html.js";

/** @type {Record<string, string>} */
const PATHS = {
  network: "M8 2v4M8 10v4M2 8h4M10 8h4M8 10a2 2 0 1 0 0-4 2 2 0 0 0 0 4Z",
  nodes: "M2 3h12v4H2zM2 9h12v4H2zM4.500 5h.01M4.500 11h.01",
  blocks: "M2 5.500h4v5H2zM10 5.500h4v5h-4zM6 8h4",
  chain: "M6.500 9.500l3-3M7 4.500l1.500-1.500a3 3 0 0 1 4.500 4.500L11.500 9M9 11.500 7.500 13A3 3 0 0 1 3 8.500L4.500 7",
  work: "M2 12V4M2 4h5M2 8h9M2 12h12",
  cores: "M4 4h8v8H4zM6 2v2M10 2v2M6 12v2M10 12v2M2 6h2M2 10h2M12 6h2M12 10h2",
  availability: "M8 2 3 4v4c0 3 2.200 5 5 6 2.800-1 5-3 5-6V4zM6 8l1.500 1.500L10.500 6.500",
  events: "M2 4h2M2 8h2M2 12h2M6.500 4H14M6.500 8H14M6.500 12H14",
  failures: "M8 2 14.500 13.500H1.500zM8 6.500v3.500M8 12h.01",
  conformance: "M3 2h7l3 3v9H3zM5.500 9l1.500 1.500 3.500-3.500",
  implementations: "M2 13V8M6 13V3M10 13V6M14 13v-3",
  topology: "M8 4.500 4 11M8 4.500 12 11M4.500 12h7M8 4.500a1.500 1.500 0 1 0 0-3 1.500 1.500 0 0 0 0 3ZM3.500 13.500a1.500 1.500 0 1 0 0-3 1.500 1.500 0 0 0 0 3ZM12.500 13.500a1.500 1.500 0 1 0 0-3 1.500 1.500 0 0 0 0 3Z",
  sql: "M2 4c0-1 2.700-2 6-2s6 1 6 2-2.700 2-6 2-6-1-6-2ZM2 4v8c0 1 2.700 2 6 2s6-1 6-2V4M2 8c0 1 2.700 2 6 2s6-1 6-2",
  alerts: "M4 11V7a4 4 0 0 1 8 0v4l1 1.500H3zM6.500 14.500h3",
  server: "M2 3h12v4H2zM2 9h12v4H2zM11 5h1M11 11h1",
  preimages: "M3 2h6l4 4v8H3zM9 2v4h4M5.500 9h5M5.500 11.500h5",
  search: "M7 12A5 5 0 1 0 7 2a5 5 0 0 0 0 10ZM10.600 10.600 14 14",
  more: "M3 8h.01M8 8h.01M13 8h.01",
  pause: "M5.500 3v10M10.500 3v10",
  play: "M4.500 3v10l8-5z",
  help: "M6 6a2 2 0 1 1 3 1.700c-.7.400-1 .8-1 1.600M8 12h.01",
  contrast: "M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12ZM8 2v12M8 5.500h4.500M8 8h6M8 10.500h4.500",
  copy: "M5.500 5.500h8v8h-8zM10.500 5.500v-3h-8v8h3",
  check: "M3 8.500 6.500 12 13 4.500",
  table: "M2 3h12v10H2zM2 6.500h12M2 10h12M6.500 3v10",
  chart: "M2 2v12h12M4.500 10.500l3-3.500 2.500 2 3.500-4.500",
  download: "M8 2v8M4.500 6.500 8 10l3.500-3.500M2.500 13.500h11",
  close: "M4 4l8 8M12 4l-8 8",
  down: "M4 6l4 4 4-4",
  up: "M4 10l4-4 4 4",
  left: "M10 4 6 8l4 4",
  right: "M6 4l4 4-4 4",
  compare: "M5 3v10M5 3 2.500 5.500M5 3l2.500 2.500M11 13V3M11 13l-2.500-2.500M11 13l2.500-2.500",
  filter: "M2 3h12L9.500 8.500V13l-3-1.500v-3z",
  columns: "M2 3h12v10H2zM6 3v10M10 3v10",
  pin: "M6 2h4l.5 5 2 2v1h-9V9l2-2zM8 10v4.500",
  link: "M6.500 9.500l3-3M7 4.500l1.500-1.500a3 3 0 0 1 4.500 4.500L11.500 9M9 11.500 7.500 13A3 3 0 0 1 3 8.500L4.500 7",
  external: "M9 2.500h4.500V7M13.500 2.500 7.500 8.500M12 9.500v4H2.500V4h4",
  user: "M8 8a3 3 0 1 0 0-6 3 3 0 0 0 0 6ZM2.500 14c.3-2.800 2.600-4 5.500-4s5.200 1.200 5.500 4",
  login: "M8.500 2.500h5v11h-5M2 8h7.500M6.500 5l3 3-3 3",
};

export const ICON_NAMES = Object.keys(PATHS);

/** @param {{ name: string }} properties */
export function Icon({ name }) {
  return html`<svg class="icon" viewBox="0 0 16 16" aria-hidden="true"><path d=${PATHS[name]} /></svg>`;
}
