"""``tart/protocol/optional_fields.py``: which parts of a payload have columns."""

from __future__ import annotations

import pytest

from tart.protocol.columnar import optional_fields_by_type
from tart.protocol.events import EVENTS, EventKind
from tart.protocol.optional_fields import OPTIONAL_FIELDS, optional_fields


@pytest.mark.parametrize(
    ("event", "fields"),
    [
        (EventKind.BEST_BLOCK_CHANGED, ("slot",)),
        (EventKind.BLOCK_ANNOUNCED, ("peer", "slot")),
        (EventKind.DROPPED, ()),
        (EventKind.AUTHORED, ("ref",)),
    ],
)
def test_fields_are_those_of_the_declaration(event, fields):
    assert optional_fields(event) == fields


def test_bits_are_the_same_fields():
    bits = optional_fields_by_type()
    for number, event in EVENTS.items():
        assert optional_fields(event) == tuple(
            name for bit, name in enumerate(OPTIONAL_FIELDS) if bits[number] >> bit & 1
        )
