"""``tart/query/sql/csv_table.py``: lists of objects as CSV."""

from __future__ import annotations

import csv
import io
from typing import Annotated, Any, TypedDict

from msgspec import Meta

from tart.query.answers.comparison import ComparedGroup, ComparedMeasure, ComparedPair
from tart.query.answers.implementations import ImplementationFigures
from tart.query.sql.csv_table import columns_of, csv_table
from tests.cases import all_cases


class Inner(TypedDict):
    nodes: int
    at: str | None


class Row(TypedDict):
    name: Annotated[str | None, Meta(description="A name.")]
    share: float
    spread: Annotated[Inner, Meta(description="An object.")]
    series: list[int]
    alike: bool


def row(**members: Any) -> Any:
    values = {"name": "alpha", "share": 0.5, "spread": {"nodes": 3, "at": None}}
    return {**values, "series": [1, 2], "alike": True, **members}


def read(table: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(table.decode(), newline="")))


def test_an_object_is_a_column_for_each_member_and_a_list_is_json() -> None:
    header = ["name", "share", "spread.nodes", "spread.at", "series", "alike"]
    assert list(columns_of(Row)) == header
    table = csv_table(Row, [row(), row(name=None, alike=False, series=[])], formulas=False)
    assert read(table) == [
        header,
        ["alpha", "0.5", "3", "", "[1,2]", "true"],
        ["", "0.5", "3", "", "[]", "false"],
    ]
    assert table.endswith(b"\r\n")


def test_a_table_without_rows_has_its_header() -> None:
    assert read(csv_table(Row, [], formulas=False)) == [[*columns_of(Row)]]


def test_names_of_nodes_are_no_formulas_and_stay_one_cell() -> None:
    names = ["=1+1", 'a "quoted", name', "two\nlines", "-3"]
    table = csv_table(Row, [row(name=name) for name in names], formulas=False)
    assert [cells[0] for cells in read(table)[1:]] == ["'=1+1", *names[1:]]
    table = csv_table(Row, [row(name="=1+1")], formulas=True)
    assert read(table)[1][0] == "=1+1"


@all_cases(
    "row_type", [ImplementationFigures, ComparedGroup, ComparedPair, ComparedMeasure], ids=str
)
def test_tables_of_routes_have_every_member_once(row_type: Any) -> None:
    columns = list(columns_of(row_type))
    assert {column.partition(".")[0] for column in columns} == set(row_type.__annotations__)
    assert len(set(columns)) == len(columns)
