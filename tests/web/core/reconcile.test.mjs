import assert from "node:assert/strict";
import { test } from "node:test";

import {
  certaintyText,
  comparedText,
  completeText,
  epochsText,
  exampleText,
  findingText,
  groupFindings,
  limitations,
  nodesOfValidators,
  totalDifference,
  verdict,
} from "../../../tart/web/app/core/reconcile.js";

const CHAIN = /** @type {any} */ ({ compared: 240, pending: 0, without_statistics: 0, irregular: 0, forks: 0, complete: true });
const EPOCHS = /** @type {any} */ ([{ matched: 12 }, { matched: 11 }]);

test("all well is one sentence", () => {
  const found = verdict({ chain: CHAIN, epochs: EPOCHS, findings: [], total_findings: 0 });
  assert.deepEqual(found, { state: "ok", text: "12 validators: telemetry and chain agree on 240 blocks." });
  assert.deepEqual(limitations(CHAIN), []);
});

test("findings, nothing to compare and nobody to compare with are not all well", () => {
  const findings = /** @type {any} */ (["x", "y", "x"].map((kind, place) => ({ kind, node_id: place < 2 ? "a" : "b", validator: null, epoch: 7, count: 1, expected: null, probability: null, examples: [] })));
  assert.deepEqual(verdict({ chain: CHAIN, epochs: EPOCHS, findings, total_findings: 3 }), { state: "warn", text: "3 findings about 2 nodes on 240 blocks." });
  assert.equal(verdict({ chain: CHAIN, epochs: EPOCHS, findings, total_findings: 9 }).text, "At least 3 findings about 2 nodes on 240 blocks.");
  assert.equal(verdict({ chain: { ...CHAIN, compared: 0, pending: 5 }, epochs: [], findings: [], total_findings: 0 }).state, "idle");
  assert.equal(verdict({ chain: CHAIN, epochs: [], findings: [], total_findings: 0 }).state, "idle");
  assert.deepEqual(limitations({ ...CHAIN, pending: 1, complete: false }), ["1 block not final or younger than a minute", "some final blocks of the range are not known"]);
});

test("findings are words, whatever kinds are to come", () => {
  assert.equal(findingText({ kind: "unreported_block", count: 1 }), "1 block on chain that the node does not report");
  assert.equal(findingText({ kind: "unknown_guarantee", count: 3 }), "3 guarantees that the node alone knows");
  assert.equal(findingText({ kind: "gas_differs", count: 2 }), "2 blocks reported with other gas than on chain");
  assert.equal(findingText({ kind: "coming_kind", count: 2 }), "2 coming kind");
  assert.equal(certaintyText({ expected: null, probability: null }), "exact");
  assert.equal(certaintyText({ expected: 0.011, probability: 0.00001 }), "0.01 by chance, p below 0.001");
  assert.equal(exampleText({ subject: null, claimed: null, on_chain: null }), "");
  assert.equal(exampleText({ subject: "gas_used", claimed: 20, on_chain: 10 }), "gas used: 20 reported, 10 on chain");
});

test("findings of one kind about one node are one, with the newest example", () => {
  const finding = /** @type {any} */ ({ kind: "missing_assurance", node_id: "a", validator: 8, epoch: 5, count: 3, expected: 0.2, probability: 0.00001, examples: ["old"] });
  const later = { ...finding, epoch: 7, validator: 2, count: 4, probability: 0.00003, examples: ["new"] };
  const other = { ...finding, kind: "unknown_block", expected: null, probability: null };
  const found = groupFindings([finding, other, later]);
  assert.deepEqual(found[0], { kind: "missing_assurance", node_id: "a", validators: [2, 8], epochs: 2, first: 5, last: 7, count: 7, expected: 0.4, probability: 0.00003, examples: ["new"] });
  assert.equal(epochsText(found[0]), "5 – 7");
  assert.equal(found.length, 2);
  assert.deepEqual([found[1].probability, epochsText(found[1])], [null, "5"]);
});

test("what is not known is not zero", () => {
  assert.equal(comparedText({ claimed: null, on_chain: 4, difference: null }), "— / 4");
  assert.equal(comparedText({ claimed: 4, on_chain: 4, difference: 0 }), "4");
  assert.equal(comparedText({ claimed: 6, on_chain: 4, difference: -2 }), "6 / 4");
  assert.equal(completeText({ complete: null, incomplete_reason: null, node_id: null }), "no node known");
  assert.equal(completeText({ complete: false, incomplete_reason: "dropped", node_id: "a" }), "incomplete: dropped events");
});

test("differences add up without their signs", () => {
  const same = { claimed: 1, on_chain: 1, difference: 0 };
  const validator = /** @type {any} */ ({ epoch: 7, validator: 3, node_id: "a", blocks: { ...same, difference: -2 }, guarantees: { ...same, difference: 3 }, assurances: same, tickets: { ...same, difference: null }, preimages: same });
  assert.equal(totalDifference(validator), 5);
  assert.deepEqual([...nodesOfValidators([validator, { ...validator, node_id: null, validator: 4 }])], [["7 3", "a"]]);
});
