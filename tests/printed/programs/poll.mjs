// Nodes, events and figures with fetch.
const url = process.env.TART_URL;
const ask = async (path) => (await fetch(url + path)).json();

console.log("status", (await ask("/api/health")).status);
const { nodes } = await ask("/api/nodes");
console.log("nodes", nodes.length);
const path = `/api/nodes/${nodes[0].node_id}/events?limit=10`;
console.log("events", (await ask(path)).events.length);
console.log("recent", (await ask("/api/events?limit=50")).events.length);
console.log("best", (await ask("/api/stats")).best_block);
