"""Sequences that once cost something, from ``corpus/sequences``: everything is stored.

A file is lines: ``open NAME VERSION`` a connection; ``NAME HEX [TIMES]`` a message of it;
``cut`` ends a batch; ``end NAME`` ends a connection; ``#`` begins a comment. All messages are
legal. The batches are as the file says, or all in one, or one event each.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fuzz.legal import CORES, framed
from tests.fuzz.model import Expected, assert_kept, assert_well
from tests.shard.running import fake_node, run

FILES = sorted((Path(__file__).parent / "corpus" / "sequences").glob("*.txt"))
HELD = {"flush_seconds": 1e6, "flush_rows": 10**9, "flush_bytes": 10**12}


def steps(path):
    """The lines as words."""
    lines = [line for line in path.read_text().splitlines() if not line.startswith("#")]
    return [line.split() for line in lines if line]


async def tell(shard, path, cuts):
    expected, sessions = Expected(), {}
    for word, *more in steps(path):
        match word:
            case "open":
                node = fake_node(len(sessions) + 1, cores=CORES, version=int(more[1]))
                sessions[more[0]] = shard.session(node.connect())
            case "cut":
                if cuts == "as they are":
                    shard.ingest.flush_aggregates()
            case "end":
                shard.ingest.close_session(sessions.pop(more[0]), "over")
            case name:
                message = bytes.fromhex(more[0])
                for _ in range(int(more[1]) if len(more) > 1 else 1):
                    expected.hear(sessions[name].number, message)
                    shard.ingest.receive(sessions[name], framed(message))
                    if cuts == "everywhere":
                        shard.ingest.decode_received()
    shard.ingest.flush_aggregates()
    await assert_kept(shard, expected)
    assert_well(shard)


def test_the_corpus_has_sequences():
    assert len(FILES) >= 4


@pytest.mark.parametrize("cuts", ["as they are", "everywhere", "nowhere"])
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_corpus_sequence_is_stored(tmp_path, path, cuts):
    run(lambda shard: tell(shard, path, cuts), tmp_path, storage=HELD)
