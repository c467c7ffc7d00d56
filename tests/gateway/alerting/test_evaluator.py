"""``tart/gateway/alerting/evaluator.py``: turns, their failures, and what a turn leaves."""

import asyncio
from dataclasses import replace

import pytest

from tart.alert_store import AlertStore
from tart.alerting.engine.model import Measurement, State
from tart.alerting.rules.model import Channel, FigureCondition, MaintenanceWindow, Rule, RuleFile
from tart.background_tasks import Background
from tart.errors import StorageError
from tart.gateway.alerting.evaluator import Evaluator, Timing, next_turn
from tart.units import SECOND_US
from tests.gateway.running import eventually

NODE = (("node", "ab"),)
SILENT = Rule(
    "NodeSilent",
    FigureCondition("node_silent_seconds", by="node", above=60),
    scope="member",
    for_us=30 * SECOND_US,
    channels=("ops",),
)
SHARDS = Rule("ShardMissing", FigureCondition("shards_missing", above=0), scope="server")
FILE = RuleFile(rules=(SILENT, SHARDS), channels=(Channel("ops", "webhook"),), group_wait_us=0)
GONE = {SILENT.condition: Measurement({NODE: 61.0}), SHARDS.condition: Measurement({(): 0.0})}
THERE = {SILENT.condition: Measurement({NODE: 1.0}), SHARDS.condition: Measurement({(): 0.0})}


class FaultyStore(AlertStore):
    """A store whose calls fail as told: ``before`` a commit, ``after`` it, or when it is read."""

    fault = ""

    async def load(self):
        if self.fault == "load":
            raise StorageError("the disk is gone")
        return await super().load()

    async def commit(self, change):
        if self.fault == "before":
            raise StorageError("the disk is full")
        await super().commit(change)
        if self.fault == "after":
            raise StorageError("no answer within 20 s")


class Bench:
    """An evaluator with its surroundings."""

    def __init__(self, store):
        self.store = store
        self.now = 10**15
        self.measurements = GONE
        self.asked = []
        self.published = []
        self.publish_fault = None
        self.ready = asyncio.Event()
        self.ready.set()
        self.background = Background()
        self.evaluator = self.make()

    def make(self, **timing):
        evaluator = Evaluator(
            self.store,
            self.measure,
            self.publish,
            self.ready.wait,
            Timing(**timing),
            self.background,
            now_us=lambda: self.now,
        )
        evaluator.file = FILE
        return evaluator

    async def measure(self, conditions, at_us):
        self.asked.append((set(conditions), at_us))
        if isinstance(self.measurements, Exception):
            raise self.measurements
        if self.measurements is None:
            await asyncio.Event().wait()
        return self.measurements

    def publish(self, outcome):
        self.published.append(outcome)
        if self.publish_fault:
            raise self.publish_fault

    async def turn(self, seconds=30, evaluator=None):
        self.now += seconds * SECOND_US
        return await (evaluator or self.evaluator).turn()

    async def states(self):
        return [alert.state.value for alert in (await self.store.load()).alerts]

    async def messages(self):
        return [each.notification for each in (await self.store.outbox(self.now)).due]


@pytest.fixture
def run(tmp_path):
    """Runs a coroutine function with a bench."""

    def run(work):
        async def main():
            store = FaultyStore(tmp_path / "control.sqlite")
            try:
                return await work(Bench(store))
            finally:
                await store.close()

        return asyncio.run(main())

    return run


def test_a_turn_measures_the_past_and_commits_states_with_messages(run):
    async def work(bench):
        first = await bench.turn()
        assert bench.asked == [({SILENT.condition, SHARDS.condition}, bench.now - 5 * SECOND_US)]
        assert [each.next for each in first.transitions] == ["pending"]
        assert (await bench.states(), await bench.messages()) == (["pending"], [])
        second = await bench.turn()
        assert await bench.states() == ["firing"]
        (message,) = await bench.messages()
        assert second.notifications == (message,)
        assert message.created_us == bench.now
        assert bench.published == [first, second]
        history = await bench.store.history(9)
        assert [each.transition.next for each in history] == ["firing", "pending"]
        assert bench.evaluator.counts["messages"] == 1

    run(work)


