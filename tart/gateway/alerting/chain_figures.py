"""Figures of rules about telemetry against the chain: cases of findings by node.

One comparison serves all figures of a window for a minute. It goes on when a turn of the evaluation
ends before it, so that the next turn has its values.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from tart.alerting.engine.model import Measurement
from tart.alerting.rules.figures import FIGURES
from tart.alerting.rules.model import FigureCondition, LabelSet
from tart.errors import ChainNotFollowed
from tart.gateway.alerting.measurements import Measurements
from tart.gateway.fanout.merge_thread import run_on_merge_thread
from tart.gateway.fanout.queries import QueryClient
from tart.gateway.fanout.reconcile_queries import read_inputs
from tart.query.answers.reconcile import FindingKind
from tart.query.core.windows import Window
from tart.query.reconcile.reconciliation import Reconciliation, reconcile
from tart.units import MINUTE_US

# The kinds of findings that each figure counts.
KINDS: Mapping[str, frozenset[FindingKind]] = {
    "chain_unreported_blocks": frozenset(("unreported_block",)),
    "chain_unknown_blocks": frozenset(("unknown_block", "foreign_block")),
    "chain_guarantee_findings": frozenset(("unreported_guarantee", "unknown_guarantee")),
    "chain_assurance_findings": frozenset(
        ("unreported_assurance", "unknown_assurance", "missing_assurance")
    ),
    "chain_number_findings": frozenset(("outline_differs", "gas_differs")),
}
WITHOUT_TELEMETRY = "validators_without_telemetry"
# For how long a comparison serves; windows that are compared at a time.
FRESH_US = MINUTE_US
MAX_WINDOWS = 8


@dataclass(frozen=True)
class _Comparison:
    """A comparison that was begun at a time, Unix microseconds."""

    begun_us: int
    task: asyncio.Task[tuple[Reconciliation, bool]]


class ChainFigures:
    """Measures the figures.

    Args:
        queries: The shards and the chain process.
    """

    def __init__(self, queries: QueryClient) -> None:
        self._queries = queries
        self._comparisons: dict[int, _Comparison] = {}

    def add_to(self, measurements: Measurements) -> None:
        """Let measurements have the figures."""
        for name in KINDS:
            measurements.provide(name, self.measure_findings)
        measurements.provide(WITHOUT_TELEMETRY, self.measure_without_telemetry)

    async def measure_findings(self, condition: FigureCondition, at_us: int) -> Measurement:
        """Return the number of cases of each node whose validator index is known."""
        compared = await self._compare(condition, at_us)
        if compared is None:
            return Measurement({})
        result, is_complete = compared
        counts: Counter[str] = Counter()
        for finding in result.findings:
            if finding.kind in KINDS[condition.figure]:
                counts[finding.node] += len(finding.examples)
        nodes = {node for each in result.matching.epochs.values() for node in each.nodes}
        values: dict[LabelSet, float | None] = {
            (("node", node),): float(counts[node]) for node in sorted(nodes | counts.keys())
        }
        return Measurement(values, is_complete=is_complete)

    async def measure_without_telemetry(
        self, condition: FigureCondition, at_us: int
    ) -> Measurement:
        """Return the number of active validators without a known node, of the last whole epoch."""
        compared = await self._compare(condition, at_us)
        if compared is None:
            return Measurement({})
        result, is_complete = compared
        view = result.inputs.view
        epochs = sorted({view.epoch(block) for block in view.compared})
        if len(epochs) < 2 or not is_complete:
            return Measurement({}, is_complete=is_complete)
        # The newest has only begun: few of its validators have made a block.
        return Measurement({(): float(len(result.without_telemetry(epochs[-2])))})

    async def _compare(
        self, condition: FigureCondition, at_us: int
    ) -> tuple[Reconciliation, bool] | None:
        """Return a comparison and whether all shards answered; ``None`` without a chain."""
        window_us = condition.window_us or FIGURES[condition.figure].window_us
        assert window_us is not None
        known = self._comparisons.get(window_us)
        if known is None or (known.task.done() and at_us - known.begun_us >= FRESH_US):
            self._forget(at_us)
            task = asyncio.create_task(self._reconcile(window_us, at_us))
            # No turn may be there to take its error.
            task.add_done_callback(lambda ended: ended.cancelled() or ended.exception())
            known = self._comparisons[window_us] = _Comparison(at_us, task)
        try:
            return await asyncio.shield(known.task)
        except ChainNotFollowed:
            return None

    def _forget(self, at_us: int) -> None:
        """Forget comparisons that serve no longer, and the oldest of too many."""
        ended = {
            window_us: each
            for window_us, each in self._comparisons.items()
            if each.task.done() and at_us - each.begun_us >= FRESH_US
        }
        for window_us in ended:
            del self._comparisons[window_us]
        while len(self._comparisons) >= MAX_WINDOWS:
            self._comparisons.pop(next(iter(self._comparisons))).task.cancel()

    async def _reconcile(self, window_us: int, at_us: int) -> tuple[Reconciliation, bool]:
        window = Window(at_us - window_us, at_us)
        read = await read_inputs(self._queries, window, at_us)
        result = await run_on_merge_thread(partial(reconcile, read.inputs))
        return result, read.coverage.complete
