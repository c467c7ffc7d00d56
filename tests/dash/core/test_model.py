"""Pages as JSON."""

from tart.dash.core.model import (
    Cell,
    Column,
    Figure,
    Page,
    Place,
    Row,
    Spark,
    Table,
    page_values,
    row_values,
)

TABLE = Table(
    "Slow steps",
    (Column("node", "Node"), Column("best", "Best", "right", descending=True)),
    (Row("a", (Cell("aaaa…", "aaaaaaaa"), Cell("1,000", 1000)), Place("node", "aaaaaaaa")),),
    note="one node",
)
PAGE = Page(
    title="Nodes",
    figures=(Figure("Best slot", "1,000", 1000),),
    sparks=(Spark("Events per second", (1.0, None, 3.0), "3/s"),),
    tables=(TABLE,),
    notes=("no alerts: 503",),
)


def test_json_has_values_not_texts():
    assert page_values(PAGE) == {
        "title": "Nodes",
        "figures": {"best_slot": 1000},
        "sparklines": {"events_per_second": [1.0, None, 3.0]},
        "tables": {"slow_steps": [{"node": "aaaaaaaa", "best": 1000}]},
        "notes": ["no alerts: 503"],
    }
    assert row_values(TABLE) == [{"node": "aaaaaaaa", "best": 1000}]


def test_a_place_is_what_opens_it():
    assert str(Place("nodes")) == "nodes"
    assert str(Place("node", "3f2a")) == "node 3f2a"
