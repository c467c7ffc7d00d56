"""Durations of recovering bundles."""

from __future__ import annotations

from tart.aggregate.columnar.counters import STEPS
from tart.aggregate.references.audits import Audits
from tests.aggregate.batches import connection_batch


def batch(*events, first=0):
    return connection_batch(
        *((at, number, audit.to_bytes(8, "little") + rest) for at, number, audit, rest in events),
        first=first,
    )


REQUEST, RECONSTRUCTING = bytes(34), bytes(1)


def ended(audits, *events):
    found = audits.add(batch(*events))
    return sorted(
        (STEPS[step], index, duration)
        for index, step, duration in zip(
            found.indices.tolist(), found.step.tolist(), found.duration_us.tolist(), strict=True
        )
    )


def test_a_bundle_ends_what_the_first_request_and_the_reconstruction_began():
    audits = Audits()
    assert not ended(audits, (100, 140, 7, REQUEST), (120, 140, 7, REQUEST), (110, 140, 8, REQUEST))
    found = ended(audits, (150, 146, 7, RECONSTRUCTING), (180, 147, 7, b""), (190, 147, 9, b""))
    assert found == [((140, 147), 1, 80), ((146, 147), 1, 30)]
    # Another bundle of the same id begins with a reconstruction of its own.
    assert ended(audits, (200, 147, 7, b"")) == [((140, 147), 0, 100)]


def test_the_oldest_audits_are_forgotten():
    audits = Audits(max_audits=2)
    assert not ended(audits, *((100, 140, each, REQUEST) for each in (1, 2, 3)))
    assert not ended(audits, (150, 147, 1, b""))
    assert ended(audits, (150, 147, 3, b"")) == [((140, 147), 0, 50)]
