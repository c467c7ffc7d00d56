"""Routes that compare implementations and versions with each other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tart.errors import BadQuery
from tart.gateway.api.common import FORMAT, window
from tart.gateway.api.parameters import Choice, Parameter, Text
from tart.gateway.api.route import SHARD_ERRORS, Cache, Route
from tart.query.answers.comparison import ImplementationComparison
from tart.query.comparison.measures import ALL, METRICS, parse_names
from tart.query.topics.node_latencies import STEPS

_LOWEST, _HIGHEST = 0.5, 0.9999


class Steps:
    """Names of steps, separated by commas, or ``all``."""

    def read(self, text: str, name: str) -> tuple[str, ...]:
        """See ``Kind``."""
        return parse_names(text, STEPS, name)

    def schema(self) -> dict[str, Any]:
        """See ``Kind``."""
        examples = [
            "Importing_to_BlockVerified",
            "Importing_to_BlockVerified,Importing_to_BlockExecuted",
            ALL,
        ]
        return {"type": "string", "examples": examples}


class Metrics:
    """Names of metrics, separated by commas, or ``all``."""

    def read(self, text: str, name: str) -> tuple[str, ...]:
        """See ``Kind``."""
        return parse_names(text, METRICS, name)

    def schema(self) -> dict[str, Any]:
        """See ``Kind``."""
        return {"type": "string", "examples": [*METRICS, ALL]}


@dataclass(frozen=True)
class Level:
    """A probability between two ends."""

    low: float = _LOWEST
    high: float = _HIGHEST

    def read(self, text: str, name: str) -> float:
        """See ``Kind``."""
        try:
            value = float(text) if text.isascii() and len(text) <= 20 else 0.0
        except ValueError:
            value = 0.0
        if not self.low <= value <= self.high:
            raise BadQuery(f"{name} must be a number from {self.low} to {self.high}", name)
        return value

    def schema(self) -> dict[str, Any]:
        """See ``Kind``."""
        return {"type": "number", "minimum": self.low, "maximum": self.high}


# The lists of the answer.
TABLES = ("groups", "differences", "measures")

COMPARISON_ROUTES: tuple[Route, ...] = (
    Route(
        "implementations_compare",
        "/api/implementations/compare",
        "Compare implementations or versions by durations of steps, failures, delays, gas",
        "The unit is the node: intervals and p-values come from the scatter between the nodes of a "
        "group, never from the number of events. All differences of an answer are corrected "
        "together, so that with the probability level none of the significant ones is false. "
        "Without step and metric, groups are compared by all steps and metrics; measures describes "
        "those that have data. Versions are compared with the one before. A node that changed its "
        "version counts for each with the slices of the window (about a twelfth, whole minutes) in "
        "which it had this one alone. docs/implementations.md has the statistics and their error "
        "rates.",
        parameters=(
            Parameter(
                "step", Steps(), "Steps to compare by, as /api/nodes/{id}/latencies names them."
            ),
            Parameter("metric", Metrics(), "Metrics to compare by, of what is no step."),
            Parameter(
                "by",
                Choice(("implementation", "version")),
                "Groups: implementations, or versions of each implementation.",
                "implementation",
            ),
            Parameter(
                "baseline",
                Text(200),
                "The group that others are measured by: the name of an implementation, a version, "
                "or both with a space between. Without it implementations are compared with each "
                "other, and versions with the one before.",
            ),
            Parameter(
                "level",
                Level(),
                "Probability that none of the claims is false and that all intervals hold.",
                "0.95",
            ),
            FORMAT,
            Parameter(
                "table",
                Choice(TABLES),
                "The list that csv has: groups has a row for each measure and group, differences "
                "for each measure and pair of groups, measures for each measure.",
                "groups",
            ),
            *window("1h"),
        ),
        answer=ImplementationComparison,
        errors=SHARD_ERRORS,
        cache=Cache.AGGREGATED,
    ),
)
