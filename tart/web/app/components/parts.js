// @ts-check
/** Parts of the frame that the first page does not need: they are loaded after it. */

import { useEffect, useState } from "preact/hooks";

import { html } from "../html.js";
import { ErrorBox } from "./answered.js";
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

/** Part of a page that its first picture does not need; nothing where it does not come. @param {{ load: () => Promise<{ default: any }> }} properties */
export function Later({ load }) {
  const [part, setPart] = useState(/** @type {any} */ (null));
  useEffect(() => {
    load().then(({ default: loaded }) => setPart(() => loaded), () => {});
  }, []);
  return part && html`<${part} />`;
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
      <${ErrorBox} name="this part of the page" error=${NOT_LOADED} onRetry=${() => window.location.reload()} />
    <//>`;
  }
  return part && html`<${part} onClose=${onClose} />`;
}
