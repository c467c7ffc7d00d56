"""Queries about work-packages that take several scatters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from tart.gateway.fanout.queries import Coverage, QueryClient, coverage, gather_all
from tart.query.core.query import ByteEncoding
from tart.query.core.windows import Window
from tart.query.packages.journeys import Journey
from tart.query.packages.package_progress import PackageState, join_states
from tart.query.shard_queries.aggregates import AggregateSum
from tart.query.shard_queries.packages import JourneyEvents, PackageStates
from tart.units import SECOND_US

Json = dict[str, Any]

NEWEST = 1000
# Added before the first and after the last arrival, for events that arrived at the same time.
_MARGIN_US = SECOND_US


class Period(NamedTuple):
    """A window and a core; ``None`` means all cores."""

    window: Window
    core: int | None = None


async def newest_packages(
    queries: QueryClient, period: Period, limit: int
) -> tuple[list[PackageState], Coverage]:
    """Return the packages that began last, newest first."""
    query = PackageStates(period.window, period.core, limit=limit)
    answers = await queries.ask_each(query)
    states, seen = query.merge(answers.values), coverage(answers)
    if any(len(rows) >= limit for _, rows in answers.values):
        # Another shard may know more of a package that is among one shard's newest.
        hashes = [state["hash"] for state in states]
        states, also = await queries.ask(
            PackageStates(period.window, period.core, hashes=hashes, limit=limit)
        )
        seen &= also
    return await _join_details(queries, states, seen)


async def packages_by_hash(
    queries: QueryClient, hashes: Sequence[str]
) -> tuple[list[PackageState], Coverage]:
    """Return those of these packages that are known."""
    states, seen = await queries.ask(PackageStates(hashes=hashes, limit=len(hashes)))
    return await _join_details(queries, states, seen)


async def _join_details(
    queries: QueryClient, states: Sequence[Json], seen: Coverage
) -> tuple[list[PackageState], Coverage]:
    """Return packages with the details of their reports and erasure roots."""
    reports = sorted({state["any_report"] for state in states if state["any_report"]})
    roots = sorted({state["any_erasure_root"] for state in states if state["any_erasure_root"]})
    (report_rows, reports_seen), (root_rows, roots_seen) = await gather_all(
        queries.ask(AggregateSum("reports", by=["hash"], where={"hash": reports})),
        queries.ask(AggregateSum("erasures", by=["root"], where={"root": roots})),
    )
    return join_states(states, report_rows, root_rows), seen & reports_seen & roots_seen


async def journey(
    queries: QueryClient, rows: Sequence[Json], limit: int, byte_encoding: ByteEncoding
) -> tuple[Journey, Coverage]:
    """Return the journey of the package that rows of guarantors belong to.

    Args:
        rows: Of ``PackageRows``.
        limit: Of events of each guarantor, report and erasure root, per shard.
    """
    hashes = sorted({row["hash"] for row in rows if row["hash"]})
    packages, seen = await packages_by_hash(queries, hashes)
    state = packages[0] if packages else None
    events, also = await queries.ask(
        JourneyEvents(
            pipelines=[
                (
                    row["session"],
                    row["root"],
                    row["started_at"] - _MARGIN_US,
                    row["ended_at"] + _MARGIN_US,
                )
                for row in rows
            ],
            reports=_window_of(state and state.report, "hash"),
            erasures=_window_of(state and state.erasure, "root"),
            limit=limit,
            byte_encoding=byte_encoding,
        )
    )
    return Journey(rows, state, events), seen & also


def _window_of(row: Json | None, name: str) -> list[tuple[str, int, int]]:
    """Return a row's hash with the window of its arrivals."""
    if row is None:
        return []
    return [(row[name], row["first_at"] - _MARGIN_US, row["last_at"] + _MARGIN_US)]
