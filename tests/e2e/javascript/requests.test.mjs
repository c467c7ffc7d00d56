// Requests over REST against a real server, whose events `test_javascript.py` has sent.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { once } from "node:events";
import { test } from "node:test";
import { TartClient, TartError } from "../../../tart/client/web/tart.js";

const URL_ = process.env.TART_URL;
const NODE = process.env.TART_NODE;
const HASH = process.env.TART_HASH;
// Events that come no more; the node may go on with others.
const STORED = { node_id: NODE, event_types: [90, 94, 95] };
const client = new TartClient(URL_);
const GREATEST = 2n ** 64n - 1n;

/** A server that answers as the script says; it records what was asked. */
async function scripted(t, ...script) {
  const asked = [];
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += chunk;
    asked.push({ method: request.method, url: request.url, headers: request.headers, body });
    const { status = 200, headers = {}, body: answer = {}, cut, silent } = script.shift();
    if (silent) return;
    if (cut) return request.socket.destroy();
    response.writeHead(status, headers);
    response.end(typeof answer === "string" ? answer : JSON.stringify(answer));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${server.address().port}`, asked };
}

const AT_ONCE = { backoff: { first: 0, maximum: 20 } };
const BUSY = { status: 503, body: { error: { code: "no_shard", message: "m" } } };

test("every family of routes answers", async () => {
  assert.equal((await client.health()).status, "ok");
  assert.match(await client.metrics(), /tart_/);
  assert.equal(typeof (await client.stats({ duration: "5m" })).total_blocks_authored, "number");
  assert.equal((await client.nodes()).nodes[0].node_id, NODE);
  assert.equal((await client.node(NODE)).node_id, NODE);
  assert.ok((await client.network()).network.total_nodes >= 1);
  assert.ok((await client.events({ limit: 2 })).events.length === 2);
  assert.ok((await client.sessions()).sessions.length >= 1);
  assert.ok((await client.live()).latest_slot !== undefined);
  assert.ok(Array.isArray((await client.latency()).steps));
  assert.ok((await client.journey(HASH)).stages.length > 0);
  assert.ok((await client.coresStatus()).cores.length > 0);
  assert.ok((await client.conformance()).nodes);
  const { rows } = await client.sql({ map: "SELECT 7::INTEGER AS n" });
  assert.deepEqual(rows[0], [7]);
});

test("every method of the client reaches its route", async () => {
  const methods = Object.getOwnPropertyNames(TartClient.prototype);
  const known = ["constructor", "url", "follow", "connect", "streamEvents", "streamMetrics", "streamSummary"];
  const refused = [];
  for (const name of methods.filter((each) => !known.includes(each))) {
    // A parameter that no route has: the server names the route that was meant.
    const count = client[name].toString().match(/^\w+\((.*?)parameters/s)[1].split(",").length - 1;
    const path = Array(count).fill(name === "event" || name === "trace" ? 1 : "0");
    const call = client[name](...path, { no_such: 1 });
    try {
      if (Symbol.asyncIterator in call) await call.next();
      else await call;
      assert.fail(`${name} was answered`);
    } catch (error) {
      assert.ok(error instanceof TartError, `${name}: ${error}`);
      assert.ok([400, 403].includes(error.status), `${name}: ${error.status} ${error.message}`);
      refused.push(name);
    }
  }
  assert.ok(refused.length > 60, `${refused.length}`);
});

test("an error has status, code, parameter and the server's sentence", async () => {
  const expected = { name: "TartError", status: 400, param: "durations" };
  await assert.rejects(client.stats({ durations: "5m" }), (error) => {
    assert.match(error.message, /did you mean duration/);
    assert.ok(error instanceof Error && error.code);
    for (const [name, value] of Object.entries(expected)) assert.equal(error[name], value);
    return true;
  });
  await assert.rejects(client.node("ab".repeat(32)), { status: 404 });
});

test("parameters: lists, times, nothing for undefined, text that needs encoding", async (t) => {
  const { url, asked } = await scripted(t, { body: { events: [], has_more: false } });
  const start_time = new Date("2026-01-01T00:00:00Z");
  await new TartClient(`${url}/prefix/`).search({
    event_types: [42, 43],
    start_time,
    node_id: undefined,
    cursor: "a&b",
  });
  const { pathname, searchParams } = new URL(asked[0].url, url);
  assert.equal(pathname, "/prefix/api/events/search");
  assert.deepEqual(Object.fromEntries(searchParams), {
    event_types: "42,43",
    start_time: "2026-01-01T00:00:00.000Z",
    cursor: "a&b",
    bytes: "hex",
    int64: "number",
  });
});

test("the key is a header, never in the address", async (t) => {
  const { url, asked } = await scripted(t, {});
  await new TartClient(url, { key: "tart_ab_c", headers: { "X-Own": "1" } }).stats();
  assert.equal(asked[0].headers.authorization, "Bearer tart_ab_c");
  assert.equal(asked[0].headers["x-own"], "1");
  assert.ok(!asked[0].url.includes("tart_ab"));
});

test("what is safe is tried again: a lost answer, a busy server", async (t) => {
  const { url, asked } = await scripted(t, { cut: true }, BUSY, { body: { best_block: 7 } });
  assert.deepEqual(await new TartClient(url, AT_ONCE).stats(), { best_block: 7 });
  assert.equal(asked.length, 3);
});

test("a POST is tried again only if it was refused unread", async (t) => {
  const busy = { status: 429, headers: { "Retry-After": "0" }, body: BUSY.body };
  const { url, asked } = await scripted(t, busy, { body: { columns: [], rows: [] } }, BUSY);
  const fast = new TartClient(url, AT_ONCE);
  await fast.sql({ map: "SELECT 1" });
  await assert.rejects(fast.sql({ map: "SELECT 1" }), { status: 503 });
  assert.equal(asked.length, 3);
  assert.deepEqual(JSON.parse(asked[0].body), { map: "SELECT 1" });
});

test("retries end: by their number, by a long Retry-After, for a permanent error", async (t) => {
  const later = { ...BUSY, headers: { "Retry-After": "600" } };
  const never = { status: 503, body: { error: { code: "not_configured", message: "m" } } };
  const { url, asked } = await scripted(t, BUSY, BUSY, BUSY, later, never);
  const fast = new TartClient(url, { ...AT_ONCE, retries: 2 });
  for (const count of [3, 4, 5]) {
    await assert.rejects(fast.stats(), { status: 503 });
    assert.equal(asked.length, count);
  }
});

test("an answer that is not the server's is an error", async (t) => {
  const page = { status: 502, body: "<html>bad gateway</html>" };
  const { url } = await scripted(t, page, { body: "<html>" });
  const fast = new TartClient(url, { ...AT_ONCE, retries: 0 });
  await assert.rejects(fast.stats(), { status: 502, code: "", message: /bad gateway/ });
  await assert.rejects(fast.stats(), { status: 200, message: /not valid JSON/ });
});

test("an abort ends the request with the caller's reason, also while it waits", async (t) => {
  const { url } = await scripted(t, { silent: true }, BUSY);
  const reason = new Error("enough");
  const controller = new AbortController();
  const running = new TartClient(url).stats({}, { signal: controller.signal });
  controller.abort(reason);
  await assert.rejects(running, reason);
  const slow = new TartClient(url, { backoff: { first: 1e6, maximum: 1e6 } });
  const signal = AbortSignal.timeout(50);
  await assert.rejects(slow.stats({}, { signal }), { name: "TimeoutError" });
  await assert.rejects(slow.stats({}, { signal: AbortSignal.abort(reason) }), reason);
});

test("a server that does not answer: timeout and unreachable", async (t) => {
  const { url } = await scripted(t, { silent: true });
  await assert.rejects(new TartClient(url, { timeout: 30 }).stats(), {
    name: "TartError",
    code: "timeout",
    status: 0,
  });
  const nowhere = new TartClient("http://127.0.0.1:1", { ...AT_ONCE, retries: 1 });
  await assert.rejects(nowhere.stats(), { code: "unreachable", message: /ECONNREFUSED|bad port/ });
});

test("wrong options are refused at once", () => {
  assert.throws(() => new TartClient("localhost:8080"), /must begin with http/);
  assert.throws(() => new TartClient(URL_, { int64: "bigInt" }), /number, bigint, string/);
  assert.throws(() => new TartClient(), /url is needed/);
  assert.throws(() => client.follow(undefined, { overflow: "drop" }), /oldest, newest, error/);
});

test("pages follow one another", async () => {
  const listed = [];
  for await (const event of client.iterSearch({ ...STORED, limit: 2 })) listed.push(event.id);
  const { events } = await client.search({ ...STORED, limit: 1000 });
  assert.deepEqual(listed, events.map(({ id }) => id));
  assert.ok(listed.length > 4);
});

test("pages that lead nowhere end", async (t) => {
  const page = (next_cursor) => ({ body: { events: [], has_more: true, next_cursor } });
  for (const script of [[page(null)], [page("a"), page("a")], [page("a"), page("b"), page("a")]]) {
    const { url, asked } = await scripted(t, ...script);
    const requests = script.length;
    const read = new TartClient(url).iterSearch().next();
    await assert.rejects(read, /next page of the response is missing/);
    assert.equal(asked.length, requests);
  }
});

test("an answer of another form is an error at once", async (t) => {
  const { url, asked } = await scripted(t, { body: { rows: [[1]] } });
  const read = new TartClient(url, AT_ONCE).sql({ query: "SELECT 1" });
  await assert.rejects(read, { name: "TartError", message: /documented form/ });
  assert.equal(asked.length, 1);
});

test("a page in place of an event stream is an error", async (t) => {
  const html = { headers: { "content-type": "text/html" }, body: "<p>Welcome" };
  const { url, asked } = await scripted(t, html);
  const read = new TartClient(url, AT_ONCE).streamMetrics().next();
  await assert.rejects(read, { name: "TartError", message: /not text\/event-stream/ });
  assert.equal(asked.length, 1);
});

test("an export is read in chunks, and can be left", async () => {
  let text = "";
  const decoder = new TextDecoder();
  for await (const chunk of client.export({ format: "ndjson", ...STORED })) {
    text += decoder.decode(chunk, { stream: true });
  }
  const { events } = await client.search({ ...STORED, limit: 1000 });
  assert.equal(text.trim().split("\n").length, events.length);
  for await (const _ of client.export({ format: "csv" })) break;
  await assert.rejects(client.export({ format: "xml" }).next(), { status: 400, param: "format" });
});

test("an export that was cut short is an error", async (t) => {
  const server = createServer((_, response) => {
    response.writeHead(200, { "Content-Length": "100" });
    response.write("one\n");
    setTimeout(() => response.destroy(), 20);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => server.close());
  const short = new TartClient(`http://127.0.0.1:${server.address().port}`);
  await assert.rejects(async () => {
    for await (const _ of short.export()) assert.ok(_);
  }, { code: "unreachable" });
});

