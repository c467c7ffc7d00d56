import assert from "node:assert/strict";
import { test } from "node:test";

import { counts, diskOutlook, endpointState, serverFindings } from "../../../tart/web/app/core/server_state.js";

const UNKNOWN = {
  bytes_per_event: null,
  bytes_per_day: null,
  reason: "fewer than 100000 events are stored",
  limit_bytes: 1e10,
  needed_bytes: null,
  full_in_days: null,
  retention_hours: null,
};
const DISK = { total_bytes: 1e12, free_bytes: 5e11, used_bytes: 1e9, reserve_bytes: 1e9, path: null, forecast: UNKNOWN };
const FIGURES = {
  is_paused: false,
  damaged_files: 0,
  derived_failures: {},
  background_failures: {},
  pauses: { rate: 0 },
  loop_lag_seconds: 0,
};
const SHARD = { shard: 0, state: "up", message: null, restarts: 0, unanswered: {}, figures: FIGURES };
const SERVER = { shard_list: [SHARD], chain: null, disk: DISK, gateway: { background_failures: {}, missed_events: 0 }, requests: [] };

test("a server without problems has no findings", () => {
  assert.deepEqual(serverFindings(SERVER), []);
});

test("findings name the shard, worst first", () => {
  const shards = [
    { ...SHARD, restarts: 2, figures: { ...FIGURES, pauses: { rate: 3, buffer: 1 } } },
    { ...SHARD, shard: 1, state: "down", figures: null },
    { ...SHARD, shard: 2, state: "starting", message: "replays 5 of 9 files", figures: null },
    { ...SHARD, shard: 3, figures: { ...FIGURES, is_paused: true, paused_for: "disk" } },
  ];
  const findings = serverFindings({ ...SERVER, shard_list: shards });
  assert.deepEqual(findings.map(({ state }) => state), ["bad", "bad", "warn", "warn", "info"]);
  assert.match(findings[0].text, /Shard 1 does not answer/);
  assert.match(findings[4].text, /rate 3, buffer 1/);
});

const ENDPOINT = { connected: true, since: "2026-11-30T10:00:00Z" };
const CHAIN = {
  state: "up",
  restarts: 0,
  unanswered: {},
  figures: { endpoints: [ENDPOINT, ENDPOINT], missing_statistics: 0, waiting_writes: 0 },
};

test("the chain process: nothing if all is well, else what is wrong with it alone", () => {
  const found = (chain) => serverFindings({ ...SERVER, chain }).map(({ state, text }) => `${state}: ${text}`);
  assert.deepEqual(found(CHAIN), []);
  assert.deepEqual(found({ ...CHAIN, state: "down", figures: null }), [
    "bad: The chain process does not answer. Telemetry is not affected.",
  ]);
  assert.match(found({ ...CHAIN, restarts: 2 })[0], /^warn: .* started again 2 times/);
  const lost = { ...ENDPOINT, connected: false };
  const figures = (more) => ({ ...CHAIN, figures: { ...CHAIN.figures, ...more } });
  assert.match(found(figures({ endpoints: [ENDPOINT, lost] }))[0], /^warn: 1 of 2 endpoints/);
  assert.match(found(figures({ endpoints: [lost, lost] }))[0], /^bad: No endpoint/);
  assert.match(found(figures({ missing_statistics: 1 }))[0], /^info: .* of 1 block;/);
  assert.deepEqual(found(figures({ waiting_writes: 64 })), []);
  assert.match(found(figures({ waiting_writes: 65 }))[0], /^warn: .* 65 transactions wait/);
});

test("an endpoint is connected, lost, or not tried yet", () => {
  assert.equal(endpointState(ENDPOINT).text, "connected");
  assert.deepEqual(endpointState({ ...ENDPOINT, connected: false }), { state: "bad", text: "lost" });
  assert.equal(endpointState({ connected: false, since: null }).text, "not tried yet");
});

test("the disk: no forecast without data, enough, full soon, full", () => {
  assert.equal(diskOutlook(DISK).state, "idle");
  assert.match(diskOutlook(DISK).text, /fewer than/);
  const known = { ...UNKNOWN, bytes_per_event: 100, bytes_per_day: 8.64e9, needed_bytes: 1.7e10, retention_hours: 48, limit_bytes: 1e11 };
  assert.equal(diskOutlook({ ...DISK, forecast: known }).short, "keeps 2\u2009d");
  const short = diskOutlook({ ...DISK, forecast: { ...known, full_in_days: 6, retention_hours: 27.8 } });
  assert.deepEqual([short.state, short.short], ["warn", "full in 6\u2009d"]);
  assert.equal(diskOutlook({ ...DISK, free_bytes: 5e8 }).state, "bad");
});

test("counters: the greatest first, none that are 0", () => {
  assert.equal(counts({ rate: 1, disk: 0, buffer: 20_000 }), "buffer 20\u2009000, rate 1");
  assert.equal(counts({}), "");
});
