"""Connections without a row are told by the log."""

from __future__ import annotations

import json

import pytest

from tart.aggregate.keyed.sessions import SessionSummary
from tart.aggregate.references.tracker import FOLLOW_SECONDS
from tart.storage.aggregates.database import aggregate_file
from tart.storage.aggregates.session_recovery import SessionRecovery
from tart.storage.log.recovery import StoredSession
from tart.units import SECOND_US
from tests.shard.clock import Clock
from tests.shard.running import best, fake_node, framed, run, until
from tests.storage.running import NOON

HELLO = fake_node().connect()[4:]


def stored(number, **changes):
    usual = {
        **{"session": number, "node": 0, "address": "192.0.2.1:4", "node_information": HELLO},
        "started_at": NOON,
    }
    return StoredSession(**(usual | changes))


def closed(number, **counters):
    return stored(number, ended_at=NOON + 5, counters=counters, reason="closed by the node")


def summary(number, **changes):
    usual = {
        **{"ended_at": None, "started_at": NOON, "node": 0, "session": number},
        **{"address": "192.0.2.1:4", "outcome": "open", "reason": None},
        **{"protocol_version": 1, "params_layout": "gp-0.7", "last_at": None},
        **{"last_event_id": None, "next_event_id": 0, "events": 0, "bytes": 10, "dropped": 0},
        **{"undecodable": 0, "shed": 0, "deviations": "{}"},
    }
    return SessionSummary(**(usual | changes))


def recount(*every, known=(), before=()):
    return SessionRecovery({each.session: each for each in every}, set(known), before)


def test_a_session_with_a_row_is_not_recovered():
    assert not recount(closed(0), known={0})


def test_a_closed_connection_is_recovered_from_the_event_log():
    counters = {"events": 3, "bytes": 70, "dropped": 2, "undecodable": 1, "next_event_id": 9}
    more = {"last_event_id": 8, "last_at": NOON + 4, "deviations": {"a": 1}, "shed": {"rate": 4}}
    (found,) = recount(closed(7, **counters, **more)).ended_sessions()
    assert found._asdict() == {
        **summary(7)._asdict(),
        **{"ended_at": NOON + 5, "outcome": "closed", "reason": "closed by the node"},
        **counters,
        **{"last_event_id": 8, "last_at": NOON + 4, "shed": 4, "deviations": '{"a": 1}'},
    }


def test_a_connection_of_an_older_release_with_fewer_counters_is_recovered():
    (found,) = recount(closed(7)).ended_sessions()
    assert (found.outcome, found.events, found.last_event_id) == ("closed", 0, None)


def test_a_refused_connection_is_recovered_without_a_node():
    refused = stored(3, node=None, node_information=b"", ended_at=NOON, refused=True, reason="no")
    (found,) = recount(refused).ended_sessions()
    assert (found.outcome, found.node, found.protocol_version) == ("refused", None, None)


def test_a_recovered_session_keeps_its_beginning_before_the_event_log():
    (found,) = recount(closed(0), before=[summary(0, started_at=NOON - 9)]).ended_sessions()
    assert found.started_at == NOON - 9


def test_a_session_without_an_end_ends_with_its_last_event():
    (found,) = recount(stored(0), before=[summary(0, last_at=NOON + 3, events=2)]).lost_sessions()
    assert (found.ended_at, found.outcome, found.reason) == (NOON + 3, "died", "shard died")
    assert found.events == 2
    (silent,) = recount(stored(0)).lost_sessions()
    assert (silent.ended_at, silent.bytes) == (NOON, 4 + len(HELLO))


def test_a_session_whose_event_log_is_lost_is_as_of_the_last_flush():
    (found,) = recount(before=[summary(5, last_at=NOON + 3)]).lost_sessions()
    assert (found.session, found.outcome, found.ended_at) == (5, "died", NOON + 3)


def test_node_information_that_no_longer_decodes_is_tolerated():
    (found,) = recount(stored(0, node_information=b"of old")).lost_sessions()
    assert (found.outcome, found.protocol_version, found.params_layout) == ("died", None, None)


def test_node_information_after_the_last_flush_has_findings():
    version = b"\x07" + HELLO[1:]
    every = [stored(at, node_information=version) for at in range(3)]
    found = list(recount(*every, known={0}, before=[summary(1)]).findings())
    assert [(each.rule, each.session) for each in found] == [("unknown_protocol_version", 2)]


# --- The shard dies --------------------------------------------------------------------


def longer(node, slot):
    """A good event with bytes left over."""
    return framed(best(node, slot)[4:] + b"left over")


def talk(shard, node, session=None):
    """Eight frames: good, deviating, dropped, not understood, dropped in the end."""
    frames = [
        *(best(node, 1), longer(node, 2), best(node, 3)),
        *(node.event("Dropped", 5, last_timestamp=6, num=4)[1], framed(b"short"), best(node, 4)),
        *(longer(node, 5), node.event("Dropped", 5, last_timestamp=6, num=9)[1]),
    ]
    session = session or shard.session(node.connect())
    for frame in frames:
        shard.ingest.receive(session, frame)
    return session


async def sessions(shard):
    return await shard.ask("sessions", limit=100)


async def conformance(shard):
    rows = await shard.ask("aggregate_sum", table="conformance", by=["node", "rule"])
    return sorted(map(repr, rows))


async def written(shard):
    shard.ingest.flush_aggregates()
    await until(lambda: not shard.aggregator.statistics()["aggregate_flushes_pending"])


