"""Fifty networks with planted troubles: every rule fires on its own, and on nothing else."""

from __future__ import annotations

import pytest

from loadtest.rules import main

pytestmark = [pytest.mark.soak, pytest.mark.slow]


@pytest.mark.timeout(3600)
def test_every_planted_trouble_is_found_and_nothing_else_fires():
    assert main(["troubles", "--seeds", "50", "--jobs", "2"]) == 0


@pytest.mark.timeout(3600)
def test_a_calm_network_of_a_thousand_nodes_raises_no_alert():
    assert main(["calm", "--nodes", "1023", "--hours", "2"]) == 0
