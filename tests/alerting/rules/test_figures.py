"""The catalogue of figures."""

from __future__ import annotations

from tart.alerting.rules.figures import FIGURES


def test_figures_of_members_name_their_labels():
    for name, figure in FIGURES.items():
        assert figure.name == name
        assert bool(figure.by) is (figure.scope == "member")
