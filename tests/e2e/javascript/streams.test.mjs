// Live streams: against the real server, and against sockets that follow a script.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { once } from "node:events";
import { test } from "node:test";
import { EventStreamParser, Lagged, TartClient, TartError } from "../../../tart/client/web/tart.js";

const URL_ = process.env.TART_URL;
const AT_ONCE = { backoff: { first: 0, maximum: 5 } };
const EVENT_65 = { id: 256, received_at: "2026-01-01T00:00:00.000001Z", event: { Later: {} } };
const event = (id) => ({ ...EVENT_65, id });
const soon = (action) => setTimeout(action, 1);

/** Return a WebSocket class whose connections do what the scripts say, and all sockets. */
function scriptedSockets(...scripts) {
  const sockets = [];
  class FakeSocket {
    sent = [];
    constructor(url) {
      this.url = url;
      sockets.push(this);
      const script = scripts[Math.min(sockets.length, scripts.length) - 1];
      soon(() => script(this));
    }
    open() {
      this.onopen({});
      this.say("connected", { recent_event_samples: [] });
    }
    say(type, data) {
      this.onmessage?.({ data: JSON.stringify({ type, data, timestamp: "t" }) });
    }
    send(text) {
      const message = JSON.parse(text);
      this.sent.push(message);
      const replies = { Subscribe: "subscribed", Unsubscribe: "unsubscribed", Ping: "pong" };
      soon(() => (this.reply ? this.reply(message) : this.say(replies[message.type], {})));
    }
    close() {
      this.closed = true;
    }
    drop() {
      this.onclose?.({ code: 1006, reason: "" });
    }
  }
  return { sockets, WebSocket: FakeSocket };
}

const opened = (then) => (socket) => {
  socket.open();
  soon(() => soon(() => soon(() => then?.(socket))));
};
const clientOf = (fake, options) =>
  new TartClient("http://127.0.0.1:1", { ...AT_ONCE, ...fake, ...options });

async function take(stream, count) {
  const items = [];
  for (let i = 0; i < count; i += 1) items.push((await stream.next()).value);
  return items;
}

test("the filter is sent, and the key as a parameter where headers are impossible", async () => {
  const fake = scriptedSockets(opened((socket) => socket.say("events", [event(1), event(2)])));
  const stream = clientOf(fake, { key: "tart_ab_c" }).follow({ type: "Core", core: 3 });
  const items = await take(stream, 2);
  assert.deepEqual(items.map(({ id, data }) => [id, data]), [[1, { Later: {} }], [2, { Later: {} }]]);
  const [socket] = fake.sockets;
  const filter = { type: "Core", core: 3 };
  assert.deepEqual(socket.sent, [{ type: "Subscribe", filter, batch: true }]);
  const { protocol, pathname, searchParams } = new URL(socket.url);
  assert.deepEqual([protocol, pathname], ["ws:", "/api/ws"]);
  assert.equal(searchParams.get("token"), "tart_ab_c");
  assert.equal(searchParams.get("subscribe"), "none");
  stream.close();
  assert.ok(socket.closed);
  assert.deepEqual(await stream.next(), { done: true, value: undefined });
});

test("an event that comes twice is given once", async () => {
  const fake = scriptedSockets(
    opened((socket) => {
      socket.say("events", [event(1), event(2)]);
      socket.say("event", event(2));
      socket.say("events", [event(1), event(3)]);
    }),
  );
  const stream = clientOf(fake).follow();
  assert.deepEqual((await take(stream, 3)).map(({ id }) => id), [1, 2, 3]);
  stream.close();
});

test("leaving the loop closes the socket", async () => {
  const fake = scriptedSockets(opened((socket) => socket.say("events", [event(1)])));
  for await (const { id } of clientOf(fake).follow()) {
    assert.equal(id, 1);
    break;
  }
  assert.ok(fake.sockets[0].closed);
});

