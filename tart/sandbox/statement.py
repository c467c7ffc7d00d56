"""Permission check and predicate pushdown for users' SQL.

Pure: examines the syntax tree of DuckDB's ``json_serialize_sql``, whose examined parts are the
same in 1.5 and 2.0. Conditions that are not certain are not pushed down: then more rows are
read, and the statement itself filters them.

Permitted:

- Exactly one SELECT.
- Tables: views, ``partials``, the statement's own WITH names, and the two catalogues
  ``information_schema.tables`` and ``information_schema.columns``.
- Table functions: ``ALLOWED``.
- Other functions, except those that read the state of the process instead of the data.

Pushed down to the scan:

- Columns: all that are named anywhere; every column if ``*`` or an equivalent occurs.
- Conditions: comparisons of a column with a constant, joined by AND in the WHERE of a
  SELECT from that view alone.
- LIMIT, with ORDER BY of columns: if the statement does nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tart.errors import TartError
from tart.query.sql.pushdown import MAX_CONDITIONS, MAX_LIMIT, Condition, Scan
from tart.query.sql.syntax_tree import (
    Tree,
    integer_constant,
    is_table,
    modifiers,
    schema_of,
    terms,
    walk,
)

# Name of a view to its columns and their types.
Schemas = Mapping[str, Mapping[str, str]]
# Returns the text of a constant expression cast to a type; ``None`` if that changes its value.
ConstantEvaluator = Callable[[Tree, str], str | None]

ALLOWED = frozenset({"range", "generate_series", "unnest", "json_each", "json_tree"})
_CATALOGUE = frozenset({"tables", "columns"})
# Functions that read or change the state of the process, not the data; ``json_serialize_plan``
# binds another, unchecked statement.
_REFUSED_FUNCTIONS = frozenset(
    [
        "current_setting",
        "getenv",
        "getvariable",
        "inet_client_addr",
        "inet_client_port",
        "inet_server_addr",
        "inet_server_port",
        "json_serialize_plan",
        "pg_conf_load_time",
        "pg_postmaster_start_time",
        "pg_sleep",
        "sleep_ms",
        "write_log",
    ]
)
_PERMITTED_NODES = frozenset(
    {"SELECT_NODE", "SET_OPERATION_NODE", "RECURSIVE_CTE_NODE", "CTE_NODE", "VALUES_NODE"}
)
_COMPARISONS = {
    "COMPARE_EQUAL": "=",
    "COMPARE_LESSTHAN": "<",
    "COMPARE_LESSTHANOREQUALTO": "<=",
    "COMPARE_GREATERTHAN": ">",
    "COMPARE_GREATERTHANOREQUALTO": ">=",
}
_MIRRORED = {"=": "=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
# These may refer to every column of a table without naming it.
_ALL_COLUMNS = frozenset({"STAR", "POSITIONAL_REFERENCE"})
# Functions that are constant if all their arguments are constant; cheap to compute.
_CONSTANT_FUNCTIONS = frozenset(
    [
        "+",
        "-",
        "*",
        "unhex",
        "from_hex",
        "now",
        "today",
        "current_timestamp",
        "get_current_timestamp",
        "trunc",
        "to_timestamp",
        "make_timestamp",
        "to_microseconds",
        "to_milliseconds",
        "to_seconds",
        "to_minutes",
        "to_hours",
        "to_days",
        "to_weeks",
        "epoch_ms",
        "strptime",
        "lower",
        "upper",
    ]
)


class StatementRefused(TartError):
    """A statement is refused; the message is for its author."""


@dataclass(frozen=True)
class Needs:
    """The tables that a statement needs.

    Attributes:
        scans: The scans of views.
        catalogue: Whether it queries the catalogue: all views must exist, without rows.
    """

    scans: tuple[Scan, ...]
    catalogue: bool


def examine(
    tree: Tree, schemas: Schemas, tables: frozenset[str], constant: ConstantEvaluator
) -> Needs:
    """Check a statement and return the tables that it needs.

    Args:
        tree: The syntax tree of ``json_serialize_sql``.
        schemas: The views.
        tables: Other tables, which exist already.
        constant: Evaluates constant expressions.

    Raises:
        StatementRefused: The statement is not permitted.
    """
    node = _only_select(tree)
    every = list(walk(node))
    _check(every, schemas, tables)
    catalogue = any(
        each.get("type") == "SHOW_REF" or schema_of(each) == "information_schema" for each in every
    )
    references = [
        each["table_name"].lower()
        for each in every
        if is_table(each) and each["table_name"].lower() in schemas
    ]
    scans = [
        _scan(name, node, every, schemas[name], references, constant)
        for name in sorted(set(references))
    ]
    return Needs(tuple(scans), catalogue)


def _only_select(tree: Tree) -> Tree:
    if tree.get("error"):
        raise StatementRefused(str(tree.get("error_message")))
    statements = tree.get("statements") or []
    if len(statements) != 1:
        raise StatementRefused(f"exactly one SELECT is expected, not {len(statements)} statements")
    node: Tree = statements[0]["node"]
    return node


def _check(every: list[Tree], schemas: Schemas, tables: frozenset[str]) -> None:
    known = {*schemas, *tables, *_with_names(every)}
    for node in every:
        kind = str(node.get("type"))
        if kind.endswith("_NODE") and kind not in _PERMITTED_NODES:
            raise StatementRefused("only SELECT is run")
        if kind == "TABLE_FUNCTION":
            name = str((node.get("function") or {}).get("function_name")).lower()
            if name not in ALLOWED:
                raise StatementRefused(f"the table function {name} is not available")
        if node.get("class") == "FUNCTION":
            name = str(node.get("function_name")).lower()
            if name in _REFUSED_FUNCTIONS:
                raise StatementRefused(f"the function {name} is not available")
        if is_table(node):
            name, schema = node["table_name"].lower(), schema_of(node)
            if schema == "information_schema" and name in _CATALOGUE:
                continue
            if schema not in ("", "main") or name not in known:
                raise StatementRefused(
                    f"there is no table {node['table_name']}; views are named after event "
                    "types; list them with SELECT table_name FROM information_schema.tables"
                )


def _with_names(every: list[Tree]) -> Iterator[str]:
    for node in every:
        for entry in (node.get("cte_map") or {}).get("map") or ():
            yield str(entry["key"]).lower()
        if node.get("type") in ("RECURSIVE_CTE_NODE", "CTE_NODE"):
            yield str(node.get("cte_name") or node.get("ctename")).lower()


def _scan(
    name: str,
    node: Tree,
    every: list[Tree],
    columns: Mapping[str, str],
    references: list[str],
    constant: ConstantEvaluator,
) -> Scan:
    selects = [each for each in every if each.get("type") == "SELECT_NODE"]
    direct = [each for each in selects if _reads_directly(each, name)]
    conditions: list[tuple[Condition, ...]] = []
    if len(direct) == references.count(name):
        conditions = [_conditions(each, name, columns, constant) for each in direct]
    # One reference without a condition reads every row.
    narrowed = tuple(conditions) if all(conditions) else ()
    if sum(map(len, narrowed)) > MAX_CONDITIONS:
        narrowed = ()
    order, limit = None, None
    if references == [name] and direct == [node]:
        order, limit = _order_and_limit(node, name, columns, narrowed)
    return Scan(name, _columns(name, every, columns), narrowed, order or (), limit)


def _reads_directly(select: Tree, name: str) -> bool:
    table = select.get("from_table") or {}
    sampled = table.get("sample") or select.get("sample")
    return is_table(table) and table["table_name"].lower() == name and not sampled


def _columns(name: str, every: list[Tree], columns: Mapping[str, str]) -> tuple[str, ...]:
    named: set[str] = set()
    whole = False
    aliases = {name}
    for node in every:
        if is_table(node) and node.get("alias"):
            aliases.add(str(node["alias"]).lower())
    for node in every:
        if node.get("class") in _ALL_COLUMNS or node.get("ref_type") == "NATURAL":
            whole = True
        if node.get("class") == "COLUMN_REF":
            first, *rest = (str(each).lower() for each in node["column_names"])
            # A table's name as a value stands for all of its columns.
            whole |= not rest and first in aliases
            named.update((first, *rest))
        named.update(str(each).lower() for each in node.get("using_columns") or ())
    if whole:
        return tuple(columns)
    needed = tuple(column for column in columns if column.lower() in named)
    return needed or (next(iter(columns)),)


def _conditions(
    select: Tree, name: str, columns: Mapping[str, str], constant: ConstantEvaluator
) -> tuple[Condition, ...]:
    terms = list(terms(select.get("where_clause")))
    alias = str((select["from_table"]).get("alias") or name).lower()
    conditions = [_condition(term, alias, columns, constant) for term in terms]
    return tuple(condition for group in conditions for condition in group)


def _condition(
    term: Tree, alias: str, columns: Mapping[str, str], constant: ConstantEvaluator
) -> list[Condition]:
    def compared(side: Any, operator: str, other: Any) -> list[Condition]:
        column = _column(side, alias, columns)
        if column is None or not _is_constant(other):
            return []
        value = constant(other, columns[column])
        return [] if value is None else [Condition(column, operator, value)]

    if term.get("class") == "BETWEEN":
        return [
            *compared(term.get("input"), ">=", term.get("lower")),
            *compared(term.get("input"), "<=", term.get("upper")),
        ]
    operator = _COMPARISONS.get(str(term.get("type")))
    if operator is None:
        return []
    left, right = term.get("left"), term.get("right")
    return compared(left, operator, right) or compared(right, _MIRRORED[operator], left)


def _column(node: Any, alias: str, columns: Mapping[str, str]) -> str | None:
    """Return the column that a reference means, if it is unambiguous."""
    if not isinstance(node, Mapping) or node.get("class") != "COLUMN_REF":
        return None
    *qualifier, name = (str(each).lower() for each in node["column_names"])
    if qualifier not in ([], [alias]):
        return None
    return next((each for each in columns if each.lower() == name), None)


def _is_constant(node: Any) -> bool:
    if not isinstance(node, Mapping):
        return False
    for part in walk(node):
        kind = part.get("class")
        if kind == "FUNCTION" and part.get("function_name") not in _CONSTANT_FUNCTIONS:
            return False
        if kind is not None and kind not in ("CONSTANT", "FUNCTION", "CAST", "TYPE"):
            return False
    return True


def _order_and_limit(
    node: Tree, name: str, columns: Mapping[str, str], narrowed: tuple[tuple[Condition, ...], ...]
) -> tuple[tuple[tuple[str, bool], ...] | None, int | None]:
    """Return ORDER BY and LIMIT of a statement that only selects columns and rows."""
    alias = str(node["from_table"].get("alias") or name).lower()
    plain = all(_is_plain(each) for each in node.get("select_list") or ())
    terms = list(terms(node.get("where_clause")))
    pushed = sum(map(len, narrowed)) == sum(2 if t.get("class") == "BETWEEN" else 1 for t in terms)
    modified = modifiers(node)
    grouped = any(node.get(key) for key in ("group_expressions", "having", "qualify"))
    if not (plain and pushed) or grouped or modified.keys() - {"ORDER_MODIFIER", "LIMIT_MODIFIER"}:
        return None, None
    bounds = modified.get("LIMIT_MODIFIER", {})
    if bounds.keys() - {"type", "limit", "offset"}:
        return None, None  # a percentage, or a feature of a later DuckDB
    limit = integer_constant(bounds.get("limit"))
    offset = integer_constant(bounds["offset"]) if "offset" in bounds else 0
    order = []
    for term in modified.get("ORDER_MODIFIER", {}).get("orders") or ():
        column = _column(term.get("expression"), alias, columns)
        if column is None or term.get("null_order") not in (None, "ORDER_DEFAULT"):
            return None, None
        order.append((column, term.get("type") == "DESCENDING"))
    if limit is None or offset is None or limit + offset > MAX_LIMIT:
        return None, None
    return tuple(order), limit + offset


def _is_plain(node: Tree) -> bool:
    """Return whether an expression is a column under its own name, or all columns."""
    if node.get("class") == "STAR":
        return not node.get("expr") and not node.get("replace_list")
    return node.get("class") == "COLUMN_REF" and not node.get("alias")
