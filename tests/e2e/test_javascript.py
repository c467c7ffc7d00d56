"""The JavaScript client under Node, in a browser and in the TypeScript compiler.

The tests of what the client does are in JavaScript, in ``tests/e2e/javascript``.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.running import fake_node, running_system

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


def test_requests(system):
    run_node("--test", FOLDER / "requests.test.mjs", **environ(system))
