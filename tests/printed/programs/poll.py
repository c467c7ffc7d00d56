"""Health, nodes, events and figures with ``requests``."""

import os

import requests

URL = os.environ["TART_URL"]


def ask(path, **query):
    """Return the answer to a request as JSON."""
    return requests.get(f"{URL}{path}", params=query, timeout=30).json()


print("status", ask("/api/health")["status"])
nodes = ask("/api/nodes")["nodes"]
print("nodes", len(nodes))
print("events", len(ask(f"/api/nodes/{nodes[0]['node_id']}/events", limit=10)["events"]))
print("recent", len(ask("/api/events", limit=50)["events"]))
print("best", ask("/api/stats")["best_block"])
