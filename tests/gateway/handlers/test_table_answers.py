"""``tart/gateway/handlers/table_answers.py``: answers as JSON or as CSV."""

from __future__ import annotations

from typing import Any, TypedDict

import pytest

from tart.errors import BadQuery
from tart.gateway.handlers.table_answers import in_format
from tart.gateway.http.responses import Answer


class Row(TypedDict):
    name: str
    nodes: int


ROWS = [{"name": "alpha", "nodes": 3}, {"name": "=beta", "nodes": 4}]


def ask(body: Any, *, formulas: bool = False, **values: Any) -> Answer:
    return in_format(Answer(body), values, Row, lambda body: body["items"], formulas=formulas)


@pytest.mark.parametrize("form", [None, "json"])
def test_json_stays_as_it_is(form: str | None) -> None:
    assert ask({"items": ROWS}, format=form) == Answer({"items": ROWS})


@pytest.mark.parametrize("body", [{"items": ROWS}, lambda: {"items": ROWS}])
def test_csv_has_the_rows_of_a_list(body: Any) -> None:
    answer = ask(body, format="csv")
    assert (answer.media_type, answer.form) == ("text/csv; charset=utf-8", "csv")
    assert answer.body() == b"name,nodes\r\nalpha,3\r\n'=beta,4\r\n"
    assert ask(body, formulas=True, format="csv").body().endswith(b"\r\n=beta,4\r\n")


def test_an_earlier_window_has_no_place_in_a_table() -> None:
    with pytest.raises(BadQuery, match="one window") as refused:
        ask({"items": ROWS}, format="csv", compare=60)
    assert refused.value.parameter == "compare"
    assert ask({"items": ROWS}, format="json", compare=60).form is None
