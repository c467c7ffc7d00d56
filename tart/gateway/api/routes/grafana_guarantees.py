"""Routes of jamtart's API of 2026 about guarantees, guarantors and convergence.

Pure; part of ``api.contract``. Where a figure of jamtart is wrong, the description says what tart
answers instead.
"""

from __future__ import annotations

from tart.gateway.api.grafana import CORE, RESOLUTION, interval, route
from tart.gateway.api.parameters import Hash, NodeId, Parameter
from tart.gateway.api.route import Route
from tart.query.answers import grafana_guarantees as answers

_CLOCK = (
    "Delays are by the server's clock, when it received the events; jamtart compares the clocks of "
    "two nodes. "
)
_MODES = "With interval, one row for each bucket in which one started, ordered by time; without, "
_SAMPLE = (
    "Windows with more than 30,000 of them on a shard are answered from a sample by hash; counts "
    "are then estimates. "
)
_REPORTS = (
    "From the first guarantee built (105) of a report to the first receipt (112) at each node. "
)
_ASSURANCES = (
    "From an assurer's start to distribute (126) to each receipt (131) of its assurance. In "
    "networks of more than 22 cores a part of the anchors is followed, selected by hash: on "
    "average as many assurers each slot as a network of 22 cores has. "
)

GRAFANA_GUARANTEE_ROUTES: tuple[Route, ...] = (
    route(
        "guarantees",
        "Get events about guarantees by type, and success rates",
        "Rates are of attempts that have ended: 108 of 107 and 108, 112 of 111 and 112. jamtart "
        f"also counts the starts, so that a perfect network has about one half. {RESOLUTION}",
        answers.GrafanaGuarantees,
    ),
    route(
        "guarantees/by-guarantor",
        "List the nodes that built guarantees",
        "Most guarantees first. guarantee_count is packages of which the node built a guarantee, "
        "whether or not another node received it. primary_core is the core with the most; jamtart "
        "takes the lowest index.",
        answers.GrafanaGuarantors,
    ),
    route(
        "validators/cores",
        "Get the core that each node guarantees for most",
        "Most guarantees first. primary_core is the core with the most guarantees; jamtart answers "
        "the one with the fewest.",
        list[answers.GrafanaValidatorCore],
    ),
    route(
        "guarantee-convergence",
        "Get how fast guarantees reach all nodes",
        _REPORTS
        + _CLOCK
        + _MODES
        + "one for each slot of guarantees, ordered by slot. A node counts once for each report. "
        "node_count is the number of nodes that the guarantee reached which reached most; jamtart "
        "has the fewest under that name, here min_node_count. " + _SAMPLE,
        list[answers.GrafanaConvergenceBucket] | list[answers.GrafanaGuaranteeConvergence],
        interval(None),
    ),
    route(
        "guarantee-convergence/detail",
        "Get how fast each report's guarantee reaches all nodes",
        _REPORTS
        + _CLOCK
        + "Ordered by slot and time; reports that no node received are left out. "
        + _SAMPLE,
        list[answers.GrafanaReportConvergence],
        CORE,
        Parameter("wp_hash", Hash(), "Only the report of this work-package."),
    ),
    route(
        "assurance-convergence",
        "Get how fast assurances reach all nodes",
        _ASSURANCES
        + _CLOCK
        + _MODES
        + "one for each anchor that arrived, ordered by slot, unknown slots last. "
        + _SAMPLE,
        list[answers.GrafanaConvergenceBucket] | list[answers.GrafanaAnchorConvergence],
        interval(None),
    ),
    route(
        "assurance-convergence/senders",
        "Get how fast each assurer's assurances reach all nodes",
        _ASSURANCES
        + _CLOCK
        + _MODES
        + "one for each assurer and start, in order of time; anchor has no effect with interval. "
        + _SAMPLE,
        list[answers.GrafanaConvergenceBucket] | list[answers.GrafanaSenderConvergence],
        interval(None),
        Parameter("anchor", Hash(), "Only assurances of this anchor, a header hash."),
        Parameter("node", NodeId(), "Only assurances of this node."),
    ),
)
