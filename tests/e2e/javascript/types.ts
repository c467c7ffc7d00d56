// Compiled by the tests: what must compile, and after `@ts-expect-error` what must not.
import {
  Lagged,
  TartClient,
  TartError,
  type Event,
  type EventName,
  type Filter,
  type NodeDetails,
} from "./tart.js";

const plain = new TartClient();
const exact = new TartClient("http://127.0.0.1:8080", { int64: "bigint" });
const text = new TartClient({ int64: "string", key: "tart_ab_c" });

const name: EventName = "Authored";
// @ts-expect-error no such event
const noName: EventName = "Authord";

async function requests(): Promise<void> {
  const best: number = (await plain.stats({ duration: "5m" })).best_block;
  // @ts-expect-error a parameter that the route does not have
  await plain.stats({ durations: "5m" });
  // @ts-expect-error a word that the parameter does not accept
  await plain.export({ format: "xml" });
  // @ts-expect-error the node is missing
  await plain.node();
  const known: boolean = (await plain.stats()).best_block_known;
  // @ts-expect-error the mean may be unknown
  const mean: number = (await plain.latency()).steps[0].mean_ms;

  const one: number = (await plain.event(1)).event_id ?? 0;
  const two: bigint = (await exact.event(1)).event_id ?? 0n;
  const three: string = (await text.event(1)).event_id ?? "";
  // @ts-expect-error an id is a number in every form
  const id: bigint = (await exact.event(1)).id;
  const dropped: bigint = (await exact.node("00")).dropped_count;
  const details: NodeDetails<string> = await text.node("00", {}, { timeout: 1 });
  console.log(best, known, mean, one, two, three, id, dropped, details, name, noName);
}

function fields(event: Event<bigint>): void {
  if ("WorkPackageReceived" in event.data) {
    const { core, outline } = event.data.WorkPackageReceived;
    const limits: bigint[] = outline.work_items.map((item) => item.refine_gas_limit);
    console.log(core + 1, limits);
  }
  // @ts-expect-error the event may be another
  console.log(event.data.Authored);
}

async function streams(signal: AbortSignal): Promise<void> {
  const filter: Filter = { type: "Both", filters: [{ type: "Core", core: 1 }, { type: "All" }] };
  for await (const item of exact.follow(filter, { signal, overflow: "newest" })) {
    if (item instanceof Lagged) console.log(item.missed);
    else fields(item);
  }
  // @ts-expect-error no such filter
  exact.follow({ type: "Cor", core: 1 });
  for await (const message of plain.connect()) {
    if (message.type === "event") console.log(message.data.event_id + 1);
  }
  for await (const { latest_slot } of plain.streamMetrics()) console.log(latest_slot);
  for await (const chunk of plain.export()) console.log(chunk.byteLength);
}

requests().catch((error: unknown) => {
  if (error instanceof TartError) console.log(error.status, error.code, error.param);
});
streams(AbortSignal.timeout(1)).catch(console.log);
