"""``tart alerts test``: plays a capture through alerting rules, and shows what they would do.

The events are received, counted and measured by the code of the server, at the times at which they
were received when the capture was made; nothing is sent and nothing is stored. The exit code is 0
when the capture was played, 1 if it raised other alerts than ``--expect`` and ``--forbid`` demand,
and 2 if it could not be played.
"""

from __future__ import annotations

import argparse
import asyncio
import os
from collections.abc import AsyncIterator, Sequence
from contextlib import ExitStack
from pathlib import Path

from tart.alert_rules import read_rule_file
from tart.alerting.engine.views import View, views
from tart.alerting.figures.computations import COMPUTATIONS
from tart.alerting.rules.builtin_rules import BUILTIN_RULES
from tart.alerting.rules.model import FigureCondition, Rule, RuleFile
from tart.alerting.rules.rule_file import default_rule_file
from tart.cli.alert_views import read_duration
from tart.cli.capture_io import STANDARD, open_input, read_chunks, source_name
from tart.cli.json_output import print_json
from tart.cli.named_files import unreadable
from tart.cli.progress import Progress
from tart.cli.render.rule_test import (
    RuleTest,
    ShownChange,
    document,
    summary,
    transition_line,
)
from tart.cli.streams import print_error
from tart.errors import CaptureError, ConfigError
from tart.offline.evaluation import Change, Evaluation
from tart.offline.playing import Player, Received
from tart.offline.server import OfflineServer, offline_server
from tart.offline.source import offline_measurements
from tart.protocol.capture import CLOSED, EVENT_ID, FRAME, CaptureReader, Record
from tart.suggestions import did_you_mean
from tart.units import SECOND_US

PLAYED, OTHERWISE, NOT_PLAYED = 0, 1, 2
LAG_SECONDS = 5
_OF_SERVER = "about the server, which a capture knows nothing of"
_REMEMBERED = "about what a running server stores: failure groups and anomalies"


def run(arguments: argparse.Namespace) -> int:
    """Play a capture, print what the rules would do, return the exit code.

    Raises:
        ConfigError: The rule file has mistakes, or the capture cannot be read.
    """
    file = _read_rules(arguments.file)
    _check_names([*arguments.expect, *arguments.forbid], file)
    interval_us = read_duration(arguments.every, "--every")
    if interval_us < SECOND_US:
        raise ConfigError(f"--every {arguments.every}: is shorter than a second")
    test = RuleTest(*_testable(file))
    play = _Play(test, views(file), interval_us, shows=not arguments.json)
    problem = play.run(arguments.capture)
    if arguments.json:
        print_json(document(test))
    else:
        print(summary(test), flush=True)
    if problem is not None:
        print_error(problem)
        return NOT_PLAYED
    faults = _unfulfilled(test, arguments.expect, arguments.forbid)
    for fault in faults:
        print_error(fault)
    return OTHERWISE if faults else PLAYED


def _read_rules(name: Path | None) -> RuleFile:
    if name is None:
        return default_rule_file(BUILTIN_RULES)
    try:
        return read_rule_file(name)
    except OSError as error:
        raise unreadable(name, error) from None


def _testable(file: RuleFile) -> tuple[list[Rule], list[tuple[Rule, str]]]:
    """Return the rules that a capture can test, and the others with the reason."""
    tested: list[Rule] = []
    left_out: list[tuple[Rule, str]] = []
    for rule in file.enabled_rules:
        condition = rule.condition
        if rule.scope == "server":
            left_out.append((rule, _OF_SERVER))
        elif isinstance(condition, FigureCondition) and condition.figure not in COMPUTATIONS:
            left_out.append((rule, _REMEMBERED))
        else:
            tested.append(rule)
    return tested, left_out


def _check_names(names: Sequence[str], file: RuleFile) -> None:
    known = [rule.alert for rule in file.enabled_rules]
    for name in names:
        if name not in (*known, "*"):
            raise ConfigError(f"no rule {name}{did_you_mean(name, known)}")


