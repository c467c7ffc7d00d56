"""Queries about work-packages, from the rows of guarantors.

Pure. A shard has rows of guarantors: each is the progress of one package at one guarantor. Answers
about many packages are rows of values whose columns are declared here: the shard fills them,
``merge`` reads them. In ``PackageStates`` the leading guarantor of a package is the one with the
furthest stage; of several, the one that it was submitted to rather than shared with; of several,
the first. Duplicate submissions to the same guarantor (93) are left out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, NamedTuple, TypedDict

from msgspec import Struct

from tart.protocol.events import EventKind
from tart.query.core.query import ByteEncoding, Partials, Query
from tart.query.core.windows import Window
from tart.units import DAY_US

Json = dict[str, Any]

SUBMISSION = EventKind.WORK_PACKAGE_SUBMISSION
SHARE = EventKind.WORK_PACKAGE_BEING_SHARED
SAMPLE_ROWS = 100_000
KEYS = 1 << 64

# Stages of a package at any guarantor, as SQL conditions on its rows.
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
_BIT = {name: 1 << bit for bit, name in enumerate(MARKS)}

# Values of a package in ``PackageStages``: the greatest of its rows, as guarantors should agree.
MEASURES = (
    "refine_gas",
    "bundle_size",
    "guarantee_slot",
    "imports",
    "exports",
    "extrinsic_size",
)

COMPLETION = "submitted_to_distributed"
PIPELINE = "received_to_distributed"
# Pairs of steps within a row between which durations are counted, by name.
PAIRS: Mapping[str, tuple[str, str]] = {
    "submitted_to_received": ("started", "received"),
    "received_to_authorized": ("received", "authorized"),
    "authorized_to_refined": ("authorized", "refined"),
    "refined_to_report_built": ("refined", "built"),
    "report_built_to_guarantee_built": ("built", "guaranteed"),
    "guarantee_built_to_distributed": ("guaranteed", "distributed"),
    COMPLETION: ("started", "distributed"),
    PIPELINE: ("received", "distributed"),
}

# A placeholder in SQL for a time: a row whose last event is older has ended. A row whose
# connection has ended has ended, too (IS_CLOSED).
INACTIVE_SINCE = "$inactive_since"
IS_CLOSED = "is_closed"
# ``measured`` rows have both the gas that refining used and its limit.
_MEASURED = "refine_gas IS NOT NULL AND refine_gas_limit IS NOT NULL"
# The steps of a guarantor with a package, as columns.
STEPS = ("received", "authorized", "refined", "built", "signed", "guaranteed", "distributed")
# A span is at most a day: longer than any package takes, so that a wrong clock counts no more.


def _span(first: str, last: str) -> str:
    """Return SQL of the microseconds between two steps, from 0 to a day."""
    return f"CASE WHEN {last} > {first} THEN least({last} - {first}, {DAY_US}) ELSE 0 END"


# Counts of ``PackageCounts``: SQL over rows, and the operation that merges two shards' values.
COUNT_COLUMNS: Mapping[str, tuple[str, str]] = {
    "rows": ("count(*)", "sum"),
    "submissions": (f"count(*) FILTER (kind = {SUBMISSION})", "sum"),
    "shares": (f"count(*) FILTER (kind = {SHARE})", "sum"),
    **{step: (f"count({step})", "sum") for step in STEPS},
    "failed": ("count(*) FILTER (outcome = 'failed')", "sum"),
    "duplicates": ("count(*) FILTER (outcome = 'duplicate')", "sum"),
    # Rows with a guarantee that have ended.
    "guaranteed_ended": (
        "count(*) FILTER (guaranteed IS NOT NULL "
        f"AND (outcome <> 'unfinished' OR ended_at < {INACTIVE_SINCE} OR {IS_CLOSED}))",
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
    "distributions": (
        "count(*) FILTER (guaranteed IS NOT NULL AND distributed IS NOT NULL)",
        "sum",
    ),
    "distribution_us": (
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

# Columns of ``PackageStates`` that are the leading guarantor's.
LEAD = (
    "node",
    "kind",
    "outcome",
    "started_at",
    "started",
    "received",
    "authorized",
    "refined",
    "built",
    "signed",
    "guaranteed",
    "distributed",
    "core",
    "report",
    "erasure_root",
    "segments_root",
    "refine_gas",
    "refine_ns",
    "refine_gas_limit",
    "auth_gas",
    "auth_ns",
    "bundle_size",
    "size_bytes",
    "guarantee_slot",
    "services",
)
# All columns of ``PackageStates``. ``place`` orders guarantors, the leading one first; ``failed``
# and ``reason`` are of the first guarantor in that order that failed; ``received_by`` and
# ``guaranteed_by`` are the guarantors that received the package and that built a guarantee.
STATE = (
    "hash",
    *LEAD,
    "place",
    "first_at",
    "last_at",
    "nodes",
    "submitted_to",
    "submissions",
    "submissions_failed",
    "shares",
    "shares_failed",
    "failed_place",
    "failed",
    "reason",
    "any_report",
    "any_erasure_root",
    "received_by",
    "guaranteed_by",
)


class Package(NamedTuple):
    """A package with its ``MARKS`` and ``MEASURES`` over all guarantors.

    Attributes:
        first_at: When the first guarantor began, Unix microseconds.
    """

    key: int
    core: int | None
    marks: int
    refine_gas: int | None
    bundle_size: int | None
    guarantee_slot: int | None
    imports: int | None
    exports: int | None
    extrinsic_size: int | None
    first_at: int

    def has(self, mark: str) -> bool:
        """Return whether the package has a mark at any guarantor."""
        return bool(self.marks & _BIT[mark])


@dataclass(frozen=True)
class PackageSet:
    """The packages of a window, each once per core; guarantors may disagree on the core.

    Attributes:
        scale: The number of packages that each stands for; 1 if it is not a sample. A fraction,
            so that sums stay exact.
        unidentified: Attempts that ended, or stopped, before their package was known:
            ``submissions``, ``shares`` and ``failed`` of both.
    """

    packages: Sequence[Package]
    scale: Fraction
    unidentified: Mapping[str, int]

    @property
    def exact(self) -> bool:
        """True if this is not a sample."""
        return self.scale == 1

    def distinct(self, *marks: str, core: int | None = None) -> int:
        """Return the number of packages that have all of these marks."""
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
        """Return a sum over the sample as an estimate of the sum over all packages."""
        return round(number * self.scale)

    def by_core(self) -> dict[int, PackageSet]:
        """Return the packages of each core in order, without those of unknown core."""
        by_core: dict[int, list[Package]] = {}
        for package in self.packages:
            if package.core is not None:
                by_core.setdefault(package.core, []).append(package)
        return {core: PackageSet(by_core[core], self.scale, {}) for core in sorted(by_core)}

    def total(self, measure: str) -> int:
        """Return the sum of a measure over packages."""
        return self.estimate(sum(getattr(each, measure) or 0 for each in self.packages))


class StageRows(Struct, frozen=True):
    """One shard's packages.

    Attributes:
        rows: Key, core, marks, ``MEASURES`` and ``first_at`` of each package and core.
        below: The answer has only packages with smaller keys; ``None`` if it is not a sample.
        unidentified: See ``PackageSet``.
    """

    rows: list[list[Any]]
    below: int | None
    unidentified: dict[str, int]


class PackageStages(Query[StageRows, PackageSet], frozen=True):
    """The packages of a window with their stages.

    Beyond ``SAMPLE_ROWS`` rows a shard answers with a sample. It is taken by hash, so all shards
    sample the same packages.
    """

    name = "package_stages"
    source = "aggregates"
    tables = ("packages",)
    window: Window
    core: int | None = None

    def merge(self, partials: Partials[StageRows]) -> PackageSet:
        """Return each package once, from the hashes that all samples cover."""
        answers = [answer for _, answer in partials]
        below = min((each.below for each in answers if each.below is not None), default=None)
        merged: dict[tuple[int, int | None], list[Any]] = {}
        unidentified = Counter({"submissions": 0, "shares": 0, "failed": 0})
        for answer in answers:
            unidentified.update(answer.unidentified)
            for key, core, marks, *measures, first_at in answer.rows:
                if below is not None and key >= below:
                    continue
                known = merged.get((key, core))
                if known is None:
                    merged[key, core] = [marks, *measures, first_at]
                    continue
                known[0] |= marks
                known[1:-1] = map(_greater, known[1:-1], measures)
                known[-1] = min(known[-1], first_at)
        packages = [Package(key, core, *values) for (key, core), values in merged.items()]
        scale = Fraction(1) if below is None else Fraction(KEYS, max(1, below))
        return PackageSet(packages, scale, dict(unidentified))


class PackageCounts(Query[list[list[Any]], list[Json]], frozen=True):
    """Guarantors' rows, counted by node, core, both or neither.

    A row has the keys, then ``COUNT_COLUMNS``; merged rows are objects.

    Attributes:
        by: Keys: ``node``, ``core``, both or none.
        inactive_since_us: Rows whose last event is older have ended.
    """

    name = "package_counts"
    source = "aggregates"
    tables = ("packages", "sessions")
    window: Window
    core: int | None = None
    by: Sequence[str] = ()
    inactive_since_us: int | None = None

    @property
    def keys(self) -> list[str]:
        """The keys in the order of a row's columns."""
        return [key for key in ("node", "core") if key in self.by]

    def merge(self, partials: Partials[list[list[Any]]]) -> list[Json]:
        """Add up rows with the same keys."""
        keys = self.keys
        merged: dict[tuple[Any, ...], Json] = {}
        for _, rows in partials:
            for row in rows:
                key = tuple(row[: len(keys)])
                values = dict(zip(COUNT_COLUMNS, row[len(keys) :], strict=True))
                known = merged.get(key)
                if known is None:
                    values["cores"] = Counter(_cores(values["cores"]))
                    merged[key] = values
                    continue
                for name, (_, operation) in COUNT_COLUMNS.items():
                    known[name] = _add(operation, known[name], values[name])
        return [{**dict(zip(keys, key, strict=True)), **values} for key, values in merged.items()]


