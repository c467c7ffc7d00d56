// @ts-check
/** The time range of all pages. */

import { useState } from "preact/hooks";

import { clock } from "../core/format.js";
import { CHOICES, COMPARISONS } from "../core/time_range.js";
import { html } from "../html.js";
import { comparing, comparison, frozen, move, range, setComparison, setDuration, toggleComparison, togglePause } from "../state/range.js";
import { Icon } from "./icons.js";
import { Menu } from "./menu.js";
import { Part } from "./parts.js";

/** @type {Record<string, string>} */
const UNITS = { s: "s", m: "min", h: "h", d: "d" };

/** A duration in words: "15 min". @param {string} text */
export function durationText(text) {
  return `${text.slice(0, -1)} ${UNITS[text.slice(-1)] ?? ""}`;
}

/** Like "24 h ago". @param {string} text One of `COMPARISONS`, or another duration. */
function comparisonText(text) {
  return text === "1" ? "Range before" : `${durationText(text)} ago`;
}

export function RangePicker() {
  const [custom, setCustom] = useState(false);
  const current = range.value;
  const still = frozen.value;
  const label =
    current.kind === "last"
      ? `${still ? "Paused" : "Last"} ${durationText(current.text)}`
      : `${clock(current.from, { date: sameDay(current) })} – ${clock(current.to)}`;
  const entries = [
    ...CHOICES.map((text) => ({ label: `Last ${durationText(text)}`, onClick: () => setDuration(text) })),
    { label: "From … to …", onClick: () => setCustom(true) },
  ];
  const compared = [
    ...COMPARISONS.map((text) => ({ label: comparisonText(text), onClick: () => setComparison(text) })),
    { label: "Nothing", onClick: () => setComparison(undefined) },
  ];
  return html`<span class="row-of bar-range" style=${{ gap: 0, flexWrap: "nowrap" }}>
    <${Menu} label=${label} title="Time range" entries=${entries} start />
    <button type="button" class="button quiet icon-only bar-move" aria-label="Half the range earlier" title="Earlier ( [ )" onClick=${() => move(-1)}>
      <${Icon} name="left" />
    </button>
    <button type="button" class="button quiet icon-only bar-move" aria-label="Half the range later" title="Later ( ] )" disabled=${!still} onClick=${() => move(1)}>
      <${Icon} name="right" />
    </button>
    <button
      type="button"
      class="button quiet icon-only"
      aria-pressed=${still}
      aria-label=${still ? "Follow the present" : "Pause"}
      title=${still ? "Follow the present ( p )" : "Pause everything ( p )"}
      onClick=${togglePause}
    >
      <${Icon} name=${still ? "play" : "pause"} />
    </button>
    <button
      type="button"
      class="button quiet icon-only bar-compare"
      aria-pressed=${comparing.value}
      aria-label="Compare with the range before"
      title="Compare with the range before ( c )"
      onClick=${toggleComparison}
    >
      <${Icon} name="compare" />
    </button>
    ${comparing.value && html`<${Menu} label=${comparison.value === "1" ? html`<span><span class="bar-word">Range </span>before</span>` : comparisonText(comparison.value ?? "")} title="Compare with" entries=${compared} />`}
    ${custom && html`<${Part} name="Time range" onClose=${() => setCustom(false)} />`}
  </span>`;
}

/** @param {{ from: number, to: number }} range */
function sameDay({ from }) {
  return clock(from, { date: true }).slice(0, 10) !== clock(Date.now(), { date: true }).slice(0, 10);
}
