"""The work funnel: how many work-packages reached each stage, and where and why others were lost.

Pure. Every package counts once, at the furthest stage that it reached, so that the packages that
reached a stage are those that reached the next one and those that ended or wait there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from tart.protocol.events import EVENTS, EventKind
from tart.query.answers import packages as answers
from tart.query.core.failure_rates import ReasonGroup, group_by_reason
from tart.query.core.rfc3339 import server_time
from tart.query.shard_queries.package_outcomes import LOST, OUTCOMES, REACHED, PackageColumns

Json = dict[str, Any]
Array = npt.NDArray[Any]

# Failures on the way of a package, from its submission to the requests for its shards.
FAILURE_KINDS: tuple[EventKind, ...] = (
    EventKind.WORK_PACKAGE_FAILED,
    EventKind.WORK_PACKAGE_SHARING_FAILED,
    EventKind.GUARANTEE_SEND_FAILED,
    EventKind.GUARANTEE_RECEIVE_FAILED,
    EventKind.SHARD_REQUEST_FAILED,
)
# Groups with an example; each example is a query of its own.
MAX_GROUPS = 20
MAX_REASONS = 10
_DISCARDED = "CannotReportOnChain"


def work_funnel(
    packages: PackageColumns,
    groups: Iterable[ReasonGroup],
    examples: Mapping[tuple[int, str], Json],
    inactive_since_us: int,
) -> answers.WorkFunnel:
    """Return the answer of ``/api/workpackages/funnel``.

    Args:
        packages: The packages of the window.
        groups: Failures by event type and reason, those to be shown.
        examples: An event of each group, by type and reason.
        inactive_since_us: Packages without an event since then do not wait any more.
    """
    lost = packages.outcome < len(LOST)
    waiting = ~lost & (packages.last_at >= inactive_since_us)
    stages: list[answers.FunnelStage] = []
    reached = 0
    for number in reversed(range(len(REACHED))):
        here = packages.stage == number
        is_last = number == len(REACHED) - 1
        ended = [
            packages.estimate(int((here & some).sum()))
            for some in (lost, waiting, ~lost & ~waiting)
        ]
        reached += sum(ended)
        stages.append(
            {
                "stage": REACHED[number],
                "reached": reached,
                # Packages that reached the last stage are complete.
                "lost": 0 if is_last else ended[0],
                "waiting": 0 if is_last else ended[1],
                "stopped": 0 if is_last else ended[2],
                "reasons": [] if is_last else _reasons(packages, here & lost),
            }
        )
    return {
        "stages": stages[::-1],
        "packages": reached,
        "unidentified": {
            "submissions": packages.unidentified["submissions"],
            "shares": packages.unidentified["shares"],
            "failed": packages.unidentified["failed"],
        },
        "failure_groups": [_group(group, examples) for group in groups],
        "exact": packages.exact,
    }


def failure_groups(rows: Iterable[Json]) -> list[ReasonGroup]:
    """Return the ``MAX_GROUPS`` largest groups of failures.

    Args:
        rows: Node, type, reason, count, last_at (µs).
    """
    return group_by_reason(rows)[:MAX_GROUPS]


def pick_example(group: ReasonGroup, events: Iterable[Json]) -> Json | None:
    """Return the first of a group's events among ``events``; ``None`` if there is none."""
    for event in events:
        fields = next(iter(event["data"].values()))
        if event["event_type"] == group.type and str(fields.get("reason", "")) == group.reason:
            return event
    return None


def _reasons(packages: PackageColumns, selected: Array) -> list[answers.LossReason]:
    """Return the reasons of lost packages, the most frequent first; ``None`` for all others."""
    failed = selected & (packages.outcome == OUTCOMES.index("failed"))
    counts: dict[str | None, int] = {}
    numbers = np.bincount(packages.reason[failed].astype(np.int64), minlength=1)
    for position in np.flatnonzero(numbers).tolist():
        counts[packages.reasons[position] or None] = int(numbers[position])
    if discarded := int((selected & ~failed).sum()):
        counts[_DISCARDED] = counts.get(_DISCARDED, 0) + discarded
    ordered = sorted(counts.items(), key=lambda item: (item[0] is None, -item[1], item[0] or ""))
    named = [item for item in ordered if item[0] is not None][:MAX_REASONS]
    rest = sum(counts.values()) - sum(count for _, count in named)
    shown: list[answers.LossReason] = [
        {"reason": reason, "count": packages.estimate(count)} for reason, count in named
    ]
    return [*shown, {"reason": None, "count": packages.estimate(rest)}] if rest else shown


def _group(
    group: ReasonGroup, examples: Mapping[tuple[int, str], Json]
) -> answers.WorkFailureGroup:
    example = examples.get((group.type, group.reason))
    return {
        "event_type": group.type,
        "event_name": EVENTS[group.type].variant,
        "reason": group.reason,
        "count": group.failures,
        "nodes": len(group.nodes),
        "last_at": server_time(group.last_at),
        "last_node": group.last_node,
        "example_event_id": example["id"] if example else None,
    }
