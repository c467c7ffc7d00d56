"""A server that does not stop is killed by a signal that comes after the grace."""

from __future__ import annotations

import os
import re
import signal
import time

import pytest

from tart.stop_signals import GRACE_SECONDS
from tests.running import fake_node, running_system, wait_for

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