class StepSamples(NamedTuple):
    """Samples of a duration in one bin.

    Attributes:
        core: Only with ``StepDurations.by_core``.
        bucket: Only with ``StepDurations.step_us``: the bucket in which the row began, Unix
            microseconds.
    """

    pair: int
    bin: int
    samples: int
    core: int | None = None
    bucket: int | None = None


class StepDurations(Query[list[StepSamples], list[StepSamples]], frozen=True):
    """Durations between the steps in ``PAIRS`` of a row, in bins; each is by one node's clock.

    Attributes:
        by_core: Whether samples are counted by core.
        step_us: Length of the buckets of time that samples are counted by; 0 for none.
    """

    name = "step_durations"
    source = "aggregates"
    tables = ("packages",)
    window: Window
    core: int | None = None
    by_core: bool = False
    step_us: int = 0

    def merge(self, partials: Partials[list[StepSamples]]) -> list[StepSamples]:
        """Return the rows of all shards."""
        return [row for _, rows in partials for row in rows]


def samples_by_pair(rows: Iterable[StepSamples]) -> dict[str, Counter[int]]:
    """Add up samples by bin, for each pair of ``PAIRS`` by name."""
    durations: dict[str, Counter[int]] = {name: Counter() for name in PAIRS}
    names = list(PAIRS)
    for row in rows:
        durations[names[row.pair]][row.bin] += row.samples
    return durations


