"""The JavaScript client under Node, in a browser and in the TypeScript compiler.

The tests of what the client does are in JavaScript, in ``tests/e2e/javascript``.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

from tests.running import fake_node, running_system, wait_for
from tests.supervisor.process import Process

NODE = shutil.which("node") or "node"
FOLDER = Path(__file__).with_name("javascript")


def _node_version() -> tuple[int, ...]:
    node = shutil.which("node")
    if node is None:
        return (0,)
    text = subprocess.run([node, "--version"], capture_output=True, text=True, check=True).stdout
    return tuple(map(int, text.strip().removeprefix("v").split(".")))


pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        _node_version() < (20, 16), reason="needs Node 20.16 or newer (Debian 13: nodejs)"
    ),
]

GASES = (0, 2**53 + 1, 2**63 + 1, 2**64 - 1)
HASH = b"\x77" * 32


def cost(gas):
    return {"gas_used": gas, "elapsed_ns": 1}


def package(node):
    """Frames of one work-package for each gas, and a block."""
    outline = {
        **dict.fromkeys(("work_package_size", "lookup_anchor_slot"), 1),
        **{"work_package_hash": HASH, "anchor": bytes(32), "prerequisites": [], "work_items": []},
    }
    for gas in GASES:
        root, frame = node.event("WorkPackageSubmission", 1_000, builder=bytes(32), bundle=False)
        yield frame
        yield node.event(
            "WorkPackageReceived", 1_001, submission_or_share_id=root, core=1, outline=outline
        )[1]
        whole = {"total": cost(gas), "load_ns": 0, "host_call": cost(0)}
        yield node.event("Authorized", 1_002, submission_or_share_id=root, cost=whole)[1]
    yield node.event("BestBlockChanged", 1_003, slot=7, hash=HASH)[1]


@pytest.fixture(scope="module")
def system(tmp_path_factory):
    """A running tart with events of one node, which stays connected."""
    with running_system(tmp_path_factory.mktemp("javascript") / "data") as system:
        node = fake_node(1)
        with system.connect() as line:
            line.sendall(node.connect() + b"".join(package(node)))
            system.wait_for_events(node.peer_id, 3 * len(GASES) + 1)
            system.node_id, system.line, system.emitter = node.peer_id.hex(), line, node
            yield system


def environ(system):
    return {"TART_URL": system.api, "TART_NODE": system.node_id, "TART_HASH": HASH.hex()}


def run_node(*arguments, **environ):
    """Run Node; its output, which a failure shows."""
    command = [shutil.which("node"), *map(str, arguments)]
    outcome = subprocess.run(
        command, env=os.environ | environ, capture_output=True, text=True, timeout=120, check=False
    )
    assert outcome.returncode == 0, outcome.stdout[-6000:] + outcome.stderr[-3000:]
    return outcome.stdout


@pytest.mark.parametrize("name", ["requests", "streams"])
def test_in_node(system, name):
    run_node("--test", FOLDER / f"{name}.test.mjs", **environ(system))


STATEMENTS, LAST = 300, 999_999


def statements(node, numbers):
    """Frames of events whose time is their number."""
    return b"".join(node.event("SyncStatusChanged", number, synced=True)[1] for number in numbers)


def test_streams_resume_without_loss_after_the_server_was_killed(tmp_path):
    data, node = tmp_path / "data", fake_node(1)
    with running_system(data) as system, system.connect() as line:
        api = system.api.removeprefix("http://")
        client = Process(FOLDER / "follow.mjs", program=[NODE], environ={"TART_URL": system.api})
        with client:
            for stream in ("socket", "sse"):
                client.line(f"{stream} connected 1")
            line.sendall(node.connect() + statements(node, range(STATEMENTS)))
            for stream in ("socket", "sse"):
                for number in range(STATEMENTS):
                    client.line(f"{stream} event {number}")
            wait_for(system.committed, "the last commit")
            os.killpg(system.process.pid, signal.SIGKILL)
            system.process.ended()
            with (
                running_system(data, api=api) as again,
                again.connect() as line_2,
            ):
                numbers = range(STATEMENTS, 2 * STATEMENTS)
                line_2.sendall(node.connect() + statements(node, [*numbers, LAST]))
                for stream in ("socket", "sse"):
                    client.line(f"{stream} connected 2")
                    for number in numbers:
                        client.line(f"{stream} event {number}")
                    client.line(f"{stream} ended")
                assert client.ended() == 0
                # Nothing twice, and no gap.
                assert client.rest() == []