def test_a_new_process_continues_where_the_last_one_was_killed(run):
    async def work(bench):
        await bench.turn()
        await bench.turn()
        (alert,) = (await bench.store.load()).alerts
        later = bench.make()
        outcome = await bench.turn(3600, later)
        assert (outcome.transitions, outcome.notifications) == ((), ())
        assert [each.id for each in outcome.alerts] == [alert.id]
        bench.measurements = THERE
        outcome = await bench.turn(300, later)
        assert [each.next for each in outcome.transitions] == ["resolved"]
        assert len(await bench.store.deliveries(9)) == 2
        assert (await bench.store.load()).alerts == ()

    run(work)


def test_an_alert_that_fires_steadily_is_not_written_again(run):
    async def work(bench):
        await bench.turn()
        await bench.turn()
        before = await bench.store.load()
        outcome = await bench.turn()
        assert await bench.store.load() == before
        assert outcome.alerts[0].evaluated_us > before.alerts[0].evaluated_us

    run(work)


@pytest.mark.parametrize("jump", [-86_400, 86_400])
def test_a_clock_that_is_set_ends_nothing_and_delays_messages_by_an_interval_at_most(run, jump):
    async def work(bench):
        await bench.turn()
        outcome = await bench.turn(jump)
        assert [alert.held_us for alert in outcome.alerts] == [0]
        outcome = await bench.turn()
        assert [each.next for each in outcome.transitions] == ["firing"]
        bench.measurements = THERE
        outcome = await bench.turn(-jump)
        assert [each.next for each in outcome.transitions] == ["resolved"]
        reasons = [each.reason for each in outcome.notifications]
        for _ in range(10):
            reasons += [each.reason for each in (await bench.turn()).notifications]
        assert reasons == ["resolved"]

    run(work)


@pytest.mark.parametrize("fault", ["before", "after"])
def test_after_a_commit_that_failed_the_file_is_the_truth(run, fault):
    async def work(bench):
        await bench.turn()
        bench.store.fault = fault
        with pytest.raises(StorageError):
            await bench.turn()
        assert len(bench.published) == 1
        bench.store.fault = ""
        await bench.turn()
        await bench.turn()
        assert await bench.states() == ["firing"]
        deliveries = await bench.store.deliveries(9)
        assert [each.notification.reason for each in deliveries] == ["new"]
        history = await bench.store.history(9)
        assert [each.transition.next for each in history] == ["firing", "pending"]

    run(work)


def test_measurements_that_fail_or_hang_change_no_alert(run):
    async def work(bench):
        bench.evaluator = bench.make(budget_seconds=0.02)
        for fault in (ValueError("a defect"), None):
            bench.measurements = GONE
            await bench.turn()
            await bench.turn()
            bench.measurements = fault
            outcome = await bench.turn()
            assert [alert.state for alert in outcome.alerts] == [State.FIRING]
            assert outcome.alerts[0].missing_us is not None
        assert bench.evaluator.counts["unmeasured"] == 2
        assert bench.background.failures["alerts.measure"] == 2

    run(work)


def test_one_rule_that_cannot_be_measured_costs_the_others_nothing(run):
    async def work(bench):
        bench.measurements = GONE | {SILENT.condition: Measurement({}, False, "out of time")}
        bench.measurements[SHARDS.condition] = Measurement({(): 1.0})
        outcome = await bench.turn()
        assert [alert.rule for alert in outcome.alerts] == ["ShardMissing"]

    run(work)


def test_a_subscriber_that_fails_costs_only_its_message(run):
    async def work(bench):
        bench.publish_fault = ValueError("a defect")
        await bench.turn()
        await bench.turn()
        assert len(await bench.messages()) == 1
        assert bench.background.failures["alerts.publish"] == 2

    run(work)


