"""Figures and tones of the network that several pages have."""

from __future__ import annotations

from collections.abc import Mapping

from tart.dash.core.format import number
from tart.dash.core.model import Figure, Tone

HEALTH_TONES: Mapping[str, Tone] = {"healthy": "good", "degraded": "warning", "unhealthy": "bad"}
# Finality lags by two or three slots where all is well.
_FINALITY_WARNING = 6


def chain_figures(best: int | None, finalized: int | None) -> tuple[Figure, Figure]:
    """Return the best slot, and the finalized one with how far it is behind."""
    lag = None if best is None or finalized is None else best - finalized
    return (
        Figure("Best slot", number(best), best),
        Figure(
            "Finalized",
            number(finalized) if lag is None else f"{number(finalized)} (−{lag})",
            finalized,
            "warning" if lag is not None and lag >= _FINALITY_WARNING else "",
        ),
    )
