"""``tart/dash/core/network_figures.py``: the chain in two figures."""

import pytest

from tart.dash.core.network_figures import chain_figures


@pytest.mark.parametrize(
    ("best", "finalized", "text", "tone"),
    [
        (10, 8, "8 (−2)", ""),
        (10, 4, "4 (−6)", "warning"),
        (None, 4, "4", ""),
        (10, None, "–", ""),
    ],
)
def test_a_finalized_slot_far_behind_is_a_warning(best, finalized, text, tone):
    first, second = chain_figures(best, finalized)
    assert (first.label, first.value) == ("Best slot", best)
    assert (second.label, second.value, second.text, second.tone) == (
        "Finalized",
        finalized,
        text,
        tone,
    )
