"""The help as a page."""

from datetime import UTC, datetime

from tart.dash.core.keys import ALL, GROUPS
from tart.dash.core.model import Place, row_values
from tart.dash.core.views.table import BY_NAME, VIEWS, tabs
from tests.dash.pages import find_table

PAGE = BY_NAME["help"].page(Place("help"), {}, datetime.now(UTC))


def test_it_has_every_key():
    rows = [row for name in GROUPS for row in row_values(find_table(PAGE, name))]
    assert [(row["keys"], row["meaning"]) for row in rows] == [
        (key.shown, key.meaning) for key in ALL
    ]


def test_it_fits_80_columns():
    for name in GROUPS:
        for row in find_table(PAGE, name).rows:
            assert len(row.cells[0].text) <= 16
            assert len(row.cells[1].text) <= 62


def test_it_has_every_view_and_opens_those_that_need_no_argument():
    rows = {row["name"]: row for row in row_values(find_table(PAGE, "Views"))}
    assert list(rows) == [view.name for view in VIEWS]
    assert [rows[view.name]["number"] for view in tabs()] == list("123456789")[: len(tabs())]
    opens = {row.key: row.opens for row in find_table(PAGE, "Views").rows}
    assert opens["nodes"] == Place("nodes")
    assert opens["node"] is None
    assert BY_NAME["help"].requests(Place("help")) == ()
