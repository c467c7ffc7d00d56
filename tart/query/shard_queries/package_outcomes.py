"""The outcome of every work-package of a window, as columns.

Pure. The answer has one row for each package, so that figures that place packages, by core and
slot or by stage, are exact for as many packages as a full network has in an hour. A shard sends
columns of numbers; ``merge`` joins the guarantors of all shards, what other nodes reported of their
reports, and the requests for their shards, as ``query.packages.package_progress`` does for one
package.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any, NamedTuple, get_args

import numpy as np
import numpy.typing as npt
from msgspec import Struct

from tart.query.answers.packages import Stage
from tart.query.core.query import Attached, Partials, Query
from tart.query.core.windows import Window
from tart.query.shard_queries.packages import KEYS

Array = npt.NDArray[Any]

# Rows of guarantors in a shard's answer that is not a sample: an hour of 341 cores has as many.
SAMPLE_ROWS = 800_000
# Reasons of failures that are told apart; packages that failed for another have none.
MAX_REASONS = 200
# An event about a report or its shards is counted if it came at most this long after the window.
REPORTED_WITHIN_US = 3_600_000_000

# Ends without success, then stages in the order in which packages reach them.
LOST: tuple[Stage, ...] = ("failed", "discarded")
REACHED: tuple[Stage, ...] = tuple(stage for stage in get_args(Stage) if stage not in LOST)
# All outcomes, the furthest last: the order in which several packages of a cell are shown.
OUTCOMES: tuple[Stage, ...] = (*LOST, *REACHED)

NO_CORE, NO_SLOT = 0xFFFF, -1
# A package at the guarantors of one shard. ``place`` orders guarantors, the leading one last;
# ``stage`` is a number of ``REACHED``, ``report`` and ``root`` are hashes of hashes, 0 for none,
# ``reason`` is a position in the reasons of the answer, 0 for none.
PACKAGE = np.dtype(
    [
        ("key", "<u8"),
        ("place", "<i8"),
        ("first_at", "<i8"),
        ("last_at", "<i8"),
        ("slot", "<i8"),
        ("report", "<u8"),
        ("root", "<u8"),
        ("core", "<u2"),
        ("stage", "u1"),
        ("failed", "u1"),
        ("reason", "<u2"),
    ]
)
# What nodes reported of a report: bits of RECEIVED, INCLUDED and REFUSED.
REPORT = np.dtype([("key", "<u8"), ("flags", "u1")])
ROOT = np.dtype([("key", "<u8")])
RECEIVED, INCLUDED, REFUSED = 1, 2, 4


class OutcomesHead(Struct, frozen=True):
    """The part of a shard's answer that is not columns.

    Attributes:
        packages, reports, roots: The numbers of rows that are attached, in this order.
        reasons: Of failures; position 0 stands for none.
        below: See ``StageRows``.
        unidentified: See ``PackageSet``.
    """

    packages: int
    reports: int
    roots: int
    reasons: list[str]
    below: int | None
    unidentified: dict[str, int]


class PackageColumns(NamedTuple):
    """The packages of a window: arrays with an element for each.

    Attributes:
        first_at, last_at: First and last event at any guarantor, Unix microseconds.
        core: ``NO_CORE`` if it is not known.
        slot: Of the leading guarantor's guarantee; ``NO_SLOT`` without one.
        stage: The furthest stage reached, a number of ``REACHED``.
        outcome: The package's stage as ``package_progress.stage_of`` has it, a number of
            ``OUTCOMES``.
        reason: Of a failure, a position in ``reasons``.
        reasons: Texts; position 0 stands for none.
        scale: The number of packages that each stands for; 1 if it is not a sample.
        unidentified: See ``PackageSet``.
    """

    first_at: Array
    last_at: Array
    core: Array
    slot: Array
    stage: Array
    outcome: Array
    reason: Array
    reasons: Sequence[str]
    scale: Fraction
    unidentified: Mapping[str, int]

    @property
    def exact(self) -> bool:
        """True if this is not a sample."""
        return self.scale == 1

    def estimate(self, number: int) -> int:
        """Return a sum over the sample as an estimate of the sum over all packages."""
        return round(number * self.scale)


class PackageOutcomes(Query[Attached[OutcomesHead], PackageColumns], frozen=True):
    """The packages that began in a window, each with its outcome.

    Beyond ``SAMPLE_ROWS`` rows of a shard the answer is a sample by hash, as in ``PackageStages``.
    """

    name = "package_outcomes"
    source = "aggregates"
    tables = ("packages", "reports", "erasures")
    window: Window
    core: int | None = None

    def merge(self, partials: Partials[Attached[OutcomesHead]]) -> PackageColumns:
        """Return each package once, with what all shards know of it."""
        below = min(
            (part.value.below for _, part in partials if part.value.below is not None), default=None
        )
        reasons: dict[str, int] = {"": 0}
        unidentified = Counter({"submissions": 0, "shares": 0, "failed": 0})
        columns: list[tuple[Array, Array, Array]] = []
        for _, part in partials:
            unidentified.update(part.value.unidentified)
            columns.append(_columns(part, reasons))
        packages, reports, roots = (
            np.concatenate(arrays) if arrays else np.empty(0, kind)
            for arrays, kind in zip(
                zip(*columns, strict=True) if columns else ((), (), ()),
                (PACKAGE, REPORT, ROOT),
                strict=True,
            )
        )
        if below is not None:
            packages = packages[packages["key"] < below]
        leads = _join_guarantors(packages)
        flags = _flags_of(leads["report"], reports)
        requested = (leads["root"] != 0) & np.isin(leads["root"], roots["key"])
        return PackageColumns(
            first_at=leads["first_at"],
            last_at=leads["last_at"],
            core=leads["core"],
            slot=leads["slot"],
            stage=_furthest(leads, flags, requested),
            outcome=_outcomes(leads, flags, requested),
            reason=np.where(leads["failed"] != 0, leads["reason"], 0),
            reasons=list(reasons),
            scale=Fraction(1) if below is None else Fraction(KEYS, max(1, below)),
            unidentified=dict(unidentified),
        )


def _columns(part: Attached[OutcomesHead], reasons: dict[str, int]) -> tuple[Array, Array, Array]:
    """Return a shard's columns; its reasons become positions in ``reasons``, which grows."""
    head, offset, arrays = part.value, 0, []
    for kind, count in ((PACKAGE, head.packages), (REPORT, head.reports), (ROOT, head.roots)):
        arrays.append(np.frombuffer(part.data, kind, count, offset))
        offset += count * kind.itemsize
    packages, reports, roots = arrays
    positions = np.array([reasons.setdefault(each, len(reasons)) for each in head.reasons])
    packages = packages.copy()
    packages["reason"] = positions[packages["reason"]] if len(positions) else 0
    return packages, reports, roots


