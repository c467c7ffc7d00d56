"""Answers about work-packages, from the aggregates' ``packages``: a row for each guarantor.

``query.packages`` says what the answers mean and how they add up. They cost what the
window's rows cost, whatever is left of the log.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tart.query.bins import BINS, PER_OCTAVE
from tart.query.packages import (
    KEYS,
    LEAD,
    MARKS,
    MEASURES,
    PAIRS,
    SAMPLE_ROWS,
    SUBMISSION,
    TALLY,
)
from tart.query.windows import bounds_us
from tart.storage.relations import Relations

Parameters = Mapping[str, Any]
NodeIds = Callable[[int, int], str | None]
MAX_STATES = 20_000
_MAX_U64 = (1 << 64) - 1
_DUPLICATE = "outcome = 'duplicate'"
# By how far a guarantor came; a secondary's signature comes after its report.
_RANK = (
    "CASE WHEN distributed IS NOT NULL THEN 7 WHEN guaranteed IS NOT NULL THEN 6 "
    "WHEN signed IS NOT NULL OR built IS NOT NULL THEN 5 WHEN refined IS NOT NULL THEN 4 "
    "WHEN authorized IS NOT NULL THEN 3 WHEN received IS NOT NULL THEN 2 ELSE 1 END"
)
_HASHES = ("report", "erasure_root", "segments_root")


def handled(
    relations: Relations, parameters: Parameters, nodes: str, id_of: NodeIds
) -> dict[str, Any]:
    """The packages of a window by hash, or a sample of them; see ``query.packages``.

    Returns:
        ``rows`` of [key, core, marks, *``MEASURES``]; ``below``: only packages with keys
        below that are among them, ``None`` if all are; ``unidentified`` attempts.
    """
    relation = relations.of("packages", f"{_inside(parameters)} AND {nodes}")
    submission = f"kind = {SUBMISSION}"
    ((count, submissions, shares, failed),) = relations.cursor.execute(
        f"SELECT count(hash), {_count(f'hash IS NULL AND {submission}')}, "
        f"{_count(f'hash IS NULL AND NOT {submission}')}, "
        f"{_count("hash IS NULL AND outcome = 'failed'")} FROM {relation}"
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
    relations: Relations, parameters: Parameters, nodes: str, id_of: NodeIds
) -> list[list[Any]]:
    """Rows of [key, …, *``TALLY``], counted by ``by``: node, core, both or neither."""
    keys = [key for key in ("node", "core") if key in (parameters.get("by") or ())]
    shown = ["[directory, node]" if key == "node" else key for key in keys]
    values = [_fitting(sql, operation) for sql, operation in TALLY.values()]
    group = f"GROUP BY {', '.join(str(at + 1) for at in range(len(keys)))}" if keys else ""
    rows = relations.cursor.execute(
        f"SELECT {', '.join([*shown, *values])} "
        f"FROM {relations.of('packages', f'{_inside(parameters)} AND {nodes}')} {group}"
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
    relations: Relations, parameters: Parameters, nodes: str, id_of: NodeIds
) -> list[list[int]]:
    """[pair, bin, samples] of the durations between the steps of ``PAIRS``."""
    columns = sorted({step for pair in PAIRS.values() for step in pair})
    relation = relations.of("packages", f"{_inside(parameters)} AND {nodes}")
    parts = [
        f"SELECT {at} AS pair, {_bin(first, last)} AS bin FROM found "
        f"WHERE {first} IS NOT NULL AND {last} IS NOT NULL"
        for at, (first, last) in enumerate(PAIRS.values())
    ]
    rows = relations.cursor.execute(
        f"WITH found AS MATERIALIZED (SELECT {', '.join(columns)} FROM {relation}) "
        f"SELECT pair, bin, count(*) FROM ({' UNION ALL '.join(parts)}) GROUP BY pair, bin"
    ).fetchall()
    return [list(row) for row in rows]


def states(
    relations: Relations, parameters: Parameters, nodes: str, id_of: NodeIds
) -> list[list[Any]]:
    """The packages that began last, as rows of ``query.packages.STATE``."""
    limit = max(0, min(int(parameters.get("limit") or MAX_STATES), MAX_STATES))
    relation = relations.of("packages", f"{_inside(parameters)} AND {nodes}")
    fields = {name: name for name in LEAD} | {
        "node": "[directory, node]",
        "started_at": "epoch_us(started_at)",
        "rank": "rank",
        **{name: f"lower(hex({name}))" for name in _HASHES},
    }
    lead = ", ".join(f"{name} := {value}" for name, value in fields.items())
    # Rank and kind above, an earlier start below: microseconds fit 52 bits.
    place = f"(rank * 2 + (kind = {SUBMISSION})::BIGINT) * {1 << 52} - epoch_us(started_at)"
    submission, failed = f"kind = {SUBMISSION}", "outcome = 'failed'"
    rows = relations.cursor.execute(
        f"SELECT lower(hex(hash)), arg_max(struct_pack({lead}), {place}), "
        "epoch_us(min(started_at)), epoch_us(max(ended_at)), list(DISTINCT [directory, node]), "
        f"{_count(submission)}, {_count(f'{submission} AND {failed}')}, "
        f"{_count(f'NOT {submission}')}, {_count(f'NOT {submission} AND {failed}')}, "
        f"epoch_us(max(ended_at) FILTER ({failed})), "
        f"arg_max(reason, {place}) FILTER ({failed}), "
        "lower(hex(any_value(report))), lower(hex(any_value(erasure_root))) "
        f"FROM (SELECT *, {_RANK} AS rank FROM {relation} "
        f"WHERE hash IS NOT NULL AND NOT {_DUPLICATE}) "
        f"GROUP BY hash ORDER BY 3 DESC LIMIT {limit}"
    ).fetchall()
    return [_state(row, id_of) for row in rows]


def _state(row: tuple[Any, ...], id_of: NodeIds) -> list[Any]:
    package, lead, first, last, nodes, *rest = row
    lead["node"] = id_of(*lead["node"])
    names = sorted(filter(None, (id_of(*each) for each in nodes)))
    return [package, *(lead[name] for name in LEAD), first, last, names, *rest]


def _inside(parameters: Parameters) -> str:
    start, end = bounds_us(parameters)
    core = parameters.get("core")
    window = f"started_at >= make_timestamp({start}) AND started_at < make_timestamp({end})"
    return window if core is None else f"{window} AND core = {int(core)}"


def _count(condition: str) -> str:
    return f"count(*) FILTER ({condition})"


def _fitting(sql: str, operation: str) -> str:
    """A sum as a number that JSON's readers and ours have."""
    return f"least({sql}, {_MAX_U64})::UBIGINT" if sql.startswith("sum(") else sql


def _bin(first: str, last: str) -> str:
    """The bin of a duration, as ``aggregate.counting`` has it."""
    taken = f"greatest(1, least({last}::HUGEINT - {first}::HUGEINT, {1 << 62}))::DOUBLE"
    return f"least({BINS - 1}, floor(log2({taken}) * {PER_OCTAVE}))::INTEGER"
