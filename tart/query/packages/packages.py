"""What shards say of work-packages, and how it adds up to one account of each.

Pure. A shard has rows of guarantors: what became of a package at one of them. The shapes
in which it hands on many of them are declared here, for ``shard.queries.packages`` to fill and
for the gateway to merge:

- ``handled``: which packages there were, by hash, with marks of how far each came. Beyond
  ``SAMPLE_ROWS`` rows of a shard it tells of a sample, the same of every shard, because the
  sample is taken by the hash.
- ``states``: the newest packages, each as its leading guarantor has it: the one that has
  come furthest, the one it was submitted to before those it was shared with, then the
  first. Second submissions of it to the same guarantor (93) are left out.
- ``handlings``: the rows themselves, of certain packages.
- ``tallied``: rows counted by node or core.
- ``steps``: durations between steps within a row, so by one node's clock, in bins.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, NamedTuple, overload

from tart.query.answers.packages import Percentiles
from tart.query.core import log_histogram
from tart.units import DAY_US

Json = dict[str, Any]

SUBMISSION, SHARE = 90, 91
SAMPLE_ROWS = 100_000
KEYS = 1 << 64

# How far a package came at some guarantor: a condition on the rows of each.
MARKS: Mapping[str, str] = {
    "submitted": f"kind = {SUBMISSION}",
    "shared": f"kind = {SHARE}",
    "failed": "outcome = 'failed'",
    "duplicate": "outcome = 'duplicate'",
    "received": "received IS NOT NULL",
    "authorized": "authorized IS NOT NULL",
    "refined": "refined IS NOT NULL",
    "built": "built IS NOT NULL",
    "guaranteed": "guaranteed IS NOT NULL",
    "distributed": "distributed IS NOT NULL",
}
_BIT = {name: 1 << at for at, name in enumerate(MARKS)}

# Of a package's rows in ``handled``: the greatest of each, since guarantors say the same.
MEASURES = (
    *("refine_gas", "bundle_size", "guarantee_slot"),
    *("imports", "exports", "extrinsic_size"),
)

COMPLETION = "submitted_to_distributed"
# Steps within a row between which durations are counted, by their name.
PAIRS: Mapping[str, tuple[str, str]] = {
    "submitted_to_received": ("started", "received"),
    "received_to_authorized": ("received", "authorized"),
    "authorized_to_refined": ("authorized", "refined"),
    "refined_to_report_built": ("refined", "built"),
    "report_built_to_guarantee_built": ("built", "guaranteed"),
    "guarantee_built_to_distributed": ("guaranteed", "distributed"),
    COMPLETION: ("started", "distributed"),
}

# Stands for a moment: of what has not ended, but was not heard of since, nothing comes. Nor
# does it where the connection is over.
SETTLED = "$settled"
HUNG_UP = "hung_up"
# What ``tallied`` counts of rows: SQL, and how shards' values add up. ``measured`` rows
# have both the gas that refining used and its limit.
_MEASURED = "refine_gas IS NOT NULL AND refine_gas_limit IS NOT NULL"
_STEPS = ("received", "authorized", "refined", "built", "signed", "guaranteed", "distributed")
# Longer than any package takes; what a clock that is wrong says counts no more.


def _span(first: str, last: str) -> str:
    """Microseconds between two steps, whatever a node claims."""
    return f"CASE WHEN {last} > {first} THEN least({last} - {first}, {DAY_US}) ELSE 0 END"


TALLY: Mapping[str, tuple[str, str]] = {
    "rows": ("count(*)", "sum"),
    "submissions": (f"count(*) FILTER (kind = {SUBMISSION})", "sum"),
    "shares": (f"count(*) FILTER (kind = {SHARE})", "sum"),
    **{step: (f"count({step})", "sum") for step in _STEPS},
    "failed": ("count(*) FILTER (outcome = 'failed')", "sum"),
    "duplicates": ("count(*) FILTER (outcome = 'duplicate')", "sum"),
    # Of the rows with a guarantee, those of which nothing more is expected.
    "guaranteed_over": (
        "count(*) FILTER (guaranteed IS NOT NULL "
        f"AND (outcome <> 'unfinished' OR ended_at < {SETTLED} OR {HUNG_UP}))",
        "sum",
    ),
    "refining_failed": (
        "count(*) FILTER (outcome = 'failed' AND received IS NOT NULL AND refined IS NULL)",
        "sum",
    ),
    "bundle_bytes": ("sum(bundle_size) FILTER (guaranteed IS NOT NULL)", "sum"),
    "measured": (f"count(*) FILTER ({_MEASURED})", "sum"),
    "gas_used": (f"sum(refine_gas) FILTER ({_MEASURED})", "sum"),
    "gas_limit": (f"sum(refine_gas_limit) FILTER ({_MEASURED})", "sum"),
    "processed": ("count(*) FILTER (received IS NOT NULL AND built IS NOT NULL)", "sum"),
    "processing_us": (
        f"sum({_span('received', 'built')}) FILTER (received IS NOT NULL AND built IS NOT NULL)",
        "sum",
    ),
    "completion_us": (
        f"sum({_span('started', 'distributed')}) FILTER (distributed IS NOT NULL)",
        "sum",
    ),
    "sent_around": (
        "count(*) FILTER (guaranteed IS NOT NULL AND distributed IS NOT NULL)",
        "sum",
    ),
    "sending_around_us": (
        f"sum({_span('guaranteed', 'distributed')}) "
        "FILTER (guaranteed IS NOT NULL AND distributed IS NOT NULL)",
        "sum",
    ),
    "last_at": ("epoch_us(max(ended_at))", "max"),
    "last_guaranteed": ("max(guaranteed)", "max"),
    "last_signed": ("max(signed)", "max"),
    "last_slot": ("max(guarantee_slot)", "max"),
    # {core: rows with a guarantee}
    "cores": ("histogram(core) FILTER (guaranteed IS NOT NULL)", "add"),
}

# A row of ``states``, in order; the first ones are the leading guarantor's.
LEAD = (
    *("node", "kind", "outcome", "started_at", "started", "received", "authorized", "refined"),
    *("built", "signed", "guaranteed", "distributed", "core", "report", "erasure_root"),
    *("segments_root", "refine_gas", "refine_ns", "refine_gas_limit", "auth_gas", "auth_ns"),
    *("bundle_size", "size_bytes", "guarantee_slot"),
)
# ``place`` orders guarantors, the leading one first; ``failed``, ``reason``: of the first
# in that order that failed.
STATE = (
    *("hash", *LEAD, "place", "first_at", "last_at", "nodes", "submitted_to"),
    *("submissions", "submissions_failed", "shares", "shares_failed"),
    *("failed_place", "failed", "reason", "any_report", "any_erasure_root"),
)


class Package(NamedTuple):
    """One package as ``handled`` tells of it; see ``MEASURES``."""

    key: int
    core: int | None
    marks: int
    refine_gas: int | None
    bundle_size: int | None
    guarantee_slot: int | None
    imports: int | None
    exports: int | None
    extrinsic_size: int | None

    def has(self, mark: str) -> bool:
        """Whether it came that far at some guarantor."""
        return bool(self.marks & _BIT[mark])


@dataclass(frozen=True)
class Handled:
    """The packages of a window, each once; of several cores if guarantors disagree.

    Attributes:
        scale: how many packages each stands for; 1 where all are known. A fraction, so that
            sums stay exact.
        unidentified: attempts that ended, or hang, before their package was known:
            ``submissions``, ``shares`` and how many of them ``failed``.
    """

    packages: Sequence[Package]
    scale: Fraction
    unidentified: Mapping[str, int]

    @property
    def exact(self) -> bool:
        """Whether all packages are known, and not a sample of them."""
        return self.scale == 1

    def distinct(self, *marks: str, core: int | None = None) -> int:
        """How many packages came to all of these marks."""
        wanted = sum(_BIT[mark] for mark in marks)
        return self.estimate(
            len(
                {
                    each.key
                    for each in self.packages
                    if each.marks & wanted == wanted and core in (None, each.core)
                }
            )
        )

    def estimate(self, number: int) -> int:
        """A sum over the packages that are known as one over all."""
        return round(number * self.scale)

    def by_core(self) -> dict[int, Handled]:
        """The same by core, in order; without those of no known core."""
        found: dict[int, list[Package]] = {}
        for each in self.packages:
            if each.core is not None:
                found.setdefault(each.core, []).append(each)
        return {core: Handled(found[core], self.scale, {}) for core in sorted(found)}

    def total(self, measure: str) -> int:
        """A measure added up over packages."""
        return self.estimate(sum(getattr(each, measure) or 0 for each in self.packages))


def handled(answers: Iterable[Json]) -> Handled:
    """Shards' ``handled`` as one."""
    every = list(answers)
    below = min((each["below"] for each in every if each["below"] is not None), default=None)
    found: dict[tuple[int, int | None], list[Any]] = {}
    unidentified = Counter({"submissions": 0, "shares": 0, "failed": 0})
    for answer in every:
        unidentified.update(answer["unidentified"])
        for key, core, marks, *measures in answer["rows"]:
            if below is not None and key >= below:
                continue
            known = found.get((key, core))
            if known is None:
                found[key, core] = [marks, *measures]
                continue
            known[0] |= marks
            known[1:] = map(_greater, known[1:], measures)
    packages = [Package(key, core, *values) for (key, core), values in found.items()]
    scale = Fraction(1) if below is None else Fraction(KEYS, max(1, below))
    return Handled(packages, scale, dict(unidentified))