def _join_guarantors(packages: Array) -> Array:
    """Return the leading guarantor's row of each package, with what the others add to it."""
    if not len(packages):
        return packages
    packages = packages[np.lexsort((packages["place"], packages["key"]))]
    starts = np.flatnonzero(np.r_[True, packages["key"][1:] != packages["key"][:-1]])
    leads: Array = packages[np.r_[starts[1:], len(packages)] - 1].copy()
    leads["first_at"] = np.minimum.reduceat(packages["first_at"], starts)
    leads["last_at"] = np.maximum.reduceat(packages["last_at"], starts)
    for name in ("report", "root"):
        # The last row of the package that has one.
        known = np.where(packages[name] != 0, np.arange(len(packages)), -1)
        last = np.maximum.reduceat(known, starts)
        leads[name] = np.where(last >= 0, packages[name][last], 0)
    return leads


def _flags_of(keys: Array, reports: Array) -> Array:
    """Return what nodes reported of the reports with these keys; 0 for nothing."""
    if not len(reports):
        return np.zeros(len(keys), np.uint8)
    reports = reports[np.argsort(reports["key"], kind="stable")]
    starts = np.flatnonzero(np.r_[True, reports["key"][1:] != reports["key"][:-1]])
    known = reports["key"][starts]
    flags = np.bitwise_or.reduceat(reports["flags"], starts)
    index = np.minimum(np.searchsorted(known, keys), len(known) - 1)
    return np.where((known[index] == keys) & (keys != 0), flags[index], 0)


def _furthest(leads: Array, flags: Array, requested: Array) -> Array:
    included = (flags & INCLUDED) != 0
    stage = leads["stage"].astype(np.int64)
    for name, condition in (
        ("guarantee_received", (flags & RECEIVED) != 0),
        ("included", included),
        ("available", included & requested),
    ):
        stage = np.where(condition, np.maximum(stage, REACHED.index(name)), stage)
    return stage


def _outcomes(leads: Array, flags: Array, requested: Array) -> Array:
    """Return the stage of each package, as ``package_progress.stage_of`` has it."""
    included = (flags & INCLUDED) != 0
    number = {name: OUTCOMES.index(name) for name in OUTCOMES}
    outcomes: Array = np.select(
        [
            included & requested,
            included,
            (flags & REFUSED) != 0,
            (flags & RECEIVED) != 0,
            leads["failed"] != 0,
        ],
        [
            number["available"],
            number["included"],
            number["discarded"],
            number["guarantee_received"],
            number["failed"],
        ],
        leads["stage"].astype(np.int64) + len(LOST),
    )
    return outcomes.astype(np.uint8)
