"""A server that does not stop is killed by a signal that comes after the grace."""

from __future__ import annotations

import os
import re
import signal
import time
from pathlib import Path

import pytest

from tart.stop_signals import GRACE_SECONDS
from tests.running import fake_node, running_system, wait_for
from tests.supervisor.process import Process

pytestmark = pytest.mark.soak


def test_a_signal_after_the_grace_kills_and_what_was_written_stays(tmp_path):
    data, node = tmp_path / "data", fake_node(1)
    with running_system(data, shards=1) as system, system.connect() as connection:
        messages = [node.event("SyncStatusChanged", at, synced=True)[1] for at in range(50)]
        connection.sendall(node.connect() + b"".join(messages))
        stored = system.wait_for_events(node.peer_id, 50)
        wait_for(system.committed, "a commit")
        process = system.process
        shard = int(re.findall(r"shard 0 started, pid (\d+)", process.errors())[-1])
        # What does not stop.
        os.kill(shard, signal.SIGSTOP)
        began = time.monotonic()
        for _ in range(3):
            os.killpg(process.pid, signal.SIGTERM)
            wait_for(lambda: "stopping: SIGTERM" in process.errors(), "the stop")
        wait_for(lambda: "SIGTERM again: already stopping" in process.errors(), "a repetition")
        wait_for(lambda: time.monotonic() > began + GRACE_SECONDS, "the end of the grace")
        process.send(signal.SIGTERM)
        assert process.ended() == 1
        late = "SIGTERM more than 5 s after the first stop signal: killing shard 0"
        assert late in process.errors()
    with running_system(data, shards=1) as system:
        assert system.wait_for_events(node.peer_id, 50) == stored


def test_a_late_ctrl_c_ends_a_demo_that_hangs(tmp_path):
    environ = {"TART_TELEMETRY_BIND": "127.0.0.1:0"}
    with Process("tart", "demo", "--port", "0", environ=environ, cwd=tmp_path) as demo:
        demo.line("Ctrl-C stops everything.")
        hanging = Path(f"/proc/{demo.pid}/task/{demo.pid}/children").read_text().split()
        assert len(hanging) == 2
        for pid in hanging:
            os.kill(int(pid), signal.SIGSTOP)
        began = time.monotonic()
        demo.send(signal.SIGINT)
        wait_for(lambda: time.monotonic() > began + GRACE_SECONDS / 2, "a part of the grace")
        demo.send(signal.SIGINT)
        advice = "tart: stopping; press Ctrl-C again after 5 s to stop at once"
        wait_for(lambda: advice in demo.errors(), "the repetition")
        wait_for(lambda: time.monotonic() > began + GRACE_SECONDS + 0.1, "the end of the grace")
        demo.send(signal.SIGINT)
        # Whatever has its output open.
        assert demo.ended() == 1
        assert "Traceback" not in demo.errors()
    assert not any(Path(f"/proc/{pid}").exists() for pid in hanging)
