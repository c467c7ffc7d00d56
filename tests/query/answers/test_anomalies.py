"""The answer about anomalies: its limits, as the document declares them."""

from __future__ import annotations

from tests.gateway.json_schema import SCHEMAS


def test_scores_of_nodes_are_unsigned_and_those_of_their_figures_signed() -> None:
    assert SCHEMAS["NodeAnomaly"]["properties"]["score"]["minimum"] == 0
    assert "minimum" not in SCHEMAS["FigureAnomaly"]["properties"]["score"]
    assert SCHEMAS["NodeAnomaly"]["required"] == list(SCHEMAS["NodeAnomaly"]["properties"])
