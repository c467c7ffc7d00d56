// Follows a server over both streams and says what it gets; `test_javascript.py` kills the server.
import { Lagged, TartClient } from "../../../tart/client/web/tart.js";

const client = new TartClient(process.env.TART_URL, {
  backoff: { first: 200, maximum: 1000 },
  int64: "bigint",
});
const LAST = 999_999n;

async function print(name, stream) {
  let connections = 0;
  const report = () => {
    while (connections < stream.connections) console.log(`${name} connected ${(connections += 1)}`);
  };
  const timer = setInterval(report, 5);
  for await (const item of stream) {
    if (item instanceof Lagged) {
      console.log(`${name} lagged ${item.missed}`);
      continue;
    }
    const { timestamp } = Object.values(item.data)[0];
    if (timestamp === LAST) break;
    console.log(`${name} event ${timestamp}`);
  }
  clearInterval(timer);
  report();
  console.log(`${name} ended`);
}

await Promise.all([
  print("socket", client.follow({ type: "EventType", event_type: 13 })),
  print("sse", client.streamEvents({ event_types: [13] })),
]);