def _unfulfilled(test: RuleTest, expected: Sequence[str], forbidden: Sequence[str]) -> list[str]:
    fired = test.fired
    faults = [f"{name} was expected, and did not fire" for name in expected if not fired[name]]
    if "*" in forbidden:
        forbidden = sorted(set(fired) - set(expected))
    return faults + [f"{name} fired, which is forbidden" for name in forbidden if fired[name]]


class _Play:
    """One capture and the alerts that it raises.

    Args:
        shows: Whether transitions are printed as they happen.
    """

    def __init__(self, test: RuleTest, view: View, interval_us: int, *, shows: bool) -> None:
        self._test = test
        self._view = view
        self._interval_us = interval_us
        self._shows = shows
        self._progress: Progress | None = None

    def run(self, capture: str) -> str | None:
        """Play; return why the capture is incomplete, ``None`` if it is complete."""
        name = source_name(capture)
        reader = CaptureReader()
        problem: str | None = None
        with ExitStack() as stack:
            descriptor = stack.enter_context(open_input(capture))
            size = None if capture == STANDARD else os.fstat(descriptor).st_size or None
            self._progress = stack.enter_context(Progress("alerts", size, unit="bytes"))
            try:
                asyncio.run(self._play(descriptor, reader))
            except CaptureError as error:
                problem = f"{name}: {error}"
        problem = problem or (reader.missing and f"{name}: {reader.missing}")
        if problem and not self._test.events:
            raise ConfigError(problem)
        if not self._test.events:
            raise ConfigError(f"{name}: has no events")
        return problem

    async def _play(self, descriptor: int, reader: CaptureReader) -> None:
        records = self._records(descriptor, reader)
        first = await anext(records, None)
        if first is None:
            return
        needs_events = any(not hasattr(rule.condition, "figure") for rule in self._test.tested)
        async with offline_server(first.received_at, keeps_events=needs_events) as server:
            evaluation = Evaluation(
                self._test.tested,
                offline_measurements(server).measure,
                interval_us=self._interval_us,
                lag_us=LAG_SECONDS * SECOND_US,
            )
            await self._receive(server, evaluation, first, records)
            self._test.turns = evaluation.turns

    async def _receive(
        self,
        server: OfflineServer,
        evaluation: Evaluation,
        first: Record,
        records: AsyncIterator[Record],
    ) -> None:
        player = Player(server, evaluation)
        self._note(await player.receive(_received(first)), evaluation)
        async for record in records:
            self._note(await player.receive(_received(record)), evaluation)
        self._test.pauses = player.pauses

    async def _records(self, descriptor: int, reader: CaptureReader) -> AsyncIterator[Record]:
        """Yield the records of a capture.

        Raises:
            CaptureError: It is no capture, or has no times.
        """
        test = self._test
        async for data in read_chunks(descriptor):
            if self._progress is not None:
                self._progress.advance(len(data))
            for record in reader.receive_data(data):
                if record.received_at <= 0:
                    raise CaptureError(
                        "has no times of reception; 'tart record' makes captures that have"
                    )
                test.events += record.kind == FRAME
                test.started_us = min(test.started_us or record.received_at, record.received_at)
                test.ended_us = max(test.ended_us or 0, record.received_at)
                yield record

    def _note(self, changes: Sequence[Change], evaluation: Evaluation) -> None:
        """Store and show changes, and why rules could not be evaluated."""
        for change in changes:
            transition = change.transition
            shown = ShownChange(
                self._view(transition.alert),
                transition.at_us,
                transition.previous,
                transition.next,
                transition.reason,
                change.inhibited_by,
            )
            self._test.changes.append(shown)
            if self._shows:
                self._print(transition_line(shown))
        for rule in self._test.tested:
            measurement = evaluation.measurements.get(rule.condition)
            if measurement is not None and measurement.error:
                self._test.errors[rule.alert] = measurement.error

    def _print(self, line: str) -> None:
        assert self._progress is not None
        with self._progress.hidden():
            print(line, flush=True)


def _received(record: Record) -> Received:
    if record.kind == EVENT_ID:
        next_id = int.from_bytes(record.content, "little")
        return Received(record.received_at, record.session, next_event_id=next_id)
    if record.kind == CLOSED:
        return Received(record.received_at, record.session, closes=True)
    return Received(record.received_at, record.session, record.wire_bytes)
