"""Answers about work-packages, from the aggregates' ``packages``: a row for each guarantor.

``query.packages.packages`` says what the answers mean and how they add up. They cost what the
window's rows cost, whatever is left of the log.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from tart.aggregate.core.tables import ROWS, TIME
from tart.query.core.catalog import DIRECTORY_BITS, event_identity
from tart.query.core.log_histogram import BINS, PER_OCTAVE
from tart.query.core.windows import FOREVER_US, bounds_us
from tart.query.packages.packages import (
    HUNG_UP,
    KEYS,
    LEAD,
    MARKS,
    MEASURES,
    PAIRS,
    SAMPLE_ROWS,
    SETTLED,
    SUBMISSION,
    TALLY,
)
from tart.storage.aggregates.merged_relations import MergedRelations

Parameters = Mapping[str, Any]
NodeIds = Callable[[int, int], str | None]
Answer = Callable[[MergedRelations, Parameters, str, NodeIds], Any]
# Of one answer: packages, and guarantors' rows of packages that are asked for by hash.
MAX_STATES = 1000
MAX_HANDLINGS = 5000
_DUPLICATE, _FAILED = "outcome = 'duplicate'", "outcome = 'failed'"
# By how far a guarantor came; a secondary's signature comes after its report.
_RANK = (
    "CASE WHEN distributed IS NOT NULL THEN 7 WHEN guaranteed IS NOT NULL THEN 6 "
    "WHEN signed IS NOT NULL OR built IS NOT NULL THEN 5 WHEN refined IS NOT NULL THEN 4 "
    "WHEN authorized IS NOT NULL THEN 3 WHEN received IS NOT NULL THEN 2 ELSE 1 END"
)
_HASHES = ("report", "erasure_root", "segments_root")
_NAMES = ("hash", "report", "erasure_root")


def handled(
    relations: MergedRelations, parameters: Parameters, nodes: str, id_of: NodeIds
) -> dict[str, Any]:
    """The packages of a window by hash, or a sample of them; see ``query.packages.packages``.

    Returns:
        ``rows`` of [key, core, marks, *``MEASURES``]; ``below``: only packages with keys
        below that are among them, ``None`` if all are; ``unidentified`` attempts.
    """
    relation = relations.table("packages", f"{_inside(parameters)} AND {nodes}")
    submission = f"kind = {SUBMISSION}"
    nameless = (submission, f"NOT {submission}", _FAILED)
    counts = ", ".join(_count(f"hash IS NULL AND {each}") for each in nameless)
    ((count, submissions, shares, failed),) = relations.cursor.execute(
        f"SELECT count(hash), {counts} FROM {relation}"
    ).fetchall()
    below = None if count <= SAMPLE_ROWS else KEYS * SAMPLE_ROWS // count
    marks = " | ".join(
        f"(CASE WHEN {condition} THEN {1 << at} ELSE 0 END)"
        for at, condition in enumerate(MARKS.values())
    )
    sample = "true" if below is None else f"hash(hash) < {below}"
    rows = relations.cursor.execute(
        f"SELECT hash(hash), core, bit_or({marks}), {', '.join(f'max({m})' for m in MEASURES)} "
        f"FROM {relation} WHERE hash IS NOT NULL AND {sample} GROUP BY hash, core"
    ).fetchall()
    return {
        "rows": [list(row) for row in rows],
        "below": below,
        "unidentified": {"submissions": submissions, "shares": shares, "failed": failed},
    }


def tallied(
    relations: MergedRelations, parameters: Parameters, nodes: str, id_of: NodeIds
) -> list[list[Any]]:
    """Rows of [key, …, *``TALLY``], counted by ``by``: node, core, both or neither."""
    keys = [key for key in ("node", "core") if key in (parameters.get("by") or ())]
    shown = ["[directory, node]" if key == "node" else key for key in keys]
    settled = parameters.get("settled_us")
    settled = FOREVER_US if settled is None else min(int(settled), FOREVER_US)
    moment = f"make_timestamp({settled})"
    values = [_of_none(sql.replace(SETTLED, moment)) for sql, _ in TALLY.values()]
    group = f"GROUP BY {', '.join(str(at + 1) for at in range(len(keys)))}" if keys else ""
    relation = relations.table("packages", f"{_inside(parameters)} AND {nodes}")
    ended = relations.table("sessions", "ended_at IS NOT NULL")
    rows = relations.cursor.execute(
        f"SELECT {', '.join([*shown, *values])} FROM (SELECT packages.*, "
        f"ended.session IS NOT NULL AS {HUNG_UP} FROM {relation} AS packages LEFT JOIN "
        f"(SELECT DISTINCT directory, session FROM {ended}) AS ended USING (directory, session)) "
        f"{group}"
    ).fetchall()
    found = []
    for row in rows:
        key = [
            id_of(*value) if name == "node" else value
            for name, value in zip(keys, row, strict=False)
        ]
        cores = {str(core): count for core, count in (row[-1] or {}).items()}
        found.append([*key, *row[len(keys) : -1], cores])
    return found


def steps(
    relations: MergedRelations, parameters: Parameters, nodes: str, id_of: NodeIds
) -> list[list[int]]:
    """[pair, bin, samples] of the durations between the steps of ``PAIRS``.

    With ``by_core`` also the core, last.
    """
    core = ", core" if parameters.get("by_core") else ""
    columns = [*sorted({step for pair in PAIRS.values() for step in pair}), "core"]
    relation = relations.table("packages", f"{_inside(parameters)} AND {nodes}")
    parts = [
        f"SELECT {at} AS pair, {_bin(first, last)} AS bin{core} FROM found "
        f"WHERE {first} IS NOT NULL AND {last} IS NOT NULL"
        for at, (first, last) in enumerate(PAIRS.values())
    ]
    rows = relations.cursor.execute(
        f"WITH found AS MATERIALIZED (SELECT {', '.join(columns)} FROM {relation}) "
        f"SELECT pair, bin, count(*){core} FROM ({' UNION ALL '.join(parts)}) GROUP BY ALL"
    ).fetchall()
    return [list(row) for row in rows]


def states(
    relations: MergedRelations, parameters: Parameters, nodes: str, id_of: NodeIds
) -> list[list[Any]]:
    """The packages that began last, or those in ``hashes``, as ``query.packages.STATE``."""
    limit = max(0, min(int(parameters.get("limit") or MAX_STATES), MAX_STATES))
    where = f"{_inside(parameters)} AND {nodes} AND hash IS NOT NULL AND NOT {_DUPLICATE}"
    hashes = parameters.get("hashes")
    if hashes is not None:
        where += f" AND {_among(('hash',), hashes)}"
    fields = {name: name for name in LEAD} | {
        "node": "[directory, node]",
        "started_at": "epoch_us(started_at)",
        **{name: f"lower(hex({name}))" for name in _HASHES},
    }
    lead = ", ".join(f"{name} := {value}" for name, value in fields.items())
    # Rank and kind above, an earlier start below: microseconds fit 52 bits.
    place = f"(rank * 2 + (kind = {SUBMISSION})::BIGINT) * {1 << 52} - epoch_us(started_at)"
    submission = f"kind = {SUBMISSION}"
    # Which are the newest costs a tenth of what is to be said of each.
    rows = relations.cursor.execute(
        f"WITH newest AS (SELECT hash FROM {relations.table('packages', where)} GROUP BY hash "
        f"ORDER BY min(started_at) DESC LIMIT {limit}) "
        f"SELECT lower(hex(hash)), arg_max(struct_pack({lead}), place), max(place), "
        "epoch_us(min(started_at)), epoch_us(max(ended_at)), list(DISTINCT [directory, node]), "
        f"arg_min([directory, node], started_at) FILTER ({submission}), "
        f"{_count(submission)}, {_count(f'{submission} AND {_FAILED}')}, "
        f"{_count(f'NOT {submission}')}, {_count(f'NOT {submission} AND {_FAILED}')}, "
        f"max(place) FILTER ({_FAILED}), arg_max(failed, place) FILTER ({_FAILED}), "
        f"arg_max(reason, place) FILTER ({_FAILED}), "
        "lower(hex(arg_max(report, place))), lower(hex(arg_max(erasure_root, place))) "
        f"FROM (SELECT *, {place} AS place FROM (SELECT *, {_RANK} AS rank "
        f"FROM {relations.table('packages', where)} WHERE hash IN (SELECT hash FROM newest))) "
        "GROUP BY hash ORDER BY 4 DESC"
    ).fetchall()
    return [_state(row, id_of) for row in rows]


def _state(row: tuple[Any, ...], id_of: NodeIds) -> list[Any]:
    package, lead, place, first, last, nodes, submitted_to, *rest = row
    lead["node"] = id_of(*lead["node"])
    names = sorted(filter(None, (id_of(*each) for each in nodes)))
    taker = submitted_to and id_of(*submitted_to)
    values = [lead[name] for name in LEAD]
    return [package, *values, place, first, last, names, taker, *rest]


def handlings(
    relations: MergedRelations, parameters: Parameters, nodes: str, id_of: NodeIds
) -> list[dict[str, Any]]:
    """Guarantors' rows of packages, the first first: objects of the table's columns.

    Args:
        parameters: ``hashes``: a package's, its report's or its erasure root's; ``root``: the
            first event's id, of one ``session`` or of any.
    """
    columns = ROWS["packages"]
    where = nodes
    if parameters.get("hashes") is not None:
        where += f" AND {_among(_NAMES, parameters['hashes'])}"
    if parameters.get("root") is not None:
        where += f" AND root = {int(parameters['root'])}"
    if parameters.get("session") is not None:
        directory, session = event_identity(int(parameters["session"]))
        where += f" AND directory = {directory} AND session = {session}"
    shown = [_shown(name, kind) for name, kind in columns.items()]
    rows = relations.cursor.execute(
        f"SELECT directory, {', '.join(shown)} FROM {relations.table('packages', where)} "
        f"ORDER BY started_at, directory, seq LIMIT {MAX_HANDLINGS}"
    ).fetchall()
    found = []
    for directory, *values in rows:
        row = dict(zip(columns, values, strict=True))
        row["node"] = id_of(directory, row["node"])
        row["session"] = row["session"] << DIRECTORY_BITS | directory
        found.append(row)
    return found


QUESTIONS: Mapping[str, Answer] = {
    each.__name__: each for each in (handled, tallied, steps, states, handlings)
}


def _shown(name: str, kind: str) -> str:
    if kind == TIME:
        return f"epoch_us({name})"
    return f"lower(hex({name}))" if kind == "BLOB" else name


def _among(columns: Iterable[str], hashes: Iterable[str]) -> str:
    some = ", ".join(f"from_hex('{bytes.fromhex(each).hex()}')" for each in hashes)
    if not some:
        return "false"
    return f"({' OR '.join(f'{column} IN ({some})' for column in columns)})"


def _inside(parameters: Parameters) -> str:
    start, end = bounds_us(parameters)
    core = parameters.get("core")
    window = f"started_at >= make_timestamp({start}) AND started_at < make_timestamp({end})"
    return window if core is None else f"{window} AND core = {int(core)}"


def _count(condition: str) -> str:
    return f"count(*) FILTER ({condition})"


def _of_none(sql: str) -> str:
    """A sum, of 128 bits and so exact; 0 of no rows."""
    return f"coalesce({sql}, 0)" if sql.startswith("sum(") else sql


def _bin(first: str, last: str) -> str:
    """The bin of a duration, as ``aggregate.columnar.counters`` has it."""
    taken = f"greatest(1, least({last}::HUGEINT - {first}::HUGEINT, {1 << 62}))::DOUBLE"
    return f"least({BINS - 1}, floor(log2({taken}) * {PER_OCTAVE}))::INTEGER"