test("lag notices of the server come where the events are missing", async () => {
  const fake = scriptedSockets(
    opened((socket) => {
      socket.say("events", [event(1)]);
      socket.say("lagged", { missed: 7 });
      socket.say("events", [event(9)]);
    }),
  );
  const stream = clientOf(fake).follow();
  const [first, lagged, last] = await take(stream, 3);
  assert.ok(lagged instanceof Lagged);
  assert.deepEqual([first.id, lagged.missed, last.id], [1, 7, 9]);
  stream.close();
});

for (const [overflow, expected] of [
  ["oldest", [1, "5 lagged", 7, 8, 9]],
  ["newest", [1, 2, 3, 4, "5 lagged", 10]],
]) {
  test(`a full buffer drops the ${overflow} events, and says so`, async () => {
    const all = [...Array(9).keys()].map((i) => event(i + 1));
    const fake = scriptedSockets(
      opened((socket) => {
        socket.say("events", [event(1)]);
        soon(() => socket.say("events", all.slice(1)));
      }),
    );
    const stream = clientOf(fake).follow({ type: "All" }, { buffer: 3, overflow });
    const items = await take(stream, 1);
    await new Promise((resolve) => setTimeout(resolve, 30));
    items.push(...(await take(stream, 3)));
    fake.sockets[0].say("events", [event(10)]);
    const more = expected.length - items.length;
    items.push(...(await take(stream, more)));
    const shown = items.map((item) => (item instanceof Lagged ? `${item.missed} lagged` : item.id));
    assert.deepEqual(shown, expected);
    stream.close();
  });
}

test("a full buffer can end the stream", async () => {
  const fake = scriptedSockets(
    opened((socket) => socket.say("events", [event(1), event(2), event(3)])),
  );
  const stream = clientOf(fake).follow({ type: "All" }, { buffer: 2, overflow: "error" });
  assert.deepEqual((await take(stream, 2)).map(({ id }) => id), [1, 2]);
  await assert.rejects(stream.next(), { name: "TartError", code: "overflow" });
});

test("an abort ends the loop with the caller's reason", async () => {
  const fake = scriptedSockets(opened());
  const controller = new AbortController();
  const stream = clientOf(fake).follow(undefined, { signal: controller.signal });
  const waiting = stream.next();
  const reason = new Error("enough");
  setTimeout(() => controller.abort(reason), 20);
  await assert.rejects(waiting, reason);
  await new Promise(setImmediate);
  assert.ok(fake.sockets[0].closed);
});

test("a refused filter ends the stream with the server's sentence", async () => {
  const stream = new TartClient(URL_).follow({ type: "Cor" });
  await assert.rejects(stream.next(), (error) => {
    assert.ok(error instanceof TartError);
    assert.deepEqual([error.status, error.param], [400, "filter.type"]);
    return true;
  });
});

