"""``tart/gateway/tracing/exporter.py``: what has ended is made and sent, and harms nothing else."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tart.alerting.engine.outbox import Outcome, Verdict, channel_pause_us
from tart.config.schema import TracesConfig
from tart.gateway.tracing import exporter as module
from tart.gateway.tracing.exporter import TraceExporter
from tart.gateway.tracing.otlp_sender import Delivery
from tart.ipc.messages import Failure
from tart.query.shard_queries.packages import STATE
from tart.tracing.block_traces import BLOCK_COLUMNS
from tart.tracing.export_plan import is_sampled
from tart.tracing.export_queue import MAX_BATCH_BYTES
from tart.tracing.span_ids import trace_id
from tart.units import JCE_US, MINUTE_US, SECOND_US
from tests.gateway.fake_packages import PACKAGE, add_package, handling, state
from tests.gateway.fake_shard import NODE_A, NOON
from tests.gateway.running import Running, eventually, running_gateway
from tests.tracing.otlp_messages import attributes, check_tree, read, spans_of

NOW = NOON + 5 * MINUTE_US
BLOCK = "0a" * 32
SETTINGS = TracesConfig(
    url="http://127.0.0.1:1/v1/traces", sample_one_in=1, interval_seconds=0.01, quiet_seconds=45.0
)
DELIVERED = Delivery(Outcome(Verdict.DELIVERED))
AWAY = Delivery(Outcome(Verdict.RETRY, "nobody there"))


class Receiver:
    """Takes requests in place of the sender; ``answer`` says what becomes of each."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        self.script: list[Delivery] = []
        self.hangs = False
        self.attempts = 0

    async def send(self, body: bytes) -> Delivery:
        self.attempts += 1
        if self.hangs:
            await asyncio.Event().wait()
        answer = self.script.pop(0) if self.script else DELIVERED
        if answer.outcome.verdict is Verdict.DELIVERED:
            self.bodies.append(body)
        return answer

    @property
    def traces(self) -> list[bytes]:
        """The ids of the traces that it took."""
        ids = [[span.trace_id for span in spans_of(read(body))] for body in self.bodies]
        return [trace for some in ids for trace in dict.fromkeys(some)]


def ended(digest: str | None = PACKAGE, last_at: int = NOON + SECOND_US, **changes: Any) -> Any:
    """A row of ``ended_pipelines``."""
    values = {"failed": False, "node": NODE_A, "session": 1, "api_session": 256, "root": 7}
    return [digest, NOON, last_at, *(values | changes).values()]


def tell(gateway: Running, packages: list[Any] = [], blocks: list[Any] = []) -> None:  # noqa: B006
    """Let the first shard have news of packages and blocks."""
    rows = {"packages": packages, "blocks": blocks}
    gateway.shards[0].answers["ended_pipelines"] = lambda parameters: {
        "rows": [row for row in rows[parameters["table"]] if row[2] >= parameters["since_us"]],
        "is_cut": False,
    }
    gateway.shards[1].answers["ended_pipelines"] = lambda _: {"rows": [], "is_cut": False}


class Exporting:
    """A gateway whose shard knows a package, and an exporter beside it."""

    def __init__(self, gateway: Running) -> None:
        self.gateway = gateway
        self.receiver = Receiver()
        self.now = NOW
        self.exporter = self.new()

    def new(self, **settings: Any) -> TraceExporter:
        self.exporter = TraceExporter(
            self.gateway.gateway.queries,
            replace(SETTINGS, **settings),
            self.gateway.gateway.background,
            sender=self.receiver,
            now=lambda: self.now,
            random_number=lambda: 0.0,
        )
        return self.exporter

    @property
    def report(self) -> dict[str, Any]:
        return {**(self.exporter.report() or {})}

    def turns(self) -> int:
        """How often both kinds were looked for."""
        names = [each.name for each in self.gateway.shards[0].requests]
        return names.count("ended_pipelines") // 2


Test = Callable[[Exporting], Awaitable[None]]


def exporting(directory: Path, test: Test) -> None:
    async def run() -> None:
        async with running_gateway(directory, 2) as gateway:
            add_package(gateway.shards[0])
            tell(gateway)
            exporting = Exporting(gateway)
            try:
                await test(exporting)
            finally:
                await exporting.exporter.stop()

    asyncio.run(run())


