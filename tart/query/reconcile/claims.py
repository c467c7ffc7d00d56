"""The claims of nodes in a window, from rows of the aggregates.

Pure. A claim is what a node's telemetry says of the node's own work.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from tart.query.core.merge import Json
from tart.query.shard_queries.claims import AssurerBits, ClaimedGas

# Columns of ``blocks`` and ``packages`` that are read.
BLOCK_COLUMNS = (
    "started_at",
    "node",
    "slot",
    "hash",
    "num_tickets",
    "num_preimages",
    "num_guarantees",
    "num_assurances",
)
PACKAGE_COLUMNS = (
    "started_at",
    "ended_at",
    "node",
    "core",
    "report",
    "bundle_size",
    "exports",
    "refine_gas",
    "auth_gas",
    "guaranteed",
    "signed",
    "guarantee_slot",
    "guarantors",
    "sending",
    "sent",
    "send_failed",
)
# Members of a block's outline that the chain has, too.
OUTLINE = ("num_tickets", "num_preimages", "num_assurances", "num_guarantees")


@dataclass(frozen=True)
class AuthoredBlock:
    """A block that a node says to have authored.

    Attributes:
        at_us: When the server received that, Unix microseconds.
        outline: The members ``OUTLINE``; ``None`` if the event's beginning was not received.
    """

    node: str
    hash: str
    slot: int | None
    at_us: int
    outline: Mapping[str, int] | None = None


@dataclass(frozen=True)
class PackageClaim:
    """A guarantor's part in a report.

    Attributes:
        started_us: When the server received its first event; likewise the last.
        built: The node is the primary and says that it built a guarantee.
        guarantors: Validator indices of the guarantee that it built.
        refine_gas: Of all work items; ``auth_gas`` is that of the authorization.
        sent: Receivers to which the node says to have sent the guarantee.
    """

    node: str
    started_us: int
    ended_us: int
    core: int | None
    report: str
    bundle_size: int | None
    exports: int | None
    refine_gas: int | None
    auth_gas: int | None
    built: bool
    slot: int | None = None
    guarantors: tuple[int, ...] = ()
    sent: int = 0


@dataclass(frozen=True)
class Claims:
    """The claims of all nodes.

    Attributes:
        authored: Each block once for each node.
        assurers: By node a bit for each anchor, in the order of the compared blocks.
        packages: Of guarantors that signed or built.
        gas: By header hash.
        services: Hash, service and gas of the accumulation of a service in a block.
        sights: By header hash, the nodes that named the block; of the hashes in ``examined``.
        received: By report hash, the number of receipts; of the reports in ``examined``.
        examined: Hashes of blocks and reports whose witnesses were searched for.
        is_complete: False if rows are missing: of packages beyond the limit.
    """

    authored: Sequence[AuthoredBlock] = ()
    assurers: Mapping[str, AssurerBits] = field(default_factory=dict)
    packages: Sequence[PackageClaim] = ()
    gas: Mapping[str, Sequence[ClaimedGas]] = field(default_factory=dict)
    services: Sequence[Json] = ()
    sights: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    received: Mapping[str, int] = field(default_factory=dict)
    examined: frozenset[str] = frozenset()
    is_complete: bool = True


def authored_blocks(sightings: Iterable[Json], blocks: Iterable[Json]) -> list[AuthoredBlock]:
    """Return the blocks that nodes say to have authored.

    Args:
        sightings: Node, hash, slot and seen_at (Unix µs) of first sights by Authored.
        blocks: ``BLOCK_COLUMNS`` of pipelines that began with Authoring and have a hash.
    """
    known: dict[tuple[str, str], AuthoredBlock] = {}
    for row in sightings:
        if row["node"] is not None:
            key = row["node"], row["hash"]
            known.setdefault(key, AuthoredBlock(*key, row["slot"], row["seen_at"]))
    for row in blocks:
        if row["node"] is None or row["num_tickets"] is None:
            continue
        key = row["node"], row["hash"]
        first = known.get(key)
        at_us = row["started_at"] if first is None else first.at_us
        outline = {name: row[name] for name in OUTLINE}
        known[key] = AuthoredBlock(*key, row["slot"], at_us, outline)
    return sorted(known.values(), key=lambda block: (block.at_us, block.node, block.hash))


def package_claims(rows: Iterable[Json]) -> list[PackageClaim]:
    """Return the parts of guarantors, from ``PACKAGE_COLUMNS``; others signed nothing."""
    return [
        PackageClaim(
            node=row["node"],
            started_us=row["started_at"],
            ended_us=row["ended_at"] or row["started_at"],
            core=row["core"],
            report=row["report"],
            bundle_size=row["bundle_size"],
            exports=row["exports"],
            refine_gas=row["refine_gas"],
            auth_gas=row["auth_gas"],
            built=row["guaranteed"] is not None,
            slot=row["guarantee_slot"],
            guarantors=tuple(json.loads(row["guarantors"])) if row["guarantors"] else (),
            sent=row["sent"] or 0,
        )
        for row in rows
        if row["node"] is not None
        and row["report"] is not None
        and (row["guaranteed"] is not None or row["signed"] is not None)
    ]
