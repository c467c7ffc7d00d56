"""``tart/cli/render/report/network.py``: implementations, versions over time, nodes."""

from __future__ import annotations

from tart.cli.render.report.network import network_section
from tests.cli.render.report.sample import ALPHA, implementation, report


def test_implementations_versions_and_nodes_are_listed() -> None:
    body = network_section(report()).body
    assert '<data value="0.875">87.5 %</data>' in body
    assert '<data value="54321">54,321</data>' in body
    assert "2026-11-20 12:00:00" in body
    assert "Nodes with alpha 1.0 over the window, at most 5" in body
    assert body.index("<code>" + "ab" * 8) < body.index("<code>" + "cd" * 8)  # by implementation
    assert '<data value="12.5">12.5</data>' in body


def test_of_many_versions_the_first_have_a_plot_and_all_are_in_the_table() -> None:
    rows = [implementation({**ALPHA, "version": f"{n}"}) for n in range(30)]
    whole = report()
    answer = {**(whole.implementations or {}), "implementations": rows}
    body = network_section(report(implementations=answer)).body
    assert body.count("<figure>") == 24
    assert "6 more versions are in the table only." in body
    assert "alpha 29" in body


def test_without_answers_the_section_is_empty() -> None:
    assert network_section(report(network=None, implementations=None, nodes=None)).body == ""
