"""The load generator: a number of connections and events per second, all counted.

One process, plain non-blocking sockets, prepared bytes. Connections have their turns one
after another, each once per ``write_interval``; at its turn a connection hands the kernel
the events that are due. Bytes that the kernel does not accept are sent at the next turn:
nothing is skipped, the generator falls behind and reports the delay.

An event counts as sent when the kernel accepted its last byte.
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
from loadtest.dialogue import options, send, wait_for
from loadtest.traffic import Block, Recording, Replay
from tart.units import JCE_UNIX_SECONDS

# The kernel's buffer for a server that does not read; its default would hide megabytes per
# connection.
SEND_BUFFER = 256 << 10
# Blocks are prepared this far ahead, and for at most this many events.
_BLOCK_SECONDS = 1.0
_BLOCK_EVENTS = 2_000
# The shortest sleep of the generator.
_MIN_SLEEP_SECONDS = 0.002
_SAMPLE_SECONDS = 0.1
_PREPARATION_SECONDS = 1.0


@dataclass(frozen=True)
class Load:
    """The parameters of a load.

    Attributes:
        host: Host of the telemetry port.
        port: Number of the telemetry port.
        run: Number of the run; runs have different peer ids.
        connections: Number of connections.
        recording: File with the recording to replay.
        rate: Events per second over all connections.
        seconds: Duration of the sending.
        write_interval: Seconds between two writes of a connection.
        deadline: Seconds from the start after which remaining events are not sent.
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
        """The total number of events."""
        return round(self.rate * self.seconds)


class Line:
    """One connection and its progress.

    Attributes:
        sent: Events that the kernel accepted completely.
        blocked: Turns at which the kernel did not accept all bytes.
        behind: The most events that were due and not sent after such a turn.
        broken: Whether the server closed the connection.
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
        """Prepare the first block; the schedule begins at ``begin``, in microseconds."""
        self._begin, self._interval = begin, interval
        self._prepare_block(0, first_block)

    @property
    def finished(self) -> bool:
        """True if all events are sent, or cannot be sent."""
        return self.broken or self.sent >= self._quota

    def send(self, scheduled: int) -> int:
        """Send unsent events of the first ``scheduled``; return the number completed."""
        before, due = self.sent, min(scheduled, self._quota)
        while self.sent < due and not self.broken:
            block = self._block
            target = block.ends[min(due, block.next) - block.first - 1]
            if not self._hand_over(target):
                # The delay grows while bytes cannot be sent, also after the last event is due.
                self.behind = max(self.behind, scheduled - self.sent)
                break
            if self.sent >= block.next:
                self._prepare_block(self.sent, self._size)
        return self.sent - before

    def close(self) -> None:
        """Close the connection."""
        self._socket.close()

    def _hand_over(self, target: int) -> bool:
        """Send the block up to ``target``; return whether the kernel accepted all of it."""
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

    def _prepare_block(self, first: int, count: int) -> None:
        self._block: Block = self._replay.block(
            first, max(1, min(count, self._quota - first)), self._begin, self._interval
        )
        self._view = memoryview(self._block.data)
        self._position = 0


@dataclass
class Progress:
    """The progress of the sending.

    Attributes:
        sent: Events sent.
        seconds: Duration.
        late: The longest delay of turns by the generator itself, in seconds.
        behind: Events due and not sent, at each sample.
    """

    sent: int = 0
    seconds: float = 0.0
    late: float = 0.0
    behind: list[int] = field(default_factory=list)


def connect(load: Load, recording: Recording) -> list[Line]:
    """Open all connections, each from its own loopback address, and send node information."""
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
    """Return a connection's own loopback address, because nodes are not on one machine."""
    return f"127.{network}.{connection >> 8}.{connection & 255}"


def prepare(load: Load, lines: list[Line], begin: float) -> None:
    """Prepare every connection's first block; the schedule begins at ``begin``, Unix seconds."""
    per_line = load.rate / len(lines)
    # The first blocks differ in length, or all connections would need their second at once.
    size = max(1, min(_BLOCK_EVENTS, round(per_line * _BLOCK_SECONDS)))
    for index, line in enumerate(lines):
        shift = index * load.write_interval / len(lines)
        due = int((begin + shift - JCE_UNIX_SECONDS) * 1e6)
        line.prepare(due, 1e6 / per_line, size * (index + 1) // len(lines))


def play(load: Load, lines: list[Line]) -> Progress:
    """Send all events; return when all are sent or the deadline has passed."""
    count, interval = len(lines), load.write_interval
    per_line = load.rate / count
    progress, turn, next_sample = Progress(), 0, 0.0
    started = time.monotonic()
    while progress.sent < load.events:
        now = time.monotonic() - started
        if now > load.deadline:
            break
        last = int(now * count / interval)
        progress.late = max(progress.late, (last - turn) * interval / count)
        # After a long wait each connection has one turn, not one for each missed turn.
        for number in range(max(turn, last - count + 1), last + 1):
            index = number % count
            due = int((now - index * interval / count) * per_line)
            progress.sent += lines[index].send(due)
        turn = last + 1
        if now >= next_sample:
            next_sample = now + _SAMPLE_SECONDS
            scheduled = round(min(now, load.seconds) * load.rate)
            progress.behind.append(max(0, scheduled - progress.sent))
            if all(line.finished for line in lines):
                break
        rest = started + turn * interval / count - time.monotonic()
        time.sleep(max(_MIN_SLEEP_SECONDS, rest))
    progress.seconds = time.monotonic() - started
    return progress


def main() -> None:
    """Run the generator."""
    load = Load(**options())
    recording = recordings.load(Path(load.recording))
    lines = connect(load, recording)
    gc.collect()
    gc.freeze()
    gc.disable()
    send(connected=len(lines))
    wait_for("go")
    begin = time.time() + _PREPARATION_SECONDS
    prepare(load, lines, begin)
    time.sleep(max(0.0, begin - time.time()))
    send(playing=True)
    cpu = time.process_time()
    progress = play(load, lines)
    send(**summary(load, lines, progress, time.process_time() - cpu))
    wait_for("close")
    for line in lines:
        line.close()


def summary(load: Load, lines: list[Line], progress: Progress, cpu: float) -> dict[str, Any]:
    """Return the figures for the bench."""
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
