// @ts-check
/** Sentences about the server for who runs it. Pure. */

import { bytes, counted, DASH, duration, number } from "./format.js";

/** @typedef {import("../../../client/web/tart.js").ServerStatus} ServerStatus */
/** @typedef {import("../../../client/web/tart.js").ServerDisk} ServerDisk */
/** @typedef {import("../../../client/web/tart.js").ServerShard} ServerShard */
/** @typedef {import("../../../client/web/tart.js").ServerChain} ServerChain */
/** @typedef {import("../../../client/web/tart.js").ServerEndpoint} ServerEndpoint */
/** @typedef {{ state: "ok" | "warn" | "bad" | "idle" | "info", text: string }} Finding */

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/**
 * What the disk holds in the long run.
 *
 * @param {ServerDisk} disk
 * @returns {Finding & { short: string }}
 */
export function diskOutlook({ forecast, free_bytes, reserve_bytes }) {
  if (free_bytes < reserve_bytes) {
    return { state: "bad", short: "full", text: `Less than the reserve of ${bytes(reserve_bytes)} is free: no telemetry is read.` };
  }
  if (forecast.bytes_per_day === null || forecast.retention_hours === null) {
    return { state: "idle", short: DASH, text: `No forecast yet: ${forecast.reason}.` };
  }
  const kept = duration(forecast.retention_hours * HOUR_MS);
  const growth = `At the mean rate since the start, ${bytes(forecast.bytes_per_day)} come in a day (${number(forecast.bytes_per_event, 1)} B an event).`;
  if (forecast.full_in_days === null) {
    return { state: "ok", short: `keeps ${kept}`, text: `${growth} Events of ${kept} take ${bytes(forecast.needed_bytes)} of at most ${bytes(forecast.limit_bytes)}.` };
  }
  const full = duration(forecast.full_in_days * DAY_MS);
  return {
    state: "warn",
    short: forecast.full_in_days > 0 ? `full in ${full}` : "full",
    text: `${growth} The limit of ${bytes(forecast.limit_bytes)} is reached in ${full}; from then on only the last ${kept} are kept.`,
  };
}

/**
 * What is wrong with the server, worst first; empty if nothing is.
 *
 * @param {ServerStatus} server
 * @returns {Finding[]}
 */
export function serverFindings(server) {
  const findings = [...server.shard_list.flatMap(shardFindings), ...gatewayFindings(server), ...chainFindings(server.chain)];
  const disk = diskOutlook(server.disk);
  if (disk.state === "bad" || disk.state === "warn") findings.push(disk);
  const order = ["bad", "warn", "info"];
  return findings.sort((one, other) => order.indexOf(one.state) - order.indexOf(other.state));
}

/** @param {ServerStatus} server @returns {Finding[]} */
function gatewayFindings({ gateway, requests }) {
  /** @type {Finding[]} */
  const findings = [];
  const tasks = counts(gateway.background_failures);
  if (tasks) findings.push({ state: "warn", text: `Tasks of the gateway failed: ${tasks}. Their next turn was not affected.` });
  const failed = requests.reduce((sum, route) => sum + route.failed, 0);
  if (failed) findings.push({ state: "info", text: `${counted(failed, "request")} ended with a status from 500 on.` });
  if (gateway.missed_events) {
    findings.push({ state: "info", text: `Slow clients missed ${counted(gateway.missed_events, "live event")}; they were told.` });
  }
  return findings;
}

/** @param {ServerShard} shard @returns {Finding[]} */
function shardFindings({ shard, state, message, restarts, figures }) {
  const name = `Shard ${shard}`;
  if (state === "starting") return [{ state: "warn", text: `${name} is starting: ${message}.` }];
  if (!figures) return [{ state: "bad", text: `${name} does not answer. Nodes connect to the others.` }];
  /** @type {Finding[]} */
  const findings = [];
  if (figures.is_paused) findings.push({ state: "bad", text: `${name} reads no telemetry (${figures.paused_for}). Nothing is lost: nodes wait.` });
  if (restarts) findings.push({ state: "warn", text: `${name} was started again ${counted(restarts, "time")}; the log says why.` });
  if (figures.damaged_files) findings.push({ state: "bad", text: `${name} has ${counted(figures.damaged_files, "file")} that cannot be read in full.` });
  const derived = counts(figures.derived_failures);
  if (derived) findings.push({ state: "warn", text: `${name}: derived work failed (${derived}); the events themselves are stored.` });
  const pauses = counts(figures.pauses);
  if (pauses) findings.push({ state: "info", text: `${name} paused reading: ${pauses}.` });
  const tasks = counts(figures.background_failures);
  if (tasks) findings.push({ state: "warn", text: `${name}: background tasks failed: ${tasks}.` });
  if (figures.loop_lag_seconds > 1) findings.push({ state: "warn", text: `${name} lags by ${duration(figures.loop_lag_seconds * 1000)}.` });
  return findings;
}

// Transactions of the chain process that wait for the disk; more are a fault in health, too.
const WAITING_WRITES = 64;

/** @param {ServerChain | null} chain @returns {Finding[]} */
function chainFindings(chain) {
  if (!chain) return [];
  const { figures, restarts } = chain;
  /** @type {Finding[]} */
  const findings = [];
  if (!figures) findings.push({ state: "bad", text: "The chain process does not answer. Telemetry is not affected." });
  if (restarts) findings.push({ state: "warn", text: `The chain process was started again ${counted(restarts, "time")}; the log says why.` });
  if (!figures) return findings;
  const all = figures.endpoints.length;
  const connected = figures.endpoints.filter((each) => each.connected).length;
  if (!connected) findings.push({ state: "bad", text: "No endpoint of rpc.urls is connected: the chain is not followed." });
  else if (connected < all) findings.push({ state: "warn", text: `${connected} of ${counted(all, "endpoint")} of rpc.urls are connected.` });
  if (figures.waiting_writes > WAITING_WRITES) {
    findings.push({ state: "warn", text: `The disk does not keep up with the chain: ${counted(figures.waiting_writes, "transaction")} wait.` });
  }
  if (figures.missing_statistics) {
    findings.push({ state: "info", text: `No endpoint had the statistics of ${counted(figures.missing_statistics, "block")}; sums of the chain lack them.` });
  }
  return findings;
}

/**
 * The state of an RPC endpoint in a word.
 *
 * @param {ServerEndpoint} endpoint
 * @returns {Finding}
 */
export function endpointState({ connected, since }) {
  if (connected) return { state: "ok", text: "connected" };
  return since ? { state: "bad", text: "lost" } : { state: "idle", text: "not tried yet" };
}

/** Counters as text: "rate 3, buffer 1"; empty if all are 0. @param {Record<string, number>} counters */
export function counts(counters) {
  return Object.entries(counters)
    .filter(([, count]) => count > 0)
    .sort(([, one], [, other]) => other - one)
    .map(([name, count]) => `${name} ${number(count)}`)
    .join(", ");
}
