"""The load: so many connections, so many events per second, every one of them counted.

One process, plain non-blocking sockets, prepared bytes. Connections have their turns one
after another, each once per ``write_interval``; at its turn a connection hands the kernel
what is due by then. What the kernel does not take is sent at the next turn: nothing is
skipped, the generator falls behind and says by how much.

An event counts as sent when its last byte was accepted by the kernel.
"""

from __future__ import annotations

import gc
import socket
import time
from bisect import bisect_right
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from loadtest import recordings, traffic
from loadtest.dialogue import options, say, wait_for
from loadtest.traffic import Block, Recording, Replay
from tart.units import JCE_UNIX_SECONDS

# What a node keeps for a server that does not read is its own affair; this is the kernel's
# share. Its default would hide megabytes per connection.
SEND_BUFFER = 256 << 10
# Blocks are made for so long ahead, and for not more events than this.
_BLOCK_SECONDS = 1.0
_BLOCK_EVENTS = 2_000
# The generator sleeps no shorter than this.
_REST_SECONDS = 0.002
_LOOK_SECONDS = 0.1
_PREPARATION_SECONDS = 1.0


@dataclass(frozen=True)
class Load:
    """What to send.

    Attributes:
        run: sets of peer ids differ by it.
        recording: the file with what to replay.
        rate: events per second over all connections; ``seconds``: for how long.
        write_interval: seconds between two writes of a connection.
        deadline: seconds from the start after which what is left is not sent.
    """

    host: str
    port: int
    run: int
    connections: int
    recording: str
    rate: float
    seconds: float
    write_interval: float
    deadline: float

    @property
    def events(self) -> int:
        """How many in all."""
        return round(self.rate * self.seconds)


class Line:
    """One connection and what it has sent.

    Attributes:
        sent: events completely handed to the kernel.
        blocked: turns at which the kernel did not take all; ``behind``: the most events
            that were due and not sent after such a turn.
        broken: the server closed the connection.
    """

    __slots__ = (
        "_begin",
        "_block",
        "_interval",
        "_limit",
        "_position",
        "_quota",
        "_replay",
        "_size",
        "_socket",
        "_view",
        "behind",
        "blocked",
        "broken",
        "sent",
    )

    def __init__(self, connected: socket.socket, replay: Replay, quota: int, size: int) -> None:
        self._socket = connected
        self._replay = replay
        self._quota = quota
        self._size = size
        self._begin = 0
        self._interval = 0.0
        self.sent = self.blocked = self.behind = 0
        self.broken = False

    def prepare(self, begin: int, interval: float, first_block: int) -> None:
        """Make the first block; the schedule begins at ``begin``, in microseconds."""
        self._begin, self._interval = begin, interval
        self._take(0, first_block)

    @property
    def finished(self) -> bool:
        """Everything is sent, or cannot be."""
        return self.broken or self.sent >= self._quota

    def send(self, scheduled: int) -> int:
        """Send what is not sent of the first ``scheduled`` events; how many were completed."""
        before, due = self.sent, min(scheduled, self._quota)
        while self.sent < due and not self.broken:
            block = self._block
            target = block.ends[min(due, block.next) - block.first - 1]
            if not self._hand_over(target):
                # Time goes on for what cannot be sent, also after the last is due.
                self.behind = max(self.behind, scheduled - self.sent)
                break
            if self.sent >= block.next:
                self._take(self.sent, self._size)
        return self.sent - before

    def close(self) -> None:
        """Hang up."""
        self._socket.close()

    def _hand_over(self, target: int) -> bool:
        """Send up to ``target`` of the block; whether the kernel took all of it."""
        block = self._block
        try:
            self._position += self._socket.send(self._view[self._position : target])
        except BlockingIOError:
            self.blocked += 1
            return False
        except OSError:
            self.broken = True
            return False
        if self._position < target:
            self.blocked += 1
            self.sent = block.first + bisect_right(block.ends, self._position)
            return False
        self.sent = block.first + bisect_right(block.ends, target)
        return True

    def _take(self, first: int, count: int) -> None:
        self._block: Block = self._replay.block(
            first, max(1, min(count, self._quota - first)), self._begin, self._interval
        )
        self._view = memoryview(self._block.data)
        self._position = 0


