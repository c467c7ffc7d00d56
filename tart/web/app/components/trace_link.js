// @ts-check
/** The download of a trace as receivers of OpenTelemetry read it. */

import { html } from "../html.js";
import { Icon } from "./icons.js";

/** @param {{ path: string }} properties The address of the package or block below `api/`. */
export function TraceLink({ path }) {
  return html`<a
    class="button small"
    href=${`api/${path}/trace.otlp.json`}
    download=${`${path.replace(/\W+/g, "-")}.otlp.json`}
    title="The spans as OpenTelemetry has them (OTLP as JSON): Jaeger opens such a file"
  >
    <${Icon} name="download" />Trace
  </a>`;
}
