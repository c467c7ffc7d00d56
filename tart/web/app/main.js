// @ts-check
/** The web page of tart: mounts the frame. */

import "./styles/index.css";

import { render } from "preact";

import { Frame } from "./components/frame.js";
import { html } from "./html.js";

render(html`<${Frame} />`, /** @type {HTMLElement} */ (document.getElementById("app")));
