// @ts-check
/**
 * Telemetry against the chain, in words. Pure.
 *
 * @typedef {import("../../../client/web/tart.js").Reconcile} Reconcile
 * @typedef {Reconcile["validators"][number]} Validator
 * @typedef {Reconcile["findings"][number]} Finding
 */

import { counted, number } from "./format.js";

/** What a finding of a kind says, for one case and for several. @type {Record<string, [string, string]>} */
const KINDS = {
  unreported_block: ["block on chain that the node does not report", "blocks on chain that the node does not report"],
  unknown_block: ["block that the node alone knows", "blocks that the node alone knows"],
  foreign_block: ["block of another validator claimed", "blocks of other validators claimed"],
  unreported_guarantee: ["guarantee on chain that the node does not report", "guarantees on chain that the node does not report"],
  unknown_guarantee: ["guarantee that the node alone knows", "guarantees that the node alone knows"],
  unreported_assurance: ["assurance on chain that the node does not report", "assurances on chain that the node does not report"],
  unknown_assurance: ["assurance that no other node received", "assurances that no other node received"],
  missing_assurance: ["assurance missing on chain", "assurances missing on chain"],
  outline_differs: ["block reported with other numbers than on chain", "blocks reported with other numbers than on chain"],
  gas_differs: ["block reported with other gas than on chain", "blocks reported with other gas than on chain"],
};

/** @param {{ kind: string, count: number }} finding */
export function findingText({ kind, count }) {
  const [one, several] = KINDS[kind] ?? [kind.replaceAll("_", " "), kind.replaceAll("_", " ")];
  return `${number(count)} ${count === 1 ? one : several}`;
}

/**
 * Findings of one kind about one node, of all epochs together.
 *
 * @typedef {{ kind: string, node_id: string | null, validators: number[], epochs: number, first: number | null, last: number | null, count: number, expected: number | null, probability: number | null, examples: Finding["examples"] }} Group
 */

/**
 * Findings by node and kind. The probability is the greatest of the epochs; examples are of the newest.
 *
 * @param {readonly Finding[]} findings
 * @returns {Group[]}
 */
export function groupFindings(findings) {
  /** @type {Map<string, Group>} */
  const groups = new Map();
  for (const finding of [...findings].sort((one, other) => (other.epoch ?? 0) - (one.epoch ?? 0))) {
    const { kind, node_id: node, validator, epoch, count, expected, probability, examples } = finding;
    const key = `${node} ${kind}`;
    const known = groups.get(key) ?? { kind, node_id: node, validators: [], epochs: 0, first: epoch, last: epoch, count: 0, expected: null, probability: null, examples };
    if (validator !== null && !known.validators.includes(validator)) known.validators.push(validator);
    known.first = epoch;
    known.epochs += 1;
    known.count += count;
    if (probability !== null) {
      known.expected = (known.expected ?? 0) + (expected ?? 0);
      known.probability = Math.max(known.probability ?? 0, probability);
    }
    groups.set(key, known);
  }
  return [...groups.values()];
}

/** The epochs of findings: one, or the first and the last. @param {Pick<Group, "first" | "last">} group */
export function epochsText({ first, last }) {
  return first === last ? number(last) : `${number(first)} – ${number(last)}`;
}

/** How a finding is known. @param {{ expected: number | null, probability: number | null }} finding */
export function certaintyText({ expected, probability }) {
  if (probability === null) return "exact";
  return `${number(expected, 2)} by chance, p ${probability < 0.001 ? "below 0.001" : number(probability, 3)}`;
}

/** What an example says beside its block. @param {{ subject: string | null, claimed: unknown, on_chain: unknown }} example */
export function exampleText({ subject, claimed, on_chain: chain }) {
  if (subject === null) return "";
  const words = subject.replaceAll("_", " ");
  if (claimed === null && chain === null) return words;
  return `${words}: ${number(/** @type {any} */ (claimed))} reported, ${number(/** @type {any} */ (chain))} on chain`;
}

/**
 * The state of a comparison in one sentence.
 *
 * @param {Pick<Reconcile, "chain" | "epochs" | "total_findings" | "findings">} data
 * @returns {{ state: "ok" | "warn" | "idle", text: string }}
 */
export function verdict({ chain, epochs, total_findings: total, findings }) {
  const blocks = counted(chain.compared, "block");
  if (!chain.compared) return { state: "idle", text: `No final block with statistics in this range yet; ${counted(chain.pending, "block")} younger or not final.` };
  if (total) {
    const nodes = new Set(findings.map(({ node_id: id }) => id)).size;
    const least = total > findings.length ? "At least " : "";
    return { state: "warn", text: `${least}${counted(groupFindings(findings).length, "finding")} about ${counted(nodes, "node")} on ${blocks}.` };
  }
  const matched = Math.max(0, ...epochs.map(({ matched: count }) => count));
  if (!matched) return { state: "idle", text: `${blocks} compared, and no node could be matched with a validator.` };
  return { state: "ok", text: `${counted(matched, "validator")}: telemetry and chain agree on ${blocks}.` };
}

/** What the range lacks, as sentences. @param {Reconcile["chain"]} chain */
export function limitations({ pending, without_statistics: bare, irregular, forks, complete }) {
  return [
    pending && `${counted(pending, "block")} not final or younger than a minute`,
    bare && `${counted(bare, "block")} whose statistics no endpoint had`,
    irregular && `${counted(irregular, "block")} with statistics that do not follow the specification`,
    forks && `${counted(forks, "block")} on forks`,
    !complete && "some final blocks of the range are not known",
  ].filter(Boolean);
}

/** @type {Record<string, string>} */
const REASONS = {
  disconnected: "was not connected all the time",
  silent: "was silent for half a minute",
  dropped: "dropped events",
  undecodable: "sent events that cannot be decoded",
  shards: "a shard did not answer",
};

/** Why the telemetry of a validator is judged or not. @param {Pick<Validator, "complete" | "incomplete_reason" | "node_id">} validator */
export function completeText({ complete, incomplete_reason: reason, node_id: node }) {
  if (node === null) return "no node known";
  if (complete) return "complete";
  return `incomplete: ${REASONS[reason ?? ""] ?? "something is missing"}`;
}

/** A number of both sides: 12, or 10 of 12 if they differ. @param {{ claimed: number | null, on_chain: number, difference: number | null }} compared */
export function comparedText({ claimed, on_chain: chain, difference }) {
  if (claimed === null) return `— / ${number(chain)}`;
  return difference === 0 ? number(chain) : `${number(claimed)} / ${number(chain)}`;
}

/** The sum of all differences, without their signs. @param {Validator} validator */
export function totalDifference({ blocks, guarantees, assurances, tickets, preimages }) {
  return [blocks, guarantees, assurances, tickets, preimages].reduce((sum, { difference }) => sum + Math.abs(difference ?? 0), 0);
}

/** Nodes of validators by epoch and index: "7 3". @param {readonly Validator[]} validators */
export function nodesOfValidators(validators) {
  return new Map(validators.filter(({ node_id: id }) => id !== null).map(({ epoch, validator, node_id: id }) => [`${epoch} ${validator}`, id]));
}