class PackageStates(Query[list[list[Any]], list[Json]], frozen=True):
    """The packages that began last, or those in ``hashes``; rows and objects of ``STATE``.

    Attributes:
        limit: Packages, newest first.
    """

    name = "package_states"
    source = "aggregates"
    tables = ("packages",)
    window: Window = Window()
    core: int | None = None
    hashes: Sequence[str] | None = None
    limit: int = 1_000

    def merge(self, partials: Partials[list[list[Any]]]) -> list[Json]:
        """Return each package once, newest first."""
        merged: dict[str, Json] = {}
        for _, rows in partials:
            for row in rows:
                state = dict(zip(STATE, row, strict=True))
                known = merged.get(state["hash"])
                merged[state["hash"]] = state if known is None else _join(known, state)
        newest = sorted(merged.values(), key=lambda state: state["first_at"], reverse=True)
        return newest[: self.limit]


class PackageRows(Query[list[Json], list[Json]], frozen=True):
    """Guarantors' rows of packages, oldest first: objects of the table's columns.

    Attributes:
        hashes: Of packages, of their reports or of their erasure roots.
        root: The id of a row's first event.
        session: Of the rows; ``None`` means any.
    """

    name = "package_rows"
    source = "aggregates"
    tables = ("packages",)
    hashes: Sequence[str] | None = None
    root: int | None = None
    session: int | None = None
    node: str | None = None

    def merge(self, partials: Partials[list[Json]]) -> list[Json]:
        """Return the rows of all shards in order."""
        rows = [row for _, part in partials for row in part]
        return sorted(rows, key=lambda row: (row["started_at"], row["session"], row["root"]))


