"""``tart/gateway/api/routes/events.py``: what these routes promise beyond being complete."""

from __future__ import annotations

import pytest

from tart.errors import BadQuery
from tart.gateway.api.route import Cache
from tart.gateway.api.routes.events import EVENT_ROUTES
from tart.gateway.handlers.event_histogram import EVENT_HISTOGRAM_HANDLERS
from tart.gateway.handlers.events import EVENT_HANDLERS
from tart.gateway.handlers.exports import EXPORT_HANDLERS
from tart.gateway.handlers.messages import MESSAGE_HANDLERS
from tart.gateway.handlers.sql import SQL_HANDLERS
from tart.query.sql.exports import FORMATS
from tart.query.sql.formats import SQL_FORMATS

BY_NAME = {route.name: route for route in EVENT_ROUTES}


def test_every_route_has_a_handler() -> None:
    handlers = {
        **EVENT_HANDLERS,
        **EVENT_HISTOGRAM_HANDLERS,
        **EXPORT_HANDLERS,
        **SQL_HANDLERS,
        "event_fields": MESSAGE_HANDLERS["event_fields"],
    }
    assert BY_NAME.keys() == handlers.keys()


def test_an_event_id_is_an_integer_that_javascript_has() -> None:
    event = BY_NAME["event"]
    assert event.read("", {"id": "12"})["id"] == 12
    for text in ("-1", "x", str(1 << 53)):
        with pytest.raises(BadQuery):
            event.read("", {"id": text})


def test_exports_and_sql_are_not_cached() -> None:
    assert BY_NAME["export"].cache is Cache.LIVE
    assert BY_NAME["sql"].cache is Cache.LIVE


@pytest.mark.parametrize(
    ("route", "forms"), [("export", tuple(FORMATS)), ("sql", tuple(SQL_FORMATS))]
)
def test_a_route_takes_its_formats_and_names_them(route: str, forms: tuple[str, ...]) -> None:
    for form in forms:
        assert BY_NAME[route].read(f"format={form}", {})["format"] == form
    with pytest.raises(BadQuery, match=f"one of {', '.join(forms)}"):
        BY_NAME[route].read("format=xlsx", {})