def test_maintenance_and_inhibition_send_nothing_and_are_shown(run):
    async def work(bench):
        window = MaintenanceWindow(('alertname="NodeSilent"',), 0, 10**16, "new disks")
        bench.evaluator.file = replace(FILE, maintenance=(window,))
        await bench.turn()
        outcome = await bench.turn()
        (alert,) = outcome.alerts
        (silence,) = outcome.silences
        assert outcome.silenced_by == {alert.id: (silence.id,)}
        bench.evaluator.file = FILE
        bench.measurements = GONE | {SHARDS.condition: Measurement({(): 1.0})}
        outcome = await bench.turn()
        assert outcome.inhibited_by == {alert.id: "ShardMissing"}
        assert await bench.messages() == []
        bench.measurements = GONE
        await bench.turn()
        assert len(await bench.messages()) == 1

    run(work)


def test_the_first_turn_waits_for_the_shards_but_not_for_ever(run):
    async def work(bench):
        bench.ready.clear()
        evaluator = bench.make(interval_seconds=60, start_seconds=0.2)
        evaluator.start()
        await asyncio.sleep(0.02)
        assert bench.asked == []
        await eventually(lambda: bench.published)
        await evaluator.stop()

    run(work)


def test_turns_go_on_after_a_failure_and_health_has_the_reason_until_then(run):
    async def work(bench):
        bench.store.fault = "load"
        evaluator = bench.make(interval_seconds=0.02)
        evaluator.start()
        await eventually(lambda: evaluator.counts["failed"] > 2)
        assert evaluator.problem == "the disk is gone"
        bench.store.fault = ""
        await eventually(lambda: bench.published)
        await eventually(lambda: evaluator.problem is None)
        await evaluator.stop()

    run(work)


@pytest.mark.parametrize(
    ("now", "expected"),
    [(100.0, (130.0, 0)), (129.0, (130.0, 0)), (131.0, (160.0, 1)), (1100.0, (1120.0, 33))],
)
def test_after_a_pause_one_turn_is_due_and_the_missed_ones_are_counted(now, expected):
    assert next_turn(100.0, now, 30.0) == expected


def test_a_message_is_sent_when_its_group_has_waited_not_an_interval_later(run, monkeypatch):
    monkeypatch.setattr("tart.gateway.alerting.evaluator._PAUSE_SECONDS", 0.01)

    async def work(bench):
        evaluator = bench.make(interval_seconds=100)
        evaluator.file = replace(
            FILE, rules=(replace(SILENT, for_us=0), SHARDS), group_wait_us=SECOND_US // 20
        )
        clock = asyncio.get_running_loop().time
        start_us = bench.now - round(clock() * SECOND_US)
        evaluator._now_us = lambda: start_us + round(clock() * SECOND_US)
        evaluator.start()
        await eventually(lambda: bench.published and bench.published[-1].notifications)
        first, last = bench.published[0], bench.published[-1]
        assert last.at_us - first.at_us >= SECOND_US // 20
        assert len(bench.published) <= 3
        await evaluator.stop()

    run(work)


def test_a_turn_just_before_a_message_is_due_waits_for_it(run):
    async def work(bench):
        evaluator = bench.make()
        assert evaluator._until_turn(30.0) == 30.0
        evaluator._message_due_us = bench.now + 5 * SECOND_US
        assert evaluator._until_turn(30.0) == pytest.approx(5.01)
        assert evaluator._until_turn(4.5) == pytest.approx(5.01)
        assert evaluator._until_turn(3.0) == 3.0
        # It was due during the turn.
        evaluator._message_due_us = bench.now - SECOND_US
        assert evaluator._until_turn(30.0) == 1.0

    run(work)


def test_a_turn_can_be_requested(run, monkeypatch):
    monkeypatch.setattr("tart.gateway.alerting.evaluator._PAUSE_SECONDS", 0.01)

    async def work(bench):
        evaluator = bench.make(interval_seconds=100)
        evaluator.start()
        await eventually(lambda: len(bench.published) == 1)
        evaluator.request_turn()
        await eventually(lambda: len(bench.published) == 2)
        await evaluator.stop()

    run(work)
