// @ts-check
/** Parts that the pages of blocks and slots share. */

import { CHAIN_WORDS } from "../core/chain_graph.js";
import { html } from "../html.js";
import { setParameters } from "../state/location.js";
import { State } from "./basics.js";
import { Segmented } from "./choices.js";

/** The clock of all times. @param {{ clock: string }} properties */
export function ClockSwitch({ clock }) {
  return html`<span class="row-of">
    <span class="muted">By the clock of</span>
    <${Segmented}
      label="Clock of all times"
      choices=${[
        { id: "server", label: "server" },
        { id: "node", label: "nodes, corrected" },
      ]}
      selected=${clock}
      onSelect=${(/** @type {string} */ id) => setParameters({ clock: id === "server" ? undefined : id })}
    />
  </span>`;
}

/** @param {{ chain: string | undefined }} properties */
export function ChainState({ chain }) {
  if (chain === undefined) return html`<${State} state="bad" word="missed" />`;
  const state = { finalized: "ok", best: "ok", fork: "warn", unknown: "idle" }[chain] ?? "idle";
  return html`<${State} state=${state} word=${CHAIN_WORDS[chain]} />`;
}
