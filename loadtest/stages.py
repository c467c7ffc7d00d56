"""The cost of each stage from received bytes to encoded columns, in nanoseconds per event.

``python -m loadtest.stages`` replays the traffic of a full network through the pure functions of
one process, without sockets and files: CPU time of the fastest of many runs, so that other work
on the machine does not matter much. ``TART_KERNEL=python`` measures the twin of the kernel.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from loadtest import recordings, traffic
from tart.native.library import kernel_name, reason
from tart.protocol.columnar import read_columns
from tart.protocol.connection import Connection
from tart.protocol.framing import DEFAULT_MAX_FRAME
from tart.shard.decode.batch_decoder import FrameRuns, decode_batch
from tart.shard.decode.read_collector import ReadCollector, SplitReads
from tart.shard.state.nodes import Session
from tart.shard.state.peer_dictionary import PeerDictionary
from tart.storage.core.log_columns import concatenate
from tart.storage.core.schema import encode_log

# Events of a batch, and of a read: as few nodes write, as in ``line``, as in ``full``.
BATCHES = ((50, 1), (1_250, 5), (5_000, 42))
_NODES, _CORES = 300, 100
_SECONDS = 1.0
_NOW = 1_700_000_000_000_000


class Read(NamedTuple):
    """The bytes of one read and their connection."""

    session: Session
    data: bytes


def reads_of(path: Path, events: int, of_read: int) -> list[Read]:
    """Return reads of as many connections as a batch of this size has."""
    recording = recordings.load(path)
    reads = []
    for number in range(events // of_read):
        session = Session(number, 0, "", 0, Connection())
        session.connection.receive_frames(traffic.first_message(recording, number))
        session.node_number = number
        # From the middle on: the references are in use.
        replay = traffic.replay(recording, number % _NODES, _NODES)
        block = replay.block(10_000 + 17 * number, of_read, 400_000_000_000_000, 1_000.0)
        reads.append(Read(session, block.data))
    return reads


def measure(work: Callable[[], object], seconds: float = _SECONDS) -> float:
    """Return the CPU seconds of the fastest run."""
    fastest, until = float("inf"), time.monotonic() + seconds
    while time.monotonic() < until:
        start = time.thread_time_ns()
        work()
        fastest = min(fastest, time.thread_time_ns() - start)
    return fastest / 1e9


def stages(reads: list[Read]) -> dict[str, Callable[[], object]]:
    """Return the stages by name; each can be repeated."""

    def split() -> SplitReads:
        collector = ReadCollector(DEFAULT_MAX_FRAME)
        for read in reads:
            collector.add(read.session, read.data, _NOW)
        return collector.split()

    frames = split().frames
    runs = FrameRuns()
    for read in reads:
        runs.add(read.session, len(frames) // len(reads), _NOW)
    peers = PeerDictionary({})
    decoded = decode_batch(frames, runs, 0, peers)
    columns = read_columns(frames)
    named = columns.has_peer.nonzero()[0]
    positions = frames.starts[named] + columns.body_start[named]
    log = concatenate([decoded.log])
    return {
        "split": split,
        "columns": lambda: read_columns(frames),
        "peers": lambda: peers.numbers(frames.data, positions),
        "decode, all": lambda: decode_batch(frames, runs, 0, peers),
        "bodies": lambda: concatenate([decoded.log]),
        "encode": lambda: encode_log(log),
    }


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seconds", type=float, default=_SECONDS, help="for each figure")
    seconds = parser.parse_args().seconds
    path = recordings.recorded(_NODES, _CORES)
    print(f"kernel: {kernel_name()} {reason()}")
    rows: dict[str, list[str]] = {}
    for events, of_read in BATCHES:
        for name, work in stages(reads_of(path, events, of_read)).items():
            nanoseconds = measure(work, seconds) / events * 1e9
            rows.setdefault(name, []).append(f"{nanoseconds:8.0f}")
    heads = "".join(f"{f'{events}/{of_read}':>9}" for events, of_read in BATCHES)
    print(f"{'ns an event':16}{heads}   (events of a batch / of a read)")
    for name, figures in rows.items():
        print(f"{name:16}{''.join(f'{figure:>9}' for figure in figures)}")


if __name__ == "__main__":
    main()
