"""What happened to work-packages, from the truth: attempts of guarantors, reports, requests.

An attempt is what a server can tell of a package at one guarantor: the event that began it
(90, 91), and what refers to it on the same connection. Of what was dropped nothing is here.
"""

from __future__ import annotations

import json
import time
from collections import defaultdict
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from tart.query.core.rfc3339 import rfc3339, rfc3339_of_jce
from tart.query.core.windows import time_us
from tart.units import DAY_US, MINUTE_US
from tests.running import wait_for

ROOTS = (90, 91)
_SOON_US = 10 * MINUTE_US
STEPS = {
    94: "received",
    95: "authorized",
    101: "refined",
    102: "built",
    103: "signed",
    105: "guaranteed",
    109: "distributed",
}
_RANKS = (
    ("distributed",),
    ("guaranteed",),
    ("signed", "built"),
    ("refined",),
    ("authorized",),
    ("received",),
    (),
)


@dataclass
class Attempt:
    """A package at one guarantor; ``facts`` are its events that were sent, in order."""

    root: dict[str, Any]
    facts: list[dict[str, Any]] = field(default_factory=list)

    @property
    def key(self):
        return self.root["node"], self.root["session"], self.root["event_id"]

    @property
    def kind(self):
        return self.root["type"]

    @cached_property
    def counted(self):
        """The events until it was over."""
        ends = (92, 93, 103, 109)
        last = next((i for i, f in enumerate(self.facts) if f["type"] in ends), len(self.facts))
        return self.facts[: last + 1]

    @cached_property
    def steps(self):
        found: dict[str, int] = {}
        for fact in self.counted:
            if fact["type"] in STEPS:
                found.setdefault(STEPS[fact["type"]], fact["node_us"])
        return found

    @property
    def outcome(self):
        names = {92: "failed", 93: "duplicate", 103: "signed", 109: "distributed"}
        return names.get(self.counted[-1]["type"], "unfinished")

    @property
    def reason(self):
        return self.counted[-1]["data"]["reason"] if self.outcome == "failed" else None

    def one(self, number):
        """The first of its events of a type."""
        return next((f for f in self.counted if f["type"] == number), None)

    @property
    def package(self):
        known = self.one(94) or self.one(93)
        return known["about"]["package"] if known else None

    @property
    def core(self):
        known = self.one(94) or self.one(93)
        return known["about"]["core"] if known else None

    @property
    def report(self):
        built = self.one(102)
        return built["about"]["report"] if built else None

    @property
    def erasure_root(self):
        built = self.one(102)
        return built["about"]["erasure_root"] if built else None

    @property
    def refine_gas(self):
        refined = self.one(101)
        return refined and sum(each["total"]["gas_used"] for each in refined["data"]["costs"])

    @property
    def gas_limit(self):
        received = self.one(94)
        if received is None:
            return None
        return sum(each["refine_gas_limit"] for each in received["data"]["outline"]["work_items"])

    @property
    def rank(self):
        return next(
            len(_RANKS) - at
            for at, names in enumerate(_RANKS)
            if not names or any(name in self.steps for name in names)
        )


class Packages:
    """Everything about packages that a server was told."""

    def __init__(self, truth) -> None:
        self.facts = truth.facts
        self.http = truth.system.http
        self._sessions = self._session_ids()

    @cached_property
    def exported(self):
        """All events that the server has, by node, session's API id and event id."""

        def committed():
            lines = self.http.get("/api/events/export").text.splitlines()
            return lines if len(lines) == len(self.facts.sent) else None

        events = map(json.loads, wait_for(committed, "all events"))
        return {(e["node_id"], e["session"], e["event_id"]): e for e in events}

    def _session_ids(self):
        """The API's ids of sessions, by node and ordinal: told apart by their first events."""
        firsts = {
            (node, event["event_type"], event["timestamp"]): session
            for (node, session, event_id), event in self.exported.items()
            if event_id == 0
        }
        return {
            (f["node"], f["session"]): firsts[f["node"], f["type"], rfc3339_of_jce(f["node_us"])]
            for f in self.facts.sent
            if f["event_id"] == 0
        }

    def session(self, fact):
        """The API's id of a fact's session."""
        return self._sessions[fact["node"], fact["session"]]

    def event(self, fact):
        """The API's Event of a fact."""
        return self.exported[fact["node"], self.session(fact), fact["event_id"]]

    def received(self, fact):
        """When the server received it, as text."""
        return self.event(fact)["received_at"]

    @cached_property
    def attempts(self):
        """All attempts, in order of time."""
        sent = {(f["node"], f["session"], f["event_id"]): f for f in self.facts.sent}
        found: dict[tuple[str, int, int], Attempt] = {}
        for fact in sorted(sent.values(), key=lambda f: (f["node"], f["session"], f["event_id"])):
            root = fact
            while root is not None and root["type"] not in ROOTS and root["root"]:
                root = sent.get((root["node"], root["session"], root["root"]["event_id"]))
            if root is not None and root["type"] in ROOTS:
                key = root["node"], root["session"], root["event_id"]
                found.setdefault(key, Attempt(root)).facts.append(fact)
        return list(found.values())

    @cached_property
    def by_hash(self):
        """Attempts by package, as far as it became known."""
        found: dict[str, list[Attempt]] = defaultdict(list)
        for attempt in self.attempts:
            if attempt.package:
                found[attempt.package].append(attempt)
        return dict(found)

    def leads(self, package):
        """The attempts that came furthest, those of equal right all of them."""
        tried = [each for each in self.by_hash[package] if each.outcome != "duplicate"]

        def place(attempt):
            return attempt.rank, attempt.kind == 90, -time_us(self.received(attempt.root), "")

        best = max(map(place, tried))
        return [each for each in tried if place(each) == best]

    def heard(self, variant, **about):
        """Facts of what others told."""
        return self.facts.events(variant, **about)

    @cached_property
    def linked(self):
        """Erasure root to the facts of requests for it, on the sides that name it."""
        named = (120, 124, 144, 152)
        root_of: dict[tuple[str, int, int], str] = {}
        found: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for fact in sorted(self.facts.sent, key=lambda f: (f["node"], f["session"], f["event_id"])):
            own = fact["type"] == 120 or not fact["root"]
            request = fact["event_id"] if own else fact["root"]["event_id"]
            key = fact["node"], fact["session"], request
            if fact["type"] in named:
                root_of[key] = fact["about"]["erasure_root"]
            elif fact["type"] not in (122, 125, 142, 145, 150, 153) or key not in root_of:
                continue
            found[root_of[key]].append(fact)
        return dict(found)


def later():
    """A window that ends in some minutes: all that has happened is over by then."""
    now = time.time_ns() // 1000
    return {"start": rfc3339(now - DAY_US), "end": rfc3339(now + _SOON_US)}
