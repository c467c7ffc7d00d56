"""``tart/dashboards/network.py``: every metric of the network has a panel."""

from __future__ import annotations

import re

from tart.dashboards.model import dashboard_json
from tart.dashboards.network import NETWORK
from tart.gateway.observability.network_metrics import FAMILIES, full_name

# Those that no panel needs: parts of others, or figures of one node only.
UNSEEN = {"known_nodes", "node_validator_peers", "node_announcing_peers", "node_shards"}
UNSEEN |= {"node_preimages"}


def expressions():
    return " ".join(
        query.expression for row in NETWORK.rows for panel in row.panels for query in panel.queries
    )


def test_every_metric_has_a_panel():
    names = set(re.findall(r"tart_network_\w+", expressions()))
    bases = {re.sub(r"_(bucket|sum|count)$", "", name) for name in names}
    assert bases == {full_name(name) for name in FAMILIES.keys() - UNSEEN}


def test_slots_are_not_drawn_from_zero():
    """There are millions of them: the lines would be flat."""
    panels = {each["title"]: each for each in dashboard_json(NETWORK)["panels"]}
    assert "min" not in panels["Best and finalized slot"]["fieldConfig"]["defaults"]
    assert panels["Peers of a node"]["fieldConfig"]["defaults"]["min"] == 0


def test_one_instance_at_a_time():
    assert NETWORK.variables[0].several is False
    assert "instance=~" not in expressions()
