// @ts-check
/** What the pages about the chain share: their tabs, and what is said if no chain is followed. */

import { html } from "../html.js";
import { go } from "../state/location.js";
import { useAnswer } from "../state/requests.js";
import { client } from "../state/session.js";
import { Answered, Empty } from "./answered.js";
import { Tabs } from "./choices.js";
import { Page } from "./page.js";

/**
 * @param {{ tab: "chain" | "chain/reconcile" | "chain/finality", title: string, question: string, needsChain?: boolean, children: () => any }} properties
 *   The children are made only where a chain is followed, unless not `needsChain`.
 */
export function ChainFrame({ tab, title, question, needsChain = true, children }) {
  return html`<${Page} title=${title} question=${question}>
    <${Tabs}
      label="Pages about the chain"
      tabs=${[
        { id: "chain", label: "Chain" },
        { id: "chain/reconcile", label: "Reconcile" },
        { id: "chain/finality", label: "Finality and audits" },
      ]}
      selected=${tab}
      onSelect=${(/** @type {string} */ path) => go(path)}
    />
    ${needsChain ? html`<${Followed}>${children}<//>` : children()}
  <//>`;
}

/** @param {{ children: () => any }} properties */
function Followed({ children }) {
  const answer = useAnswer("the server", (signal) => client.server({}, { signal }));
  return html`<${Answered} answer=${answer}>
    ${(/** @type {any} */ data) =>
      data.chain
        ? children()
        : html`<${Empty} title="This server does not follow the chain.">Set <code>rpc.urls</code> in its settings to the RPC of one or more nodes, such as <code>["ws://127.0.0.1:19800"]</code>.<//>`}
  <//>`;
}
