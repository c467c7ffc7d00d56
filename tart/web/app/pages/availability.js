// @ts-check
import { Empty } from "../components/answered.js";
import { Page } from "../components/page.js";
import { html } from "../html.js";

/** @param {Record<string, string>} properties */
export default function AvailabilityPage(properties) {
  return html`<${Page} title="Availability"><${Empty} title="This page is not built yet." /><//>`;
}
