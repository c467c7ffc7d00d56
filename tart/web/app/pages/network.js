// @ts-check
/** The network: is it well? */

import { Answered } from "../components/answered.js";
import { Figure, Figures } from "../components/figure.js";
import { Page } from "../components/page.js";
import { number, rate } from "../core/format.js";
import { html } from "../html.js";
import { useAnswer } from "../state/requests.js";
import { client } from "../state/session.js";

export default function NetworkPage() {
  const stats = useAnswer("the chain", (signal) => client.stats({}, { signal }), { every: 2000 });
  return html`<${Page} title="Network" question="Is it well?">
    <${Answered} answer=${stats}>
      ${(/** @type {import("../../../client/web/tart.js").Stats} */ data) => html`<${Figures} large>
        <${Figure} id="best" label="Best slot" value=${data.best_block_known ? number(data.best_block) : "—"} />
        <${Figure} id="finalized" label="Finalized" value=${data.finalized_block_known ? number(data.finalized_block) : "—"} />
        <${Figure} id="authored" label="Blocks authored" value=${number(data.total_blocks_authored)} />
      <//>`}
    <//>
  <//>`;
}