def failed_state(*digests: str) -> Callable[[dict[str, Any]], list[Any]]:
    """Answer ``package_states``: these packages failed."""

    def answer(parameters: dict[str, Any]) -> list[Any]:
        rows = []
        for digest in digests:
            if digest in (parameters.get("hashes") or ()):
                row = dict(zip(STATE, state(), strict=True))
                row |= {"hash": digest, "outcome": "failed", "any_report": None}
                row |= {"any_erasure_root": None, "guaranteed": None, "reason": "broken"}
                rows.append([row[name] for name in STATE])
        return rows

    return answer


def test_a_package_that_has_ended_is_sent_once(tmp_path: Path) -> None:
    async def check(e: Exporting) -> None:
        tell(e.gateway, [ended()])
        e.exporter.start()
        await eventually(lambda: e.receiver.traces)
        turns = e.turns()
        await eventually(lambda: e.turns() > turns + 3)
        assert e.receiver.traces == [trace_id(bytes.fromhex(PACKAGE))]
        root = check_tree(read(e.receiver.bodies[0]))
        assert attributes(root)["jam.work_package.hash"] == PACKAGE
        report = e.report
        assert (report["exported"], report["queued"], report["queued_bytes"]) == (1, 0, 0)
        assert report["exported_spans"] == len(spans_of(read(e.receiver.bodies[0])))
        assert report["last_error"] is None
        metrics = e.exporter.metrics()
        assert metrics["tart_traces_exported_total"][0] == 1
        assert len(metrics) == len(report) - 1

    exporting(tmp_path, check)


def test_a_block_and_an_attempt_without_a_hash_are_sent(tmp_path: Path) -> None:
    async def check(e: Exporting) -> None:
        values = {
            **{"started_at": NOON, "ended_at": NOON, "node": NODE_A, "session": 1, "root": 8},
            **{"kind": 40, "slot": 5, "hash": None, "outcome": "failed", "failed_type": 41},
            **{"started": NOON - JCE_US, "failed": NOON - JCE_US + 4, "reason": "no ticket"},
        }
        rows = [(dict.fromkeys(BLOCK_COLUMNS) | values)[name] for name in BLOCK_COLUMNS]
        e.gateway.shards[0].answers["aggregate_rows"] = lambda parameters: {
            "columns": list(BLOCK_COLUMNS),
            "clock": "started_at",
            "rows": [rows] if parameters["table"] == "blocks" else [],
        }
        e.gateway.shards[0].answers["package_rows"] = lambda parameters: [
            handling(hash=None, core=None, outcome="failed", failed=3_000, received=None)
        ]
        of_block = ended(None, failed=True, root=8)
        tell(e.gateway, [ended(None, failed=True)], [of_block, ended(BLOCK)])
        e.new(sample_one_in=0).start()
        await eventually(lambda: len(e.receiver.traces) == 2)
        requests = e.gateway.shards[0].requests
        asked = [each.parameters for each in requests if each.name == "package_rows"]
        assert (asked[0]["root"], asked[0]["session"], asked[0]["node"]) == (7, 256, NODE_A)
        where = [
            each.parameters["where"]
            for each in requests
            if each.parameters.get("table") == "blocks" and "where" in each.parameters
        ]
        assert where == [{"node": [NODE_A], "session": [1], "root": [8]}]

    exporting(tmp_path, check)


def test_failures_are_sent_always_and_of_the_others_one_in_a_number(tmp_path: Path) -> None:
    async def check(e: Exporting) -> None:
        digests = [f"{number:064x}" for number in range(60)]
        sampled = {each for each in digests if is_sampled(bytes.fromhex(each), 10)}
        failing = next(each for each in digests if each not in sampled)
        e.gateway.shards[0].answers["package_states"] = failed_state(failing)
        e.gateway.shards[0].answers["package_rows"] = lambda parameters: [
            handling(hash=each) for each in parameters.get("hashes") or ()
        ]
        tell(e.gateway, [ended(each) for each in digests])
        e.new(sample_one_in=10).start()
        await eventually(lambda: e.report["exported"] == len(sampled) + 1)
        turns = e.turns()
        await eventually(lambda: e.turns() > turns + 3)
        assert set(e.receiver.traces) == {
            trace_id(bytes.fromhex(each)) for each in (*sampled, failing)
        }
        assert e.receiver.traces[0] == trace_id(bytes.fromhex(failing))

    exporting(tmp_path, check)


