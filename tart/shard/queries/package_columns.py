"""Counts and durations of work-packages from rows in memory.

The same answers as the statements of ``packages`` (``tests/shard/queries``), at a tenth of the
cost: these statements have dozens of expressions, which DuckDB binds for every query.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tart.query.core.log_histogram import BINS, PER_OCTAVE
from tart.query.core.windows import FOREVER_US, Window, bounds_us
from tart.query.shard_queries.packages import (
    COUNT_COLUMNS,
    MARKS,
    MEASURES,
    PAIRS,
    SHARE,
    STEPS,
    SUBMISSION,
    PackageCounts,
    PackageStages,
    StageRows,
    StepDurations,
    StepSamples,
)
from tart.shard.queries import column_answers
from tart.shard.queries.selected_rows import NodeIds, SelectedRows
from tart.storage.aggregates.merged_relations import MergedRelations
from tart.storage.core.column_table import Array, ColumnTable, Groups, Numbers, Texts, group
from tart.units import DAY_US

_ORDER = tuple(COUNT_COLUMNS)
_LONGEST = 1 << 62
_COUNTED = (
    *("node", "core", "session", "kind", "outcome", "started", "ended_at", *STEPS),
    *("bundle_size", "refine_gas", "refine_gas_limit", "guarantee_slot"),
)
_STAGED = (
    *("hash", "core", "kind", "outcome", "started_at", *MEASURES),
    *("received", "authorized", "refined", "built", "guaranteed", "distributed"),
)


def selected_rows(
    relations: MergedRelations, window: Window, core: int | None, names: Sequence[str]
) -> column_answers.Parts | None:
    """Return rows of packages that began in a window; ``None`` if DuckDB must read them."""
    start, end = bounds_us(window)
    parts = relations.table_parts("packages", start, end)
    rows = relations.rows_in_memory("packages", parts, names, start, end)
    if rows is None or core is None:
        return rows
    return column_answers.filtered(rows, {"core": [core]}, (), None)


def package_counts(
    relations: MergedRelations, query: PackageCounts, id_of: NodeIds
) -> list[list[Any]] | None:
    """Return rows of keys and ``COUNT_COLUMNS``; ``None`` if DuckDB must read the rows."""
    parts = selected_rows(relations, query.window, query.core, _COUNTED)
    sessions = relations.rows_in_memory(
        "sessions", relations.table_parts("sessions"), ["ended_at", "session"]
    )
    if not parts or sessions is None:
        return None
    table = column_answers.joined("packages", _COUNTED, parts, 0)
    groups = group([table.columns[key] for key in query.keys], table.length)
    values = _count_values(SelectedRows(table), groups, query, _closed(parts, sessions))
    first = groups.first
    keys = [
        column_answers.node_ids(table.columns[key].take(first), id_of)
        if key == column_answers.NODE
        else table.columns[key].take(first).tolist()
        for key in query.keys
    ]
    return [list(row) for row in zip(*keys, *values, strict=True)]


def _closed(parts: column_answers.Parts, sessions: column_answers.Parts) -> Array:
    """Return true for rows of connections that have ended."""
    ended = [
        _connections(each)[SelectedRows(each[1]).known("session", "ended_at")] for each in sessions
    ]
    if not ended:
        return np.zeros(sum(rows.length for _, rows in parts), bool)
    known = np.concatenate([SelectedRows(rows).known("session") for _, rows in parts])
    return known & np.isin(np.concatenate([*map(_connections, parts)]), np.concatenate(ended))


def _connections(part: tuple[int, ColumnTable]) -> Array:
    """Return directory and session of each row in one integer."""
    directory, rows = part
    return SelectedRows(rows).numbers("session").values.astype(np.int64) + (directory << 32)


def _count_values(
    rows: SelectedRows, groups: Groups, query: PackageCounts, closed: Array
) -> list[list[Any]]:
    """Return ``COUNT_COLUMNS``, each as a value for each group."""
    known, failed = rows.known, rows.outcome("failed")
    since = query.inactive_since_us
    ended = rows.numbers("ended_at")
    inactive = known("ended_at") & (
        ended.values < (FOREVER_US if since is None else min(since, FOREVER_US))
    )
    has_outcome = known("outcome") & ~rows.outcome("unfinished")
    measured = known("refine_gas", "refine_gas_limit")
    processed = known("received", "built")
    distributed = known("guaranteed", "distributed")
    kinds = rows.numbers("kind")
    counted: dict[str, Array] = {
        "rows": np.ones(rows.table.length, bool),
        "submissions": kinds.among([SUBMISSION]),
        "shares": kinds.among([SHARE]),
        **{step: known(step) for step in STEPS},
        "failed": failed,
        "duplicates": rows.outcome("duplicate"),
        "guaranteed_ended": known("guaranteed") & (has_outcome | inactive | closed),
        "refining_failed": failed & known("received") & ~known("refined"),
        "measured": measured,
        "processed": processed,
        "distributions": distributed,
    }
    added: dict[str, tuple[Array, Array]] = {
        "bundle_bytes": (rows.numbers("bundle_size").values, known("guaranteed", "bundle_size")),
        "gas_used": (rows.numbers("refine_gas").values, measured),
        "gas_limit": (rows.numbers("refine_gas_limit").values, measured),
        "processing_us": (rows.span("received", "built", DAY_US), processed),
        "completion_us": (
            rows.span("started", "distributed", DAY_US),
            known("started", "distributed"),
        ),
        "distribution_us": (rows.span("guaranteed", "distributed", DAY_US), distributed),
    }
    values = {
        name: groups.reduce(Numbers(mask.astype(np.int64)), "sum", None)
        for name, mask in counted.items()
    }
    values |= {
        name: groups.reduce(Numbers(np.where(mask, numbers, 0)), "sum", None)
        for name, (numbers, mask) in added.items()
    }
    greatest = {
        "last_at": "ended_at",
        "last_guaranteed": "guaranteed",
        "last_signed": "signed",
        "last_slot": "guarantee_slot",
    }
    values |= {
        name: groups.reduce(rows.numbers(column), "max", None) for name, column in greatest.items()
    }
    values["cores"] = _by_core(rows, groups)
    return [values[name] for name in _ORDER]


def _by_core(rows: SelectedRows, groups: Groups) -> list[dict[str, int]]:
    """Return the rows with a guarantee of each group, counted by core."""
    counts: list[dict[str, int]] = [{} for _ in groups.starts]
    places = np.zeros(rows.table.length, np.int64)
    lengths = np.diff(np.append(groups.starts, len(groups.order)))
    places[groups.order] = np.repeat(np.arange(len(counts)), lengths)
    chosen = rows.known("guaranteed", "core")
    pairs = (places[chosen] << 16) | rows.numbers("core").values[chosen].astype(np.int64)
    for pair, count in zip(*map(Array.tolist, np.unique(pairs, return_counts=True)), strict=True):
        counts[pair >> 16][str(pair & 0xFFFF)] = count
    return counts


def package_stages(relations: MergedRelations, query: PackageStages) -> StageRows | None:
    """Return the packages of a window by hash; ``None`` if DuckDB must read the rows."""
    parts = selected_rows(relations, query.window, query.core, _STAGED)
    if not parts:
        return None
    rows = SelectedRows(column_answers.joined("packages", _STAGED, parts, 0))
    named = rows.known("hash")
    masks = _marks(rows)
    unidentified = {
        "submissions": ~named & masks["submitted"],
        "shares": ~named & ~masks["submitted"],
        "failed": ~named & masks["failed"],
    }
    length = int(np.count_nonzero(named))
    packages = rows.table.take(named, length)
    bits = np.zeros(rows.table.length, np.int64)
    for bit, mask in enumerate(masks.values()):
        bits |= mask.astype(np.int64) << bit
    hashes, core = packages.columns["hash"], packages.columns["core"]
    assert isinstance(hashes, Texts)
    groups = group([hashes, core], length)
    first = groups.first
    codes = hashes.codes[first].tolist()
    keys = relations.hashes([hashes.values[code] for code in codes])
    marks = np.bitwise_or.reduceat(bits[named][groups.order], groups.starts) if length else bits[:0]
    measures = [groups.reduce(packages.columns[name], "max", None) for name in MEASURES]
    began = groups.reduce(packages.columns["started_at"], "min", None)
    values = (keys, core.take(first).tolist(), marks.tolist(), *measures, began)
    return StageRows(
        rows=[list(row) for row in zip(*values, strict=True)],
        below=None,
        unidentified={name: int(np.count_nonzero(mask)) for name, mask in unidentified.items()},
    )


def _marks(rows: SelectedRows) -> dict[str, Array]:
    """Return ``MARKS`` as masks of rows."""
    kinds = rows.numbers("kind")
    return {
        "submitted": kinds.among([SUBMISSION]),
        "shared": kinds.among([SHARE]),
        "failed": rows.outcome("failed"),
        "duplicate": rows.outcome("duplicate"),
        **{name: rows.known(name) for name in list(MARKS)[4:]},
    }


def step_durations(relations: MergedRelations, query: StepDurations) -> list[StepSamples] | None:
    """Return samples of the durations of ``PAIRS``; ``None`` if DuckDB must read the rows."""
    names = [*sorted({step for pair in PAIRS.values() for step in pair}), "core", "started_at"]
    parts = selected_rows(relations, query.window, query.core, names)
    if parts is None:
        return None
    if not parts:
        return []
    rows = SelectedRows(column_answers.joined("packages", names, parts, query.step_us))
    samples = []
    for pair, (first, last) in enumerate(PAIRS.values()):
        both = rows.known(first, last)
        length = int(np.count_nonzero(both))
        if not length:
            continue
        spans = np.maximum(rows.span(first, last, _LONGEST)[both], 1).astype(np.float64)
        bins = Numbers(np.minimum(BINS - 1, np.floor(np.log2(spans) * PER_OCTAVE)).astype(np.int64))
        keys: Mapping[str, Any] = {
            "bin": bins,
            **({"core": rows.numbers("core").take(both)} if query.by_core else {}),
            **({"bucket": rows.numbers("started_at").take(both)} if query.step_us else {}),
        }
        groups = group(list(keys.values()), length)
        counts = groups.reduce(Numbers(np.ones(length, np.int64)), "sum", None)
        shown = {name: column.take(groups.first).tolist() for name, column in keys.items()}
        absent = [None] * len(counts)
        samples += [
            StepSamples(pair, *row)
            for row in zip(
                shown["bin"],
                counts,
                shown.get("core", absent),
                shown.get("bucket", absent),
                strict=True,
            )
        ]
    return samples
