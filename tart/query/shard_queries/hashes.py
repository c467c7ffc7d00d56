"""The query for hashes by their first and last digits.

Pure. Aggregates name the hashes of blocks, work-packages, reports, erasure roots, segment roots
and anchors; those that only events name, such as preimages, are not among them.
"""

from __future__ import annotations

from dataclasses import dataclass

from msgspec import Struct

from tart.query.core.query import Partials, Query
from tart.query.core.windows import Window

ALL_TIME = Window()


class HashMatch(Struct, frozen=True):
    """A hash that the aggregates name.

    Attributes:
        kind: ``package``, ``report``, ``erasure_root``, ``segments_root``, ``block`` or ``anchor``.
        hash: In hex.
        last_at: Its newest row, Unix microseconds.
        slot: Of the block, or of the guarantee.
        core: Of the work-package.
        package: The hash of the work-package.
        outcome: Of the work-package at one guarantor: ``unfinished``, ``failed`` or another.
    """

    kind: str
    hash: str
    last_at: int
    slot: int | None = None
    core: int | None = None
    package: str | None = None
    outcome: str | None = None


@dataclass(frozen=True)
class HashColumn:
    """A column of hashes in the aggregates; empty texts are columns that the table lacks."""

    kind: str
    table: str
    column: str
    clock: str
    slot: str = ""
    core: str = ""
    package: str = ""
    outcome: str = ""


def _of_packages(kind: str, column: str) -> HashColumn:
    return HashColumn(
        kind, "packages", column, "started_at", "guarantee_slot", "core", "hash", "outcome"
    )


HASH_COLUMNS: tuple[HashColumn, ...] = (
    _of_packages("package", "hash"),
    _of_packages("report", "report"),
    _of_packages("erasure_root", "erasure_root"),
    _of_packages("segments_root", "segments_root"),
    HashColumn("block", "sightings", "hash", "seen_at", "slot"),
    HashColumn("block", "reached", "hash", "seen_at", "slot"),
    HashColumn("report", "reports", "hash", "first_at", "slot"),
    HashColumn("erasure_root", "erasures", "root", "first_at"),
    HashColumn("anchor", "assurances", "anchor", "seen_at"),
)


class HashMatches(Query[list[HashMatch], list[HashMatch]], frozen=True):
    """Hashes that begin with some hex digits and end with others, newest first.

    Attributes:
        first: The first digits, at least four, in lower case; all 64 for one hash.
        last: The last digits.
        limit: Of matches of each kind.
    """

    name = "hash_matches"
    source = "aggregates"
    tables = tuple(dict.fromkeys(each.table for each in HASH_COLUMNS))
    first: str
    last: str = ""
    window: Window = ALL_TIME
    limit: int = 8

    def merge(self, partials: Partials[list[HashMatch]]) -> list[HashMatch]:
        """Return each hash of a kind once, with what any shard knows of it."""
        matches: dict[tuple[str, str], HashMatch] = {}
        for _, part in partials:
            for match in part:
                known = matches.get((match.kind, match.hash))
                matches[match.kind, match.hash] = match if known is None else _join(known, match)
        return sorted(matches.values(), key=lambda match: -match.last_at)


def _join(one: HashMatch, other: HashMatch) -> HashMatch:
    slots = [match.slot for match in (one, other) if match.slot is not None]
    return HashMatch(
        one.kind,
        one.hash,
        max(one.last_at, other.last_at),
        max(slots, default=None),
        one.core if one.core is not None else other.core,
        one.package or other.package,
        one.outcome or other.outcome,
    )
