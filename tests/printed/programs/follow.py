"""Live events and statistics with ``websockets``; ends when both have arrived."""

import asyncio
import json
import os

import websockets

URL = os.environ["TART_URL"].replace("http", "ws")


async def follow():
    """Print the first message of each type until events and statistics have arrived."""
    types = set()
    async with websockets.connect(f"{URL}/api/ws", proxy=None) as socket:
        await socket.send(json.dumps({"type": "Subscribe", "filter": {"type": "All"}}))
        async for text in socket:
            message = json.loads(text)
            data = message.get("data")
            if message["type"] in types:
                continue
            types.add(message["type"])
            if message["type"] == "event":
                print("event", data["id"], data["node_id"], data["event_type"], *data["event"])
            elif message["type"] == "stats":
                print("nodes", data["connections"]["total"])
            if {"event", "stats"} <= types:
                return


asyncio.run(follow())