def _greater(one: Any, other: Any) -> Any:
    return max((each for each in (one, other) if each is not None), default=None)


def tallied(answers: Iterable[Iterable[Sequence[Any]]], by: Sequence[str]) -> list[Json]:
    """Shards' ``tallied`` as one: objects of the keys in ``by`` and ``TALLY``."""
    found: dict[tuple[Any, ...], Json] = {}
    for answer in answers:
        for row in answer:
            key = tuple(row[: len(by)])
            values = dict(zip(TALLY, row[len(by) :], strict=True))
            known = found.get(key)
            if known is None:
                values["cores"] = Counter(_cores(values["cores"]))
                found[key] = values
                continue
            for name, (_, operation) in TALLY.items():
                known[name] = _added(operation, known[name], values[name])
    return [{**dict(zip(by, key, strict=True)), **values} for key, values in found.items()]


def _added(operation: str, one: Any, other: Any) -> Any:
    if operation == "add":
        return one + Counter(_cores(other))
    if operation == "max":
        return _greater(one, other)
    return (one or 0) + (other or 0)


def _cores(value: Mapping[str, int] | None) -> dict[int, int]:
    """Keys of JSON objects are text."""
    return {int(core): count for core, count in (value or {}).items()}


def durations(answers: Iterable[Iterable[Sequence[int]]]) -> dict[str, Counter[int]]:
    """Shards' ``steps`` as one: by name of the pair, samples by bin."""
    found: dict[str, Counter[int]] = {name: Counter() for name in PAIRS}
    names = list(PAIRS)
    for answer in answers:
        for pair, number, count in answer:
            found[names[pair]][number] += count
    return found


