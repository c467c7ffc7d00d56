// @ts-check
/** Nodes, hashes and chips: what stands for something by its name. */

import { DASH, shortHash, shortNode } from "../core/format.js";
import { html } from "../html.js";
import { href } from "../state/location.js";
import { CopyButton, Implementation, State } from "./basics.js";
import { Icon } from "./icons.js";

/** @typedef {import("./basics.js").StateName} StateName */

/** @param {{ children?: any, onRemove?: () => void, title?: string, removeLabel?: string }} properties */
export function Chip({ children, onRemove, title, removeLabel = "Remove" }) {
  return html`<span class="chip" title=${title}>
    ${children}
    ${onRemove &&
    html`<button type="button" class="chip-remove" aria-label=${removeLabel} onClick=${onRemove}>
      <${Icon} name="close" />
    </button>`}
  </span>`;
}

/**
 * A node: short id, implementation, state; a link to its page.
 *
 * @param {{ node: { node_id: string, implementation_name?: string | null, implementation_version?: string | null }, state?: StateName, word?: string, short?: boolean }} properties
 */
export function NodeLabel({ node, state, word, short = false }) {
  return html`<span class="node-label">
    ${state && html`<${State} state=${state} word=${word} hideWord />`}
    <a class="mono" href=${href(`nodes/${node.node_id}`)} title=${node.node_id}>${shortNode(node.node_id)}</a>
    ${!short &&
    node.implementation_name &&
    html`<${Implementation} name=${node.implementation_name} version=${node.implementation_version} />`}
  </span>`;
}

/** A hash in brief, whole on hover and copy. @param {{ value: string | null | undefined, path?: string }} properties The path of the page that it opens. */
export function Hash({ value, path }) {
  if (!value) return html`<span class="muted">${DASH}</span>`;
  const short = shortHash(value);
  return html`<span class="copyable mono" title=${value}>
    ${path ? html`<a href=${href(path)}>${short}</a>` : short}
    <${CopyButton} text=${value} label="Copy the whole hash" />
  </span>`;
}
