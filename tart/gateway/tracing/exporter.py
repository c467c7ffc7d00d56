"""The exporter of traces: two tasks, one that finds and makes them, one that sends them.

It is derived work: what fails or hangs here costs traces alone. The queue between both tasks is
bounded in bytes (``tracing.export_queue``); ``tracing.export_plan`` decides what is exported.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any, Protocol

from tart.alerting.engine.outbox import Verdict, channel_pause_us
from tart.background_tasks import Background
from tart.config.schema import TracesConfig
from tart.errors import Busy, QueryTimeout, ShardUnavailable
from tart.gateway.fanout import package_queries
from tart.gateway.fanout.merge_thread import run_on_merge_thread
from tart.gateway.fanout.queries import QueryClient, now_us
from tart.gateway.fanout.trace_queries import TraceInput, block_input, package_input
from tart.gateway.tracing.otlp_sender import Delivery, OtlpSender
from tart.query.answers.server import TraceExport
from tart.query.shard_queries.ended_pipelines import EndedPipeline
from tart.query.shard_queries.packages import PackageRows
from tart.tracing.export_plan import KINDS, RESUME_US, Candidate, ExportPlan, reference_of
from tart.tracing.export_queue import EncodedTrace, ExportQueue, encode_trace, join
from tart.units import SECOND_US

log = logging.getLogger(__name__)

# Traces that wait to be made, and those of one turn.
MAX_WAITING = 10_000
MAX_BUILDS = 200
# Packages whose states one query reads.
_STATES = 500
# A turn waits this long for a shard that does not answer; then it goes on without.
GRACE_US = 30 * SECOND_US
# For the traces of a turn to be sent together.
_LINGER_SECONDS = 0.5
# Attempts to make a trace while shards do not answer.
_MAX_ATTEMPTS = 5
_NO_ANSWER = (Busy, QueryTimeout, ShardUnavailable)
_METRICS = {
    "exported": ("tart_traces_exported_total", "Traces that the receiver took."),
    "exported_spans": ("tart_traces_spans_exported_total", "Spans of these."),
    "rejected_spans": (
        "tart_traces_spans_rejected_total",
        "Spans that the receiver refused of requests that it took.",
    ),
    "refused": ("tart_traces_refused_total", "Traces whose request the receiver refused."),
    "dropped": (
        "tart_traces_dropped_total",
        "Traces dropped because too many waited, the oldest first.",
    ),
    "unbuilt": ("tart_traces_unbuilt_total", "Traces that could not be made."),
    "failures": ("tart_traces_failed_total", "Requests to the receiver without success."),
    "waiting": ("tart_traces_waiting", "Traces that are still to be made."),
    "queued": ("tart_traces_queue", "Traces that are still to be sent."),
    "queued_bytes": ("tart_traces_queue_bytes", "Bytes of these."),
}


class Sender(Protocol):
    """Makes requests to the receiver."""

    async def send(self, body: bytes) -> Delivery:
        """Make one request."""


class TraceExporter:
    """Exports traces, if ``traces.url`` names a receiver.

    Args:
        queries: To the shards.
        config: ``[traces]``.
        background: Guards each turn.
        base_dir: The directory that relative paths start from.
        sender: Instead of one for ``traces.url``.
        now: A clock of Unix microseconds.
        random_number: Returns numbers from 0 to 1.
    """

    def __init__(
        self,
        queries: QueryClient,
        config: TracesConfig,
        background: Background,
        *,
        base_dir: Path = Path(),
        sender: Sender | None = None,
        now: Callable[[], int] = now_us,
        random_number: Callable[[], float] = random.random,
    ) -> None:
        self._queries = queries
        self._config = config
        self._background = background
        self._sender = sender or OtlpSender(config, base_dir)
        self._now = now
        self._random = random_number
        self._plans: list[ExportPlan] = []
        self._waiting: deque[tuple[Candidate, int]] = deque()
        self._queue = ExportQueue(config.queue_bytes)
        self._filled = asyncio.Event()
        self._in_flight: Sequence[EncodedTrace] = ()
        self._complete_us = 0
        self._tasks: list[asyncio.Task[None]] = []
        self._exported = self._exported_spans = self._rejected_spans = 0
        self._refused = self._dropped = self._unbuilt = self._failures = 0
        self._last_error: str | None = None
        self._pause_failures = 0

    @property
    def is_on(self) -> bool:
        """Traces are exported."""
        return bool(self._config.url)

    def start(self) -> None:
        """Start to export, if a receiver is named."""
        if not self.is_on:
            return
        start = self._complete_us = self._now()
        self._plans = [
            ExportPlan(
                kind,
                one_in=self._config.sample_one_in,
                quiet_us=int(self._config.quiet_seconds * SECOND_US),
                covered_us=start - RESUME_US,
            )
            for kind in KINDS
            if kind in self._config.kinds
        ]
        self._tasks = [asyncio.create_task(self._find()), asyncio.create_task(self._send())]

    async def stop(self) -> None:
        """Stop; what waits is exported after the next start, if it ended within ten minutes."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def report(self) -> TraceExport | None:
        """Return the state of the export; ``None`` if it is off."""
        if not self.is_on:
            return None
        return {
            "exported": self._exported,
            "exported_spans": self._exported_spans,
            "rejected_spans": self._rejected_spans,
            "refused": self._refused,
            "dropped": self._dropped + self._queue.dropped,
            "unbuilt": self._unbuilt,
            "failures": self._failures,
            "waiting": len(self._waiting),
            "queued": len(self._queue) + len(self._in_flight),
            "queued_bytes": self._queue.size + sum(trace.size for trace in self._in_flight),
            "last_error": self._last_error,
        }

    def metrics(self) -> dict[str, tuple[float, str]]:
        """Return the metrics: name to value and help; none if it is off."""
        report = self.report()
        if report is None:
            return {}
        values = {**report}
        return {
            name: (float(str(values[member])), text) for member, (name, text) in _METRICS.items()
        }

    # --- Finding and making -----------------------------------------------------------------

    async def _find(self) -> None:
        await self._queries.shards.wait_any_welcomed()
        while True:
            with self._background.guard("traces"), suppress(*_NO_ANSWER):
                for plan in self._plans:
                    await self._find_ended(plan)
            with self._background.guard("traces"):
                await self._make_waiting()
            await asyncio.sleep(0 if self._waiting else self._config.interval_seconds)

    async def _find_ended(self, plan: ExportPlan) -> None:
        """Let those that have ended and are exported wait for their traces to be made."""
        now = self._now()
        answer, seen = await self._queries.ask(plan.query())
        if len(seen.shards) == seen.total:
            self._complete_us = now
        elif now - self._complete_us < GRACE_US:
            # What the missing shard knows may show that one has not ended, or failed.
            return
        ended = plan.undecided(answer, now)
        for candidate in plan.decide(ended, await self._failed(plan, ended)):
            self._waiting.append((candidate, 0))
        while len(self._waiting) > MAX_WAITING:
            self._waiting.popleft()
            self._dropped += 1
        plan.advance(answer, now)

    async def _failed(self, plan: ExportPlan, ended: Sequence[EndedPipeline]) -> set[bytes]:
        """Return the references of those that failed.

        An attempt of a package that failed is no failure if another guarantor guaranteed it, and
        without any a package may be discarded; those that are sampled are not looked at.
        """
        failed = {reference_of(each) for each in ended if each.failed}
        if plan.kind == "blocks":
            return failed
        failed = {reference_of(each) for each in ended if each.failed and each.hash is None}
        rest = iter(
            [each.hash for each in ended if each.hash is not None and not plan.is_sampled(each)]
        )
        while hashes := [*islice(rest, _STATES)]:
            states, _ = await package_queries.packages_by_hash(self._queries, hashes)
            failed.update(bytes.fromhex(state.row["hash"]) for state in states if state.failed)
        return failed

    async def _make_waiting(self) -> None:
        for _ in range(min(MAX_BUILDS, len(self._waiting))):
            candidate, attempts = self._waiting.popleft()
            try:
                await self._make(candidate)
            except _NO_ANSWER:
                if attempts + 1 < _MAX_ATTEMPTS:
                    self._waiting.appendleft((candidate, attempts + 1))
                else:
                    self._unbuilt += 1
                # The next turn tries again: the shards are slow or away.
                await asyncio.sleep(self._config.interval_seconds)
                return
            except Exception:
                self._unbuilt += 1
                raise

    async def _make(self, candidate: Candidate) -> None:
        made = await self._input(candidate)
        if made is None:
            # Retention deleted it, or its node is not known.
            self._unbuilt += 1
            return
        self._queue.add(await run_on_merge_thread(partial(encode_trace, made.build)))
        self._filled.set()

    async def _input(self, candidate: Candidate) -> TraceInput | None:
        pipeline = candidate.pipeline
        if candidate.kind == "blocks":
            where: dict[str, Sequence[Any]] = {"hash": [pipeline.hash]}
            if pipeline.hash is None:
                values = {"node": pipeline.node, "session": pipeline.session, "root": pipeline.root}
                where = {name: [value] for name, value in values.items()}
            return await block_input(self._queries, candidate.reference, where, candidate.window)
        query = (
            PackageRows(hashes=[pipeline.hash])
            if pipeline.hash
            else PackageRows(root=pipeline.root, session=pipeline.api_session, node=pipeline.node)
        )
        rows, seen = await self._queries.ask(query)
        return await package_input(self._queries, rows, seen) if rows else None

    # --- Sending ------------------------------------------------------------------------

    async def _send(self) -> None:
        while True:
            await self._filled.wait()
            await asyncio.sleep(_LINGER_SECONDS)
            self._filled.clear()
            while len(self._queue):
                pause_us = SECOND_US
                with self._background.guard("traces"):
                    pause_us = await self._send_batch()
                if pause_us:
                    await asyncio.sleep(pause_us / SECOND_US)

    async def _send_batch(self) -> int:
        """Send a batch; return the time until the next one, in microseconds."""
        batch = self._in_flight = self._queue.take()
        try:
            delivery = await self._sender.send(await run_on_merge_thread(partial(join, batch)))
        except BaseException:
            self._queue.put_back(batch)
            raise
        finally:
            self._in_flight = ()
        outcome = delivery.outcome
        self._last_error = outcome.error or None
        if outcome.verdict is Verdict.DELIVERED:
            self._record_delivered(batch, delivery)
            return 0
        self._failures += 1
        self._pause_failures += 1
        pause_us = channel_pause_us(outcome, self._pause_failures, self._random)
        if outcome.verdict is Verdict.RETRY:
            self._queue.put_back(batch)
            follow = f"{len(batch)} traces are sent again in {pause_us / SECOND_US:.0f} s"
        else:
            self._refused += len(batch)
            self._pause_failures = 0
            pause_us = 0
            follow = f"{len(batch)} traces are dropped, since the receiver refused them"
        if self._failures.bit_count() == 1:
            log.warning("traces: %s; failures=%d; %s", outcome.error, self._failures, follow)
        return pause_us

    def _record_delivered(self, batch: Sequence[EncodedTrace], delivery: Delivery) -> None:
        self._pause_failures = 0
        self._exported += len(batch)
        spans = sum(trace.spans for trace in batch)
        self._exported_spans += spans
        if delivery.rejected_spans or delivery.warning:
            before = self._rejected_spans
            # A receiver may name any number.
            self._rejected_spans += min(delivery.rejected_spans, spans)
            if before == 0 or before.bit_length() != self._rejected_spans.bit_length():
                log.warning(
                    "traces: the receiver refused %d spans of a request that it took: %s; they "
                    "are not sent again",
                    delivery.rejected_spans,
                    delivery.warning or "it gave no reason",
                )
