"""Rows of statements as measurements."""

from __future__ import annotations

import re

import pytest

from tart.alerting.engine.model import Measurement
from tart.alerting.figures.statements import WrongRows, measure_rows


def test_a_row_is_a_label_set_with_its_value():
    rows = [["aa", 3, True, None], ["bb", "18446744073709551616", False, 7]]
    measured = measure_rows(["node", "value", "synced", "core"], rows, is_complete=True)
    assert measured == Measurement(
        {
            (("node", "aa"), ("synced", "true")): 3.0,
            (("core", "7"), ("node", "bb"), ("synced", "false")): 18446744073709551616.0,
        }
    )


def test_a_row_without_a_value_has_none():
    assert measure_rows(["value"], [[None]], is_complete=True).values == {(): None}
    assert measure_rows(["value"], [[float("nan")]], is_complete=True).values == {(): None}


def test_rows_of_some_shards_are_not_those_of_the_network():
    assert measure_rows(["value"], [[3]], is_complete=False) == Measurement({}, is_complete=False)


@pytest.mark.parametrize(
    ("columns", "rows", "text"),
    [
        (["count(*)"], [[1]], "not the name of a label"),
        (["severity"], [["x"]], "the rule's own"),
        # A count under another name would be a label: another alert whenever it changes.
        (["n"], [[19381]], "no column value: write 'count(*) AS value'"),
        (["value"], [["many"]], "not a number"),
        (["node", "value"], [["aa", 1], ["aa", 2]], "same labels: node=aa"),
    ],
)
def test_wrong_rows_are_refused_with_the_reason(columns, rows, text):
    with pytest.raises(WrongRows, match=re.escape(text)):
        measure_rows(columns, rows, is_complete=True)
