"""Access to the syntax trees of DuckDB's ``json_serialize_sql``.

Pure. A tree is what ``json.loads`` returns. The members read here are the same in DuckDB 1.5 and
2.0, except a function's arguments: ``children`` in 1.5, ``arguments`` in 2.0.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeAlias

Tree: TypeAlias = Mapping[str, Any]

# Members that do not change the meaning of an expression.
_POSITIONS = frozenset({"query_location", "query_location_length"})
# Members of plain parts of a statement; any other changes which rows, columns or names they mean.
_PLAIN_TABLE = frozenset(
    {"type", "alias", "table_name", "schema_name", "catalog_name", "qualified_name"}
)
_PLAIN_STAR = frozenset({"class", "type", "relation_name"})
_PLAIN_SELECT = frozenset(
    {"type", "select_list", "from_table", "where_clause", "modifiers", "aggregate_handling"}
)


def walk(tree: Any) -> Iterator[Tree]:
    """Yield every object of the tree.

    Not recursive: a user can nest it beyond the recursion limit.
    """
    stack = [tree]
    while stack:
        value = stack.pop()
        if isinstance(value, Mapping):
            yield value
            stack += value.values()
        elif isinstance(value, list):
            stack += value


def is_table(node: Tree) -> bool:
    """Return true for a reference to a table, view or common table expression by its name."""
    return node.get("type") == "BASE_TABLE" and isinstance(node.get("table_name"), str)


def _has_only(node: Tree, members: frozenset[str]) -> bool:
    return not any(
        value for name, value in node.items() if name not in members and name not in _POSITIONS
    )


def is_plain_table(node: Tree) -> bool:
    """Return true for a table of which all rows and columns are read under their own names."""
    return is_table(node) and _has_only(node, _PLAIN_TABLE)


def is_plain_star(node: Tree, table: str) -> bool:
    """Return true for ``*`` or ``table.*``, all columns under their own names.

    Args:
        node: The expression.
        table: The name of the only table, in lower case.
    """
    relation = str(node.get("relation_name") or table).lower()
    return node.get("class") == "STAR" and _has_only(node, _PLAIN_STAR) and relation == table


def is_plain_select(node: Tree, *members: str) -> bool:
    """Return true for a SELECT with FROM, WHERE, DISTINCT, ORDER BY and LIMIT only.

    Args:
        node: The SELECT.
        members: Further members that it may have.
    """
    if node.get("type") != "SELECT_NODE" or (node.get("cte_map") or {}).get("map"):
        return False
    grouped = node.get("aggregate_handling", "STANDARD_HANDLING") != "STANDARD_HANDLING"
    if grouped and "group_expressions" not in members:
        return False
    return _has_only(node, _PLAIN_SELECT | {"cte_map", *members})


def schema_of(node: Tree) -> str:
    """Return the schema of a table reference, as written."""
    if not is_table(node):
        return ""
    path = (node.get("qualified_name") or {}).get("path") or []
    return str(node.get("schema_name") or ".".join(path[:-1])).lower()


def terms(where: Tree | None) -> Iterator[Tree]:
    """Yield the terms of a conjunction."""
    stack = [where]
    while stack:
        term = stack.pop()
        if term is None:
            continue
        if term.get("type") == "CONJUNCTION_AND":
            stack += term.get("children") or ()
        else:
            yield term


def modifiers(node: Tree) -> dict[str, Tree]:
    """Return DISTINCT, ORDER BY and LIMIT of a SELECT by their type."""
    return {each["type"]: each for each in node.get("modifiers") or ()}


def column_path(node: Any) -> tuple[str, ...]:
    """Return the parts of a column reference in lower case; nothing of another expression."""
    if not isinstance(node, Mapping) or node.get("class") != "COLUMN_REF":
        return ()
    return tuple(str(part).lower() for part in node["column_names"])


def function_name(node: Tree) -> str:
    """Return the name of a function call in lower case; empty for another expression."""
    return str(node.get("function_name")).lower() if node.get("class") == "FUNCTION" else ""


def arguments(node: Tree) -> list[Tree]:
    """Return the arguments of a function call."""
    if "arguments" in node:
        return [argument["expression"] for argument in node["arguments"]]
    return list(node.get("children") or ())


def renamed_function(node: Tree, name: str) -> Tree:
    """Return a function call with another name."""
    renamed = {key: value for key, value in node.items() if key != "alias"}
    renamed["function_name"] = name
    if "qualified_name" in node:
        renamed["qualified_name"] = {"path": [name]}
    return renamed


def without_alias(node: Tree) -> Tree:
    """Return an expression without its alias."""
    return {key: value for key, value in node.items() if key != "alias"}


def integer_constant(node: Any) -> int | None:
    """Return the value of an integer literal; ``None`` for another expression."""
    if not isinstance(node, Mapping) or node.get("class") != "CONSTANT":
        return None
    literal = node.get("literal") or {}
    value = node.get("value") or {}
    text = str(literal.get("text") if literal.get("kind") == "INTEGER" else value.get("value"))
    if not (text.isascii() and text.isdecimal() and len(text) <= 10):
        return None
    return int(text)


def is_text_literal(node: Tree) -> bool:
    """Return true for a literal like ``'text'``, whose type depends on its place."""
    if node.get("class") != "CONSTANT":
        return False
    kind = ((node.get("value") or {}).get("type") or {}).get("id")
    return (node.get("literal") or {}).get("kind") == "STRING" or kind == "VARCHAR"


def column_reference(name: str) -> Tree:
    """Return a reference to a column."""
    return {"class": "COLUMN_REF", "type": "COLUMN_REF", "column_names": [name]}


def canonical(node: Tree, column: Callable[[tuple[str, ...]], tuple[str, ...]]) -> str:
    """Return a text that is equal for equal expressions.

    Args:
        node: The expression.
        column: Returns the canonical form of a column's path.
    """

    def plain(value: Any) -> Any:
        if isinstance(value, Mapping):
            if path := column_path(value):
                return {"column": column(path)}
            return {key: plain(item) for key, item in value.items() if key not in _POSITIONS}
        if isinstance(value, list):
            return [plain(item) for item in value]
        return value

    return json.dumps(plain(without_alias(node)), sort_keys=True)


def transform(node: Any, replace: Callable[[Tree], Tree | None]) -> Any:
    """Return a tree in which the topmost nodes with a replacement are replaced.

    Args:
        node: The tree.
        replace: Returns the replacement of a node; ``None`` to descend into it.
    """
    if isinstance(node, Mapping):
        replaced = replace(node)
        if replaced is not None:
            return replaced
        return {key: transform(value, replace) for key, value in node.items()}
    if isinstance(node, list):
        return [transform(item, replace) for item in node]
    return node
