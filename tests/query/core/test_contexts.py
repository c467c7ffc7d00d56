"""``tart/query/core/contexts.py``: where chains begin, and what was known of them when."""

from __future__ import annotations

from typing import NamedTuple

from tart.protocol.references import Context
from tart.query.core.contexts import Chains, Link

A, B = b"a" * 32, b"b" * 32


class Row(NamedTuple):
    """A stored event; ``says``: the hash in it."""

    seq: int
    type: int
    ref: int | None = None
    says: bytes | None = None
    session: int = 0

    @property
    def event_id(self) -> int:
        return self.seq


class Found:
    """Chains, with what was learned of their hashes."""

    def __init__(self, *rows: Row) -> None:
        self._chains = Chains(rows)
        self._known = {row.seq: row for row in rows}
        self.missing = self._chains.missing

    def learn(self, rows: list[Row]) -> None:
        self._known |= {row.seq: row for row in rows}
        self._chains.learn([Link.of(row) for row in rows])

    def contexts(self) -> dict[int, Context]:
        return self._chains.contexts(
            {at: self._known[at].says for at in self._chains.hash_events()}
        )


def chains(*rows: Row) -> Found:
    return Found(*rows)


PIPELINE = [Row(0, 90), Row(1, 94, 0, A), Row(2, 105, 0), Row(3, 106, 2), Row(4, 108, 3)]


def test_the_root_of_a_chain_of_four_events_is_its_first_event() -> None:
    found = chains(*PIPELINE)
    assert not found.missing()
    assert found.contexts() == {
        # Nothing was told of it yet when it came.
        0: Context(0, None),
        **{seq: Context(0, A) for seq in (1, 2, 3, 4)},
    }


def test_missing_references_are_requested_step_by_step() -> None:
    *above, last = PIPELINE
    found = chains(last)
    for expected in (3, 2, 0):
        assert found.missing() == {(0, expected)}
        assert found.contexts()[4].root == (0 if expected == 0 else None)
        found.learn([each for each in above if each.seq == expected])
    # The first event does not tell: whatever does came between, and was looked for before it.
    assert not found.missing()
    found.learn([PIPELINE[1]])
    assert found.contexts()[4] == Context(0, A)


def test_a_hash_named_after_the_event_is_not_its_context() -> None:
    found = chains(Row(0, 121), Row(1, 122, 0), Row(2, 124, 0, A), Row(3, 125, 0))
    assert [found.contexts()[seq].chain_hash for seq in range(4)] == [None, None, A, A]


def test_the_first_event_that_names_a_hash_decides_in_any_order() -> None:
    found = chains(Row(9, 95, 0))
    found.learn([Row(5, 94, 0, B)])
    found.learn([Row(4, 94, 0, A)])
    found.learn([Row(6, 94, 0, B)])
    assert found.contexts()[9].chain_hash == A


def test_equal_event_ids_of_two_connections_are_not_mixed_up() -> None:
    found = chains(Row(1, 108, 0, session=1))
    found.learn([Row(0, 106, 7, session=0)])
    assert found.missing() == {(1, 0)}
    assert found.contexts()[1] == Context(None, None)


def test_an_invalid_reference_has_no_context_and_requests_nothing() -> None:
    rows = [
        Row(5, 108, 5),  # itself
        Row(6, 108, 9),  # what comes later
        Row(7, 164, 1),  # a type it may not name
        Row(8, 146, 1),  # an audit, of which there is no event
    ]
    found = chains(*rows)
    found.learn([Row(1, 60), Row(1, 106, 0)])
    assert {context.root for context in found.contexts().values()} == {None}
    assert not found.missing()


def test_requests_of_both_kinds_are_distinguished_by_their_fields() -> None:
    found = chains(Row(8, 164, 5), Row(9, 164, 6))
    assert found.missing() == {(0, 5), (0, 6)}
    found.learn([Row(5, 162, 0), Row(6, 163)])
    assert (found.contexts()[8].root, found.contexts()[9].root) == (0, 6)
    # Of 163 no hash is ever told; of 90 one may be.
    assert found.missing() == {(0, 0)}
