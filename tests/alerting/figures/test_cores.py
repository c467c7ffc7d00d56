"""Work-packages by core."""

from __future__ import annotations

from tests.alerting.figures.making import measure

RECEIVED, FAILED, SIGNED, BUILT = 94, 92, 103, 105


def rows(core, **counts):
    return [
        {"core": core, "type": kind, "count": counts[name]}
        for name, kind in {
            "received": RECEIVED,
            "failed": FAILED,
            "signed": SIGNED,
            "built": BUILT,
        }.items()
        if name in counts
    ]


def test_a_core_with_packages_and_no_guarantee_has_0():
    counts = [*rows(0, received=9, built=3), *rows(1, received=4), *rows(2, built=5)]
    assert measure("core_guarantees", counts) == {"0": 3, "1": 0}


def test_shares_are_failed_packages_by_ended_ones():
    counts = [
        *rows(0, received=99, failed=5, signed=10, built=5),
        *rows(1, failed=19),
        *rows(340, signed=20),
    ]
    assert measure("core_failure_share", counts) == {"0": 0.25, "340": 0}
