"""``tart/alert_store.py``: one transaction for states and messages, in a file that others use."""

import asyncio
import sqlite3
import threading
from dataclasses import replace

import pytest

from tart.access.keys import new_key
from tart.access.roles import Role
from tart.alert_store import (
    AlertStore,
    Change,
    HistoryFilter,
    StoredState,
    StoreLimits,
)
from tart.alerting.engine.model import (
    Alert,
    AlertView,
    Group,
    Notification,
    Silence,
    State,
    Transition,
)
from tart.control_store import open_store
from tart.errors import BadQuery, StorageError

ALERT = Alert(
    rule="NodeSilent",
    labels=(("node", "ab" * 32),),
    state=State.FIRING,
    fingerprint="0123456789abcdef",
    id="0123456789abcdef-7",
    condition="c" * 16,
    started_us=7,
    held_us=0,
    evaluated_us=7,
    known_us=7,
    true_us=7,
    value=61.5,
    fired_us=7,
)
GROUP = Group("ops", "NodeSilent", 7, 1, 8, {ALERT.id: "warning"})


def message(number, channel="ops", group="NodeSilent", created_us=10):
    view = AlertView(ALERT, {"alertname": group}, {"summary": "it is silent"}, "it is silent")
    return Notification(
        id=f"m{number}",
        channel=channel,
        group_key=group,
        status="firing",
        alerts=(view,),
        truncated=0,
        firing=1,
        resolved=0,
        created_us=created_us,
        reason="new",
        group_labels={"alertname": group},
    )


def transition(at_us, alert=ALERT):
    return Transition(alert, "pending", "firing", at_us)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "control.sqlite"


def with_store(path, work, **arguments):
    """The result of a coroutine function that uses a store of the file."""

    async def run():
        store = AlertStore(path, **arguments)
        try:
            return await work(store)
        finally:
            await store.close()

    return asyncio.run(run())


def test_what_is_committed_is_there_when_the_file_is_opened_again(path):
    change = Change(
        10,
        alerts=[ALERT],
        groups=[GROUP],
        notifications=[message(1)],
        transitions=[transition(7)],
    )
    with_store(path, lambda store: store.commit(change))

    async def read(store):
        return await store.load(), await store.outbox(10), await store.history(9)

    state, outbox, history = with_store(path, read)
    assert state == StoredState((ALERT,), (GROUP,), ())
    assert [each.notification for each in outbox.due] == [message(1)]
    assert [each.transition for each in history] == [transition(7)]


def test_alerts_and_groups_that_ended_are_removed_in_the_same_commit(path):
    async def work(store):
        await store.commit(Change(1, alerts=[ALERT], groups=[GROUP]))
        await store.commit(
            Change(2, removed_alerts=[ALERT.id], removed_groups=[("ops", "NodeSilent")])
        )
        return await store.load()

    assert with_store(path, work) == StoredState()


def test_a_commit_that_fails_at_its_end_has_changed_nothing(path):
    async def work(store):
        await store.commit(Change(1, notifications=[message(1)]))
        with pytest.raises(StorageError, match="UNIQUE"):
            await store.commit(Change(2, alerts=[ALERT], notifications=[message(1)]))
        return await store.load(), store.failures

    assert with_store(path, work) == (StoredState(), 1)


def test_messages_of_a_group_are_delivered_in_order_and_groups_do_not_wait_for_each_other(path):
    async def work(store):
        await store.commit(
            Change(
                10,
                notifications=[message(1), message(2), message(3, group="Other"), message(4, "b")],
            )
        )
        first = await store.outbox(10)
        await store.record_attempt("m1", "queued", 11, next_us=99, error="status 500")
        later = await store.outbox(12)
        await store.record_attempt("m1", "delivered", 100)
        return first, later, await store.outbox(100), await store.delivery_counts()

    def ids(outbox):
        return [each.notification.id for each in outbox.due]

    first, later, last, counts = with_store(path, work)
    assert (ids(first), first.next_us) == (["m1", "m3", "m4"], None)
    assert (ids(later), later.next_us) == (["m3", "m4"], 99)
    assert ids(last) == ["m2", "m3", "m4"]
    ops = counts["ops"]
    assert (ops.queued, ops.delivered, ops.failed, ops.dead) == (2, 1, 1, 0)
    assert ops.last_delivered_us == 100


def test_a_message_that_was_given_up_can_be_tried_again_under_its_id(path):
    async def work(store):
        await store.enqueue(message(1))
        await store.record_attempt("m1", "dead", 20, error="status 404")
        (dead,) = await store.deliveries(9, state="dead")
        assert (await store.outbox(30)).due == ()
        assert await store.retry("m1", 30) is True
        assert await store.retry("m1", 31) is False
        return dead, await store.outbox(30)

    dead, outbox = with_store(path, work)
    assert (dead.error, dead.attempts, dead.finished_us) == ("status 404", 1, 20)
    assert [each.notification.id for each in outbox.due] == ["m1"]


def test_an_attempt_that_has_begun_is_known_to_the_next_process(path):
    async def begin(store):
        await store.enqueue(message(1))
        await store.begin_attempt("m1")

    with_store(path, begin)
    (waiting,) = with_store(path, lambda store: store.queued("ops", 9))
    assert (waiting.is_begun, waiting.attempts, waiting.state) == (True, 0, "queued")


def test_the_server_s_id_is_the_one_of_the_control_store(path):
    server = with_store(path, lambda store: store.server_id())
    with open_store(path) as control:
        assert control.server_id() == server


