"""The figures of failure groups: those that are new, and those that came back.

Their values are the group's failures. A group that was new, or came back, shortly before the
window has the value 0, so that an alert about it ends with any ``on_missing``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping

from tart.alerting.engine.model import Measurement
from tart.alerting.rules.figures import FIGURES
from tart.alerting.rules.model import FigureCondition, LabelSet
from tart.gateway.alerting.measurements import Measurements
from tart.gateway.fanout.failure_rows import failure_rows
from tart.gateway.fanout.failure_watch import FailureWatch
from tart.gateway.fanout.queries import QueryClient
from tart.protocol.events import EVENTS
from tart.query.core.failure_states import FailureGroup, FailureState, new_groups
from tart.query.core.failure_templates import failure_fingerprint
from tart.query.core.windows import Window
from tart.units import MINUTE_US

NEW, REGRESSED = "failure_groups_new", "failure_groups_regressed"
# The label sets of one measurement; the newest.
MAX_GROUPS = 500
_TEMPLATE_CHARACTERS = 120

# A time of a group, Unix microseconds; ``None`` if it has none.
Moment = Callable[[FailureGroup], int | None]


class FailureFigures:
    """Measures the figures of failure groups.

    Args:
        queries: Of the shards.
        watch: Knows all groups.
    """

    def __init__(self, queries: QueryClient, watch: FailureWatch) -> None:
        self._queries = queries
        self._watch = watch

    def add_to(self, measurements: Measurements) -> None:
        """Let measurements have the figures."""
        measurements.provide(NEW, self.measure_new)
        measurements.provide(REGRESSED, self.measure_regressed)

    async def measure_new(self, condition: FigureCondition, at_us: int) -> Measurement:
        """Return the failures of each group that is new in the window."""
        start_us = at_us - _window_us(condition)
        groups = self._newest(_first_seen, 2 * start_us - at_us, at_us)
        since = {group.fingerprint: group.first_seen for group in new_groups(groups, start_us)}
        return await self._measure(since, groups, at_us, _labels)

    async def measure_regressed(self, condition: FigureCondition, at_us: int) -> Measurement:
        """Return the failures of each group since it came back in the window."""
        start_us = at_us - _window_us(condition)
        groups = self._newest(_regressed_at, 2 * start_us - at_us, at_us)
        since = {
            group.fingerprint: regressed_at
            for group in groups
            if group.state is FailureState.REGRESSED
            and (regressed_at := _regressed_at(group)) is not None
            and regressed_at >= start_us
        }
        return await self._measure(since, groups, at_us, _labels_with_version)

    def _newest(self, moment_of: Moment, start_us: int, end_us: int) -> list[FailureGroup]:
        """Return the groups with a time from a start to an end, newest first."""
        timed = [
            (moment, group.fingerprint, group)
            for group in self._watch.groups.values()
            if (moment := moment_of(group)) is not None and start_us <= moment <= end_us
        ]
        return [group for _, _, group in sorted(timed, reverse=True)[:MAX_GROUPS]]

    async def _measure(
        self,
        since: Mapping[str, int],
        groups: list[FailureGroup],
        at_us: int,
        labels_of: Callable[[FailureGroup], LabelSet],
    ) -> Measurement:
        """Return the failures of groups since a time of each, and 0 for the other groups."""
        report = self._watch.report
        if report.scanned_at is None:
            return Measurement({}, is_complete=False)
        counts, is_complete = await self._counts(since, groups, at_us)
        values: dict[LabelSet, float | None] = {}
        for group in groups:
            count = counts[group.fingerprint]
            # A group that the watch has seen has failures; their shard may not answer now.
            is_unknown = group.fingerprint in since and not count
            values[labels_of(group)] = None if is_unknown else float(count)
        return Measurement(values, is_complete=is_complete and report.is_complete)

    async def _counts(
        self, since: Mapping[str, int], groups: list[FailureGroup], at_us: int
    ) -> tuple[Counter[str], bool]:
        """Return the failures of groups since the minute of a time, and whether all shards told."""
        counts: Counter[str] = Counter()
        if not since:
            return counts, True
        first = min(since.values())
        window = Window(first - first % MINUTE_US, at_us)
        types = {group.event_type for group in groups if group.fingerprint in since}
        where = {"type": sorted(types)}
        rows, seen = await failure_rows(self._queries, window, ["bucket"], where=where)
        for row in rows:
            fingerprint = failure_fingerprint(row["type"], row["template"])
            if fingerprint in since and row["bucket"] + MINUTE_US > since[fingerprint]:
                counts[fingerprint] += row["count"]
        return counts, seen.complete


def _window_us(condition: FigureCondition) -> int:
    window_us = condition.window_us or FIGURES[condition.figure].window_us
    assert window_us is not None
    return window_us


def _first_seen(group: FailureGroup) -> int | None:
    return group.first_seen


def _regressed_at(group: FailureGroup) -> int | None:
    return group.regressed_at


def _labels(group: FailureGroup) -> LabelSet:
    return (
        ("event", EVENTS[group.event_type].variant),
        ("fingerprint", group.fingerprint),
        ("template", group.template[:_TEMPLATE_CHARACTERS] or "without a reason"),
    )


def _labels_with_version(group: FailureGroup) -> LabelSet:
    return (*_labels(group), ("version", group.regressed_version or "an unknown version"))
