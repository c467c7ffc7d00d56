"""Reads and queries the facts of a simulated network (:mod:`tart.simulate.model.truth`).

Sent events are those that left on their connection, without those that waited when it ended. A
server that read every connection to its end has exactly these events.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cached_property

import orjson

from tart.protocol.events import EventKind
from tart.simulate.model.truth import SENT, Fact

# Events by which a node can first know a block.
_FIRST_SEEN_BY = (
    EventKind.AUTHORED.variant,
    EventKind.BLOCK_ANNOUNCED.variant,
    EventKind.BLOCK_TRANSFERRED.variant,
    EventKind.IMPORTING.variant,
)


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
    def parse(cls, lines: Iterable[bytes]) -> Facts:
        """Return the facts of the lines of a truth file.

        Raises:
            ValueError: The lines have another format, or were cut short.
        """
        facts = cls(map(orjson.loads, lines))
        if not facts.all or facts.all[-1].get("fact") != "end":
            raise ValueError("the truth of a simulation does not end with its last line")
        return facts

    @cached_property
    def _by_kind(self) -> dict[str, list[Fact]]:
        groups: dict[str, list[Fact]] = {}
        for fact in self.all:
            groups.setdefault(fact["fact"], []).append(fact)
        return groups

    def of(self, fact: str, **values: object) -> list[Fact]:
        """Return facts of a kind which have these values."""
        facts = self._by_kind.get(fact, [])
        return [f for f in facts if all(f[name] == value for name, value in values.items())]

    @cached_property
    def sent(self) -> list[Fact]:
        """The events that were sent, in order of time."""
        last = {(f["node"], f["session"]): f["last_event_id"] for f in self.of("closed")}
        return [f for f in self.of("happened", told=SENT) if _left(f, last)]

    @cached_property
    def _by_event(self) -> dict[str, list[Fact]]:
        groups: dict[str, list[Fact]] = {}
        for fact in self.sent:
            groups.setdefault(fact["event"], []).append(fact)
        return groups

    def events(self, *variants: str, **about: object) -> list[Fact]:
        """Return sent events of these types with these members of ``about``, type by type."""
        return [
            f
            for variant in variants
            for f in self._by_event.get(variant, [])
            if all(f["about"].get(name) == value for name, value in about.items())
        ]

    def counts(self, node: str | None = None) -> Counter[int]:
        """Count sent events by type, of one node, by its peer id, or of all."""
        total: Counter[int] = Counter()
        for fact in self.of("closed"):
            if node in (None, fact["node"]):
                total.update({int(number): n for number, n in fact["events"].items()})
        return total

    def first_seen(self, block: str) -> dict[str, Fact]:
        """Return, by node, the first sent event by which it knew of a block."""
        first: dict[str, Fact] = {}
        candidates = [f for f in self.events(*_FIRST_SEEN_BY) if _is_about(f, block)]
        for fact in sorted(candidates, key=lambda f: f["network_us"]):
            first.setdefault(fact["node"], fact)
        return first

    def latencies(self, variant: str, after: str) -> Iterator[int]:
        """Return the times from events of type ``after`` to those that refer to them.

        In microseconds by the nodes' clocks; for sent events, the pairs that a server has.
        """
        roots = {(f["node"], f["session"], f["event_id"]) for f in self._by_event.get(after, [])}
        for fact in self._by_event.get(variant, []):
            root = fact["root"]
            if root and (fact["node"], fact["session"], root["event_id"]) in roots:
                yield root["after_us"]


def _left(fact: Fact, last: dict[tuple[str, int], int | None]) -> bool:
    end = last[fact["node"], fact["session"]]
    return end is not None and fact["event_id"] <= end


def _is_about(fact: Fact, block: str) -> bool:
    """Return whether an event shows a block; a transfer may bring another than requested."""
    if fact["event"] == EventKind.BLOCK_TRANSFERRED.variant:
        is_asker = fact["about"]["asker"] == fact["node"]
        return bool(is_asker and fact["data"]["outline"]["hash"] == block)
    seen: str = fact["about"]["block"]
    return seen == block