@dataclass
class Progress:
    """How the sending went.

    Attributes:
        behind: events due and not sent, at each look.
        late: the longest that turns waited for the generator itself, seconds.
    """

    sent: int = 0
    seconds: float = 0.0
    late: float = 0.0
    behind: list[int] = field(default_factory=list)


def connect(load: Load, recording: Recording) -> list[Line]:
    """Open all connections, each from a loopback address of its own, and say who we are."""
    size = max(1, min(_BLOCK_EVENTS, round(load.rate / load.connections * _BLOCK_SECONDS)))
    lines = []
    for connection, quota in enumerate(traffic.shares(load.events, load.connections)):
        connected = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        connected.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
        connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if load.host.startswith("127."):
            connected.bind((own_address(connection), 0))
        connected.connect((load.host, load.port))
        connected.sendall(traffic.first_message(recording, connection, load.run))
        connected.setblocking(False)
        replay = traffic.replay(recording, connection, load.connections)
        lines.append(Line(connected, replay, quota, size))
    return lines


def own_address(connection: int, network: int = 1) -> str:
    """A loopback address for each connection: nodes are not on one machine."""
    return f"127.{network}.{connection >> 8}.{connection & 255}"


def prepare(load: Load, lines: list[Line], begin: float) -> None:
    """Make every connection's first block; the schedule begins at ``begin``, Unix seconds."""
    per_line = load.rate / len(lines)
    # The first blocks differ in length, or all connections would need their second at once.
    size = max(1, min(_BLOCK_EVENTS, round(per_line * _BLOCK_SECONDS)))
    for index, line in enumerate(lines):
        shift = index * load.write_interval / len(lines)
        due = int((begin + shift - JCE_UNIX_SECONDS) * 1e6)
        line.prepare(due, 1e6 / per_line, size * (index + 1) // len(lines))


def play(load: Load, lines: list[Line]) -> Progress:
    """Send everything; returns when all is handed over or the deadline is past."""
    count, interval = len(lines), load.write_interval
    per_line = load.rate / count
    progress, turn, look = Progress(), 0, 0.0
    started = time.monotonic()
    while progress.sent < load.events:
        now = time.monotonic() - started
        if now > load.deadline:
            break
        last = int(now * count / interval)
        progress.late = max(progress.late, (last - turn) * interval / count)
        # After a long wait each connection has one turn, not one for each it missed.
        for each in range(max(turn, last - count + 1), last + 1):
            index = each % count
            due = int((now - index * interval / count) * per_line)
            progress.sent += lines[index].send(due)
        turn = last + 1
        if now >= look:
            look = now + _LOOK_SECONDS
            scheduled = round(min(now, load.seconds) * load.rate)
            progress.behind.append(max(0, scheduled - progress.sent))
            if all(line.finished for line in lines):
                break
        rest = started + turn * interval / count - time.monotonic()
        time.sleep(max(_REST_SECONDS, rest))
    progress.seconds = time.monotonic() - started
    return progress


def main() -> None:
    """The generator's process."""
    load = Load(**options())
    recording = recordings.load(Path(load.recording))
    lines = connect(load, recording)
    gc.collect()
    gc.freeze()
    gc.disable()
    say(connected=len(lines))
    wait_for("go")
    begin = time.time() + _PREPARATION_SECONDS
    prepare(load, lines, begin)
    time.sleep(max(0.0, begin - time.time()))
    say(playing=True)
    cpu = time.process_time()
    progress = play(load, lines)
    say(**summary(load, lines, progress, time.process_time() - cpu))
    wait_for("close")
    for line in lines:
        line.close()


def summary(load: Load, lines: list[Line], progress: Progress, cpu: float) -> dict[str, Any]:
    """What the bench wants to know."""
    behind = sorted(progress.behind)
    return {
        "scheduled": load.events,
        "sent": progress.sent,
        "seconds": progress.seconds,
        "cpu_seconds": cpu,
        "behind_max_seconds": behind[-1] / load.rate,
        "behind_median_seconds": behind[len(behind) // 2] / load.rate,
        "worst_behind_seconds": max(line.behind for line in lines) / load.rate * len(lines),
        "late_max_seconds": progress.late,
        "blocked_turns": sum(line.blocked for line in lines),
        "broken_connections": sum(line.broken for line in lines),
    }


if __name__ == "__main__":
    main()
