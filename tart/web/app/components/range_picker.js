// @ts-check
/** The time range of all pages. */

import { useState } from "preact/hooks";

import { clock } from "../core/format.js";
import { CHOICES } from "../core/time_range.js";
import { html } from "../html.js";
import { bounds, comparing, frozen, move, range, setDuration, toggleComparison, togglePause, zoom } from "../state/range.js";
import { Icon } from "./icons.js";
import { Dialog, Menu } from "./menu.js";

/** @type {Record<string, string>} */
const UNITS = { s: "s", m: "min", h: "h", d: "d" };

/** A duration in words: "15 min". @param {string} text */
export function durationText(text) {
  return `${text.slice(0, -1)} ${UNITS[text.slice(-1)] ?? ""}`;
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
      class="button quiet icon-only"
      aria-pressed=${comparing.value}
      aria-label="Compare with the range before"
      title="Compare with the range before ( c )"
      onClick=${toggleComparison}
    >
      <${Icon} name="compare" />
    </button>
    ${custom && html`<${CustomRange} onClose=${() => setCustom(false)} />`}
  </span>`;
}

/** @param {{ from: number, to: number }} range */
function sameDay({ from }) {
  return clock(from, { date: true }).slice(0, 10) !== clock(Date.now(), { date: true }).slice(0, 10);
}

/** @param {{ onClose: () => void }} properties */
function CustomRange({ onClose }) {
  const [from, to] = bounds();
  const [problem, setProblem] = useState("");
  function apply(/** @type {SubmitEvent} */ event) {
    event.preventDefault();
    const fields = new FormData(/** @type {HTMLFormElement} */ (event.currentTarget));
    const [start, end] = ["from", "to"].map((name) => Date.parse(`${fields.get(name)}Z`));
    if (!(start < end)) return setProblem("The range must end after it begins.");
    if (start > Date.now()) return setProblem("The range is in the future.");
    zoom(start, end);
    return onClose();
  }
  const text = (/** @type {number} */ ms) => new Date(ms).toISOString().slice(0, 19);
  return html`<${Dialog} title="Time range, in UTC" onClose=${onClose}>
    <form class="row-of" onSubmit=${apply}>
      <label>From <input class="input" type="datetime-local" step="1" name="from" required value=${text(from)} /></label>
      <label>to <input class="input" type="datetime-local" step="1" name="to" required value=${text(to)} /></label>
      <button class="button primary">Show</button>
    </form>
    ${problem && html`<p class="notice" data-state="bad" role="alert" style=${{ marginTop: "12px" }}>${problem}</p>`}
  <//>`;
}
