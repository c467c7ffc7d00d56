"""What is asked of the shards about work-packages, and the answers as one.

Shapes and merging are in ``query.packages``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

from tart.gateway.fanout.queries import Coverage, Questions, coverage, together
from tart.query.core.windows import Window
from tart.query.packages import journeys
from tart.query.packages import packages as merging
from tart.query.packages.journeys import Journey
from tart.query.packages.package_progress import PackageState, join_states
from tart.query.packages.packages import Handled
from tart.units import SECOND_US

Json = dict[str, Any]

NEWEST = 1000
# Around when the first and the last was heard of a thing, for what was heard at once.
_MARGIN_US = SECOND_US


class Period(NamedTuple):
    """What packages are about: a window, and perhaps a core."""

    window: Window
    core: int | None = None

    def bounds(self) -> Json:
        """As a question's parameters."""
        end = self.window.end_us
        return {
            "start_us": self.window.start_us,
            "end_us": None if end is None else end + 1,
            "core": self.core,
        }


async def handled(questions: Questions, period: Period) -> tuple[Handled, Coverage]:
    """Which packages there were, and how far each came."""
    answers = await questions.scatter("handled", period.bounds())
    return merging.handled(value for _, value in answers.values), coverage(answers)


async def tallied(
    questions: Questions, period: Period, by: Sequence[str], settled_us: int | None = None
) -> tuple[list[Json], Coverage]:
    """Guarantors' rows counted by node, core, both or neither.

    Args:
        settled_us: of what was not heard of since, nothing comes any more.
    """
    asked = {**period.bounds(), "by": list(by), "settled_us": settled_us}
    answers = await questions.scatter("tallied", asked)
    # A shard's columns are in the order of the table.
    keys = [key for key in ("node", "core") if key in by]
    return merging.tallied((value for _, value in answers.values), keys), coverage(answers)


async def durations(
    questions: Questions, period: Period
) -> tuple[dict[str, Counter[int]], Coverage]:
    """Samples by bin of each pair of steps in ``query.packages.packages.PAIRS``."""
    answers = await questions.scatter("steps", period.bounds())
    return merging.durations(value for _, value in answers.values), coverage(answers)


async def newest(
    questions: Questions, period: Period, limit: int
) -> tuple[list[PackageState], Coverage]:
    """The packages that began last, newest first."""
    asked = {**period.bounds(), "limit": limit}
    answers = await questions.scatter("states", asked)
    states = merging.states((value for _, value in answers.values), limit)
    seen = coverage(answers)
    if any(len(value) >= limit for _, value in answers.values):
        # Of a package among one shard's newest another may know more.
        hashes = [each["hash"] for each in states]
        answers = await questions.scatter("states", {**period.bounds(), "hashes": hashes})
        states = merging.states((value for _, value in answers.values), limit)
        seen &= coverage(answers)
    return await _heard(questions, states, seen)


async def named(questions: Questions, hashes: Sequence[str]) -> tuple[list[PackageState], Coverage]:
    """These packages, as far as they are known."""
    answers = await questions.scatter("states", {"hashes": list(hashes)})
    states = merging.states((value for _, value in answers.values), len(hashes))
    return await _heard(questions, states, coverage(answers))


async def _heard(
    questions: Questions, states: Sequence[Json], seen: Coverage
) -> tuple[list[PackageState], Coverage]:
    """The same with what others heard of their reports and erasure roots."""
    reports = sorted({each["any_report"] for each in states if each["any_report"]})
    roots = sorted({each["any_erasure_root"] for each in states if each["any_erasure_root"]})
    (of_reports, one), (of_roots, two) = await together(
        questions.summed("reports", by=["hash"], where={"hash": reports}),
        questions.summed("erasures", by=["root"], where={"root": roots}),
    )
    return join_states(states, of_reports, of_roots), seen & one & two


async def handlings(questions: Questions, **named: Any) -> tuple[list[Json], Coverage]:
    """Guarantors' rows, the first first, of ``hashes``, or a ``root`` of a session or node."""
    answers = await questions.scatter("handlings", named)
    rows = [row for _, value in answers.values for row in value]
    rows.sort(key=lambda row: (row["started_at"], row["session"], row["root"]))
    return rows, coverage(answers)


async def journey(
    questions: Questions, rows: Sequence[Json], limit: int, rendering: str
) -> tuple[Journey, Coverage]:
    """The whole way of the package of these rows.

    Args:
        limit: events of each guarantor, of the report and of the erasure root, per shard.
    """
    known = sorted({row["hash"] for row in rows if row["hash"]})
    every, seen = await named(questions, known)
    account = every[0] if every else None
    asked = {
        "pipelines": [
            [
                row["session"],
                row["root"],
                row["started_at"] - _MARGIN_US,
                row["ended_at"] + _MARGIN_US,
            ]
            for row in rows
        ],
        "reports": _stretch(account and account.report, "hash"),
        "erasures": _stretch(account and account.erasure, "root"),
        "limit": limit,
        "bytes": rendering,
    }
    answers = await questions.scatter("journey", asked)
    found = journeys.merged((value for _, value in answers.values), limit)
    return Journey(rows, account, found), seen & coverage(answers)


def _stretch(heard: Json | None, name: str) -> list[list[Any]]:
    """A hash, and when it was heard of."""
    if heard is None:
        return []
    return [[heard[name], heard["first_at"] - _MARGIN_US, heard["last_at"] + _MARGIN_US]]