def test_the_outbox_gives_up_the_oldest_messages_of_a_channel_when_it_is_full(path):
    async def work(store):
        # Older than all, but of another channel.
        await store.enqueue(message(9, "pager"))
        await store.commit(Change(10, notifications=[message(number) for number in range(5)]))
        return await store.deliveries(9, state="dead"), store.dropped

    dead, dropped = with_store(path, work, limits=StoreLimits(queued_rows=3))
    assert [each.notification.id for each in dead] == ["m1", "m0"]
    assert (dropped, dead[0].error) == (2, "too many messages waited")


def test_history_and_finished_messages_are_bounded_by_rows_and_age(path):
    limits = StoreLimits(history_rows=3, history_us=100, finished_rows=2, finished_us=100)

    async def work(store):
        for number in range(5):
            await store.commit(Change(10, transitions=[transition(number)]))
            await store.enqueue(message(number))
            await store.record_attempt(f"m{number}", "delivered", 10)
        rows = len(await store.history(9)), len(await store.deliveries(9))
        await store.commit(Change(200, transitions=[transition(200)], notifications=[message(9)]))
        return rows, len(await store.history(9)), len(await store.deliveries(9))

    assert with_store(path, work, limits=limits) == ((3, 3), 1, 1)


def test_history_is_selected_by_rule_node_time_and_number(path):
    other = replace(ALERT, rule="Other", labels=())

    async def work(store):
        transitions = [transition(1), transition(2, other), transition(3)]
        await store.commit(Change(3, transitions=transitions))

        async def times(**selection):
            records = await store.history(9, HistoryFilter(**selection))
            return [record.transition.at_us for record in records]

        assert await store.last_fired() == {"NodeSilent": 3, "Other": 2}
        return [
            await times(),
            await times(rule="Other"),
            await times(node="ab" * 32),
            await times(start_us=2, end_us=3),
            await times(before=2),
        ]

    assert with_store(path, work) == [[3, 2, 1], [2], [3, 1], [2], [1]]


def test_silences_that_ended_are_stored_up_to_the_limit_of_those_that_hold(path):
    async def work(store):
        for number in range(1, 9):
            begun = Silence(f"s{number}", ('node="a"',), 0, 100, "ops", "works", number)
            await store.add_silence(begun)
            await store.end_silence(begun.id, number)
        return [silence.id for silence in await store.silences()]

    # Those of the limit, and the newest, which was added after them.
    assert with_store(path, work, limits=StoreLimits(silences=3)) == ["s5", "s6", "s7", "s8"]


def test_a_silence_is_stored_until_it_ended_long_ago_and_there_is_a_limit(path):
    silence = Silence("s1", ('alertname="A"',), 0, 100, "ops", "works", 1)

    async def work(store):
        await store.add_silence(silence)
        with pytest.raises(BadQuery, match="1 silences already"):
            await store.add_silence(replace(silence, id="s2"))
        ended = await store.end_silence("s1", 50), await store.end_silence("s1", 60)
        stored = await store.silences()
        late = replace(silence, id="s3", created_us=10**14, ends_us=10**14 + 1)
        await store.add_silence(late)
        return ended, stored, await store.silences() == (late,)

    ended, stored, replaced = with_store(path, work, limits=StoreLimits(silences=1))
    assert (ended, replaced) == ((silence, None), True)
    assert stored == (replace(silence, ends_us=50),)


def test_keys_and_alerts_share_the_file(path):
    with open_store(path) as store:
        store.add(new_key("one", Role.VIEWER, 1)[0])
    with_store(path, lambda store: store.commit(Change(1, alerts=[ALERT])))
    with open_store(path) as store:
        assert len(store.keys()) == 1


@pytest.mark.parametrize(
    "statement", ["PRAGMA user_version = 99", "UPDATE alert_schema SET version = 99"]
)
def test_a_file_of_a_later_release_is_refused_and_not_changed(path, statement):
    with_store(path, lambda store: store.load())
    database = sqlite3.connect(path)
    database.execute(statement)
    database.commit()
    database.close()
    with pytest.raises(StorageError, match=r"schema 99, this release knows \d"):
        with_store(path, lambda store: store.commit(Change(1, alerts=[ALERT])))


def test_a_locked_file_fails_a_call_in_bounded_time_and_the_next_one_recovers(path):
    async def work(store):
        await store.load()
        lock = sqlite3.connect(path, isolation_level=None)
        lock.execute("BEGIN IMMEDIATE")
        with pytest.raises(StorageError, match="database is locked"):
            await store.commit(Change(1, alerts=[ALERT]))
        # What is only read is read.
        assert await store.load() == StoredState()
        lock.execute("ROLLBACK")
        lock.close()
        await store.commit(Change(1, alerts=[ALERT]))
        return await store.load()

    assert with_store(path, work, lock_seconds=0.01).alerts == (ALERT,)


def test_a_full_disk_fails_a_call_and_the_next_one_recovers(path):
    async def work(store):
        await store.load()
        many = [replace(ALERT, id=f"{number}") for number in range(500)]
        with pytest.raises(StorageError, match="full"):
            await store.use(
                lambda database: (
                    # The least that it can be set to is the present number.
                    database.execute("PRAGMA max_page_count = 1"),
                    database.executemany(
                        "INSERT INTO alerts VALUES (?, ?)", [(each.id, "{}" * 99) for each in many]
                    ),
                )
            )
        await store.commit(Change(1, alerts=many))
        return len((await store.load()).alerts)

    assert with_store(path, work) == 500


def test_a_call_that_is_not_answered_in_time_fails_and_the_store_is_usable_afterwards(path):
    released = threading.Event()

    async def work(store):
        await store.load()
        store._call_seconds = 0.02
        with pytest.raises(StorageError, match="no answer within"):
            await store.use(lambda database: released.wait(30))
        released.set()
        store._call_seconds = 20
        return await store.load(), store.failures

    assert with_store(path, work) == (StoredState(), 1)