test("requests beside the events: replies go to their requests", async () => {
  const client = new TartClient(URL_);
  const live = client.connect();
  const messages = [];
  const reading = (async () => {
    for await (const message of live) messages.push(message);
  })();
  while (live.connections === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  const [pong, recent] = await Promise.all([live.ping(), live.recentEvents(3)]);
  assert.equal(typeof pong.uptime_ms, "number");
  assert.equal(recent.length, 3);
  assert.ok(recent[0].data && recent[0].id < recent[2].id);
  await assert.rejects(live.subscribe({ type: "Slot", slot: -1 }), { status: 400 });
  await assert.rejects(live.recentEvents(-1), { param: "limit" });
  await live.subscribe({ type: "All" });
  await live.unsubscribe();
  await live.subscribeAlerts();
  await live.subscribeMetrics(500);
  while (!messages.some(({ type }) => type === "metrics")) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  await live.unsubscribeMetrics();
  await live.unsubscribeAlerts();
  await live.subscribeSummary();
  while (!messages.some(({ type }) => type === "summary")) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  const { data: summary } = messages.find(({ type }) => type === "summary");
  assert.equal(summary.since, null);
  assert.equal(summary.added.length, summary.nodes.event_count.length);
  await live.unsubscribeSummary();
  live.close();
  await reading;
  await assert.rejects(live.ping(), { code: "unreachable" });
});

test("a new connection subscribes again to everything", async () => {
  const fake = scriptedSockets(
    opened((socket) => {
      socket.reply = ({ type }) => socket.say(type === "Subscribe" ? "subscribed" : "alerts_subscribed");
      soon(() => soon(() => socket.drop()));
    }),
    opened(),
  );
  const live = clientOf(fake).connect();
  await live.subscribeAlerts();
  await live.subscribeMetrics(500);
  const reading = live.next().then(() => live.next());
  while (fake.sockets.length < 2) await new Promise((resolve) => setTimeout(resolve, 5));
  while (fake.sockets[1].sent.length < 1) await new Promise((resolve) => setTimeout(resolve, 5));
  for (const socket of fake.sockets) assert.equal(socket.sent[0].type, "SubscribeMetrics");
  live.close();
  await reading;
});

test("a wrong key ends streams at once, whatever carries them", async (t) => {
  const server = createServer((request, response) => {
    const error = { code: "unauthorized", message: "this key is not known" };
    response.writeHead(401, { "Content-Type": "application/json" });
    response.end(JSON.stringify({ error }));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => server.close());
  const url = `http://127.0.0.1:${server.address().port}`;
  const refused = { status: 401, code: "unauthorized" };
  await assert.rejects(new TartClient(url).follow().next(), refused);
  await assert.rejects(new TartClient(url).streamEvents().next(), refused);
  // Browsers do not tell the status of a WebSocket: it is asked for.
  const fake = scriptedSockets((socket) => socket.drop());
  const options = { WebSocket: fake.WebSocket, ...AT_ONCE };
  await assert.rejects(new TartClient(url, options).follow().next(), refused);
});

test("a server that is not one of WebSockets is not taken for one", async (t) => {
  const server = createServer().listen(0, "127.0.0.1");
  let upgrades = 0;
  server.on("upgrade", (_, socket) => {
    // The client destroys its end at once, which may arrive as a reset.
    socket.on("error", () => {});
    upgrades += 1;
    socket.end("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n");
  });
  await once(server, "listening");
  t.after(() => server.close());
  const url = `http://127.0.0.1:${server.address().port}`;
  const stream = new TartClient(url, AT_ONCE).follow();
  const waiting = stream.next();
  while (upgrades < 3) await new Promise((resolve) => setTimeout(resolve, 5));
  assert.equal(stream.connections, 0);
  stream.close();
  assert.equal((await waiting).done, true);
});

/** Code and text of each frame of a client, which are masked. */
function unmasked(data) {
  const frames = [];
  while (data.length) {
    assert.ok(data[1] & 0x80);
    const size = data[1] & 0x7f;
    const mask = data.subarray(2, 6);
    const plain = data.subarray(6, 6 + size).map((byte, i) => byte ^ mask[i & 3]);
    frames.push([data[0] & 0x0f, Buffer.from(plain).toString()]);
    data = data.subarray(6 + size);
  }
  return frames;
}

test("frames of a WebSocket: long, in parts, with a ping in between, cut anywhere", async (t) => {
  const { createHash } = await import("node:crypto");
  const server = createServer().listen(0, "127.0.0.1");
  const received = [];
  let end;
  const ended = new Promise((resolve) => (end = resolve));
  server.on("upgrade", ({ headers }, socket) => {
    socket.on("error", () => {});
    const guid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    const accept = createHash("sha1").update(headers["sec-websocket-key"] + guid).digest("base64");
    const frame = (first, text) => {
      const data = Buffer.from(text);
      const long = data.length > 65_535;
      const head = Buffer.alloc(data.length < 126 ? 2 : long ? 10 : 4);
      head[0] = first;
      head[1] = data.length < 126 ? data.length : long ? 127 : 126;
      if (long) head.writeBigUInt64BE(BigInt(data.length), 2);
      else if (head.length === 4) head.writeUInt16BE(data.length, 2);
      return Buffer.concat([head, data]);
    };
    const say = (type, data) => JSON.stringify({ type, data });
    const greeting = say("connected", { recent_event_samples: [] });
    const long = say("event", { ...event(1), note: "ü".repeat(40_000) });
    const middle = say("event", { ...event(2), note: "x".repeat(300) });
    const all = Buffer.concat([
      frame(0x81, greeting),
      frame(0x81, say("subscribed", {})),
      frame(0x01, long.slice(0, 10)),
      frame(0x89, "are you there"),
      frame(0x80, long.slice(10)),
      frame(0x81, middle),
      frame(0x88, Buffer.from([0x03, 0xf5])),
    ]);
    const answer =
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
      `Sec-WebSocket-Accept: ${accept}\r\n\r\n`;
    // The first frame arrives with the head.
    socket.write(Buffer.concat([Buffer.from(answer), all.subarray(0, 3)]));
    socket.on("error", () => {});
    socket.once("data", () => {
      for (let i = 3; i < 600; i += 1) socket.write(all.subarray(i, i + 1));
      socket.write(all.subarray(600));
    });
    socket.on("data", (chunk) => received.push(chunk));
    socket.on("end", end);
  });
  await once(server, "listening");
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const url = `http://127.0.0.1:${server.address().port}`;
  const stream = new TartClient(url, { backoff: { first: 1e6, maximum: 1e6 } }).follow();
  const [first, second] = await take(stream, 2);
  assert.deepEqual([first.note.length, second.note.length], [40_000, 300]);
  assert.equal(first.note, "ü".repeat(40_000));
  stream.close();
  await ended;
  const frames = unmasked(Buffer.concat(received));
  assert.deepEqual(frames.map(([code]) => code), [1, 10, 8]);
  assert.equal(JSON.parse(frames[0][1]).type, "Subscribe");
  assert.equal(frames[1][1], "are you there");
});

test("metrics arrive every second", async () => {
  const stream = new TartClient(URL_).streamMetrics();
  for await (const figures of stream) {
    assert.ok("latest_slot" in figures);
    break;
  }
});

test("summaries over server-sent events go on behind a state", async () => {
  const client = new TartClient(URL_);
  const { sequence, nodes_known } = await client.summary();
  for await (const summary of client.streamSummary({ since: sequence })) {
    assert.deepEqual([summary.since, summary.added], [sequence, []]);
    assert.equal(summary.nodes_known, nodes_known);
    break;
  }
});

test("server-sent events: from an event's id on, and 64-bit integers are exact", async () => {
  const client = new TartClient(URL_, { int64: "bigint" });
  const { events } = await client.search({ event_types: [95], limit: 1000 });
  const last_event_id = String(events.at(-1).id);
  const stream = client.streamEvents({ event_types: [95], last_event_id });
  const listed = (await take(stream, 3)).map((item) => item.data.Authorized.cost.total.gas_used);
  assert.deepEqual(listed, [2n ** 53n + 1n, 2n ** 63n + 1n, 2n ** 64n - 1n]);
  stream.close();
});

// --- The parser of server-sent events ---------------------------------------------------------

const parse = (...pieces) => {
  const parser = new EventStreamParser();
  return pieces.flatMap((piece) => parser.push(piece));
};

test("events of every form, cut anywhere", () => {
  const text =
    "\uFEFF: hello\r\ndata: one\ndata:two\ndata\n\nid: 7\revent: named\rdata:  x\r\r" +
    "event: nothing\n\nid: bad\0\nretry: 5\nunknown: y\ndata: ü€😀\r\n\r\ndata: unfinished";
  const expected = [
    { comment: " hello" },
    { name: "message", data: "one\ntwo\n", id: "" },
    { name: "named", data: " x", id: "7" },
    { name: "message", data: "ü€😀", id: "7" },
  ];
  assert.deepEqual(parse(text), expected);
  assert.deepEqual(parse(...text), expected);
  for (let i = 0; i <= text.length; i += 1) {
    assert.deepEqual(parse(text.slice(0, i), text.slice(i)), expected, `cut at ${i}`);
  }
});
