"""Records of blocks, work-packages with their reports, guarantees, preimages, tickets, assurances.

Pure. Objects are compared by identity; their hashes are assigned when they are made. A report
also has the holders of its erasure shards, which decide when it becomes available.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from tart.rpc.model import Statistics


class WorkItem(NamedTuple):
    """One item of a work-package; gas is what refining and accumulating it will use."""

    service: int
    refine_gas: int
    accumulate_gas: int


@dataclass(eq=False, slots=True)
class Report:
    """A work-package together with its work-report.

    Attributes:
        package_hash: The hash of the work-package.
        hash: The hash of the work-report.
        exported_segments: The number of segments that the package exports.
        imported_from: The report whose segments the package imports, ``None`` if it imports none.
        by_package_hash: Imports are named by package hash instead of segments-root.
        guarantors: Indices of the validators that signed the report.
        holders: A set of bits; bit i: validator i holds its erasure shards.
        primary: Index of the validator to which the builder submitted the package.
    """

    slot: int
    core: int
    package_hash: bytes
    hash: bytes
    erasure_root: bytes
    segments_root: bytes
    bundle_size: int
    items: tuple[WorkItem, ...]
    exported_segments: int
    imported_from: Report | None = None
    by_package_hash: bool = False
    guarantors: tuple[int, ...] = ()
    holders: int = 0
    primary: int = -1

    def holds(self, validator: int) -> bool:
        """Return whether a validator has its erasure shards of this report."""
        return bool(self.holders >> validator & 1)

    def outline(self) -> dict[str, Any]:
        """Return JIP-3's Work Report Outline."""
        return {
            "work_report_hash": self.hash,
            "bundle_size": self.bundle_size,
            "erasure_root": self.erasure_root,
            "segments_root": self.segments_root,
        }


@dataclass(frozen=True, eq=False, slots=True)
class Guarantee:
    """A report with the signatures it had when the guarantee was built."""

    report: Report
    slot: int
    guarantors: tuple[int, ...]

    def outline(self) -> dict[str, Any]:
        """Return JIP-3's Guarantee Outline."""
        return {
            "work_report_hash": self.report.hash,
            "slot": self.slot,
            "guarantors": list(self.guarantors),
        }


@dataclass(frozen=True, eq=False, slots=True)
class Preimage:
    """Data whose hash some service asked for on chain."""

    slot: int
    service: int
    hash: bytes
    length: int


class Ticket(NamedTuple):
    """An entry in the lottery for an epoch's slots; the fields are JIP-3's."""

    epoch: int
    attempt: int
    id: bytes


class Assurance(NamedTuple):
    """An assurance of a validator, by index, as of a block, by header hash."""

    assurer: int
    anchor: bytes


@dataclass(eq=False, slots=True)
class Block:
    """One block of the chain, or of a fork that lost.

    Attributes:
        number: The number of blocks between the base of the simulated chain and this block.
        parent: The parent's header hash.
        author: Index of the validator that made it.
        reported: Guarantees it brings on chain.
        available: Reports that became available with it and were accumulated.
        pending: By core, the report that waits for availability, and since which slot.
        assurances: By assurer, the cores that its assurance marks; bit i: core i.
        statements: Cores that the newest assurance of this block marks, by assurer; the block's
            children bring them on chain as far as their authors received them.
        statistics: The chain's statistics after the block.
        accumulated: By service, the slot of its last accumulation.
        flaw: The reason for which all nodes but the author refuse the block, ``"seal"`` or
            ``"execution"``; else ``""``.
    """

    slot: int
    number: int
    hash: bytes
    parent: bytes
    author: int
    reported: tuple[Guarantee, ...] = ()
    available: tuple[Report, ...] = ()
    preimages: tuple[Preimage, ...] = ()
    pending: dict[int, tuple[Report, int]] = field(default_factory=dict)
    tickets: int = 0
    assurances: Mapping[int, int] = field(default_factory=dict)
    statements: dict[int, int] = field(default_factory=dict)
    statistics: Statistics | None = None
    accumulated: Mapping[int, int] = field(default_factory=dict)
    flaw: str = ""

    def outline(self) -> dict[str, Any]:
        """Return JIP-3's Block Outline."""
        preimages_size = sum(each.length for each in self.preimages)
        assurances = len(self.assurances)
        # Approximate encoded sizes: header, guarantee, assurance and ticket.
        size = 500 + 400 * len(self.reported) + 106 * assurances + 784 * self.tickets
        return {
            "size_bytes": size + preimages_size,
            "hash": self.hash,
            "num_tickets": self.tickets,
            "num_preimages": len(self.preimages),
            "total_preimages_size": preimages_size,
            "num_guarantees": len(self.reported),
            "num_assurances": assurances,
            "num_dispute_verdicts": 0,
        }