// --- 64-bit integers --------------------------------------------------------------------------

const authorized = async (int64) => {
  const exact = new TartClient(URL_, { int64 });
  const { events } = await exact.search({ node_id: NODE, event_types: [95], limit: 1000 });
  return events.toReversed?.() ?? events.reverse();
};
const gas = (event) => event.data.Authorized.cost.total.gas_used;

test("bigint: every 64-bit field is a BigInt, exact, whatever its value", async () => {
  const events = await authorized("bigint");
  assert.deepEqual(events.map(gas), [0n, 2n ** 53n + 1n, 2n ** 63n + 1n, GREATEST]);
  for (const { event_id, id, event_type, context, data } of events) {
    assert.equal(typeof event_id, "bigint");
    assert.equal(typeof data.Authorized.timestamp, "bigint");
    assert.equal(typeof data.Authorized.submission_or_share_id, "bigint");
    assert.equal(typeof context.root_event_id, "bigint");
    assert.deepEqual([typeof id, typeof event_type], ["number", "number"]);
  }
});

test("string and number: one type as well; numbers are rounded", async () => {
  assert.deepEqual((await authorized("string")).map(gas), [
    ...["0", "9007199254740993", "9223372036854775809", String(GREATEST)],
  ]);
  assert.deepEqual((await authorized("number")).map(gas), [0, 2 ** 53, 2 ** 63, 2 ** 64]);
});

test("sums beyond 64 bits are exact, and of the same type", async () => {
  const sum = 2n ** 53n + 1n + 2n ** 63n + 1n + GREATEST;
  for (const [int64, expected] of [
    ["bigint", sum],
    ["string", String(sum)],
    ["number", Number(sum)],
  ]) {
    const exact = new TartClient(URL_, { int64 });
    const { authorization } = await exact.execution();
    assert.equal(authorization.total_gas_used, expected);
  }
});

test("SQL: columns of 64-bit types", async () => {
  const exact = new TartClient(URL_, { int64: "bigint" });
  const map = `SELECT 18446744073709551615::UBIGINT AS a, [1::BIGINT, NULL] AS b, 5::INTEGER AS c,
    170141183460469231731687303715884105727::HUGEINT AS d, '12' AS e, NULL::BIGINT AS f`;
  const { rows } = await exact.sql({ map });
  assert.deepEqual(rows[0], [GREATEST, [1n, null], 5, 2n ** 127n - 1n, "12", null]);
});
