"""All events as a server has them, by its own clock, which the truth does not know.

They come from the export, which is read from the log; that they are what was sent, is held
against the truth by itself. Figures by time of reception are computed of these.
"""

from __future__ import annotations

import json
from collections import defaultdict
from functools import cached_property

from tart.query.core.windows import time_us
from tart.simulate.model.truth import SENT


class Received:
    """The events of one system.

    Attributes:
        events: As the API shows them, each with ``at``: received, Unix microseconds.
    """

    def __init__(self, truth):
        response = truth.system.http.get("/api/events/export", params={"format": "ndjson"})
        self.facts = truth.facts
        self.events = [json.loads(line) for line in response.text.splitlines()]
        for each in self.events:
            each["at"] = time_us(each["received_at"], "")
        assert len(self.events) == sum(truth.facts.counts().values())

    def of(self, *numbers):
        """Events of these types."""
        return [each for each in self.events if each["event_type"] in numbers]

    def fields(self, event):
        """The fields of an event."""
        return next(iter(event["data"].values()))

    @cached_property
    def _places(self):
        found = {}
        for each in self.events:
            key = each["node_id"], each["event_id"], each["event_type"]
            found.setdefault((*key, self.fields(each)["timestamp"]), each)
        return found

    def event(self, fact):
        """The event of a fact."""
        return self._places[fact["node"], fact["event_id"], fact["type"], fact["node_us"]]

    def sights(self):
        """By block and node: (received µs, event) of the first by which it knew the block."""
        found = defaultdict(dict)
        for fact in self.facts.events(
            "Authored", "BlockAnnounced", "BlockTransferred", "Importing"
        ):
            block = seen_in(fact, self.facts)
            if block is not None:
                event = self.event(fact)
                place = event["at"], event["event_id"]
                known = found[block].get(fact["node"])
                if known is None or place < (known["at"], known["event_id"]):
                    found[block][fact["node"]] = event
        return found


def seen_in(fact, facts):
    """The block of which a node knows by this event, if there is one."""
    if fact["event"] == "BlockAnnounced":
        return fact["about"]["block"] if fact["data"]["announcer"] == "Remote" else None
    if fact["event"] != "BlockTransferred":
        return fact["about"]["block"]
    asked = fact["about"]["asker"] == fact["node"]
    return fact["data"]["outline"]["hash"] if asked and fact["root"]["told"] == SENT else None


def rooted(facts, variant, *after):
    """Events of a type with their root, of one of these types, that was sent before."""
    known = {
        (each["node"], each["session"], each["event_id"]): each
        for name in after
        for each in facts.events(name)
    }
    for each in facts.events(variant):
        root = each["root"] and known.get((each["node"], each["session"], each["root"]["event_id"]))
        if root:
            yield each, root
