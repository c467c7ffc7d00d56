"""The catalogue of figures."""

from __future__ import annotations

import re

from tart.alerting.rules.figures import FIGURES

UNITS = {
    "seconds": "_seconds",
    "slots": "_slots",
    "share": "_share",
    "hours": "_hours",
    "days": "_days",
    "nodes": "nodes",
    "score": "_score",
}


def test_a_figure_has_its_unit_at_the_end_of_its_name():
    for name, figure in FIGURES.items():
        assert figure.name == name
        assert re.fullmatch("[a-z]+(_[a-z]+)+", name)
        if (end := UNITS.get(figure.unit)) and name != "nodes_connected":
            assert name.endswith(end), name


def test_a_share_is_at_most_one_unless_attempts_end_in_another_window_than_they_began_in():
    for name, figure in FIGURES.items():
        if figure.unit == "share" and not name.endswith("failure_share"):
            assert (figure.lowest, figure.highest) == (0.0, 1.0), name


def test_a_window_has_its_default_within_its_limits():
    for figure in FIGURES.values():
        if window := figure.window:
            assert window.shortest_us <= figure.window_us <= window.longest_us
        else:
            assert figure.window_us is None
            assert not figure.is_comparable


def test_values_by_node_are_about_members_and_others_about_the_figures_subject():
    share = FIGURES["step_failure_share"]
    assert (share.label(None), share.scope(None)) == ("pipeline", "network")
    assert (share.label("node"), share.scope("node")) == ("node", "member")
    lag = FIGURES["finality_lag_slots"]
    assert (lag.label(None), lag.scope(None)) == (None, "network")
    assert FIGURES["shards_missing"].scope(None) == "server"
    assert FIGURES["node_silent_seconds"].scope(None) == "member"


def test_a_description_is_sentences():
    for figure in FIGURES.values():
        assert figure.description[0].isupper()
        assert figure.description.endswith(".")
