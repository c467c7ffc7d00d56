// @ts-check
/** Parts of the frame that the first page does not need: they are loaded after it. */

import { useEffect, useState } from "preact/hooks";

import { html } from "../html.js";
import { ErrorBox, Skeleton } from "./answered.js";
import { Dialog } from "./menu.js";

/** @typedef {keyof typeof PARTS} PartName */

const PARTS = {
  Alerts: () => import("./alerts_panel.js").then(({ AlertsPanel }) => AlertsPanel),
  Keys: () => import("./help_dialog.js").then(({ HelpDialog }) => HelpDialog),
  Search: () => import("./search_dialog.js").then(({ SearchDialog }) => SearchDialog),
  "Time range": () => import("./range_dialog.js").then(({ RangeDialog }) => RangeDialog),
};

/** Why a file of the page does not come: an updated server has files of other names. */
export const NOT_LOADED = new Error("the server does not answer, or it has a newer page, which Retry loads");

/**
 * A part of a page that its first picture does not need.
 *
 * @param {{ load: () => Promise<any>, [property: string]: any }} properties `load` gives the component, to
 *   which the others go.
 */
export function Later({ load, ...properties }) {
  const [part, setPart] = useState(/** @type {any} */ (null));
  const [failed, setFailed] = useState(false);
  useEffect(() => {
    load().then((loaded) => setPart(() => loaded), () => setFailed(true));
  }, []);
  if (failed) return html`<${NotLoaded} />`;
  return part ? html`<${part} ...${properties} />` : html`<${Skeleton} />`;
}

function NotLoaded() {
  return html`<${ErrorBox} name="this part of the page" error=${NOT_LOADED} onRetry=${() => window.location.reload()} />`;
}

/** Load all, so that they are there by the time that somebody wants them. */
export function preloadParts() {
  Object.values(PARTS).forEach((load) => load().catch(() => {}));
}

/** @param {{ name: PartName, onClose: () => void }} properties The name is the title of the dialog that says why it does not come. */
export function Part({ name, onClose }) {
  const [part, setPart] = useState(/** @type {any} */ (null));
  const [failed, setFailed] = useState(false);
  useEffect(() => {
    PARTS[name]().then((loaded) => setPart(() => loaded), () => setFailed(true));
  }, []);
  if (failed) {
    return html`<${Dialog} title=${name} onClose=${onClose}>
      <${NotLoaded} />
    <//>`;
  }
  return part && html`<${part} onClose=${onClose} />`;
}
