// Live events and statistics with the standard WebSocket; ends when both have arrived.
const types = new Set();
const socket = new WebSocket(process.env.TART_URL.replace("http", "ws") + "/api/ws");
socket.onopen = () => socket.send('{"type": "Subscribe", "filter": {"type": "All"}}');
socket.onmessage = ({ data: text }) => {
  const { type, data } = JSON.parse(text);
  if (types.has(type)) return;
  types.add(type);
  if (type === "event") {
    console.log("event", data.id, data.node_id, data.event_type, ...Object.keys(data.event));
  }
  if (type === "stats") console.log("nodes", data.connections.total);
  if (types.has("event") && types.has("stats")) socket.close();
};
