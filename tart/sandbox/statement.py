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

- Columns: all that are named anywhere, if the statement consists of forms that use the columns
  that they name and no others; every column if it has any other form (``*``, PIVOT, NATURAL, …).
- Conditions: comparisons of a column with constants of its kind (``=``, ``<``, BETWEEN, IN),
  joined by AND in the WHERE of a SELECT from the view, or from a join that keeps only its
  matching rows.
- LIMIT, with ORDER BY of columns: if the statement does nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tart.errors import TartError
from tart.query.sql.pushdown import MAX_CONDITIONS, MAX_LIMIT, Condition, Scan
from tart.query.sql.statement_errors import unknown_table
from tart.query.sql.syntax_tree import (
    Tree,
    column_path,
    integer_constant,
    is_plain_select,
    is_plain_star,
    is_plain_table,
    is_table,
    is_text_literal,
    modifiers,
    schema_of,
    terms,
    walk,
)

# Name of a view to its columns and their types.
Schemas = Mapping[str, Mapping[str, str]]
# Returns the text of a constant expression cast to a type; ``None`` if that changes its value or
# the meaning of its comparison with a column of the type.
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
# Expressions, by class, that use the columns that they name and no others.
_NAMING_EXPRESSIONS = frozenset(
    [
        "BETWEEN",
        "CASE",
        "CAST",
        "COLLATE",
        "COLUMN_REF",
        "COMPARISON",
        "CONJUNCTION",
        "CONSTANT",
        "FUNCTION",
        "LAMBDA",
        "OPERATOR",
        "SUBQUERY",
        "TYPE",
        "WINDOW",
    ]
)
# Other parts of a statement, by type, of which the same is true.
_NAMING_PARTS = frozenset(
    [
        *_PERMITTED_NODES,
        *("BASE_TABLE", "EMPTY", "EXPRESSION_LIST", "JOIN", "SUBQUERY", "TABLE_FUNCTION"),
        *("DISTINCT_MODIFIER", "LIMIT_MODIFIER", "ORDER_MODIFIER"),
        *("ASCENDING", "DESCENDING", "ORDER_DEFAULT"),
    ]
)
_NAMING_JOINS = frozenset({"REGULAR", "CROSS", "ASOF", "POSITIONAL"})
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


class SyntaxRefused(StatementRefused):
    """DuckDB's parser does not accept a statement.

    Attributes:
        position: The offset of the wrong word as text, if it is known.
    """

    def __init__(self, message: str, position: Any = None) -> None:
        super().__init__(message)
        self.position = None if position is None else str(position)


@dataclass(frozen=True)
class Needs:
    """The tables that a statement needs.

    Attributes:
        node: The SELECT.
        scans: The scans of views.
        catalogue: Whether it queries the catalogue: all views must exist, without rows.
        exact: Whether the rows of the only scan are those of the result.
    """

    node: Tree
    scans: tuple[Scan, ...]
    catalogue: bool
    exact: bool = False


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
        _scan(name, node, every, schemas, references, constant) for name in sorted(set(references))
    ]
    exact = len(scans) == 1 and scans[0][1]
    return Needs(node, tuple(scan for scan, _ in scans), catalogue, exact)


def _only_select(tree: Tree) -> Tree:
    if tree.get("error"):
        raise SyntaxRefused(str(tree.get("error_message")), tree.get("position"))
    statements = tree.get("statements") or []
    if len(statements) != 1:
        raise StatementRefused(
            f"exactly one SELECT runs here, and these are {len(statements)} statements"
        )
    node: Tree = statements[0]["node"]
    return node


def _check(every: list[Tree], schemas: Schemas, tables: frozenset[str]) -> None:
    known = {*schemas, *tables, *_with_names(every)}
    for node in every:
        kind = str(node.get("type"))
        if kind.endswith("_NODE") and kind not in _PERMITTED_NODES:
            raise StatementRefused("only SELECT statements run here")
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
                raise StatementRefused(unknown_table(node["table_name"], (*schemas, *tables)))


def _with_names(every: list[Tree]) -> Iterator[str]:
    for node in every:
        for entry in (node.get("cte_map") or {}).get("map") or ():
            yield str(entry["key"]).lower()
        if node.get("type") in ("RECURSIVE_CTE_NODE", "CTE_NODE"):
            yield str(node.get("cte_name") or node.get("ctename")).lower()


