"""Predicate pushdown: the columns, conditions, order and limit a statement needs of a view.

Pure. A ``Scan`` is all that crosses from the process that runs a user's SQL into the process that
owns the files. It is data, not SQL: names are looked up and values are parameters, so no text of
the user is executed there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tart.errors import BadQuery
from tart.query.sql.tables import TABLES
from tart.query.sql.views import quote_identifier

_INTEGERS = frozenset(
    [
        *("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT"),
        *("UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT"),
    ]
)
# Types whose values DuckDB compares with a column's as values of one exact type. The time zone is
# UTC, so that a TIMESTAMP WITH TIME ZONE is the same instant as its TIMESTAMP.
_COMPARED_EXACTLY: Mapping[str, frozenset[str]] = {
    **dict.fromkeys(_INTEGERS, _INTEGERS),
    **{kind: frozenset({kind}) for kind in ("VARCHAR", "BLOB", "BOOLEAN", "DOUBLE", "DATE")},
    "TIMESTAMP": frozenset({"TIMESTAMP", "TIMESTAMP WITH TIME ZONE", "DATE"}),
}
OPERATORS = ("=", "<", "<=", ">", ">=")
MAX_CONDITIONS = 64
# Rows that may be sorted in the process that also writes.
MAX_LIMIT = 100_000


@dataclass(frozen=True)
class Condition:
    """A comparison, ``column operator value``.

    Attributes:
        column: A column of the view.
        operator: One of ``OPERATORS``.
        value: Text that DuckDB casts to the column's type.
    """

    column: str
    operator: str
    value: str


def compares_exactly(column: str, constant: str | None) -> bool:
    """Return whether a comparison with a constant can be made in the column's type.

    Elsewhere DuckDB compares in a third type, in which further values are equal: an integer and a
    DOUBLE as DOUBLE, text and an integer as integers.

    Args:
        column: The type of the column.
        constant: The type of the constant; ``None`` for a literal of text, whose type is that of
            the column.
    """
    kinds = _COMPARED_EXACTLY.get(column, frozenset())
    return constant in kinds if constant is not None else bool(kinds)


@dataclass(frozen=True)
class Scan:
    """A read of a view.

    Attributes:
        view: Name of the view.
        columns: Columns to read, in this order.
        conditions: Alternatives, each a conjunction of conditions; none selects every row.
        order: Column and descending flag, applied before ``limit``.
        limit: Maximum number of rows.
        enough: Number of rows of all shards after which reading may stop, because the statement
            is refused for having more; ``None`` if all rows are needed.
    """

    view: str
    columns: tuple[str, ...]
    conditions: tuple[tuple[Condition, ...], ...] = ()
    order: tuple[tuple[str, bool], ...] = ()
    limit: int | None = None
    enough: int | None = None

    def where(self) -> tuple[str, list[str]]:
        """Return a WHERE clause over the view's columns, and its parameters."""
        return self.where_over(None)

    def where_over(self, only: frozenset[str] | None) -> tuple[str, list[str]]:
        """Return a WHERE clause that uses some columns only; it may select more rows.

        Args:
            only: The columns it may name; ``None`` for all.
        """
        types = TABLES[self.view].part_types
        values: list[str] = []
        alternatives = []
        for all_of in self.conditions:
            terms = []
            for condition in all_of:
                if only is None or condition.column in only:
                    operand = f"CAST(? AS {types[condition.column]})"
                    name = quote_identifier(condition.column)
                    terms.append(f"{name} {condition.operator} {operand}")
                    values.append(condition.value)
            alternatives.append(f"({' AND '.join(terms) or 'true'})")
        return " OR ".join(alternatives) or "true", values

    def order_and_limit(self) -> str:
        """Return the ORDER BY and LIMIT clauses."""
        keys = ", ".join(
            f"{quote_identifier(name)} {'DESC' if descending else 'ASC'}"
            for name, descending in self.order
        )
        order = f"ORDER BY {keys} " if keys else ""
        return order + ("" if self.limit is None else f"LIMIT {self.limit}")

    def as_json(self) -> dict[str, Any]:
        """Return the document that ``parse_scan`` reads."""
        return {
            "view": self.view,
            "columns": list(self.columns),
            "conditions": [
                [[each.column, each.operator, each.value] for each in all_of]
                for all_of in self.conditions
            ],
            "order": [list(each) for each in self.order],
            "limit": self.limit,
            "enough": self.enough,
        }


def parse_scan(document: Mapping[str, Any]) -> Scan:
    """Return the scan of a received document.

    Raises:
        BadQuery: A name, an operator or a limit in it is not allowed.
    """
    try:
        return _parse(document)
    except (KeyError, TypeError, ValueError, AttributeError):
        raise BadQuery("not a view scan") from None


def _parse(document: Mapping[str, Any]) -> Scan:
    known = set(TABLES[document["view"]].part_types)
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


def _require(condition: bool) -> None:
    if not condition:
        raise ValueError
