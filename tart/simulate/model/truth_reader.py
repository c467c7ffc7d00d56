"""Facts of a simulated network (:mod:`tart.simulate.model.truth`), read and asked.

``sent`` here means that the event left on its connection: what waited when that ended is
not among it. A server that read every connection to its end has exactly these events.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cached_property
from pathlib import Path

import orjson

from tart.simulate.model.truth import SENT, Fact

# What a node can know a block from first.
_SIGHTS = ("Authored", "BlockAnnounced", "BlockTransferred", "Importing")


class Facts:
    """All facts of one run, in order of time.

    Example:
        >>> facts = Facts([{"fact": "block", "slot": 3}, {"fact": "end", "facts": 2}])
        >>> facts.of("block", slot=3)
        [{'fact': 'block', 'slot': 3}]
    """

    def __init__(self, facts: Iterable[Fact]) -> None:
        self.all = list(facts)

    @classmethod
    def load(cls, path: Path) -> Facts:
        """The facts of a file.

        Raises:
            OSError: it cannot be read.
            ValueError: it is no such file, or cut short.
        """
        with path.open("rb") as lines:
            facts = cls(map(orjson.loads, lines))
        if not facts.all or facts.all[-1].get("fact") != "end":
            raise ValueError(f"{path} does not end as the truth of a simulation does")
        return facts

    @cached_property
    def _by_kind(self) -> dict[str, list[Fact]]:
        found: dict[str, list[Fact]] = {}
        for each in self.all:
            found.setdefault(each["fact"], []).append(each)
        return found

    def of(self, fact: str, **values: object) -> list[Fact]:
        """Facts of that kind which have these values."""
        facts = self._by_kind.get(fact, [])
        return [f for f in facts if all(f[name] == value for name, value in values.items())]

    @cached_property
    def sent(self) -> list[Fact]:
        """What happened and left for the server, in order of time."""
        last = {(f["node"], f["session"]): f["last_event_id"] for f in self.of("closed")}
        return [f for f in self.of("happened", told=SENT) if _left(f, last)]

    @cached_property
    def _by_event(self) -> dict[str, list[Fact]]:
        found: dict[str, list[Fact]] = {}
        for each in self.sent:
            found.setdefault(each["event"], []).append(each)
        return found

    def events(self, *variants: str, **about: object) -> list[Fact]:
        """Events of these types that were sent, about that; type by type."""
        return [
            f
            for variant in variants
            for f in self._by_event.get(variant, [])
            if all(f["about"].get(name) == value for name, value in about.items())
        ]

    def counts(self, node: str | None = None) -> Counter[int]:
        """Events sent by type number: of a node by its peer id, or of all."""
        total: Counter[int] = Counter()
        for each in self.of("closed"):
            if node in (None, each["node"]):
                total.update({int(number): n for number, n in each["events"].items()})
        return total

    def first_sights(self, block: str) -> dict[str, Fact]:
        """By node: the event, of those sent, by which it first knew of that block."""
        first: dict[str, Fact] = {}
        sights = [f for f in self.events(*_SIGHTS) if _names(f, block)]
        for each in sorted(sights, key=lambda f: f["network_us"]):
            first.setdefault(each["node"], each)
        return first

    def latencies(self, variant: str, after: str) -> Iterator[int]:
        """Microseconds by node clocks from events of type ``after`` to those that refer to them.

        Of what was sent; the same pairs that a server has.
        """
        roots = {(f["node"], f["session"], f["event_id"]) for f in self._by_event.get(after, [])}
        for each in self._by_event.get(variant, []):
            root = each["root"]
            if root and (each["node"], each["session"], root["event_id"]) in roots:
                yield root["after_us"]


def _left(fact: Fact, last: dict[tuple[str, int], int | None]) -> bool:
    end = last[fact["node"], fact["session"]]
    return end is not None and fact["event_id"] <= end


def _names(fact: Fact, block: str) -> bool:
    """Whether it is a sight of that block: a transfer may bring another than asked for."""
    if fact["event"] == "BlockTransferred":
        asked = fact["about"]["asker"] == fact["node"]
        return bool(asked and fact["data"]["outline"]["hash"] == block)
    seen: str = fact["about"]["block"]
    return seen == block
