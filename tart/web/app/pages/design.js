// @ts-check
import { Empty } from "../components/answered.js";
import { Page } from "../components/page.js";
import { html } from "../html.js";

export default function DesignPage() {
  return html`<${Page} title="Design"><${Empty} title="This page is not built yet." /><//>`;
}
