// @ts-check
/**
 * Texts and filters of failure groups. Pure.
 *
 * @typedef {import("../../../client/web/tart.js").FailureMembers} Group
 * @typedef {import("../../../client/web/tart.js").FailureOutcomes} Outcomes
 * @typedef {"ok" | "warn" | "bad" | "idle" | "info"} StateName
 */

import { counted, percent, shortNode } from "./format.js";

/** What a list shows; the first is shown unless the address has another. @type {{ id: string, label: string }[]} */
export const SHOWN = [
  { id: "", label: "Open" },
  { id: "new", label: "New" },
  { id: "regressed", label: "Back again" },
  { id: "resolved", label: "Resolved" },
  { id: "ignored", label: "Ignored" },
  { id: "all", label: "All" },
];

/** @type {Record<string, (group: Group) => boolean>} */
const PASSES = {
  "": ({ state }) => state === "open" || state === "regressed",
  new: ({ is_new: fresh, state }) => fresh && state !== "ignored",
  all: () => true,
};

/** Groups that are shown and have all words. @param {readonly Group[]} groups @param {{ shown?: string, q?: string }} filter */
export function filtered(groups, { shown = "", q = "" }) {
  const passes = PASSES[shown] ?? ((/** @type {Group} */ { state }) => state === shown);
  const words = q.trim().toLowerCase().split(/\s+/).filter(Boolean);
  return groups.filter((group) => {
    if (!passes(group)) return false;
    const text = [group.event_name, group.template, ...group.versions.map(({ name, version }) => `${name} ${version}`)].join(" ").toLowerCase();
    return words.every((word) => text.includes(word));
  });
}

/** The state of a group as mark and word. @param {Pick<Group, "state" | "is_new" | "regressed_version">} group @returns {[StateName, string]} */
export function stateOf({ state, is_new: fresh, regressed_version: version }) {
  if (state === "regressed") return ["bad", version ? `back in ${version}` : "back again"];
  if (state === "resolved") return ["ok", "resolved"];
  if (state === "ignored") return ["idle", "ignored"];
  return fresh ? ["warn", "new"] : ["info", "open"];
}

/** The reason of a group, or what stands in its place. @param {{ template: string }} group */
export function templateText({ template }) {
  return template || "without a reason";
}

/** When the state changed, by whom, and why. @param {Group} group */
export function stateSentence({ state, changed_by: by, comment, resolved_version: version, regressed_version: again }) {
  if (state === "regressed") return `seen again${again ? ` in ${again}` : ""} after it was resolved${version ? ` in ${version}` : ""}`;
  const who = by ? ` by ${by}` : "";
  const why = comment ? `: ${comment}` : "";
  if (state === "resolved") return `resolved${version ? ` in ${version}` : ""}${who}${why}`;
  if (state === "ignored") return `ignored${who}${why}`;
  return comment ? `open${who}${why}` : "open";
}

/** What came of the failures, the worst first, as rows of bars. @param {Outcomes} outcomes */
export function outcomeRows({ lost, unknown, superseded, recovered }) {
  return [
    { id: "lost", text: "Nothing came of it", value: lost, state: "bad" },
    { id: "superseded", text: "Another took its place", value: superseded, state: "warn" },
    { id: "recovered", text: "A later attempt succeeded", value: recovered, state: "ok" },
    { id: "unknown", text: "Not known", value: unknown, state: "idle" },
  ].filter(({ value }) => value > 0);
}

/** @type {Record<string, StateName>} */
const OUTCOMES = { recovered: "ok", superseded: "warn", lost: "bad", unknown: "idle" };

/** The mark of an outcome. @param {string} outcome @returns {StateName} */
export function stateOfOutcome(outcome) {
  return OUTCOMES[outcome] ?? "idle";
}

/** How often: the failures' share of the attempts. @param {{ rate: number | null }} group */
export function rateText({ rate }) {
  return rate === null ? "in the range" : `in the range, ${percent(rate)} of the attempts`;
}

/** The times of the buckets of a series. @param {{ start: string, seconds: number, count: number }} buckets */
export function bucketTimes({ start, seconds, count }) {
  const first = Date.parse(start);
  return Array.from({ length: count }, (_, index) => first + 1000 * seconds * index);
}

/** What a list is limited to. @param {{ node_id?: string, implementation?: string, event_types?: string }} parameters */
export function limitTexts({ node_id: node, implementation, event_types: types }) {
  return [node && `node ${shortNode(node)}`, implementation && `implementation ${implementation}`, types && `type ${types}`].filter(Boolean);
}

/** Where failures come from: "3 nodes of 2 versions". @param {Group} group */
export function sourceText({ nodes, versions }) {
  return `${counted(nodes, "node")} of ${counted(versions.length, "version")}`;
}
