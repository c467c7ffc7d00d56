"""``tart/cli/render/report/plots.py``: places on scales, marks, limits."""

from __future__ import annotations

import pytest

from tart.cli.render.report.plots import (
    Scale,
    bar_plot,
    interval_plot,
    range_plot,
    scale_of,
    series_plot,
    thin,
)


def test_a_scale_is_logarithmic_above_zero_and_has_its_reference_in_the_middle() -> None:
    scale = scale_of([1.0, 100.0, None])
    assert scale == Scale(1.0, 100.0, is_log=True)
    assert scale.place(10.0) == pytest.approx((scale.place(1.0) + scale.place(100.0)) / 2)
    ratios = scale_of([0.5, 4.0], reference=1.0)
    assert ratios is not None
    assert ratios.place(1.0) == 120
    differences = scale_of([-0.02, 0.01], reference=0.0)
    assert differences is not None
    assert (differences.place(0.0), differences.place(-0.02)) == (120, 6)


@pytest.mark.parametrize("values", [[], [None], [float("nan")]])
def test_without_values_there_is_no_scale(values: list[float | None]) -> None:
    assert scale_of(values) is None


def test_equal_values_and_values_outside_have_a_place() -> None:
    assert Scale(3.0, 3.0).place(3.0) == 120
    assert Scale(1.0, 2.0).place(9.0) == 234
    zero = scale_of([0.0], reference=0.0)
    assert zero is not None
    assert zero.place(0.0) == 120


def test_marks_stand_where_their_values_are() -> None:
    scale = Scale(0.0, 228.0)
    plot = range_plot(scale, 10.0, 20.0, [15.0, None, 100.0])
    assert '<rect class="band" x="16.0" y="5" width="10.0" height="8"/>' in plot
    assert '<circle class="dot" cx="21.0"' in plot
    assert '<path class="tick" d="M106.0 3v12"/>' in plot
    assert "ring" not in plot
    forest = interval_plot(scale, 114.0, 50.0, 40.0, 60.0)
    assert 'd="M46.0 9H66.0M46.0 5v8M66.0 5v8"' in forest
    assert '<path class="zero" d="M120.0 0V18"/>' in forest


def test_bars_are_bounded_and_name_themselves() -> None:
    assert bar_plot(None) == ""
    assert 'width="240.0"' in bar_plot(7.0)
    assert '<rect class="lost" x="120.0" y="3" width="60.0" height="12"/>' in bar_plot(0.5, 0.25)
    plot = series_plot([0, 2, None, 4], 4, "Blocks <by> time")
    assert 'role="img" aria-label="Blocks &lt;by&gt; time"' in plot
    assert plot.count("z") == 2
    assert series_plot([], 0, "none").count("z") == 0


def test_long_series_keep_their_peaks() -> None:
    values: list[float | None] = [0.0] * 1000
    values[501] = 7.0
    thinned = thin(values)
    assert len(thinned) <= 120
    assert max(value for value in thinned if value is not None) == 7.0
    assert thin([None, 1.0]) == [None, 1.0]
