"""Work-packages at guarantors, by core. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping

from tart.alerting.figures.inputs import Inputs
from tart.alerting.figures.questions import CoreEvents
from tart.alerting.figures.turn import Turn, Values
from tart.protocol.events import EventKind

# A share of fewer packages is chance.
FEWEST_ENDED = 20
# The ends of a package at a guarantor: at the one that it was submitted to, and at others.
SUCCEEDED = (EventKind.GUARANTEE_BUILT, EventKind.WORK_REPORT_SIGNATURE_SENT)
FAILED = EventKind.WORK_PACKAGE_FAILED
TYPES = (EventKind.WORK_PACKAGE_RECEIVED, FAILED, *SUCCEEDED)


def guarantees(turn: Turn, inputs: Inputs) -> Values:
    """Return the guarantees built, by core with a package."""
    return {
        core: float(counts[EventKind.GUARANTEE_BUILT])
        for core, counts in _by_core(turn, inputs).items()
        if counts[EventKind.WORK_PACKAGE_RECEIVED]
    }


def failure_shares(turn: Turn, inputs: Inputs) -> Values:
    """Return failed packages by ended ones, by core."""
    values: dict[str | None, float | None] = {}
    for core, counts in _by_core(turn, inputs).items():
        ended = counts[FAILED] + sum(counts[kind] for kind in SUCCEEDED)
        if ended >= FEWEST_ENDED:
            values[core] = counts[FAILED] / ended
    return values


def _by_core(turn: Turn, inputs: Inputs) -> Mapping[str, Counter[int]]:
    counts: defaultdict[str, Counter[int]] = defaultdict(Counter)
    for row in inputs.answers[turn.question(CoreEvents)].value:
        counts[str(row["core"])][row["type"]] += row["count"]
    return counts