@dataclass(frozen=True)
class _Reference:
    """A reference to a table in the FROM clause of a SELECT.

    Attributes:
        select: The SELECT.
        table: The reference.
        filtered: Whether WHERE may be applied to the table before it is joined.
        alone: Whether no other table is in the clause.
        others: The names of the columns of the other tables, which a name without a table may
            mean; ``None`` if they are not known.
    """

    select: Tree
    table: Tree
    filtered: bool = True
    alone: bool = True
    others: frozenset[str] | None = frozenset()

    @property
    def name(self) -> str:
        """The table."""
        return str(self.table["table_name"]).lower()

    @property
    def alias(self) -> str:
        """The name of the table in the SELECT."""
        return str(self.table.get("alias") or self.name).lower()


def _references(every: list[Tree], schemas: Schemas) -> Iterator[_Reference]:
    """Yield the references to tables that stand in a FROM clause or its joins."""
    for select in every:
        if select.get("type") != "SELECT_NODE" or select.get("sample"):
            continue
        sources = list(_sources(select.get("from_table") or {}, filtered=True))
        for table, filtered in sources:
            if not is_plain_table(table):
                continue
            others = [other for other, _ in sources if other is not table]
            known = [schemas.get(str(each.get("table_name")).lower()) for each in others]
            names = None if None in known else [name for columns in known for name in columns or ()]
            yield _Reference(
                select,
                table,
                filtered,
                not others,
                None if names is None else frozenset(name.lower() for name in names),
            )


def _sources(table: Tree, *, filtered: bool) -> Iterator[tuple[Tree, bool]]:
    """Yield the tables of a FROM clause, and whether a join keeps each row only as it is."""
    if table.get("type") != "JOIN":
        yield table, filtered
        return
    kind = table.get("join_type") if table.get("ref_type") in ("REGULAR", "CROSS") else None
    left, right = kind in ("INNER", "LEFT", "SEMI", "ANTI"), kind in ("INNER", "RIGHT")
    yield from _sources(table["left"], filtered=filtered and left)
    yield from _sources(table["right"], filtered=filtered and right)


def _scan(
    name: str,
    node: Tree,
    every: list[Tree],
    schemas: Schemas,
    references: list[str],
    constant: ConstantEvaluator,
) -> tuple[Scan, bool]:
    """Return the scan of a table, and whether it returns the rows of the result and no others."""
    columns = schemas[name]
    direct = [each for each in _references(every, schemas) if each.name == name]
    alternatives: list[tuple[Condition, ...]] = []
    whole = True
    if len(direct) == references.count(name):
        for reference in direct:
            narrowed, complete = _conditions(reference, columns, constant)
            alternatives += narrowed
            whole &= complete
    else:
        alternatives, whole = [()], False
    # One reference without a condition reads every row.
    conditions = tuple(dict.fromkeys(alternatives)) if all(alternatives) else ()
    if sum(map(len, conditions)) > MAX_CONDITIONS:
        conditions, whole = (), False
    order: tuple[tuple[str, bool], ...] | None = None
    limit, exact = None, False
    if references == [name] and whole and direct[0].select is node and direct[0].alone:
        order, limit = _order_and_limit(node, direct[0], columns)
        exact = limit is not None or _selects_rows(node, direct[0], columns)
    return Scan(name, _columns(name, every, columns), conditions, order or (), limit), exact


def _columns(name: str, every: list[Tree], columns: Mapping[str, str]) -> tuple[str, ...]:
    named: set[str] = set()
    aliases = {name, *(str(each["alias"]).lower() for each in every if _has_alias(each))}
    whole = not all(map(_names_its_columns, every))
    for node in every:
        path = column_path(node)
        # A table's name as a value stands for all of its columns.
        whole |= bool(path) and path[-1] in aliases
        named.update(path)
        named.update(str(each).lower() for each in node.get("using_columns") or ())
    if whole:
        return tuple(columns)
    needed = tuple(column for column in columns if column.lower() in named)
    return needed or (next(iter(columns)),)


def _has_alias(node: Tree) -> bool:
    return is_table(node) and bool(node.get("alias"))


def _names_its_columns(node: Tree) -> bool:
    """Return whether a part of a statement, without its own parts, names all columns it uses."""
    if node.get("class") is not None:
        return node["class"] in _NAMING_EXPRESSIONS
    kind = node.get("type")
    if not isinstance(kind, str):
        return True
    if kind == "BASE_TABLE":
        return is_plain_table(node)
    return kind in _NAMING_PARTS and (
        kind != "JOIN" or node.get("ref_type", "REGULAR") in _NAMING_JOINS
    )


