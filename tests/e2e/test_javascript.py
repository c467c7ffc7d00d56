"""The JavaScript client under Node, in a browser and in the TypeScript compiler.

The tests of what the client does are in JavaScript, in ``tests/e2e/javascript``.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tart.aggregate.core.tables import GAUGES
from tart.gateway.codegen.javascript import FOLDER as WEB
from tests.browser import CHROMIUM, chromium, new_page
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

GUIDE = Path(__file__).parents[2] / "docs" / "javascript.md"
DOCUMENTED = "http://127.0.0.1:8080"
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
    data = tmp_path_factory.mktemp("javascript") / "data"
    with running_system(data, environ={"TART_API_CORS_ORIGINS": "*"}) as system:
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
        command, env=os.environ | environ, capture_output=True, text=True, timeout=240, check=False
    )
    assert outcome.returncode == 0, outcome.stdout[-6000:] + outcome.stderr[-3000:]
    return outcome.stdout


@pytest.mark.parametrize("name", ["requests", "streams"])
def test_in_node(system, name):
    run_node("--test", FOLDER / f"{name}.test.mjs", **environ(system))


@pytest.fixture(scope="module")
def talking(system):
    """The system, whose node goes on talking."""
    ended = threading.Event()

    def talk():
        number = 0
        while not ended.wait(0.05):
            number += 1
            slot = {"slot": number, "hash": HASH}
            gauges = dict.fromkeys(GAUGES, number) | {"num_guarantees": bytes(2)}
            system.line.sendall(
                system.emitter.event("BestBlockChanged", number, **slot)[1]
                + system.emitter.event("SyncStatusChanged", number, synced=True)[1]
                + system.emitter.event("Status", number, **gauges)[1]
            )

    thread = threading.Thread(target=talk)
    thread.start()
    yield system
    ended.set()
    thread.join()


def examples(language):
    """The examples of docs/javascript.md in one language, as they stand there."""
    return re.findall(rf"^```{language}\n(.*?)^```$", GUIDE.read_text(), re.MULTILINE | re.DOTALL)


def at(text, system):
    """An example with the address of the server that runs."""
    assert DOCUMENTED in text
    return text.replace(DOCUMENTED, system.api)


def folder_with_client(path):
    """A folder with the client's files, as someone has who fetched them."""
    path.mkdir()
    for name in ("tart.js", "tart.d.ts"):
        shutil.copy(WEB / name, path)
    (path / "package.json").write_text('{"type": "module"}')
    return path


def test_the_examples_of_the_guide_run_in_node(talking, tmp_path):
    folder = folder_with_client(tmp_path / "project")
    texts = examples("js")
    assert len(texts) == 5
    with ThreadPoolExecutor(len(texts)) as threads:
        outputs = []
        for number, text in enumerate(texts):
            example = folder / f"example_{number}.js"
            example.write_text(at(text, talking))
            outputs.append(threads.submit(run_node, example))
    requests, sum_, follow, connect, sse = (output.result() for output in outputs)
    assert talking.node_id in requests
    assert "404 not_found" in requests
    assert sum_ == f"{sum(GASES) + 1}n\n"
    assert follow.count("\n") >= 3
    assert connect
    assert sse


TYPESCRIPT = Path(sys.prefix) / "web" / "node_modules" / "typescript" / "bin" / "tsc"


@pytest.mark.skipif(
    not TYPESCRIPT.exists(), reason="needs TypeScript's compiler; make tools installs it with npm"
)
def test_the_types_are_right_for_the_compiler(tmp_path):
    folder = folder_with_client(tmp_path / "project")
    shutil.copy(FOLDER / "types.ts", folder)
    for number, text in enumerate(examples("ts")):
        (folder / f"example_{number}.ts").write_text(text)
    options = ("--noEmit", "--strict", "--target", "es2022", "--module", "nodenext")
    libraries = ("--lib", "es2022,dom,dom.asynciterable")
    run_node(TYPESCRIPT, *options, *libraries, *sorted(folder.glob("*.ts")))


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium (Debian: chromium-headless-shell)")
def test_the_page_of_the_guide_shows_live_slots_in_a_browser(talking, tmp_path):
    (text,) = examples("html")
    (tmp_path / "page.html").write_text(at(text, talking))
    with chromium() as browser:
        page, faults = new_page(browser, talking.api)
        page.goto((tmp_path / "page.html").as_uri())
        slot = page.locator("#slot").filter(has_text=re.compile(r"^\d+$"))
        assert int(slot.inner_text()) > 0
        assert faults == []


STATEMENTS, LAST = 100, 999_999


def statements(node, numbers):
    """Frames of events whose time is their number."""
    return b"".join(node.event("SyncStatusChanged", number, synced=True)[1] for number in numbers)


def test_streams_resume_without_loss_after_the_server_was_killed(tmp_path):
    data, node = tmp_path / "data", fake_node(1)
    with running_system(data, shards=1) as system, system.connect() as line:
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
                # The gateway of one that is preloaded listens before its shard does, and has
                # followers that come in between connect once more.
                running_system(data, shards=1, api=api, preloaded=False) as again,
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