def all_percentiles(durations: Mapping[str, Mapping[int, int]]) -> dict[str, Percentiles]:
    """Return percentiles by name of the pair, of those with samples, without ``COMPLETION``."""
    return {
        name: shown
        for name, counts in durations.items()
        if name not in (COMPLETION, "submitted_to_received") and (shown := percentiles(counts))
    }


def percentiles(counts: Mapping[int, int]) -> Percentiles | None:
    """Return percentiles of binned durations, ``None`` without samples."""
    p50_us = log_histogram.percentile_us(counts, 0.5)
    p95_us = log_histogram.percentile_us(counts, 0.95)
    if p50_us is None or p95_us is None:
        return None
    return {"p50_ms": ms(p50_us), "p95_ms": ms(p95_us), "sample_count": sum(counts.values())}


@overload
def ms(us: float) -> float: ...
@overload
def ms(us: float | None) -> float | None: ...
def ms(us: float | None) -> float | None:
    """Return microseconds as milliseconds."""
    return None if us is None else round(us / 1000, 3)


def share(part: int, whole: int) -> float | None:
    """A part of a whole; ``None`` of nothing."""
    return round(part / whole, 4) if whole else None


def mean_ms(total_us: int, count: int) -> float | None:
    """The mean of durations that were added up; ``None`` without any."""
    return ms(total_us / count) if count else None


def states(answers: Iterable[Iterable[Sequence[Any]]], limit: int) -> list[Json]:
    """Shards' ``states`` as one: objects of ``STATE``, newest first, at most ``limit``."""
    found: dict[str, Json] = {}
    for answer in answers:
        for row in answer:
            state = dict(zip(STATE, row, strict=True))
            known = found.get(state["hash"])
            found[state["hash"]] = state if known is None else _joined(known, state)
    newest = sorted(found.values(), key=lambda each: each["first_at"], reverse=True)
    return newest[:limit]


def _joined(one: Json, other: Json) -> Json:
    """What two shards know of one package."""
    lead, rest = (one, other) if one["place"] >= other["place"] else (other, one)
    failed = max(one, other, key=lambda each: each["failed_place"] or 0)
    added = ("submissions", "submissions_failed", "shares", "shares_failed")
    taken = [each for each in (one, other) if each["submitted_to"]]
    first = min(taken, key=lambda each: each["first_at"], default=lead)
    return {
        **lead,
        **{name: one[name] + other[name] for name in added},
        "first_at": min(one["first_at"], other["first_at"]),
        "last_at": max(one["last_at"], other["last_at"]),
        "nodes": sorted({*one["nodes"], *other["nodes"]}),
        "submitted_to": first["submitted_to"],
        **{name: failed[name] for name in ("failed_place", "failed", "reason")},
        "any_report": lead["any_report"] or rest["any_report"],
        "any_erasure_root": lead["any_erasure_root"] or rest["any_erasure_root"],
    }