@pytest.mark.parametrize("flushes", [0, 1, 2], ids=["none", "before", "between"])
def test_connections_open_at_a_crash_end_with_their_last_event(tmp_path, flushes):
    """The store is closed without a last flush, as after a kill."""

    async def first(shard):
        node = fake_node()
        session = shard.session(node.connect())
        shard.ingest.decode_received()
        if flushes:
            await written(shard)
        talk(shard, node, session)
        if flushes > 1:
            await written(shard)
            talk(shard, node, session)
        else:
            talk(shard, node, session)
        (living,) = await sessions(shard)
        return living, await conformance(shard)

    async def then(shard):
        return await sessions(shard), await conformance(shard)

    living, expected = run(first, tmp_path)
    assert (living["events"], living["undecodable"], living["dropped"]) == (16, 2, 26)
    assert json.loads(living["deviations"]) == {"trailing_bytes": 4}
    for _ in range(2):
        (found,), findings = run(then, tmp_path)
        assert found == {
            **living,
            **{"ended_at": living["last_at"], "outcome": "died", "reason": "shard died"},
        }
        assert findings == expected


@pytest.mark.parametrize("closed", [False, True], ids=["died", "closed"])
@pytest.mark.parametrize("flushed", [False, True], ids=["first flush", "flushed"])
def test_pipelines_without_an_end_are_findings_once_whatever_crashes_follow(
    tmp_path, flushed, closed
):
    """Each start reads the events before the last flush again, those of ended connections, too."""

    async def author(shard, number, *, closed=False):
        node = fake_node(number)
        session = shard.session(node.connect())
        if flushed:
            shard.ingest.decode_received()
            await written(shard)
        frames = [
            node.event("Authoring", 1, slot=number, parent=bytes(32))[1],
            best(node, number),
        ]
        shard.ingest.receive(session, b"".join(frames))
        if closed:
            shard.ingest.close_session(session, "over")

    async def first(shard):
        await author(shard, 1, closed=closed)

    async def again(shard, number):
        findings = await conformance(shard)
        await author(shard, number)
        return findings

    run(first, tmp_path)
    for number in range(2, 5):
        found = run(lambda shard, number=number: again(shard, number), tmp_path)
        cut = [row for row in found if "pipeline_cut_short" in row]
        assert len(cut) == number - 1
        assert all("'pipeline_cut_short', 1, " in row for row in cut), cut


def test_pipelines_given_up_before_a_crash_are_findings_once(tmp_path, monkeypatch):
    clock = Clock(monkeypatch)

    async def first(shard):
        node = fake_node()
        authoring = node.event("Authoring", 1, slot=1, parent=bytes(32))[1]
        session = shard.session(node.connect(), authoring)
        shard.ingest.decode_received()
        clock.now = 2 * FOLLOW_SECONDS * SECOND_US
        shard.ingest.receive(session, best(node, 2))
        await written(shard)
        # Some of this is counted again after the crash.
        shard.ingest.receive(session, best(node, 3))

    run(first, tmp_path)
    for _ in range(2):
        findings = run(conformance, tmp_path)
        (found,) = [row for row in findings if "pipeline_" in row]
        assert "'pipeline_unfinished', 1, " in found


def test_connections_that_ended_before_a_crash_are_unchanged(tmp_path):
    async def first(shard):
        for number in (1, 2):
            session = talk(shard, fake_node(number))
            shard.ingest.close_session(session, f"reason {number}")
            if number == 1:
                await written(shard)
        shard.session(framed(b"GET / HTTP/1.1\r\n\r\n"))
        return await sessions(shard), await conformance(shard)

    async def then(shard):
        return await sessions(shard), await conformance(shard)

    expected = run(first, tmp_path)
    assert [row["outcome"] for row in expected[0]] == ["refused", "closed", "closed"]
    assert run(then, tmp_path) == expected
    assert run(then, tmp_path) == expected


def test_all_sessions_are_recovered_from_the_event_log(tmp_path):
    async def first(shard):
        session = talk(shard, fake_node(1, version=7))
        shard.ingest.close_session(session, "over")
        talk(shard, fake_node(2))
        await written(shard)
        return await sessions(shard), await conformance(shard)

    async def then(shard):
        return await sessions(shard), await conformance(shard)

    (open_, ended), findings = run(first, tmp_path)
    assert "unknown_protocol_version" in str(findings)
    aggregate_file(tmp_path, 0).path.unlink()
    (died, again), findings_again = run(then, tmp_path)
    assert (again, findings_again) == (ended, findings)
    assert died["events"] == open_["events"]
    assert died["bytes"] == open_["bytes"]


def test_session_numbers_are_not_reused_when_the_event_log_is_lost(tmp_path):
    async def first(shard):
        shard.ingest.close_session(talk(shard, fake_node()), "over")
        await written(shard)

    run(first, tmp_path)
    for path in (tmp_path / "00").glob("20*.duckdb*"):
        path.unlink()
    run(first, tmp_path)
    assert [row["id"] >> 8 for row in run(sessions, tmp_path)] == [1, 0]


def test_a_session_row_survives_a_clean_stop(tmp_path):
    async def first(shard):
        await shard.listen()
        node = fake_node()
        await shard.connect(node.connect(), best(node, 1))
        await until(lambda: shard.ingest.statistics.events)
        await shard.listener.stop()
        await written(shard)

    run(first, tmp_path)
    (found,) = run(sessions, tmp_path)
    assert (found["outcome"], found["reason"]) == ("closed", "server stopping")
