"""The queries that read any table of the aggregates, answered from rows in memory.

``AggregateQueries`` gives the rows as columns (``storage.core.column_table``); the answers
are those that its statements have (``tests/shard/queries``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from tart.aggregate.core.tables import OPERATIONS, TABLES, TIME, clock_column
from tart.storage.core.column_table import (
    Array,
    Column,
    ColumnTable,
    Groups,
    Numbers,
    concatenate,
    encode_column,
    group,
)

# Rows of one directory each.
Parts = Sequence[tuple[int, ColumnTable]]
NodeId = Callable[[int, int], str | None]
# By column, the values that it may have; of nodes the numbers by directory.
Filters = Mapping[str, Sequence[Any]]
NO_NODE = 0xFFFF_FFFF
NODE_BITS = 32
NODE = "node"


def filtered(
    parts: Parts,
    filters: Filters,
    known: Iterable[str],
    nodes: Mapping[int, Sequence[int]] | None,
) -> Parts:
    """Return the rows with given values.

    Args:
        parts: The rows.
        filters: By column the values that it may have.
        known: Columns that must have a value.
        nodes: By directory the numbers of nodes; ``None`` is all.
    """
    selected = []
    for directory, rows in parts:
        chosen = np.ones(rows.length, bool)
        for name, values in filters.items():
            chosen &= rows.columns[name].among(values)
        for name in known:
            present = rows.columns[name].present()
            if present is not None:
                chosen &= present
        if nodes is not None:
            chosen &= rows.columns[NODE].among(nodes.get(directory, ()))
        length = int(np.count_nonzero(chosen))
        if length:
            whole = length == rows.length
            selected.append((directory, rows if whole else rows.take(chosen, length)))
    return selected


def joined(table: str, names: Sequence[str], parts: Parts, step_us: int) -> ColumnTable:
    """Return the rows of all directories; nodes with the directory, times in steps."""
    if not parts:
        kinds = TABLES[table]
        empty = {name: encode_column(kinds[name], []) for name in names}
        if NODE in empty:
            empty[NODE] = Numbers(np.zeros(0, np.int64))
        return ColumnTable(empty, 0)
    rows = concatenate([part for _, part in parts])
    columns = dict(rows.columns)
    if NODE in columns:
        columns[NODE] = _with_directory(parts)
    if step_us:
        for name in names:
            column = columns[name]
            if TABLES[table][name] == TIME and isinstance(column, Numbers):
                columns[name] = Numbers(column.values // step_us * step_us, column.valid)
    return ColumnTable(columns, rows.length)


def _with_directory(parts: Parts) -> Numbers:
    """Return the nodes as directory and number in one integer."""
    arrays = []
    for directory, rows in parts:
        node = rows.numbers(NODE)
        numbers = node.values.astype(np.int64)
        if node.valid is not None:
            numbers = np.where(node.valid, numbers, NO_NODE)
        arrays.append(numbers + (directory << NODE_BITS))
    return Numbers(np.concatenate(arrays))


def split_nodes(nodes: Array) -> tuple[list[int], list[int | None]]:
    """Return the directory of each row, and its node's number; ``None`` if it has no node.

    Args:
        nodes: The values of ``joined``'s column of nodes.
    """
    numbers = [None if each == NO_NODE else each for each in (nodes & NO_NODE).tolist()]
    return (nodes >> NODE_BITS).tolist(), numbers


def sum_rows(
    table: str,
    keys: Sequence[str],
    names: Sequence[str],
    rows: ColumnTable,
    values: ColumnTable,
    top: int | None,
    id_of: NodeId,
) -> list[list[Any]]:
    """Return rows of keys and of the values of a table.

    Args:
        table: The table.
        keys: Columns by which rows are added up.
        names: The values.
        rows: The keys, see ``joined``.
        values: The values, and ``seen_at`` if the table has it.
        top: The number of rows to return, those with the greatest first value.
        id_of: Returns the id of a node.
    """
    operations = OPERATIONS[table]
    columns = [rows.columns[key] for key in keys]
    groups = group(columns, rows.length)
    seen = values.columns.get("seen_at")
    assert seen is None or isinstance(seen, Numbers)
    results = [groups.reduce(values.columns[name], operations[name], seen) for name in names]
    shown = _shown_keys(keys, columns, groups, id_of)
    answer = [list(row) for row in zip(*shown, *results, strict=True)]
    if top:
        answer.sort(key=lambda row: -1 if row[len(keys)] is None else row[len(keys)], reverse=True)
        return answer[:top]
    return answer


def _shown_keys(
    keys: Sequence[str], columns: Sequence[Column], groups: Groups, id_of: NodeId
) -> list[list[Any]]:
    """Return the keys of each group."""
    return [
        _key_values(key, column.take(groups.first), id_of)
        for key, column in zip(keys, columns, strict=True)
    ]


def _key_values(name: str, column: Column, id_of: NodeId) -> list[Any]:
    if name != NODE:
        return column.tolist()
    return node_ids(column, id_of)


def node_ids(column: Column, id_of: NodeId) -> list[str | None]:
    """Return the ids of nodes with their directory, see ``joined``."""
    assert isinstance(column, Numbers)
    names: dict[int, str | None] = {}
    ids = []
    for node in column.values.tolist():
        if node not in names:
            # No node has the number that stands for none.
            names[node] = id_of(node >> NODE_BITS, node & NO_NODE)
        ids.append(names[node])
    return ids


def values_by_node(
    table: str,
    keys: Sequence[str],
    value: str,
    rows: ColumnTable,
    values: ColumnTable,
    id_of: NodeId,
) -> tuple[list[str | None], list[list[Any]]]:
    """Return nodes, and rows of keys, indices of nodes and their values; see ``sum_rows``."""
    columns = [rows.columns[key] for key in keys]
    groups = group([*columns, rows.columns[NODE]], rows.length)
    seen = values.columns.get("seen_at")
    assert seen is None or isinstance(seen, Numbers)
    results = groups.reduce(values.columns[value], OPERATIONS[table][value], seen)
    node = rows.numbers(NODE).take(groups.first)
    shown = _shown_keys(keys, columns, groups, id_of)
    indices: dict[int, int] = {}
    gathered: dict[tuple[Any, ...], tuple[list[int], list[Any]]] = {}
    for number, result, *key in zip(node.values.tolist(), results, *shown, strict=True):
        places, results_of = gathered.setdefault(tuple(key), ([], []))
        places.append(indices.setdefault(number, len(indices)))
        results_of.append(result)
    ids = node_ids(Numbers(np.array(list(indices), np.int64)), id_of)
    return ids, [[*key, places, some] for key, (places, some) in gathered.items()]


def table_rows(
    table: str,
    names: Sequence[str],
    rows: ColumnTable,
    limit: int,
    *,
    distinct: bool,
    id_of: NodeId,
) -> list[list[Any]]:
    """Return rows, newest first; with ``distinct`` each combination of values once.

    Args:
        table: The table.
        names: Columns to return.
        rows: These columns and the clock of the table, see ``joined``.
        limit: Of rows.
        distinct: Whether equal rows are one.
        id_of: Returns the id of a node.
    """
    columns = [rows.columns[name] for name in names]
    if distinct:
        order: Array = np.sort(group(columns, rows.length).first)
    else:
        clock = rows.numbers(clock_column(table))
        order = np.argsort(-clock.values.astype(np.int64), kind="stable")
    order = order[:limit]
    shown = [
        _key_values(name, column.take(order), id_of)
        for name, column in zip(names, columns, strict=True)
    ]
    return [list(row) for row in zip(*shown, strict=True)]
