// @ts-check
/** A time range from one time to another. */

import { useState } from "preact/hooks";

import { html } from "../html.js";
import { bounds, zoom } from "../state/range.js";
import { Dialog } from "./menu.js";

/** @param {{ onClose: () => void }} properties */
export function RangeDialog({ onClose }) {
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
