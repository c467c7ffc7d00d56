"""Plots of the report as inline SVG.

Small plots stand in the rows of tables, whose cells have the same numbers: they are hidden from
screen readers. Larger ones have a name, and a table beside them.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tart.cli.render.report.markup import Html, escape, join

_WIDTH, _HEIGHT, _MARGIN = 240, 18, 6
# Bars of one plot; more are added up in pairs, triples ….
_MAX_BARS = 120


@dataclass(frozen=True)
class Scale:
    """A scale of plots that can be compared.

    Attributes:
        low: The value at the left.
        high: The value at the right.
        is_log: Whether equal distances are equal ratios.
    """

    low: float
    high: float
    is_log: bool = False

    def place(self, value: float) -> float:
        """Return the horizontal place of a value; one outside is put at the end."""
        value = min(max(value, self.low), self.high)
        low, high = self.low, self.high
        if self.is_log:
            value, low, high = math.log(value), math.log(low), math.log(high)
        share = (value - low) / (high - low) if high > low else 0.5
        return round(_MARGIN + share * (_WIDTH - 2 * _MARGIN), 1)


def scale_of(values: Iterable[float | None], *, reference: float | None = None) -> Scale | None:
    """Return a scale on which all values are; ``None`` without values.

    It is logarithmic if all values are above 0. A reference is in its middle.
    """
    known = [value for value in values if value is not None and math.isfinite(value)]
    if not known:
        return None
    low, high = min(known), max(known)
    if reference is not None:
        if reference > 0 and low > 0:
            factor = max(high / reference, reference / low, 1.05)
            return Scale(reference / factor, reference * factor, is_log=True)
        distance = max(abs(high - reference), abs(low - reference)) or 1.0
        return Scale(reference - distance, reference + distance)
    return Scale(low, high, is_log=low > 0)


def range_plot(
    scale: Scale, low: float | None, high: float | None, dots: Sequence[float | None]
) -> Html:
    """Return a row of a dot plot: a band, and dots of which the first is filled."""
    shapes: list[str] = [f'<path class="axis" d="M{_MARGIN} 9H{_WIDTH - _MARGIN}"/>']
    if low is not None and high is not None:
        left, right = scale.place(low), scale.place(high)
        width = round(max(1.0, right - left), 1)
        shapes.append(f'<rect class="band" x="{left}" y="5" width="{width}" height="8"/>')
    for index, dot in enumerate(dots):
        if dot is not None:
            kind = ("dot", "ring", "tick")[min(index, 2)]
            shapes.append(_mark(kind, scale.place(dot)))
    return _small(shapes)


def interval_plot(
    scale: Scale, reference: float, value: float | None, low: float | None, high: float | None
) -> Html:
    """Return a row of a forest plot: an interval with its value, and the line of no difference."""
    middle = scale.place(reference)
    shapes = [f'<path class="zero" d="M{middle} 0V{_HEIGHT}"/>']
    if low is not None and high is not None:
        left, right = scale.place(low), scale.place(high)
        shapes.append(f'<path class="whisker" d="M{left} 9H{right}M{left} 5v8M{right} 5v8"/>')
    if value is not None:
        shapes.append(_mark("dot", scale.place(value)))
    return _small(shapes)


def bar_plot(share: float | None, lost: float = 0.0) -> Html:
    """Return a row of a bar plot: a share of the width, and the part that was lost behind it."""
    if share is None:
        return Html("")
    width = round(_WIDTH * min(max(share, 0.0), 1.0), 1)
    shapes = [f'<rect class="bar" x="0" y="3" width="{width}" height="12"/>']
    if lost > 0:
        behind = round(_WIDTH * min(lost, 1.0), 1)
        shapes.append(f'<rect class="lost" x="{width}" y="3" width="{behind}" height="12"/>')
    return _small(shapes)


def series_plot(values: Sequence[float | None], highest: float, label: str) -> Html:
    """Return bars over time, on a scale from 0 to the highest value.

    Args:
        values: Oldest first; null is a gap.
        highest: The top of the scale.
        label: The name for screen readers.
    """
    thinned = thin(values)
    width = 720 / max(1, len(thinned))
    bars = []
    for index, value in enumerate(thinned):
        if value and highest > 0:
            height = round(max(1.0, 40 * min(value / highest, 1.0)), 1)
            bars.append(
                f"M{round(index * width, 1)} {round(40 - height, 1)}h{round(width * 0.85, 1)}"
                f"v{height}h{round(-width * 0.85, 1)}z"
            )
    return Html(
        f'<svg class="series" viewBox="0 0 720 41" role="img" aria-label="{escape(label)}">'
        f'<path class="axis" d="M0 40.5H720"/><path class="bar" d="{"".join(bars)}"/></svg>'
    )


def thin(values: Sequence[float | None]) -> list[float | None]:
    """Return at most 120 values: the greatest of each run of neighbours."""
    stride = -(-len(values) // _MAX_BARS) or 1
    runs = (values[place : place + stride] for place in range(0, len(values), stride))
    return [max((v for v in run if v is not None), default=None) for run in runs]


def _mark(kind: str, place: float) -> str:
    if kind == "tick":
        return f'<path class="tick" d="M{place} 3v12"/>'
    return f'<circle class="{kind}" cx="{place}" cy="9" r="4"/>'


def _small(shapes: Sequence[str]) -> Html:
    return Html(
        f'<svg class="small" viewBox="0 0 {_WIDTH} {_HEIGHT}" width="{_WIDTH}" '
        f'height="{_HEIGHT}" aria-hidden="true">{join(map(Html, shapes), "")}</svg>'
    )
