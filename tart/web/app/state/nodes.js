// @ts-check
/** The nodes by id, for names and implementations beside ids. */

import { useMemo } from "preact/hooks";

import { useAnswer } from "./requests.js";
import { client } from "./session.js";

/** @typedef {{ node_id: string, implementation_name?: string | null, implementation_version?: string | null, is_connected?: boolean }} NodeName */

/**
 * Nodes by id; empty until they are known.
 *
 * @returns {ReadonlyMap<string, NodeName>}
 */
export function useNodeNames() {
  const answer = useAnswer("the nodes", (signal) => client.nodes({}, { signal }), { every: 30_000 });
  const nodes = answer.data?.nodes;
  return useMemo(() => new Map((nodes ?? []).map((node) => [node.node_id, node])), [nodes]);
}
