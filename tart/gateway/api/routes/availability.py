"""Routes about data availability: assurances by anchor, requests on both sides, preimages.

Pure; part of ``api.contract``.
"""

from __future__ import annotations

from tart.gateway.api.common import limit, window
from tart.gateway.api.parameters import Choice, Integer, Parameter
from tart.gateway.api.route import SHARD_ERRORS, Cache, Route
from tart.query.answers.assured_anchors import AvailabilityAnchors
from tart.query.answers.preimages import Preimages
from tart.query.answers.requests import AvailabilityRequests
from tart.query.topics.requests import REQUESTS

MAX_ANCHORS = 200
_SIDES = (
    "A side is what the requesters or the servers report: a request that both report counts once "
    "on each. A request whose beginning or end was lost is started without an end, or has none "
    "of both. Buckets are a minute long, or longer, so that there are at most 120; the newest may "
    "be incomplete."
)

AVAILABILITY_ROUTES: tuple[Route, ...] = (
    Route(
        "availability_anchors",
        "/api/availability/anchors",
        "List who assured the newest anchors, when, and how many received it",
        "For each anchor the nodes that distributed an assurance of it (126), and how many others "
        "received that (131), by the server's clock. expected_receipts is the number of nodes of "
        "the answer times the number of others. An anchor belongs to the window of its first "
        "assurance, to a tenth of a second; the newest may be incomplete. In networks of more than "
        "22 cores a part of the anchors is followed, selected by hash: on average as many assurers "
        "each slot as a network of 22 cores has. On a fork, the nodes of the other branch are "
        "missing, and elsewhere.",
        parameters=(
            Parameter(
                "limit",
                Integer(1, MAX_ANCHORS, (True, True)),
                f"Maximum number of anchors; clamped to 1 to {MAX_ANCHORS}.",
                "50",
            ),
            *window("15m"),
        ),
        answer=AvailabilityAnchors,
        errors=SHARD_ERRORS,
        cache=Cache.AGGREGATED,
    ),
    Route(
        "availability_requests",
        "/api/availability/requests",
        "Get requests for shards, bundles and segments on both sides",
        f"Outcomes, durations, reasons and the slowest servers of each kind of request. {_SIDES}",
        parameters=(
            Parameter("kind", Choice(tuple(REQUESTS)), "Only this kind of requests."),
            limit(50, "servers of each kind"),
            *window("1h"),
        ),
        answer=AvailabilityRequests,
        errors=SHARD_ERRORS,
        cache=Cache.AGGREGATED,
    ),
    Route(
        "preimages",
        "/api/preimages",
        "Get announcements, requests and transfers of preimages",
        "Totals, series and nodes are of the whole window. preimages is made from the newest 4,000 "
        f"events about preimages; read says since when. {_SIDES}",
        parameters=(limit(50, "preimages"), *window("1h")),
        answer=Preimages,
        errors=SHARD_ERRORS,
        cache=Cache.AGGREGATED,
    ),
)
