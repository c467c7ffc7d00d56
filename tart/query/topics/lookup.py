"""Candidates for what a text names: the reading of a search, and its results in order.

Pure. ``parse`` reads the text, ``candidates`` puts what shards know about it into words. Texts of
any form are accepted: what names nothing has no candidates, a hint, and perhaps a suggestion.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from tart.protocol.events import EVENTS
from tart.protocol.rules import RULES
from tart.query.answers import lookup as answers
from tart.query.answers.lookup import Candidate, CandidateKind
from tart.query.core.event_names import GROUP_TYPES
from tart.query.core.merge import Json
from tart.query.core.node_ids import MIN_PREFIX
from tart.query.core.page_paths import (
    core_page,
    event_page,
    events_page,
    node_page,
    package_page,
    rule_findings_page,
    slot_page,
)
from tart.query.core.rfc3339 import server_time
from tart.query.shard_queries.hashes import HashMatch
from tart.suggestions import nearest

MAX_TEXT = 200
MAX_CANDIDATES = 20
# A shortened hash has at least this many digits before, or before and after, what is left out.
MIN_HASH_DIGITS = 8
HASH_DIGITS = 64
MAX_SLOT = (1 << 32) - 1
MAX_EVENT_ID = (1 << 53) - 1
# Cores of the largest network (JIP-3, C).
MAX_CORE = 340
_MIN_NAME = 2
_OF_A_KIND = 6

_HEX = re.compile(r"(?:0x)?([0-9a-f]{4,64})", re.IGNORECASE)
_SHORTENED = re.compile(r"(?:0x)?([0-9a-f]{4,63})(?:…|\.{2,3})([0-9a-f]{2,60})", re.IGNORECASE)
_NUMBER = re.compile(r"[0-9]{1,16}")
# As the page shows numbers and the beginnings of ids, so that what is copied from it is found.
_GROUPED = re.compile(r"#?([0-9]{1,3}(?:[ ,'_][0-9]{3})+|[0-9]+)")
_BEGINNING = re.compile(r"((?:0x)?[0-9a-f]{4,63})(?:…|\.{2,3})", re.IGNORECASE)
_LABELLED = re.compile(r"(slot|core|event type|event|type|node|rule)[ :#]+(.+)", re.IGNORECASE)

_HINT = (
    "Search for a node by the first four digits of its id or by the name of its implementation, a "
    "block, work-package, report or erasure root by its hash or eight digits of it, a slot, a "
    "core, an event by its id, an event type, or a rule."
)


@dataclass(frozen=True)
class Question:
    """A text that was read.

    Attributes:
        text: Without surrounding space, at most ``MAX_TEXT`` characters.
        label: A word before it that restricts its kind: ``slot 12``.
        number: The text as a number.
        first: Hex digits that an id or hash begins with.
        last: Hex digits that it ends with.
    """

    text: str
    label: str = ""
    number: int | None = None
    first: str = ""
    last: str = ""

    @property
    def is_hash(self) -> bool:
        """The text is a whole hash."""
        return len(self.first) == HASH_DIGITS

    @property
    def seeks_hashes(self) -> bool:
        """The text has enough digits of a hash to search for it."""
        digits = len(self.first) + len(self.last)
        return not self.label and bool(self.first) and digits >= MIN_HASH_DIGITS

    @property
    def seeks_event(self) -> bool:
        """The text may be the id of an event."""
        return (
            self.number is not None and self.number <= MAX_EVENT_ID and self.label in ("", "event")
        )


@dataclass(frozen=True)
class Knowledge:
    """Facts about a question.

    Attributes:
        nodes: All known nodes as ``/api/nodes`` has them.
        hashes: The hashes that the aggregates name.
        event: The event whose id the text is.
        best_slot: Of the chain.
        cores: The core count of the network.
    """

    nodes: Sequence[Json] = ()
    hashes: Sequence[HashMatch] = ()
    event: Json | None = None
    best_slot: int | None = None
    cores: int | None = None


def parse(text: str) -> Question:
    """Read a text."""
    text = " ".join(text.split())[:MAX_TEXT].strip("\"'`")
    label = ""
    if match := _LABELLED.fullmatch(text):
        label, text = match[1].casefold().replace("event type", "type"), match[2].strip()
    if match := _GROUPED.fullmatch(text):
        text = re.sub(r"[^0-9]", "", match[1])
    elif match := _BEGINNING.fullmatch(text):
        text = match[1]
    number = int(text) if _NUMBER.fullmatch(text) and text.isascii() else None
    if match := _SHORTENED.fullmatch(text):
        return Question(text, label, number, match[1].lower(), match[2].lower())
    first = match[1].lower() if (match := _HEX.fullmatch(text)) else ""
    return Question(text, label, number, first)


def lookup(
    question: Question, known: Knowledge, *, limit: int, since_us: int | None
) -> answers.Lookup:
    """Return the answer of ``/api/search``."""
    unique: dict[tuple[str, str], Candidate] = {}
    if question.text:
        for candidate in _candidates(question, known):
            unique.setdefault((candidate["kind"], candidate["page"]), candidate)
    candidates = list(unique.values())[: max(1, min(limit, MAX_CANDIDATES))]
    return {
        "q": question.text,
        "candidates": candidates,
        "hint": None if candidates else _HINT,
        "suggestion": None if candidates else _suggestion(question, known),
        "since": None if since_us is None else server_time(since_us),
    }


def _candidates(question: Question, known: Knowledge) -> Iterator[Candidate]:
    """Yield candidates of the kinds that the label allows, the most likely first."""
    allowed = _LABELS.get(question.label)
    for candidate in _all_candidates(question, known):
        if allowed is None or candidate["kind"] in allowed:
            yield candidate


_LABELS: Mapping[str, tuple[str, ...]] = {
    "slot": ("slot",),
    "core": ("core",),
    "event": ("event", "event_type", "event_group"),
    "type": ("event_type", "event_group"),
    "node": ("node", "implementation"),
    "rule": ("rule",),
}


def _all_candidates(question: Question, known: Knowledge) -> Iterator[Candidate]:
    if question.number is not None:
        yield from _of_number(question.number, known)
    if question.first:
        yield from _nodes_by_id(question, known.nodes)
        yield from _hashes(question, known)
    if len(question.text) >= _MIN_NAME and not question.last and question.number is None:
        yield from _names(question.text, known)
    if question.is_hash:
        yield _candidate(
            "hash",
            question.first,
            shorten(question.first),
            "Events that name this hash, such as of a preimage.",
            events_page(hash=question.first),
        )


# --- Numbers -----------------------------------------------------------------------------


def _of_number(number: int, known: Knowledge) -> Iterator[Candidate]:
    """Yield what a number is: small ones are cores and event types rather than slots."""
    top_core = MAX_CORE if known.cores is None else known.cores - 1
    small: list[Candidate] = []
    if number <= top_core:
        small.append(_candidate("core", str(number), f"Core {number}", "Core.", core_page(number)))
    if number in EVENTS:
        small.append(_event_type(number))
    slots = [_slot(number, known.best_slot)] if number <= MAX_SLOT else []
    yield from (*small, *slots)
    if known.event is not None:
        yield _event(known.event)


def _slot(slot: int, best: int | None) -> Candidate:
    if best is None:
        sentence = "Slot."
    elif slot <= best:
        sentence = (
            f"Slot, {_count(best - slot, 'slot')} before the best."
            if slot != best
            else ("Slot of the best block.")
        )
    else:
        sentence = f"Slot, {_count(slot - best, 'slot')} after the best: not reached yet."
    return _candidate("slot", str(slot), f"Slot {slot}", sentence, slot_page(slot))


def _event(event: Json) -> Candidate:
    number = event["event_type"]
    kind = EVENTS.get(number)
    name = f"Event type {number}" if kind is None else kind.variant
    sender = event["node_name"] or "unnamed node"
    node = f" {shorten(event['node_id'])}" if event["node_id"] else ""
    problem = ", could not be decoded" if event.get("undecodable") else ""
    return _candidate(
        "event",
        str(event["id"]),
        f"Event {event['id']}",
        f"{name} of {sender}{node}, received {event['received_at']}{problem}.",
        event_page(event["id"]),
    )


# --- Nodes -------------------------------------------------------------------------------


def _nodes_by_id(question: Question, nodes: Iterable[Json]) -> Iterator[Candidate]:
    if len(question.first) < MIN_PREFIX:
        return
    matching = [
        node
        for node in nodes
        if node["node_id"].startswith(question.first) and node["node_id"].endswith(question.last)
    ]
    yield from map(_node, matching[:_OF_A_KIND])


def _node(node: Json) -> Candidate:
    name = " ".join(
        text for text in (node["implementation_name"], node["implementation_version"]) if text
    )
    state = "connected" if node["is_connected"] else f"last seen {node['last_seen_at']}"
    return _candidate(
        "node",
        node["node_id"],
        f"Node {shorten(node['node_id'])}",
        f"Node of {name or 'an unnamed implementation'}, {state}.",
        node_page(node["node_id"]),
    )


# --- Hashes ------------------------------------------------------------------------------


def _hashes(question: Question, known: Knowledge) -> Iterator[Candidate]:
    shown: Counter[str] = Counter()
    for match in sorted(known.hashes, key=lambda match: _HASH_ORDER.index(match.kind)):
        shown[match.kind] += 1
        if shown[match.kind] <= _OF_A_KIND:
            kind, sentence, page = _describe(match)
            label = f"{_HASH_NAMES[kind]} {shorten(match.hash)}"
            yield _candidate(kind, match.hash, label, sentence, page)


_HASH_ORDER = ("package", "report", "block", "erasure_root", "segments_root", "anchor")
_HASH_NAMES: Mapping[str, str] = {
    "package": "Work-package",
    "report": "Work-report",
    "block": "Block",
    "erasure_root": "Erasure root",
    "segments_root": "Segments root",
    "anchor": "Anchor",
}


def _describe(match: HashMatch) -> tuple[CandidateKind, str, str]:
    """Return kind, sentence and page of a hash."""
    core = "" if match.core is None else f" of core {match.core}"
    events = events_page(hash=match.hash)
    of_package = events if match.package is None else package_page(match.package)
    match match.kind:
        case "package":
            return "package", f"Work-package{core}{_state(match)}.", package_page(match.hash)
        case "report":
            owner = "" if match.package is None else f" of work-package {shorten(match.package)}"
            return "report", f"Work-report{owner}{core}{_guarantee(match)}.", of_package
        case "erasure_root":
            owner = "" if match.package is None else f" of work-package {shorten(match.package)}"
            return "erasure_root", f"Erasure root{owner}{core}.", of_package
        case "segments_root":
            owner = "" if match.package is None else f" of work-package {shorten(match.package)}"
            return "segments_root", f"Segments root{owner}{core}.", of_package
        case "block":
            page = events if match.slot is None else slot_page(match.slot)
            slot = "" if match.slot is None else f" of slot {match.slot}"
            return "block", f"Block{slot}, by its header hash.", page
    return "anchor", "Anchor of availability assurances: a header hash.", events


def _state(match: HashMatch) -> str:
    if match.slot is not None:
        return _guarantee(match)
    return {"failed": ", failed", "duplicate": ", a duplicate"}.get(
        match.outcome or "", ", without a guarantee so far"
    )


def _guarantee(match: HashMatch) -> str:
    return "" if match.slot is None else f", guaranteed at slot {match.slot}"


# --- Names -------------------------------------------------------------------------------


def _names(text: str, known: Knowledge) -> Iterator[Candidate]:
    """Yield event types, groups, rules and implementations: equal names first, then parts."""
    folded = _fold(text)
    ranked: list[tuple[int, Candidate]] = []
    for number, kind in sorted(EVENTS.items()):
        ranked += _ranked(folded, (kind.variant, kind.title), _event_type(number))
    for name, numbers in GROUP_TYPES.items():
        ranked += _ranked(folded, (name,), _event_group(name, numbers))
    for code, rule in RULES.items():
        explanation = rule.explanation.split(". ")[0].rstrip(".")
        sentence = f"Rule ({rule.severity}): {explanation}."
        ranked += _ranked(
            folded, (code,), _candidate("rule", code, code, sentence, rule_findings_page(code))
        )
    for rank, candidate in _implementations(folded, known.nodes):
        ranked.append((rank, candidate))
    ranked += _addresses(text, known.nodes)
    ranked.sort(key=lambda each: each[0])
    counts: Counter[str] = Counter()
    for _, candidate in ranked:
        counts[candidate["kind"]] += 1
        if counts[candidate["kind"]] <= _OF_A_KIND:
            yield candidate


def _ranked(folded: str, names: Sequence[str], candidate: Candidate) -> list[tuple[int, Candidate]]:
    """Return the candidate with the rank of the best match; nothing if no name matches."""
    ranks = [rank for name in names if (rank := _rank(folded, _fold(name))) is not None]
    return [(min(ranks), candidate)] if ranks else []


def _rank(wanted: str, name: str) -> int | None:
    if not wanted:
        return None
    if name == wanted:
        return 0
    if name.startswith(wanted):
        return 1
    return 2 if wanted in name else None


def _fold(text: str) -> str:
    return re.sub(r"[^a-z0-9.]+", "", text.casefold())


def _implementations(folded: str, nodes: Iterable[Json]) -> Iterator[tuple[int, Candidate]]:
    """Yield implementations with their number of nodes, and single nodes where there is one."""
    members: dict[tuple[str, str], list[Json]] = {}
    for node in nodes:
        name = node["implementation_name"]
        if name:
            members.setdefault((name, node["implementation_version"] or ""), []).append(node)
    for (name, version), group in sorted(members.items()):
        rank = _rank(folded, _fold(name))
        if rank is None:
            rank = _rank(folded, _fold(name + version))
        if rank is None:
            continue
        connected = sum(node["is_connected"] for node in group)
        label = f"{name} {version}".strip()
        yield (
            rank,
            _candidate(
                "implementation",
                label,
                label,
                f"Implementation of {_count(len(group), 'node')}, {connected} connected.",
                f"nodes?q={quote(name)}",
            ),
        )
        for node in group[:_OF_A_KIND] if len(group) <= _OF_A_KIND else ():
            yield rank, _node(node)


def _addresses(text: str, nodes: Iterable[Json]) -> list[tuple[int, Candidate]]:
    """Return nodes whose address the text is."""
    return [
        (0, _node(node))
        for node in nodes
        if (node.get("address") or "").rpartition(":")[0].strip("[]") == text
        or node.get("address") == text
    ][:_OF_A_KIND]


def _event_type(number: int) -> Candidate:
    kind = EVENTS[number]
    return _candidate(
        "event_type",
        kind.variant,
        f"{kind.variant} ({number})",
        f"Event type of {kind.group.replace('_', ' ')}: its events.",
        events_page(event_types=kind.variant),
    )


def _event_group(name: str, numbers: Sequence[int]) -> Candidate:
    return _candidate(
        "event_group",
        name,
        f"Group {name}",
        f"Group of {_count(len(numbers), 'event type')}: their events.",
        events_page(event_types=name),
    )


def _suggestion(question: Question, known: Knowledge) -> str | None:
    names = {node["implementation_name"] for node in known.nodes if node["implementation_name"]}
    every = (*(kind.variant for kind in EVENTS.values()), *GROUP_TYPES, *RULES, *sorted(names))
    return nearest(question.text, every) if len(question.text) > _MIN_NAME else None


def _candidate(kind: CandidateKind, value: str, label: str, sentence: str, page: str) -> Candidate:
    return {"kind": kind, "label": label, "value": value, "sentence": sentence, "page": page}


def shorten(digits: str) -> str:
    """Return a hash as the page writes it: ``b5af…42e8``."""
    return f"{digits[:4]}…{digits[-4:]}"


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}".replace(",", " ")
