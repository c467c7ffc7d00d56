// @ts-check
/** Templates of Preact: html`<p>${text}</p>`. */

export { html } from "htm/preact";
