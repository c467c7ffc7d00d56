// @ts-check
/**
 * The pages. One declaration each: the rail, the keys, the search dialog and the tests derive from
 * it.
 *
 * @typedef {object} PageEntry
 * @property {string} name
 * @property {string} path Pattern of the address, with {name} for parts that vary.
 * @property {string} title
 * @property {string} [icon] Of the rail; pages without one are reached by links.
 * @property {string} [key] After "g".
 * @property {boolean} [main] Whether it is in the bar of a phone.
 * @property {"operator" | "admin"} [role] The least role that sees it.
 * @property {boolean} [free] Whether it shows no data, so that it needs no login.
 * @property {() => Promise<{ default: any }>} load
 */

/** @type {PageEntry[]} */
export const PAGES = [
  { name: "network", path: "", title: "Network", icon: "network", key: "n", main: true, load: () => import("./network.js") },
  { name: "nodes", path: "nodes", title: "Nodes", icon: "nodes", key: "d", main: true, load: () => import("./nodes.js") },
  { name: "node", path: "nodes/{id}", title: "Node", load: () => import("./node.js") },
  { name: "blocks", path: "blocks", title: "Blocks", icon: "blocks", key: "b", main: true, load: () => import("./blocks.js") },
  { name: "slot", path: "slots/{slot}", title: "Slot", load: () => import("./slot.js") },
  { name: "chain", path: "chain", title: "Chain", icon: "chain", key: "h", load: () => import("./chain.js") },
  { name: "reconcile", path: "chain/reconcile", title: "Reconcile", load: () => import("./reconcile.js") },
  { name: "finality", path: "chain/finality", title: "Finality and audits", load: () => import("./finality.js") },
  { name: "work", path: "work", title: "Work", icon: "work", key: "w", load: () => import("./work.js") },
  { name: "journey", path: "work/{hash}", title: "Work-package", load: () => import("./journey.js") },
  { name: "cores", path: "cores", title: "Cores", icon: "cores", key: "c", load: () => import("./cores.js") },
  { name: "core", path: "cores/{index}", title: "Core", load: () => import("./core.js") },
  { name: "availability", path: "availability", title: "Availability", icon: "availability", key: "y", load: () => import("./availability.js") },
  { name: "preimages", path: "preimages", title: "Preimages", icon: "preimages", key: "p", load: () => import("./preimages.js") },
  { name: "events", path: "events", title: "Events", icon: "events", key: "e", main: true, load: () => import("./events.js") },
  { name: "inspector", path: "events/{id}", title: "Event", load: () => import("./inspector.js") },
  { name: "first_message", path: "sessions/{session}", title: "First message", load: () => import("./inspector.js") },
  { name: "failures", path: "failures", title: "Failures", icon: "failures", key: "f", load: () => import("./failures.js") },
  { name: "failure", path: "failures/{fingerprint}", title: "Failure", load: () => import("./failure.js") },
  { name: "conformance", path: "conformance", title: "Conformance", icon: "conformance", key: "r", load: () => import("./conformance.js") },
  { name: "implementations", path: "implementations", title: "Implementations", icon: "implementations", key: "i", load: () => import("./implementations.js") },
  { name: "topology", path: "topology", title: "Topology", icon: "topology", key: "t", load: () => import("./topology.js") },
  { name: "sql", path: "sql", title: "SQL", icon: "sql", key: "s", role: "operator", load: () => import("./sql.js") },
  { name: "alerts", path: "alerts", title: "Alerts", icon: "alerts", key: "a", load: () => import("./alerts.js") },
  { name: "server", path: "server", title: "Server", icon: "server", key: "v", load: () => import("./server.js") },
  { name: "login", path: "login", title: "Log in", free: true, load: () => import("./login.js") },
  { name: "design", path: "design", title: "Design", free: true, load: () => import("./design.js") },
];
