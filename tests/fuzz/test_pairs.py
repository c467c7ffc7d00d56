"""Every type after every other that it refers to: what is sent is stored, whatever it means.

A pair is an event of any type and a later one that names its id, also where JIP-3 lets it
name only other types: 8,855 in version 1, which has 115 types, 77 of them beginning with an
Event ID.
"""

from __future__ import annotations

from random import Random

import pytest

from tests.fuzz.legal import CORES, Values, content, events, framed
from tests.fuzz.model import Expected, assert_kept, assert_well
from tests.shard.running import fake_node, run

UNKNOWN = 2**63
# Nothing leaves by itself: the test cuts the batches.
HELD = {"flush_seconds": 1e6, "flush_rows": 10**9, "flush_bytes": 10**12}


def pairs(version=1):
    """(type referred to, type that refers)."""
    known = events(version)
    return [(root, each) for root in known for each in known if known[each].leads]


class Telling:
    """A node that tells what a test wants, and a healthy one whose word must not be lost.

    Args:
        many: So many events of the first make a batch, which ends with one of the other.
    """

    def __init__(self, shard, many, values=None, version=1):
        self._shard, self._many, self._version = shard, many, version
        self._values = values or Values(Random(1), longest=2)
        self._session, self._healthy = (
            shard.session(fake_node(number, cores=CORES, version=version).connect())
            for number in (1, 2)
        )
        self._unsent = []
        self._expected = Expected()

    def say(self, number, ref=UNKNOWN):
        """An event; its id."""
        message = content(number, self._values, ref=ref, version=self._version)
        event_id = self._hear(self._session, message)
        if len(self._unsent) == self._many:
            self._cut()
        return event_id

    def open(self, number):
        """An event, and before it what it may refer to, and so on; its id."""
        parents = events(self._version)[number].parents
        return self.say(number, self.open(parents[0]) if parents else UNKNOWN)

    async def over(self):
        """All of it must be stored, and nothing have failed."""
        self._cut()
        self._shard.ingest.flush_aggregates()
        await assert_kept(self._shard, self._expected)
        assert_well(self._shard)

    def _hear(self, session, message):
        self._unsent.append((session, framed(message)))
        return self._expected.hear(session.number, message)

    def _cut(self):
        self._hear(self._healthy, content(11, self._values))
        *_, (_, healthy) = self._unsent
        told = b"".join(data for _, data in self._unsent[:-1])
        self._shard.ingest.receive(self._session, told)
        self._shard.ingest.receive(self._healthy, healthy)
        self._shard.ingest.decode_received()
        self._unsent.clear()


async def tell_all_pairs(telling, *, legally, version=1, nth=1):
    """Each nth pair once; what refers to something else stands behind that, or not."""
    told = pairs(version)[::nth]
    # However few, every type is referred to, and every type that refers does.
    assert {root for root, _ in told} == set(events(version))
    assert {each for _, each in told} == {each for _, each in pairs(version)}
    for root, referring in told:
        telling.say(referring, telling.open(root) if legally else telling.say(root))
    await telling.over()


def test_pairs_cover_all_types_and_referring_types():
    assert len(pairs(1)) == 115 * 77
    assert len(pairs(0)) == 115 * 76


@pytest.mark.slow
@pytest.mark.parametrize(
    ("many", "legally", "nth"),
    [
        # Small batches cost most: of these only some pairs.
        (2, False, 9),
        (4, True, 9),
        (5000, True, 3),
        (5000, False, 3),
        *(
            pytest.param(*each, 1, marks=[pytest.mark.soak, pytest.mark.timeout(900)])
            for each in ((1, True), (2, False), (4, True), (5000, True), (5000, False))
        ),
    ],
)
def test_events_with_any_reference_are_stored_with_all_others(tmp_path, many, legally, nth):
    async def scenario(shard):
        await tell_all_pairs(Telling(shard, many), legally=legally, nth=nth)

    run(scenario, tmp_path, storage=HELD)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "nth"),
    [
        *((each, 3) for each in ("least", "half", "most")),
        *(pytest.param(each, 1, marks=pytest.mark.soak) for each in ("least", "half", "most")),
    ],
)
def test_events_with_any_reference_and_content_are_stored(tmp_path, kind, nth):
    async def scenario(shard):
        values = Values(Random(1), kind, longest=2)
        await tell_all_pairs(Telling(shard, 500, values), legally=True, nth=nth)

    run(scenario, tmp_path, storage=HELD)


@pytest.mark.slow
def test_events_with_any_reference_are_stored_in_version_0(tmp_path):
    async def scenario(shard):
        await tell_all_pairs(Telling(shard, 500, version=0), legally=True, version=0)

    run(scenario, tmp_path, storage=HELD)


@pytest.mark.parametrize("many", [1, 1000])
def test_tickets_of_a_submission_affect_no_other_node(tmp_path, many):
    async def scenario(shard):
        telling = Telling(shard, many)
        authoring, submission = telling.say(40), telling.say(90)
        for _ in range(300):
            telling.say(47, authoring)
        telling.say(81, submission)
        telling.say(82, authoring)
        await telling.over()

    run(scenario, tmp_path, storage=HELD)
