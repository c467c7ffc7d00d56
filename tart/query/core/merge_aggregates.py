"""Merging of shards' rows of the aggregates: by key, with one operation for each value.

Pure. A row is its keys and then its values; ``None`` is an unknown value and changes nothing.
Shards that counted the same message (a report, a block's costs) give rows with the same keys.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

Row = Sequence[Any]
# By keys, each node's value.
ByNode = dict[tuple[Any, ...], dict[str, Any]]


def _of_known(operation: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    def apply(one: Any, other: Any) -> Any:
        if one is None or other is None:
            return other if one is None else one
        return operation(one, other)

    return apply


_OPERATIONS: Mapping[str, Callable[[Any, Any], Any]] = {
    "sum": _of_known(lambda one, other: one + other),
    "min": _of_known(min),
    "max": _of_known(max),
}


def merge_rows(rows: Iterable[Row], keys: int, operations: Sequence[str]) -> list[list[Any]]:
    """Return the rows of several shards as rows of one.

    Args:
        rows: Of all shards; keys first, then values.
        keys: How many of the columns are keys.
        operations: One for each value: ``sum``, ``min``, ``max``, or ``last``: the value of
            the row whose greatest ``max`` value, the first there is, is greater.
    """
    merged: dict[tuple[Any, ...], list[Any]] = {}
    newest = operations.index("max") if "last" in operations else None
    for row in rows:
        key, values = tuple(row[:keys]), list(row[keys:])
        known = merged.get(key)
        if known is None:
            merged[key] = values
            continue
        later = newest is not None and (values[newest] or 0) > (known[newest] or 0)
        for index, operation in enumerate(operations):
            if operation == "last":
                known[index] = values[index] if later else known[index]
            else:
                known[index] = _OPERATIONS[operation](known[index], values[index])
    return [[*key, *values] for key, values in merged.items()]


def merge_by_node(answers: Iterable[tuple[Sequence[Any], Iterable[Row]]], operation: str) -> ByNode:
    """Return each node's value by the keys; a node on several shards has one value.

    Args:
        answers: Of each shard its nodes, and rows of keys, places in the nodes, and values.
    """
    combine = _OPERATIONS[operation]
    merged: ByNode = {}
    for nodes, rows in answers:
        for *key, places, values in rows:
            into = merged.setdefault(tuple(key), {})
            for place, value in zip(places, values, strict=True):
                node = nodes[place]
                into[node] = combine(into[node], value) if node in into else value
    return merged