def test_what_still_has_news_waits(tmp_path: Path) -> None:
    async def check(e: Exporting) -> None:
        e.now = NOON + 45 * SECOND_US
        tell(e.gateway, [ended(last_at=NOON + SECOND_US)])
        e.exporter.start()
        await eventually(lambda: e.turns() > 3)
        assert e.receiver.traces == []
        e.now = NOON + 47 * SECOND_US
        await eventually(lambda: e.receiver.traces)

    exporting(tmp_path, check)


def test_a_receiver_that_is_away_gets_everything_when_it_is_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "channel_pause_us", lambda *_: 1_000)

    async def check(e: Exporting) -> None:
        digests = [f"{number:064x}" for number in range(30)]
        e.gateway.shards[0].answers["package_rows"] = lambda parameters: [
            handling(hash=each) for each in parameters.get("hashes") or ()
        ]
        e.receiver.script = [AWAY] * 5
        tell(e.gateway, [ended(each) for each in digests])
        e.exporter.start()
        await eventually(lambda: e.report["exported"] == 30)
        assert sorted(e.receiver.traces) == sorted(trace_id(bytes.fromhex(d)) for d in digests)
        assert (e.report["failures"], e.report["dropped"]) == (5, 0)

    exporting(tmp_path, check)


def test_the_pause_after_a_failure_honours_what_the_receiver_wants(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses: list[int] = []

    def record(*arguments: Any) -> int:
        pauses.append(channel_pause_us(*arguments))
        return 1

    monkeypatch.setattr(module, "channel_pause_us", record)

    async def check(e: Exporting) -> None:
        later = Outcome(Verdict.RETRY, "busy", retry_after_us=1234 * SECOND_US)
        e.receiver.script = [AWAY, AWAY, AWAY, Delivery(later), DELIVERED, AWAY]
        tell(e.gateway, [ended()])
        e.exporter.start()
        await eventually(lambda: e.receiver.traces)
        seconds = [pause / SECOND_US for pause in pauses]
        assert seconds == [0.5, 1.0, 2.0, 1234.0]
        # After a success the first pause is short again.
        tell(e.gateway, [ended("0f" * 32, last_at=NOW - MINUTE_US)])
        await eventually(lambda: len(pauses) == 5)
        assert pauses[-1] == SECOND_US // 2

    exporting(tmp_path, check)


def test_a_request_that_is_refused_is_not_repeated(tmp_path: Path) -> None:
    async def check(e: Exporting) -> None:
        e.receiver.script = [Delivery(Outcome(Verdict.REFUSED, "status 400"))]
        tell(e.gateway, [ended()])
        e.exporter.start()
        await eventually(lambda: e.report["refused"] == 1)
        turns = e.turns()
        await eventually(lambda: e.turns() > turns + 3)
        assert e.receiver.attempts == 1
        assert (e.report["exported"], e.report["last_error"]) == (0, "status 400")

    exporting(tmp_path, check)


def test_spans_that_a_success_refuses_are_counted_and_not_sent_again(tmp_path: Path) -> None:
    async def check(e: Exporting) -> None:
        e.receiver.script = [Delivery(Outcome(Verdict.DELIVERED), 2, "too old")]
        tell(e.gateway, [ended()])
        e.exporter.start()
        await eventually(lambda: e.report["exported"] == 1)
        assert e.report["rejected_spans"] == 2
        assert e.receiver.attempts == 1

    exporting(tmp_path, check)


def test_a_receiver_refuses_no_more_spans_than_it_was_sent(tmp_path: Path) -> None:
    async def check(e: Exporting) -> None:
        e.receiver.script = [Delivery(Outcome(Verdict.DELIVERED), 10**4000, "too many")]
        tell(e.gateway, [ended()])
        e.exporter.start()
        await eventually(lambda: e.report["exported"] == 1)
        assert 0 < e.report["rejected_spans"] == e.report["exported_spans"]

    exporting(tmp_path, check)


def test_a_full_queue_drops_the_oldest_while_the_receiver_hangs(tmp_path: Path) -> None:
    async def check(e: Exporting) -> None:
        e.receiver.hangs = True
        digests = [f"{number:064x}" for number in range(40)]
        e.gateway.shards[0].answers["package_rows"] = lambda parameters: [
            handling(hash=each) for each in parameters.get("hashes") or ()
        ]
        tell(e.gateway, [ended(each) for each in digests])
        e.new(queue_bytes=30_000).start()
        await eventually(lambda: e.report["dropped"] and not e.report["waiting"])
        # The others of the gateway go on.
        assert (await e.gateway.get("/api/health")).status_code == 200
        assert (await e.gateway.get("/api/workpackages")).status_code == 200
        report = e.report
        assert report["dropped"] + report["queued"] == 40
        assert report["queued_bytes"] < 30_000 + MAX_BATCH_BYTES

    exporting(tmp_path, check)


def test_what_waits_to_be_made_is_limited(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_WAITING", 3)

    async def check(e: Exporting) -> None:
        tell(e.gateway, [ended(f"{number:064x}") for number in range(10)])
        e.exporter.start()
        await eventually(lambda: e.report["exported"] == 3)
        assert e.report["dropped"] == 7

    exporting(tmp_path, check)


def test_a_shard_that_does_not_answer_is_waited_for_a_while(tmp_path: Path) -> None:
    async def check(e: Exporting) -> None:
        tell(e.gateway, [ended()])
        e.gateway.shards[1].answers["ended_pipelines"] = lambda _: Failure(1, "busy", "no")
        e.exporter.start()
        await eventually(lambda: e.turns() > 3)
        assert e.report["exported"] == 0
        e.now += module.GRACE_US
        await eventually(lambda: e.report["exported"] == 1)

    exporting(tmp_path, check)


def test_one_trace_that_cannot_be_made_costs_no_other(tmp_path: Path) -> None:
    async def check(e: Exporting) -> None:
        broken, fine = "01" * 32, "02" * 32
        e.gateway.shards[0].answers["package_rows"] = lambda parameters: [
            handling(hash=each, started=None if each == broken else 1_000)
            for each in parameters.get("hashes") or ()
        ]
        tell(e.gateway, [ended(broken, last_at=NOON), ended(fine)])
        e.exporter.start()
        await eventually(lambda: e.report["exported"] == 1)
        assert e.receiver.traces == [trace_id(bytes.fromhex(fine))]
        assert e.report["unbuilt"] == 1
        assert e.gateway.gateway.background.failures["traces"] == 1

    exporting(tmp_path, check)


def test_what_retention_deleted_meanwhile_is_counted(tmp_path: Path) -> None:
    async def check(e: Exporting) -> None:
        e.gateway.shards[0].answers["package_rows"] = lambda _: []
        tell(e.gateway, [ended()])
        e.exporter.start()
        await eventually(lambda: e.report["unbuilt"] == 1)
        assert e.receiver.attempts == 0

    exporting(tmp_path, check)


def test_shards_that_are_busy_are_asked_again(tmp_path: Path) -> None:
    async def check(e: Exporting) -> None:
        known = e.gateway.shards[0].answers.get("package_rows")
        left = [3]

        def answer(parameters: dict[str, Any]) -> Any:
            left[0] -= 1
            if left[0] >= 0:
                return Failure(1, "busy", "no")
            assert known is not None
            return known(parameters)

        e.gateway.shards[0].answers["package_rows"] = answer
        e.gateway.shards[1].answers["package_rows"] = lambda parameters: (
            Failure(1, "busy", "no") if left[0] >= 0 else []
        )
        tell(e.gateway, [ended()])
        e.exporter.start()
        await eventually(lambda: e.report["exported"] == 1)
        assert e.report["unbuilt"] == 0

    exporting(tmp_path, check)


def test_without_a_receiver_nothing_is_done(tmp_path: Path) -> None:
    async def check(e: Exporting) -> None:
        off = e.new(url="")
        off.start()
        assert (off.report(), off.metrics()) == (None, {})
        await off.stop()
        body = await e.gateway.json("/api/server")
        assert body["gateway"]["traces"] is None
        assert e.turns() == 0

    exporting(tmp_path, check)
