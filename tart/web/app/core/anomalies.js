// @ts-check
/**
 * Texts of scores of anomalies. Pure.
 *
 * @typedef {import("../../../client/web/tart.js").Anomalies} Anomalies
 * @typedef {"ok" | "warn" | "bad" | "idle" | "info"} StateName
 */

import { number } from "./format.js";

/** From this score on something is worth a look, and from the other it is far off. */
const NOTABLE = 3;
const FAR = 6;

/** The mark of a score. @param {number} score @returns {StateName} */
export function scoreState(score) {
  const size = Math.abs(score);
  if (size >= FAR) return "bad";
  return size >= NOTABLE ? "warn" : "ok";
}

/** A score in brief; its sign says whether the value is above or below. @param {number} score */
export function scoreText(score) {
  return `${score > 0 ? "+" : ""}${number(score, 1)}`;
}

/** The name of a figure in words. @param {string} figure */
export function figureText(figure) {
  const [, name, unit] = /^(.*?)(?:_(ms|seconds))?$/.exec(figure) ?? ["", figure, ""];
  return name.replaceAll("_", " ") + (unit ? ` (${unit === "seconds" ? "s" : unit})` : "");
}

/** Distances from each cohort in the last minute. @param {Record<string, number>} cohorts */
export function cohortText(cohorts) {
  return Object.entries(cohorts).map(([name, score]) => `${name} ${scoreText(score)}`).join(", ");
}

/** What is worth a look. @param {Anomalies} figures */
export function outstanding({ nodes, groups, network }) {
  const far = (/** @type {{ score: number }} */ { score }) => Math.abs(score) >= NOTABLE;
  return { nodes: nodes.filter(far), groups: groups.filter(far), network: network.filter(far) };
}
