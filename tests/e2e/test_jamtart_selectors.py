"""Every selector that jamtart's dashboards and tools read resolves, with its JSON type."""

from __future__ import annotations

import pytest

from tests.e2e.truth import OVER_SEVERAL_SHARDS
from tests.jamtart import selectors
from tests.jamtart.selectors import Panel
from tests.running import wait_for

PANELS = selectors.panels()

# Shapes do not depend on how many shards there are.
pytestmark = OVER_SEVERAL_SHARDS


@pytest.fixture(scope="module")
def statuses(truth):
    wait_for(lambda: has_rates(truth.system), "a whole second since the start")
    variables = selectors.subjects(truth.system)
    return {panel: selectors.status_of(truth.system, panel, variables) for panel in PANELS}


def has_rates(system):
    """Whether there are rates, which count whole seconds since the start."""
    return system.get("/api/metrics/live")["last_10s"]["events_per_second"] is not None


def test_every_selector_resolves_with_its_type(statuses):
    fine = ("resolves", selectors.EMPTY)
    wrong = {panel: status for panel, status in statuses.items() if not status.startswith(fine)}
    assert wrong == {}


def test_the_document_has_the_table_of_these_selectors(statuses):
    written = selectors.DOCUMENT.read_text()
    assert written == selectors.document(statuses), "run python -m tests.jamtart.selectors"


def test_all_ten_dashboards_are_among_them(truth):
    sources = {panel.source for panel in PANELS if panel.version == "2026-08"}
    assert len(sources) == 10
    assert {panel.version for panel in PANELS} == {"2026-02", "2026-08"}


def test_what_is_missing_null_or_of_another_type_is_a_fault(truth):
    def check(selector, kind, route="nodes", root=""):
        panel = Panel("", "", "", route, root, ((selector, kind),))
        return list(selectors.faults(truth.system, panel, selectors.Subjects("", "0", "")))

    assert check("node_id", "string") == []
    assert check("node_id", "number")
    assert check("no_such_member", "number")
    assert check("no_such_member", "number-") == []
    assert check("is_connected", "number")
    assert check("ts", "timestamp", "timeseries?T&event_types=250") == ["no rows"]
    assert check("event_type", "number", "events?T&limit=1", "events") == []
