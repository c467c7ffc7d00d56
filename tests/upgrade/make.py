"""Make the data directory that later releases must open: ``python -m tests.upgrade.make``.

To be run once for each schema, by the release that introduces it, and never again.
"""

from __future__ import annotations

import json
import shutil
import signal
import sys
import tarfile
import tempfile
from pathlib import Path

from tart.cli.main import main
from tart.storage.core.schema import SCHEMA_VERSION
from tart.testing import FakeNode
from tests.running import System, fake_node, fake_peer_id, running_system

HERE = Path(__file__).parent
BLOCKS = 5
NODES = 2


def read_answers(system: System) -> dict[str, object]:
    """Return the answers of the directory's tart that must stay the same."""
    nodes = system.get("/api/nodes")["nodes"]
    return {
        "nodes": {node["node_id"]: node["event_count"] for node in nodes},
        "events": {
            fake_peer_id(number).hex(): [
                [each["id"], each["event_id"], each["received_at"], each["data"]]
                for each in system.events(fake_peer_id(number))
            ]
            for number in range(1, NODES + 1)
        },
        "sessions": [
            [each["node_id"], each["event_count"], each["bytes"], each["outcome"]]
            for each in sorted(
                system.get("/api/sessions?duration=3650d")["sessions"],
                key=lambda each: each["node_id"],
            )
        ],
        "counts": {
            node_id: system.get(f"/api/nodes/{node_id}/status")["event_breakdown"]
            for node_id in sorted(node["node_id"] for node in nodes)
        },
    }


def events(node: FakeNode, slot: int) -> list[bytes]:
    """Return events with a slot, a peer, a reference, and both."""
    peer = fake_peer_id(10 + slot)
    best = node.event("BestBlockChanged", slot, slot=slot, hash=bytes(32))[1]
    connecting_id, connecting = node.event(
        "ConnectingIn", slot, from_={"ipv6": "::1", "port": slot}
    )
    return [
        best,
        connecting,
        node.event("ConnectedIn", slot, connecting_id=connecting_id, peer_id=peer)[1],
        node.event("ConnectInFailed", slot, connecting_id=connecting_id, reason="full")[1],
        node.event("PeerMisbehaved", slot, peer=peer, reason="late")[1],
    ]


def make(directory: Path) -> None:
    """Write ``schema-N.tar.gz`` and what it answers beside it."""
    data = directory / "data"
    with running_system(data) as system:
        for number in range(1, NODES + 1):
            node = fake_node(number)
            with system.connect() as connection:
                connection.sendall(node.connect())
                messages = [each for slot in range(BLOCKS) for each in events(node, slot)]
                connection.sendall(b"".join(messages))
                # No such event: kept as it came.
                connection.sendall(bytes([9, 0, 0, 0, *bytes(8), 255]))
                system.wait_for_events(fake_peer_id(number), len(messages))
        system.process.send(signal.SIGTERM)
        assert system.process.ended() == 0
    with running_system(data) as system:
        answers = read_answers(system)
        system.process.send(signal.SIGTERM)
        assert system.process.ended() == 0
    assert main(["keys", "create", "--name", "of old", "--data-dir", str(data)]) == 0
    shutil.rmtree(data / "run", ignore_errors=True)
    name = f"schema-{SCHEMA_VERSION}"
    (HERE / f"{name}.json").write_text(json.dumps(answers, indent=1) + "\n")
    with tarfile.open(HERE / f"{name}.tar.gz", "w:gz") as packed:
        packed.add(data, "data", filter=_anonymous)


def _anonymous(member: tarfile.TarInfo) -> tarfile.TarInfo:
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    return member


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as temporary:
        make(Path(temporary))
    sys.exit(0)
