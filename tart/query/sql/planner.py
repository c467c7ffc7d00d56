"""Division of a SELECT into a part for each shard and a part that merges their results.

Pure. A statement over one table is split if the division is provably right; its caller runs any
other statement once, over the rows of all shards. Split are:

- *Selections*: expressions of the columns of a table, WHERE, DISTINCT, ORDER BY, LIMIT and OFFSET.
  Each shard sorts and limits its own rows; merging sorts and limits them again.
- *Aggregations*: GROUP BY, HAVING, ORDER BY and LIMIT over aggregates whose partial results
  merge exactly (``_MERGES``). Each shard computes the groups and the aggregates of its rows;
  merging groups again. Expressions of aggregates are computed after the merge. ``avg`` of
  integers is the quotient of an exact sum and a count, both as DOUBLE. So DuckDB computes it,
  except for integers of 64 bits and more in a statement without their sum: there it divides with
  80 bits, which may differ in the last digit.

Not split, among others: joins, common table expressions, windows, subqueries, set operations,
aggregates with DISTINCT or ORDER BY, sums of floating-point numbers (their order changes the
result), and expressions of any function or operator that is not listed here: only those are
split whose value depends on the values of their arguments alone. Others read the names or the
text of their arguments (``alias``, ``struct_pack`` without names), which the parts do not have.
The time is evaluated once, so that all shards, and all parts of a statement, compute with the same
``now()``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from tart.query.sql.syntax_tree import (
    Tree,
    arguments,
    canonical,
    column_path,
    column_reference,
    function_name,
    integer_constant,
    is_plain_select,
    is_plain_star,
    is_plain_table,
    modifiers,
    renamed_function,
    schema_of,
    transform,
    walk,
    without_alias,
)
from tart.query.sql.views import quote_identifier

# Rows that each shard may return for a LIMIT.
MAX_SPLIT_LIMIT = 1_000_000
# Aggregates by the expression that merges their partial results ``{0}``.
_MERGES: Mapping[str, str] = {
    "count": "coalesce(sum({0}), 0)",
    "count_star": "coalesce(sum({0}), 0)",
    "count_if": "sum({0})",
    "countif": "sum({0})",
    "sum": "sum({0})",
    "min": "min({0})",
    "max": "max({0})",
    "bool_and": "bool_and({0})",
    "bool_or": "bool_or({0})",
    "bit_and": "bit_and({0})",
    "bit_or": "bit_or({0})",
    "bit_xor": "bit_xor({0})",
}
_AVERAGES = frozenset({"avg", "mean"})
# Types whose order of values and of arrival do not change a sum, a minimum or a maximum.
_EXACT_TYPES = (
    *("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "DECIMAL", "BOOLEAN", "VARCHAR"),
    *("UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "UHUGEINT", "BLOB", "DATE", "TIMESTAMP"),
)
_EXPRESSIONS = frozenset(
    [
        "BETWEEN",
        "CASE",
        "CAST",
        "COLUMN_REF",
        "COMPARISON",
        "CONJUNCTION",
        "CONSTANT",
        "FUNCTION",
        "OPERATOR",
        "TYPE",
    ]
)
_OPERATORS = frozenset(
    [
        "ARRAY_EXTRACT",
        "ARRAY_SLICE",
        "COMPARE_IN",
        "COMPARE_NOT_IN",
        "OPERATOR_COALESCE",
        "OPERATOR_IS_NOT_NULL",
        "OPERATOR_IS_NULL",
        "OPERATOR_NOT",
        "STRUCT_EXTRACT",
    ]
)
# Scalar functions whose value depends on the values of their arguments alone.
_FUNCTION_NAMES = (
    "% & && * ** + - ->> / // < << <= <@ != = > >= >> @ @> ^ ^@ | || ~ ~~ ~~* ~~~ !~~ !~~* "
    "abs acos add array_contains array_extract array_has array_length array_position "
    "array_slice array_value ascii asin atan atan2 base64 bin bit_count bit_length "
    "bit_position cbrt ceil ceiling century char_length character_length chr concat concat_ws "
    "contains cos cot date_diff date_part date_sub date_trunc datediff datepart datesub "
    "datetrunc day dayname dayofmonth dayofweek dayofyear decade degrees divide editdist3 "
    "element_at ends_with epoch epoch_ms epoch_ns epoch_us even exp factorial flatten floor "
    "format format_bytes from_base64 from_binary "
    "from_hex gamma gcd get_bit greatest greatest_common_divisor hamming hex hour instr "
    "isfinite isinf isnan isodow isoyear jaccard json_array_length json_contains json_exists "
    "json_extract json_extract_path json_extract_path_text json_extract_string json_keys "
    "json_type json_valid json_value julian last_day lcase lcm least least_common_multiple "
    "left len length levenshtein lgamma list_cat list_concat list_contains list_distinct "
    "list_element list_extract list_has list_has_all list_has_any list_indexof list_intersect "
    "list_position list_reverse_sort list_slice list_sort list_unique list_value ln log log10 "
    "log2 lower lpad ltrim make_date make_time make_timestamp map map_contains map_entries "
    "map_extract map_extract_value map_keys map_values md5 microsecond millennium millisecond "
    "minute mod month monthname multiply nanosecond octet_length ord pi position pow power "
    "prefix printf quarter radians regexp_escape regexp_extract regexp_extract_all "
    "regexp_full_match regexp_matches regexp_replace regexp_split_to_array replace "
    "reverse right round round_even row rpad rtrim second set_bit sha1 sha256 sign signbit "
    "sin split sqrt starts_with str_split strftime string_split string_to_array strip_accents "
    "strlen strpos strptime struct_extract struct_pack substr substring subtract suffix tan "
    "time_bucket to_base to_base64 to_binary to_days to_hex to_hours to_microseconds "
    "to_milliseconds to_minutes to_months to_quarters to_seconds to_timestamp to_weeks "
    "to_years translate trim trunc try_strptime ucase unbin unhex unicode upper url_decode "
    "url_encode week weekday weekofyear xor year yearweek"
)
_FUNCTIONS = frozenset(_FUNCTION_NAMES.split())
CLOCKS = frozenset(
    [
        "now",
        "today",
        "current_date",
        "current_localtimestamp",
        "current_timestamp",
        "get_current_timestamp",
        "localtimestamp",
        "transaction_timestamp",
    ]
)
# Names of the columns between the parts; no column of a table begins so.
_PREFIX = "__"


class Engine(Protocol):
    """DuckDB, as far as a plan depends on it."""

    @property
    def deterministic(self) -> frozenset[str]:
        """Names that mean scalar functions without state only."""

    @property
    def aggregates(self) -> frozenset[str]:
        """Names of aggregate functions."""

    def text(self, expression: Tree) -> str:
        """Return an expression as SQL."""

    def types(self, statement: str) -> list[str]:
        """Return the types of the columns of a statement over the declared tables."""

    def clock(self, name: str) -> Tree:
        """Return the value of one of ``CLOCKS`` as a constant, the same time for all of them."""


@dataclass(frozen=True)
class Split:
    """A statement in two parts.

    Attributes:
        map: The statement for each shard.
        reduce: The statement over ``partials``, the union of the results of ``map``.
    """

    map: str
    reduce: str


class NotSplit(Exception):
    """A statement cannot be split; the text says why."""


def split(
    node: Tree, columns: Mapping[str, Mapping[str, str]], names: list[str], engine: Engine
) -> Split:
    """Return the parts of a statement.

    Args:
        node: The SELECT.
        columns: The tables whose rows the shards have disjointly: names and types of columns.
        names: The names of the columns of the result.
        engine: Answers questions about DuckDB.

    Raises:
        NotSplit: The statement must run once, over the rows of all shards.
    """
    table = _only_table(node)
    if table not in columns:
        raise NotSplit("the shards' rows of the table are not disjoint")
    alias = str(node["from_table"].get("alias") or table).lower()
    scope = _Scope(alias, columns[table], engine)
    select = _Select(
        scope=scope,
        items=scope.items(node["select_list"]),
        where=scope.clean(node.get("where_clause")),
        groups=[scope.clean(each) for each in node.get("group_expressions") or ()],
        having=scope.clean(node.get("having")),
        modifiers={kind: scope.clean(each) for kind, each in modifiers(node).items()},
        source=scope.source(node["from_table"]),
        names=names,
    )
    _require(len(names) == len(select.items), "columns of the result")
    if node.get("aggregate_handling") == "FORCE_AGGREGATES":  # GROUP BY ALL
        select.groups = [item for item in select.items if not scope.has_aggregate(item)]
        _require(all(map(scope.has_column, select.groups)), "a constant in GROUP BY")
    if select.groups or select.having or node.get("group_sets") or select.has_aggregate():
        return _Aggregation(select).split()
    return _split_selection(select)


def _require(condition: bool, reason: str) -> None:
    if not condition:
        raise NotSplit(reason)


def _only_table(node: Tree) -> str:
    table = node.get("from_table") or {}
    _require(is_plain_select(node, "group_expressions", "group_sets", "having"), "a further clause")
    _require(is_plain_table(table), "not one table with its own columns")
    _require(schema_of(table) in ("", "main"), "a table of another schema")
    _require(len(node.get("group_sets") or ()) <= 1, "grouping sets")
    return str(table["table_name"]).lower()


@dataclass
class _Scope:
    """The names that mean columns of the table.

    Attributes:
        alias: The name of the table in the statement.
        columns: Its columns and their types.
        engine: Answers questions about DuckDB.
    """

    alias: str
    columns: Mapping[str, str]
    engine: Engine

    def __post_init__(self) -> None:
        self._known = {name.lower() for name in self.columns}
        _require(self.alias not in self._known, "a table with the name of a column")

    def source(self, table: Tree) -> str:
        """Return the FROM clause."""
        name = quote_identifier(str(table["table_name"]))
        alias = table.get("alias")
        return f"{name} AS {quote_identifier(str(alias))}" if alias else name

    def column(self, path: tuple[str, ...]) -> tuple[str, ...] | None:
        """Return the path of a column without the table; ``None`` for another name."""
        if len(path) > 1 and path[0] == self.alias and path[1] in self._known:
            return path[1:]
        return path if path and path[0] in self._known else None

    def clean(self, tree: Any) -> Any:
        """Return a part of the statement with constants instead of clocks.

        Raises:
            NotSplit: It has an expression that is not provably the same on every shard.
        """
        cleaned = transform(tree, self._constant_time)
        for node in walk(cleaned):
            self._check(node)
        return cleaned

    def _constant_time(self, node: Tree) -> Tree | None:
        path = column_path(node)
        bare = path[0] if len(path) == 1 and self.column(path) is None else ""
        name = bare or ("" if arguments(node) else function_name(node))
        if name not in CLOCKS:
            return None
        constant = {**self.engine.clock(name)}
        return constant | ({"alias": node["alias"]} if node.get("alias") else {})

    def _check(self, node: Tree) -> None:
        kind = node.get("class")
        if kind is None:
            return
        _require(kind in _EXPRESSIONS, f"an expression of the class {kind}")
        if kind == "OPERATOR":
            _require(node.get("type") in _OPERATORS, f"the operator {node.get('type')}")
        name = function_name(node)
        if name in self.engine.aggregates:
            plain = not node.get("distinct") and not (node.get("order_bys") or {}).get("orders")
            _require(name in _MERGES or name in _AVERAGES, f"the aggregate {name}")
            _require(
                plain and len(arguments(node)) <= 1,
                f"{name} with DISTINCT, ORDER BY or two arguments",
            )
        elif name:
            known = name in _FUNCTIONS and name in self.engine.deterministic
            _require(known, f"the function {name}")
            named = name != "struct_pack" or all(each.get("alias") for each in arguments(node))
            _require(named, "a member with the name of an expression")

    def items(self, listed: list[Tree]) -> list[Tree]:
        """Return the items of the SELECT clause, all columns instead of a plain ``*``."""
        items: list[Tree] = []
        for item in listed:
            if item.get("class") != "STAR":
                items.append(self.clean(item))
                continue
            _require(is_plain_star(item, self.alias), "a part of *")
            items += map(column_reference, self.columns)
        return items

    def has_aggregate(self, tree: Any) -> bool:
        """Return true if an expression contains an aggregate."""
        return any(function_name(node) in self.engine.aggregates for node in walk(tree))

    def has_column(self, tree: Any) -> bool:
        """Return true if an expression contains a column."""
        return any(column_path(node) for node in walk(tree))

    def canonical(self, node: Tree) -> str:
        """Return a text that is equal for equal expressions."""
        return canonical(node, lambda path: self.column(path) or ("", *path))

    def text(self, node: Tree) -> str:
        """Return an expression of columns as SQL.

        Raises:
            NotSplit: It has a name that is not a column.
        """
        for part in walk(node):
            path = column_path(part)
            _require(not path or self.column(path) is not None, "a name that is no column")
        return self.engine.text(without_alias(node))


@dataclass
class _Select:
    """A SELECT, clause by clause."""

    scope: _Scope
    items: list[Tree]
    where: Tree | None
    groups: list[Tree]
    having: Tree | None
    modifiers: Mapping[str, Tree]
    source: str
    names: list[str]

    def __post_init__(self) -> None:
        known = {"DISTINCT_MODIFIER", "ORDER_MODIFIER", "LIMIT_MODIFIER"}
        _require(self.modifiers.keys() <= known, "a modifier")
        self.aliases: dict[str, int] = {}
        for index, item in enumerate(self.items):
            if item.get("alias"):
                _require(str(item["alias"]).lower() not in self.aliases, "an alias used twice")
                self.aliases[str(item["alias"]).lower()] = index
        names = [*self.aliases, *(part for item in self.items for part in column_path(item))]
        _require(not any(name.startswith(_PREFIX) for name in names), "a reserved name")
        limit = self.modifiers.get("LIMIT_MODIFIER", {})
        _require(not limit.keys() - {"type", "limit", "offset"}, "LIMIT in percent")

    def has_aggregate(self) -> bool:
        """Return true if the statement aggregates without GROUP BY."""
        return self.scope.has_aggregate([*self.items, self.modifiers])

    @property
    def distinct(self) -> str:
        """``DISTINCT``, or nothing."""
        modifier = self.modifiers.get("DISTINCT_MODIFIER")
        if modifier is None:
            return ""
        _require(not modifier.get("distinct_on_targets"), "DISTINCT ON")
        return "DISTINCT "

    @property
    def filter(self) -> str:
        """The WHERE clause."""
        return "" if self.where is None else f" WHERE {self.scope.text(self.where)}"

    def orders(self) -> list[tuple[Tree, str]]:
        """Return the expressions of ORDER BY, and their direction as SQL."""
        orders = []
        for order in self.modifiers.get("ORDER_MODIFIER", {}).get("orders") or ():
            direction = {"ASCENDING": " ASC", "DESCENDING": " DESC"}.get(order.get("type"), "")
            nulls = str(order.get("null_order") or "ORDER_DEFAULT").replace("_", " ")
            nulls = "" if nulls == "ORDER DEFAULT" else f" {nulls}"
            orders.append((order["expression"], direction + nulls))
        return orders

    def item_of(self, expression: Tree) -> int | None:
        """Return the index of the item that an expression of ORDER BY or GROUP BY names."""
        if expression.get("class") == "CONSTANT":
            position = integer_constant(expression)
            _require(position is not None and 0 < position <= len(self.items), "a position")
            return (position or 0) - 1
        path = column_path(expression)
        return self.aliases.get(path[0]) if len(path) == 1 else None

    def bounds(self) -> tuple[str, int | None]:
        """Return LIMIT and OFFSET of the result, and the LIMIT of a shard."""
        modifier = self.modifiers.get("LIMIT_MODIFIER")
        if modifier is None:
            return "", None
        limit = integer_constant(modifier["limit"]) if modifier.get("limit") else None
        offset = integer_constant(modifier["offset"]) if modifier.get("offset") else 0
        _require((limit is not None or not modifier.get("limit")), "LIMIT of an expression")
        _require(offset is not None, "OFFSET of an expression")
        text = ("" if limit is None else f" LIMIT {limit}") + (
            f" OFFSET {offset}" if offset else ""
        )
        return text, None if limit is None else limit + (offset or 0)


def _split_selection(select: _Select) -> Split:
    scope, distinct = select.scope, select.distinct
    items = [f"{scope.text(item)} AS __i{index}" for index, item in enumerate(select.items)]
    keys: list[str] = []
    for number, (expression, direction) in enumerate(select.orders()):
        index = select.item_of(expression)
        if index is None:
            _require(not distinct, "DISTINCT and ORDER BY of an expression")
            _require(not _names_alias(expression, select), "an alias in an expression")
            items.append(f"{scope.text(expression)} AS __o{number}")
        keys.append((f"__o{number}" if index is None else f"__i{index}") + direction)
    order = f" ORDER BY {', '.join(keys)}" if keys else ""
    limit, most = select.bounds()
    part = "" if most is None else f"{order} LIMIT {most}"
    _require(most is None or most <= MAX_SPLIT_LIMIT, "a large LIMIT")
    shown = ", ".join(
        f"__i{index} AS {quote_identifier(name)}" for index, name in enumerate(select.names)
    )
    return Split(
        f"SELECT {distinct}{', '.join(items)} FROM {select.source}{select.filter}{part}",
        f"SELECT {shown} FROM (SELECT {distinct}* FROM partials){order}{limit}",
    )


def _names_alias(expression: Tree, select: _Select) -> bool:
    return any(
        len(path) == 1 and path[0] in select.aliases for path in map(column_path, walk(expression))
    )


@dataclass
class _Aggregation:
    """The parts of an aggregation.

    Attributes:
        select: The statement.
        keys: The columns of the groups, by the canonical text of their expressions.
        partials: The columns that each shard computes.
        merged: The columns that merging computes of them.
        results: The columns of the merged aggregates, by their canonical text.
    """

    select: _Select
    keys: dict[str, str] = field(default_factory=dict)
    partials: list[str] = field(default_factory=list)
    merged: list[str] = field(default_factory=list)
    results: dict[str, str] = field(default_factory=dict)

    def split(self) -> Split:
        """Return the parts of the statement."""
        select = self.select
        for expression in select.groups:
            self._add_key(expression)
        columns = [f"{self._text(item)} AS __i{index}" for index, item in enumerate(select.items)]
        having = (
            "" if select.having is None else f" WHERE {self._text(self._resolve(select.having))}"
        )
        order = self._order(columns)
        keys = list(self.keys.values())
        grouped = f" GROUP BY {', '.join(keys)}" if keys else ""
        shown = ", ".join(
            f"__i{index} AS {quote_identifier(name)}" for index, name in enumerate(select.names)
        )
        limit, _ = select.bounds()
        _require(bool(self.partials), "one group without an aggregate")
        merged = ", ".join([*keys, *self.merged])
        return Split(
            f"SELECT {', '.join(self.partials)} FROM {select.source}{select.filter}{grouped}",
            f"SELECT {shown} FROM (SELECT {select.distinct}{', '.join(columns)} "
            f"FROM (SELECT {merged} FROM partials{grouped}){having}){order}{limit}",
        )

    def _add_key(self, expression: Tree) -> None:
        scope, select = self.select.scope, self.select
        if expression.get("class") == "CONSTANT":
            expression = select.items[select.item_of(expression) or 0]
        elif len(path := column_path(expression)) == 1 and scope.column(path) is None:
            _require(path[0] in select.aliases, "a name that is no column")
            expression = select.items[select.aliases[path[0]]]
        _require(not scope.has_aggregate(expression), "an aggregate in GROUP BY")
        _require(expression.get("class") != "CONSTANT", "a constant in GROUP BY")
        name = self.keys.setdefault(scope.canonical(expression), f"__k{len(self.keys)}")
        self.partials.append(f"{scope.text(expression)} AS {name}")
        self.partials = list(dict.fromkeys(self.partials))

    def _order(self, columns: list[str]) -> str:
        """Return the ORDER BY clause; add its expressions to the columns."""
        keys = []
        for number, (expression, direction) in enumerate(self.select.orders()):
            index = self.select.item_of(expression)
            if index is None:
                _require(not self.select.distinct, "DISTINCT and ORDER BY of an expression")
                _require(not _names_alias(expression, self.select), "an alias in an expression")
                columns.append(f"{self._text(expression)} AS __o{number}")
            keys.append((f"__o{number}" if index is None else f"__i{index}") + direction)
        return f" ORDER BY {', '.join(keys)}" if keys else ""

    def _resolve(self, having: Tree) -> Tree:
        """Return HAVING with the items in place of their aliases."""

        def item(node: Tree) -> Tree | None:
            path = column_path(node)
            if len(path) != 1 or path[0] not in self.select.aliases:
                return None
            named = self.select.items[self.select.aliases[path[0]]]
            same = column_path(named) == path
            _require(same or self.select.scope.column(path) is None, "an alias that is a column")
            return without_alias(named)

        resolved: Tree = transform(having, item)
        return resolved

    def _text(self, expression: Tree) -> str:
        """Return an expression of groups and aggregates as SQL over the merged columns."""

        def merged(node: Tree) -> Tree | None:
            if not node.get("class"):
                return None
            key = self.keys.get(self.select.scope.canonical(node))
            if key is None and function_name(node) in self.select.scope.engine.aggregates:
                key = self._aggregate(node)
            if key is not None:
                # A member of a struct has the name of its expression.
                alias = {"alias": node["alias"]} if node.get("alias") else {}
                return {**column_reference(key), **alias}
            _require(not column_path(node), "a column that is neither grouped nor aggregated")
            return None

        return self.select.scope.engine.text(transform(without_alias(expression), merged))

    def _aggregate(self, node: Tree) -> str:
        """Return the column of an aggregate's merged result."""
        scope = self.select.scope
        key = scope.canonical(node)
        if key not in self.results:
            self.results[key] = name = f"__r{len(self.results)}"
            if function_name(node) in _AVERAGES:
                total, kind = self._partial(renamed_function(node, "sum"))
                _require(kind == "HUGEINT", "an average of numbers that are not integers")
                count, _ = self._partial(renamed_function(node, "count"))
                merged = f"sum({total})::DOUBLE / sum({count})::DOUBLE"
            else:
                column, kind = self._partial(node)
                merged = f"{_MERGES[function_name(node)].format(column)}::{kind}"
            self.merged.append(f"{merged} AS {name}")
        return self.results[key]

    def _partial(self, node: Tree) -> tuple[str, str]:
        """Return name and type of the column of an aggregate of each shard."""
        select = self.select
        for part in walk(node):
            _require(
                part is node or function_name(part) not in select.scope.engine.aggregates,
                "a nested aggregate",
            )
        text, name = select.scope.text(node), f"__p{len(self.partials)}"
        (kind,) = select.scope.engine.types(f"SELECT {text} FROM {select.source}")
        _require(
            kind.startswith(_EXACT_TYPES) and not kind.endswith("]"),
            f"an aggregate of the type {kind}",
        )
        self.partials.append(f"{text} AS {name}")
        return name, kind
