"""How shards' rows of the aggregates add up: by key, with one operation for each value.

Pure. A row is its keys and then its values; ``None`` is what nobody knows and changes
nothing. Shards that counted the same thing (a report, a block's costs) give rows with the
same keys.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

Row = Sequence[Any]


def _known(operation: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    def apply(one: Any, other: Any) -> Any:
        if one is None or other is None:
            return other if one is None else one
        return operation(one, other)

    return apply


_OPERATIONS: Mapping[str, Callable[[Any, Any], Any]] = {
    "sum": _known(lambda one, other: one + other),
    "min": _known(min),
    "max": _known(max),
}


def merged(rows: Iterable[Row], keys: int, operations: Sequence[str]) -> list[list[Any]]:
    """Rows of several shards as rows of one.

    Args:
        rows: of all shards; keys first, then values.
        keys: how many of the columns are keys.
        operations: one for each value: ``sum``, ``min``, ``max``, or ``last``: the value of
            the row whose greatest ``max`` value, the first there is, is greater.
    """
    found: dict[tuple[Any, ...], list[Any]] = {}
    newest = operations.index("max") if "last" in operations else None
    for row in rows:
        key, values = tuple(row[:keys]), list(row[keys:])
        known = found.get(key)
        if known is None:
            found[key] = values
            continue
        later = newest is not None and (values[newest] or 0) > (known[newest] or 0)
        for at, operation in enumerate(operations):
            if operation == "last":
                known[at] = values[at] if later else known[at]
            else:
                known[at] = _OPERATIONS[operation](known[at], values[at])
    return [[*key, *values] for key, values in found.items()]


# By the keys asked for: each node's value.
Spread = dict[tuple[Any, ...], dict[str, Any]]


def spread(answers: Iterable[Mapping[str, Any]], operation: str) -> Spread:
    """Shards' answers to ``spread`` as one; a node on several of them has one value."""
    combine = _OPERATIONS[operation]
    found: Spread = {}
    for answer in answers:
        names = answer["nodes"]
        for *key, places, values in answer["rows"]:
            into = found.setdefault(tuple(key), {})
            for place, value in zip(places, values, strict=True):
                node = names[place]
                into[node] = combine(into[node], value) if node in into else value
    return found
