"""The catalogue of figures: what rules can compare, declared once.

Pure. The documentation (``/api/docs/figures``), the checks of the rule file, the built-in rules
and the functions of ``alerting.figures`` that compute the values derive from it or are checked
against it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tart.alerting.rules.model import Scope


@dataclass(frozen=True)
class Figure:
    """A figure.

    Attributes:
        name: In snake case with the unit at its end.
        unit: ``seconds``, ``slots``, ``share`` (0 to 1), ``events``, ``nodes`` …
        description: What it is, of what it is computed, and when it has no value.
        scope: ``network`` and ``server`` figures have one value, ``member`` figures one for each
            label set.
        by: The labels that a rule may ask for; the first is the default.
        window_us: The default length of its window; ``None`` for figures of the present.
    """

    name: str
    unit: str
    description: str
    scope: Scope = "network"
    by: tuple[str, ...] = ()
    window_us: int | None = None


FIGURES: Mapping[str, Figure] = {
    figure.name: figure
    for figure in (
        Figure(
            "node_silent_seconds",
            "seconds",
            "Time since the last byte of a node that is, or was within the last hour, connected.",
            scope="member",
            by=("node",),
        ),
    )
}
