"""What a statement needs of a view: columns, rows and how many.

Pure, and the only thing that crosses from the process that runs a user's SQL into the one
that owns the files. It is data, not SQL: names are looked up and values are parameters, so
nothing a user wrote is executed there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tart.errors import BadQuery
from tart.query.sql.views import VIEWS, quote_identifier

OPERATORS = ("=", "<", "<=", ">", ">=")
MAX_CONDITIONS = 64
# So many rows may be sorted where the writer's memory is.
MAX_LIMIT = 100_000


@dataclass(frozen=True)
class Condition:
    """``column operator value``; the value is text that DuckDB casts to the column's type."""

    column: str
    operator: str
    value: str


@dataclass(frozen=True)
class Scan:
    """Rows of a view.

    Attributes:
        columns: in the order they are wanted.
        conditions: alternatives, in each of which all must hold; none means every row.
        order: column and whether descending, before ``limit``.
        limit: so many rows at most.
    """

    view: str
    columns: tuple[str, ...]
    conditions: tuple[tuple[Condition, ...], ...] = ()
    order: tuple[tuple[str, bool], ...] = ()
    limit: int | None = None

    def where(self) -> tuple[str, list[str]]:
        """A WHERE clause over the view's columns, and its parameters."""
        return self.where_over(None)

    def where_over(self, only: frozenset[str] | None) -> tuple[str, list[str]]:
        """Likewise, of what is said of some columns: more rows may fulfil it."""
        types = {each.name: each.type for each in VIEWS[self.view].columns}
        values: list[str] = []
        alternatives = []
        for all_of in self.conditions:
            terms = []
            for each in all_of:
                if only is None or each.column in only:
                    operand = f"CAST(? AS {types[each.column]})"
                    terms.append(f"{quote_identifier(each.column)} {each.operator} {operand}")
                    values.append(each.value)
            alternatives.append(f"({' AND '.join(terms) or 'true'})")
        return " OR ".join(alternatives) or "true", values

    def order_and_limit(self) -> str:
        """ORDER BY and LIMIT."""
        keys = ", ".join(
            f"{quote_identifier(name)} {'DESC' if descending else 'ASC'}"
            for name, descending in self.order
        )
        order = f"ORDER BY {keys} " if keys else ""
        return order + ("" if self.limit is None else f"LIMIT {self.limit}")

    def as_json(self) -> dict[str, Any]:
        """What ``parse_scan`` reads."""
        return {
            "view": self.view,
            "columns": list(self.columns),
            "conditions": [
                [[each.column, each.operator, each.value] for each in all_of]
                for all_of in self.conditions
            ],
            "order": [list(each) for each in self.order],
            "limit": self.limit,
        }


def parse_scan(document: Mapping[str, Any]) -> Scan:
    """A scan from outside; ``BadQuery`` unless every name in it is one of ours."""
    try:
        return _parse(document)
    except (KeyError, TypeError, ValueError, AttributeError):
        raise BadQuery("this is no scan of a view") from None


def _parse(document: Mapping[str, Any]) -> Scan:
    known = {each.name for each in VIEWS[document["view"]].columns}
    conditions = tuple(
        tuple(Condition(*map(str, each)) for each in all_of) for all_of in document["conditions"]
    )
    scan = Scan(
        document["view"],
        tuple(document["columns"]),
        conditions,
        tuple((str(name), bool(descending)) for name, descending in document["order"]),
        None if document["limit"] is None else max(0, int(document["limit"])),
    )
    every = [each for all_of in conditions for each in all_of]
    names = {*scan.columns, *(name for name, _ in scan.order), *(each.column for each in every)}
    _require(bool(scan.columns) and names <= known and len(every) <= MAX_CONDITIONS)
    _require(scan.limit is None or scan.limit <= MAX_LIMIT)
    _require(scan.limit is not None or not scan.order)
    _require(all(each.operator in OPERATORS for each in every))
    return scan


def _require(true: bool) -> None:
    if not true:
        raise ValueError
