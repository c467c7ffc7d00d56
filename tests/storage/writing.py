"""A process that writes until it is killed: ``python -m tests.storage.writing KIND ROOT``.

It says on stdout, one line per commit or file, what it has done for certain.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from tart.config.schema import StorageConfig
from tart.storage.core.files import first_segment
from tart.storage.core.schema import NodeRow
from tart.storage.log.database import Database
from tart.storage.store import Store
from tart.units import HOUR_US
from tests.storage.running import NOON, PEERS, batch, event, opened

ROWS = 50
# The batches after which the next hour begins.
BATCHES_PER_FILE = 20


def say(text):
    os.write(1, f"{text}\n".encode())


def events(root):
    """Batches without end, into one file after the other."""
    commits = []
    store = Store(
        StorageConfig(file_hours=1, checkpoint_seconds=0.005),
        root,
        0,
        1,
        on_commit=lambda done: say(f"committed {done.log[-1].seq[-1]}"),
        on_failure=commits.append,
    )
    number = first = store.recovered[0].next_sequence // ROWS
    while not commits:
        at = NOON + number // BATCHES_PER_FILE * HOUR_US
        rows = [event(number * ROWS + row, at=at, node=row % 2) for row in range(ROWS)]
        following = batch(*rows, at=at)
        if number == first:
            following.sessions.append(opened(store.recovered[0].next_session))
        if number == 0:
            following.nodes += [NodeRow(0, PEERS[0]), NodeRow(1, PEERS[1])]
        store.writer.put(following)
        number += 1
        while store.writer.statistics.batches + 10 < number - first:
            pass


def files(root):
    """Files without end, of one hour each."""
    database = Database(StorageConfig())
    for hour in range(100_000):
        file = first_segment(root, 0, NOON + hour * HOUR_US, 1)
        database.attach_writable(file)
        say(f"made {file.path.name}")


if __name__ == "__main__":
    {"events": events, "files": files}[sys.argv[1]](Path(sys.argv[2]))