def _conditions(
    reference: _Reference, columns: Mapping[str, str], constant: ConstantEvaluator
) -> tuple[list[tuple[Condition, ...]], bool]:
    """Return alternative conditions on the rows of a reference.

    Returns:
        The conditions, a conjunction for each alternative, and whether they are all of WHERE.
    """
    alternatives: list[tuple[Condition, ...]] = [()]
    if not reference.filtered:
        return alternatives, False
    whole = True
    for term in terms(reference.select.get("where_clause")):
        options = _condition(term, reference, columns, constant)
        combined = [
            tuple(dict.fromkeys((*left, *right))) for left in alternatives for right in options
        ]
        if options and sum(map(len, combined)) <= MAX_CONDITIONS:
            alternatives = combined
        else:
            whole = False
    return alternatives, whole


def _condition(
    term: Tree, reference: _Reference, columns: Mapping[str, str], constant: ConstantEvaluator
) -> list[tuple[Condition, ...]]:
    """Return the alternatives of one term of a conjunction; none if it is not pushed down."""

    def compared(side: Any, operator: str, other: Any) -> tuple[Condition, ...]:
        column = _column(side, reference, columns)
        if column is None or not _is_constant(other):
            return ()
        value = constant(other, columns[column])
        return () if value is None else (Condition(column, operator, value),)

    if term.get("class") == "BETWEEN":
        if not _is_uniform([term.get("lower"), term.get("upper")]):
            return []
        lower = compared(term.get("input"), ">=", term.get("lower"))
        upper = compared(term.get("input"), "<=", term.get("upper"))
        return [lower + upper] if lower and upper else []
    if term.get("type") == "COMPARE_IN":
        side, *values = term.get("children") or [None]
        alternatives = [compared(side, "=", value) for value in values[: MAX_CONDITIONS + 1]]
        return alternatives if all(alternatives) and _is_uniform(values) else []
    operator = _COMPARISONS.get(str(term.get("type")))
    if operator is None:
        return []
    left, right = term.get("left"), term.get("right")
    pushed = compared(left, operator, right) or compared(right, _MIRRORED[operator], left)
    return [pushed] if pushed else []


def _is_uniform(values: list[Any]) -> bool:
    """Return whether no literal of text takes its type from another constant."""
    return len({is_text_literal(value or {}) for value in values}) == 1


def _column(node: Any, reference: _Reference, columns: Mapping[str, str]) -> str | None:
    """Return the column that a reference means, if it is unambiguous."""
    path = column_path(node)
    if not path:
        return None
    *qualifier, name = path
    if qualifier not in ([], [reference.alias]):
        return None
    if not qualifier and (reference.others is None or name in reference.others):
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


def _selects_rows(node: Tree, reference: _Reference, columns: Mapping[str, str]) -> bool:
    """Return whether each row that a SELECT reads becomes one row of its result."""
    if not is_plain_select(node) or modifiers(node):
        return False
    return all(_is_plain(each, reference, columns) for each in node.get("select_list") or ())


def _order_and_limit(
    node: Tree, reference: _Reference, columns: Mapping[str, str]
) -> tuple[tuple[tuple[str, bool], ...] | None, int | None]:
    """Return ORDER BY and LIMIT of a statement that only selects columns and rows."""
    plain = all(_is_plain(each, reference, columns) for each in node.get("select_list") or ())
    modified = modifiers(node)
    if not (plain and is_plain_select(node)):
        return None, None
    if modified.keys() - {"ORDER_MODIFIER", "LIMIT_MODIFIER"}:
        return None, None
    bounds = modified.get("LIMIT_MODIFIER", {})
    if bounds.keys() - {"type", "limit", "offset"}:
        return None, None  # a percentage, or a feature of a later DuckDB
    limit = integer_constant(bounds.get("limit"))
    offset = integer_constant(bounds["offset"]) if "offset" in bounds else 0
    order = []
    for term in modified.get("ORDER_MODIFIER", {}).get("orders") or ():
        column = _column(term.get("expression"), reference, columns)
        if column is None or term.get("null_order") not in (None, "ORDER_DEFAULT"):
            return None, None
        order.append((column, term.get("type") == "DESCENDING"))
    if limit is None or offset is None or limit + offset > MAX_LIMIT:
        return None, None
    return tuple(order), limit + offset


def _is_plain(node: Tree, reference: _Reference, columns: Mapping[str, str]) -> bool:
    """Return whether an expression is a column under its own name, or all columns."""
    if node.get("class") == "STAR":
        return is_plain_star(node, reference.alias)
    return not node.get("alias") and _column(node, reference, columns) is not None
