"""Work-packages, from the aggregates' ``packages``: a row for each guarantor.

``query.shard_queries.packages`` declares the answers and merges them. The cost of an answer
depends on the rows of its window, not on the length of the event log.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from tart.aggregate.core.tables import ROWS, TIME
from tart.query.core.event_ids import DIRECTORY_BITS, event_identity
from tart.query.core.log_histogram import BINS, PER_OCTAVE
from tart.query.core.windows import FOREVER_US, Window, bounds_us
from tart.query.shard_queries.packages import (
    COUNT_COLUMNS,
    INACTIVE_SINCE,
    IS_CLOSED,
    KEYS,
    LEAD,
    MARKS,
    MEASURES,
    PAIRS,
    SAMPLE_ROWS,
    SUBMISSION,
    PackageCounts,
    PackageRows,
    PackageStages,
    PackageStates,
    StageRows,
    StepDurations,
    StepSamples,
)
from tart.shard.queries import package_columns, state_columns
from tart.shard.queries.node_condition import NodeCondition
from tart.shard.queries.state_columns import PLACE_STEP, RANKED
from tart.storage.aggregates.merged_relations import MergedRelations

NodeIds = Callable[[int, int], str | None]
# Limits of one answer: packages, and guarantors' rows.
MAX_STATES = 1000
MAX_ROWS = 5000
_DUPLICATE, _FAILED = "outcome = 'duplicate'", "outcome = 'failed'"
# The rank of a guarantor's row.
_RANK = "CASE {} ELSE 1 END".format(
    " ".join(
        f"WHEN {' OR '.join(f'{step} IS NOT NULL' for step in steps)} THEN {rank}"
        for rank, steps in zip(range(len(RANKED) + 1, 1, -1), RANKED, strict=True)
    )
)
# Rank and kind in the high bits, an earlier start in the low ones.
_PLACE = f"(rank * 2 + (kind = {SUBMISSION})::BIGINT) * {PLACE_STEP} - epoch_us(started_at)"
# SQL of rows with ``place``, which orders guarantors, the leading one last; ``{}`` is a relation.
PLACED = f"(SELECT *, {_PLACE} AS place FROM (SELECT *, {_RANK} AS rank FROM {{}}))"
_HASHES = ("report", "erasure_root", "segments_root")
_NAMES = ("hash", "report", "erasure_root")


def package_stages(
    relations: MergedRelations, query: PackageStages, nodes: NodeCondition, id_of: NodeIds
) -> StageRows:
    """Return the packages of a window by hash, or a sample of them."""
    stages = package_columns.package_stages(relations, query)
    return _stages_by_statement(relations, query, nodes) if stages is None else stages


def _stages_by_statement(
    relations: MergedRelations, query: PackageStages, nodes: NodeCondition
) -> StageRows:
    relation = relations.table("packages", f"{rows_inside(query.window, query.core)} AND {nodes}")
    submission = f"kind = {SUBMISSION}"
    nameless = (submission, f"NOT {submission}", _FAILED)
    counts = ", ".join(_count(f"hash IS NULL AND {each}") for each in nameless)
    ((count, submissions, shares, failed),) = relations.execute(
        f"SELECT count(hash), {counts} FROM {relation}"
    ).fetchall()
    below = None if count <= SAMPLE_ROWS else KEYS * SAMPLE_ROWS // count
    marks = " | ".join(
        f"(CASE WHEN {condition} THEN {1 << bit} ELSE 0 END)"
        for bit, condition in enumerate(MARKS.values())
    )
    sample = "true" if below is None else f"hash(hash) < {below}"
    rows = relations.execute(
        f"SELECT hash(hash), core, bit_or({marks}), {', '.join(f'max({m})' for m in MEASURES)}, "
        "epoch_us(min(started_at)) "
        f"FROM {relation} WHERE hash IS NOT NULL AND {sample} GROUP BY hash, core"
    ).fetchall()
    return StageRows(
        rows=[list(row) for row in rows],
        below=below,
        unidentified={"submissions": submissions, "shares": shares, "failed": failed},
    )


def package_counts(
    relations: MergedRelations, query: PackageCounts, nodes: NodeCondition, id_of: NodeIds
) -> list[list[Any]]:
    """Return rows of keys and ``COUNT_COLUMNS``."""
    counted = package_columns.package_counts(relations, query, id_of)
    return _counts_by_statement(relations, query, nodes, id_of) if counted is None else counted


def _counts_by_statement(
    relations: MergedRelations, query: PackageCounts, nodes: NodeCondition, id_of: NodeIds
) -> list[list[Any]]:
    keys = query.keys
    shown = ["[directory, node]" if key == "node" else key for key in keys]
    since_us = query.inactive_since_us
    since = f"make_timestamp({FOREVER_US if since_us is None else min(since_us, FOREVER_US)})"
    values = [_or_zero(sql.replace(INACTIVE_SINCE, since)) for sql, _ in COUNT_COLUMNS.values()]
    group = f"GROUP BY {', '.join(str(column + 1) for column in range(len(keys)))}" if keys else ""
    relation = relations.table("packages", f"{rows_inside(query.window, query.core)} AND {nodes}")
    ended = relations.table("sessions", "ended_at IS NOT NULL")
    rows = relations.execute(
        f"SELECT {', '.join([*shown, *values])} FROM (SELECT packages.*, "
        f"ended.session IS NOT NULL AS {IS_CLOSED} FROM {relation} AS packages LEFT JOIN "
        f"(SELECT DISTINCT directory, session FROM {ended}) AS ended USING (directory, session)) "
        f"{group}"
    ).fetchall()
    counts = []
    for row in rows:
        key = [
            id_of(*value) if name == "node" else value
            for name, value in zip(keys, row, strict=False)
        ]
        cores = {str(core): count for core, count in (row[-1] or {}).items()}
        counts.append([*key, *row[len(keys) : -1], cores])
    return counts


def step_durations(
    relations: MergedRelations, query: StepDurations, nodes: NodeCondition, id_of: NodeIds
) -> list[StepSamples]:
    """Return samples of the durations between the steps of ``PAIRS``."""
    samples = package_columns.step_durations(relations, query)
    return _durations_by_statement(relations, query, nodes) if samples is None else samples


def _durations_by_statement(
    relations: MergedRelations, query: StepDurations, nodes: NodeCondition
) -> list[StepSamples]:
    bucket = (
        f"epoch_us(started_at) // {query.step_us} * {query.step_us}" if query.step_us else "NULL"
    )
    keys = f"{'core' if query.by_core else 'NULL'} AS core, {bucket} AS bucket"
    columns = [*sorted({step for pair in PAIRS.values() for step in pair}), "core", "started_at"]
    relation = relations.table("packages", f"{rows_inside(query.window, query.core)} AND {nodes}")
    parts = [
        f"SELECT {pair} AS pair, {_bin(first, last)} AS bin, {keys} FROM selected "
        f"WHERE {first} IS NOT NULL AND {last} IS NOT NULL"
        for pair, (first, last) in enumerate(PAIRS.values())
    ]
    rows = relations.execute(
        f"WITH selected AS MATERIALIZED (SELECT {', '.join(columns)} FROM {relation}) "
        f"SELECT pair, bin, count(*), core, bucket FROM ({' UNION ALL '.join(parts)}) GROUP BY ALL"
    ).fetchall()
    return [StepSamples(*row) for row in rows]


def package_states(
    relations: MergedRelations, query: PackageStates, nodes: NodeCondition, id_of: NodeIds
) -> list[list[Any]]:
    """Return the packages that began last, or those in ``hashes``, as ``STATE``."""
    limit = max(0, min(query.limit, MAX_STATES))
    states = state_columns.package_states(relations, query, limit, nodes, id_of)
    if states is None:
        return _states_by_statement(relations, query, limit, nodes, id_of)
    return states


def _states_by_statement(
    relations: MergedRelations,
    query: PackageStates,
    limit: int,
    nodes: NodeCondition,
    id_of: NodeIds,
) -> list[list[Any]]:
    where = f"{rows_inside(query.window, query.core)} AND {nodes}"
    where += f" AND hash IS NOT NULL AND NOT {_DUPLICATE}"
    if query.hashes is not None:
        where += f" AND {_among(('hash',), query.hashes)}"
    fields = {name: name for name in LEAD} | {
        "node": "[directory, node]",
        "started_at": "epoch_us(started_at)",
        **{name: f"lower(hex({name}))" for name in _HASHES},
    }
    lead = ", ".join(f"{name} := {value}" for name, value in fields.items())
    submission = f"kind = {SUBMISSION}"

    def among_nodes(condition: str) -> str:
        return f"list(DISTINCT [directory, node]) FILTER ({condition})"

    newest = (
        f"(SELECT * FROM {relations.table('packages', where)} "
        "WHERE hash IN (SELECT hash FROM newest))"
    )
    # The search of the newest costs a tenth of reading their states.
    rows = relations.execute(
        f"WITH newest AS (SELECT hash FROM {relations.table('packages', where)} GROUP BY hash "
        f"ORDER BY min(started_at) DESC LIMIT {limit}) "
        f"SELECT lower(hex(hash)), arg_max(struct_pack({lead}), place), max(place), "
        "epoch_us(min(started_at)), epoch_us(max(ended_at)), list(DISTINCT [directory, node]), "
        f"arg_min([directory, node], started_at) FILTER ({submission}), "
        f"{_count(submission)}, {_count(f'{submission} AND {_FAILED}')}, "
        f"{_count(f'NOT {submission}')}, {_count(f'NOT {submission} AND {_FAILED}')}, "
        f"max(place) FILTER ({_FAILED}), arg_max(failed, place) FILTER ({_FAILED}), "
        f"arg_max(reason, place) FILTER ({_FAILED}), "
        "lower(hex(arg_max(report, place))), lower(hex(arg_max(erasure_root, place))), "
        f"{among_nodes(MARKS['received'])}, {among_nodes(MARKS['guaranteed'])} "
        f"FROM {PLACED.format(newest)} GROUP BY hash ORDER BY 4 DESC"
    ).fetchall()
    return [_state(row, id_of) for row in rows]


def _state(row: tuple[Any, ...], id_of: NodeIds) -> list[Any]:
    package, lead, place, first, last, nodes, submitted_to, *rest, received, guaranteed = row
    lead["node"] = id_of(*lead["node"])
    submission_node = submitted_to and id_of(*submitted_to)
    values = [lead[name] for name in LEAD]
    lists = [_node_ids(each, id_of) for each in (nodes, received, guaranteed)]
    return [package, *values, place, first, last, lists[0], submission_node, *rest, *lists[1:]]


def _node_ids(pairs: Iterable[tuple[int, int]] | None, id_of: NodeIds) -> list[str]:
    return sorted(filter(None, (id_of(*pair) for pair in pairs or ())))


def package_rows(
    relations: MergedRelations, query: PackageRows, nodes: NodeCondition, id_of: NodeIds
) -> list[dict[str, Any]]:
    """Return guarantors' rows of packages in order, as objects of the table's columns."""
    columns = ROWS["packages"]
    where = str(nodes)
    if query.hashes is not None:
        where += f" AND {_among(_NAMES, query.hashes)}"
    if query.root is not None:
        where += f" AND root = {query.root}"
    if query.session is not None:
        directory, session = event_identity(query.session)
        where += f" AND directory = {directory} AND session = {session}"
    shown = [_shown(name, kind) for name, kind in columns.items()]
    rows = relations.execute(
        f"SELECT directory, {', '.join(shown)} FROM {relations.table('packages', where)} "
        f"ORDER BY started_at, directory, seq LIMIT {MAX_ROWS}"
    ).fetchall()
    objects = []
    for directory, *values in rows:
        row = dict(zip(columns, values, strict=True))
        row["node"] = id_of(directory, row["node"])
        row["session"] = row["session"] << DIRECTORY_BITS | directory
        objects.append(row)
    return objects


def _shown(name: str, kind: str) -> str:
    if kind == TIME:
        return f"epoch_us({name})"
    return f"lower(hex({name}))" if kind == "BLOB" else name


def _among(columns: Iterable[str], hashes: Iterable[str]) -> str:
    some = ", ".join(f"from_hex('{bytes.fromhex(each).hex()}')" for each in hashes)
    if not some:
        return "false"
    return f"({' OR '.join(f'{column} IN ({some})' for column in columns)})"


def rows_inside(window: Window, core: int | None) -> str:
    """Return the condition of rows that began in a window, of one core or of all."""
    start, end = bounds_us(window)
    inside = f"started_at >= make_timestamp({start}) AND started_at < make_timestamp({end})"
    return inside if core is None else f"{inside} AND core = {core}"


def _count(condition: str) -> str:
    return f"count(*) FILTER ({condition})"


def _or_zero(sql: str) -> str:
    """Return SQL of a value; a sum, which is exact in 128 bits, is 0 without rows."""
    return f"coalesce({sql}, 0)" if sql.startswith("sum(") else sql


def _bin(first: str, last: str) -> str:
    """Return SQL of the bin of a duration, as in ``aggregate.columnar.counters``."""
    duration = f"greatest(1, least({last}::HUGEINT - {first}::HUGEINT, {1 << 62}))::DOUBLE"
    return f"least({BINS - 1}, floor(log2({duration}) * {PER_OCTAVE}))::INTEGER"
