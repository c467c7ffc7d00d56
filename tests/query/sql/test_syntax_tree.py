"""``tart/query/sql/syntax_tree.py``: trees of both versions of DuckDB."""

from __future__ import annotations

import pytest

from tart.query.sql.syntax_tree import (
    arguments,
    canonical,
    column_path,
    column_reference,
    function_name,
    integer_constant,
    renamed_function,
    transform,
    walk,
)

X, Y = column_reference("X"), column_reference("y")
CALLS = [
    {"class": "FUNCTION", "function_name": "SUM", "children": [X]},
    {
        "class": "FUNCTION",
        "function_name": "SUM",
        "arguments": [{"expression": X}],
        "qualified_name": {"path": ["SUM"]},
    },
]


@pytest.mark.parametrize("call", CALLS)
def test_functions_of_both_versions_are_read(call):
    assert function_name(call) == "sum"
    assert arguments(call) == [X]
    renamed = renamed_function({**call, "alias": "a"}, "count")
    assert function_name(renamed) == "count"
    assert arguments(renamed) == [X]
    assert "SUM" not in str(renamed)
    assert "alias" not in renamed


def test_column_paths_are_in_lower_case_and_of_columns_only():
    assert column_path(X) == ("x",)
    assert column_path(CALLS[0]) == ()
    assert function_name(X) == ""


@pytest.mark.parametrize(
    ("node", "value"),
    [
        ({"class": "CONSTANT", "literal": {"kind": "INTEGER", "text": "7"}}, 7),
        ({"class": "CONSTANT", "value": {"value": 7}}, 7),
        ({"class": "CONSTANT", "literal": {"kind": "STRING", "text": "7"}}, None),
        ({"class": "CONSTANT", "value": {"value": -7}}, None),
        (X, None),
        (None, None),
    ],
)
def test_integer_constants(node, value):
    assert integer_constant(node) == value


def test_equal_expressions_have_one_canonical_text():
    def plain(path):
        return path[-1:]

    there = {**X, "query_location": 9, "alias": "b"}
    assert canonical(X, plain) == canonical(there, plain)
    assert canonical({**X, "column_names": ["t", "x"]}, plain) == canonical(X, plain)
    assert canonical(X, plain) != canonical(Y, plain)
    first, second = ({"class": "CAST", "child": each} for each in (X, Y))
    assert canonical(first, plain) != canonical(second, plain)


def test_the_topmost_nodes_are_replaced():
    tree = {"a": [X, {"b": Y}], "c": CALLS[0]}
    replaced = transform(tree, lambda node: Y if function_name(node) else None)
    assert replaced == {"a": [X, {"b": Y}], "c": Y}


def test_a_deep_tree_is_walked_without_recursion():
    tree = X
    for _ in range(5000):
        tree = {"child": [tree]}
    assert sum(1 for _ in walk(tree)) == 5001