class JourneyPart(TypedDict):
    """Events of a package, oldest first; ``pipelines`` by session and first event's id."""

    pipelines: dict[str, list[Json]]
    reports: list[Json]
    erasures: list[Json]
    auditors: list[str]


class JourneyEvents(Query[JourneyPart, Json], frozen=True):
    """The events of a package, from the event log.

    Attributes:
        pipelines: Session, first event's id, and a window in Unix microseconds.
        reports, erasures: Hash in hex, and a window.
        limit: Events of each pipeline, report and erasure root.
    """

    name = "journey"
    source = "log"
    pipelines: Sequence[tuple[int, int, int, int]] = ()
    reports: Sequence[tuple[str, int, int]] = ()
    erasures: Sequence[tuple[str, int, int]] = ()
    limit: int = 200
    byte_encoding: ByteEncoding = "hex"

    def merge(self, partials: Partials[JourneyPart]) -> Json:
        """Return all events; ``truncated`` if a shard may have more."""
        body: Json = {"pipelines": {}, "reports": [], "erasures": [], "truncated": False}
        auditors: set[str] = set()
        for _, answer in partials:
            body["pipelines"] |= answer["pipelines"]
            body["reports"] += answer["reports"]
            body["erasures"] += answer["erasures"]
            auditors.update(answer["auditors"])
            lists = [*answer["pipelines"].values(), answer["reports"], answer["erasures"]]
            body["truncated"] |= any(len(events) >= self.limit for events in lists)
        body["erasures"].sort(key=lambda event: (event["received_at"], event["id"]))
        return {**body, "auditors": sorted(auditors)}


def _greater(one: Any, other: Any) -> Any:
    return max((each for each in (one, other) if each is not None), default=None)


def _add(operation: str, one: Any, other: Any) -> Any:
    if operation == "add":
        return one + Counter(_cores(other))
    if operation == "max":
        return _greater(one, other)
    return (one or 0) + (other or 0)


def _cores(value: Mapping[str, int] | None) -> dict[int, int]:
    """Return counts by core; JSON has the cores as text."""
    return {int(core): count for core, count in (value or {}).items()}


_NODE_LISTS = ("nodes", "received_by", "guaranteed_by")


def _join(one: Json, other: Json) -> Json:
    """Return the state of a package merged from two shards."""
    lead, rest = (one, other) if one["place"] >= other["place"] else (other, one)
    failed = max(one, other, key=lambda each: each["failed_place"] or 0)
    added = ("submissions", "submissions_failed", "shares", "shares_failed")
    submitted = [each for each in (one, other) if each["submitted_to"]]
    first = min(submitted, key=lambda each: each["first_at"], default=lead)
    return {
        **lead,
        **{name: one[name] + other[name] for name in added},
        "first_at": min(one["first_at"], other["first_at"]),
        "last_at": max(one["last_at"], other["last_at"]),
        **{name: sorted({*one[name], *other[name]}) for name in _NODE_LISTS},
        "submitted_to": first["submitted_to"],
        **{name: failed[name] for name in ("failed_place", "failed", "reason")},
        "any_report": lead["any_report"] or rest["any_report"],
        "any_erasure_root": lead["any_erasure_root"] or rest["any_erasure_root"],
    }
