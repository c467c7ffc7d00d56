"""``tart/query/reconcile/claims.py``: rows of the aggregates become claims."""

from __future__ import annotations

from tart.query.reconcile.claims import (
    BLOCK_COLUMNS,
    PACKAGE_COLUMNS,
    AuthoredBlock,
    authored_blocks,
    package_claims,
)

A = "01" * 32


def block(**values):
    row = dict.fromkeys(BLOCK_COLUMNS, 1) | {"node": A, "hash": "aa", "started_at": 50}
    return row | values


def package(**values):
    row = dict.fromkeys(PACKAGE_COLUMNS) | {
        "node": A,
        "report": "rr",
        "started_at": 5,
        "guarantors": "[1,2]",
    }
    return row | values


def test_a_block_has_its_outline_and_the_time_of_its_event():
    sight = {"node": A, "hash": "aa", "slot": 1, "seen_at": 60}
    outline = dict.fromkeys(("num_tickets", "num_preimages", "num_assurances", "num_guarantees"), 1)
    assert authored_blocks([sight], [block()]) == [AuthoredBlock(A, "aa", 1, 60, outline)]
    assert authored_blocks([], [block()]) == [AuthoredBlock(A, "aa", 1, 50, outline)]
    assert authored_blocks([sight], []) == [AuthoredBlock(A, "aa", 1, 60)]
    assert authored_blocks([sight | {"node": None}], [block(num_tickets=None)]) == []


def test_a_guarantor_built_or_signed():
    built, signed = package_claims(
        [package(guaranteed=7, guarantee_slot=4, sent=3), package(signed=7, guarantors=None)]
    )
    assert (built.built, built.slot, built.guarantors, built.sent) == (True, 4, (1, 2), 3)
    assert (signed.built, signed.guarantors, signed.ended_us, signed.sent) == (False, (), 5, 0)
    assert package_claims([package(), package(node=None, signed=1), package(report=None)]) == []
