"""The checked-in client is that of the contract."""

from __future__ import annotations

from pathlib import Path

import pytest

from tart.gateway.api.contract import ROUTES
from tart.gateway.api.grafana import TAG
from tart.gateway.codegen import client

WRITTEN = {"answers.py": client.answers, "api.py": client.api}


@pytest.mark.parametrize("name", WRITTEN)
def test_the_modules_are_what_would_be_written_now(name: str) -> None:
    there = (client.FOLDER / name).read_text()
    assert there == WRITTEN[name](), "run python -m tart.gateway.codegen.client"


def test_the_command_writes_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "FOLDER", tmp_path)
    client.main()
    assert {each.name for each in tmp_path.iterdir()} == set(WRITTEN)


def test_what_is_left_out_is_for_people_and_browsers_or_only_fails() -> None:
    asked = {route.name for route in client.client_routes()}
    for_people = {route.name for route in ROUTES if route.in_clients}
    assert for_people - asked == {
        *("docs", "event_page", "figure_page", "rules", "rule", "sql_docs", "llms"),
        *("websocket", "event_stream", "metrics_stream", "summary_stream"),
        "alert_stream",
    }


def test_routes_for_grafana_s_dashboards_have_neither_methods_nor_types() -> None:
    tagged = [route for route in ROUTES if route.tag == TAG]
    assert tagged
    assert not any(route.in_clients for route in tagged)
    assert "Grafana" not in client.api() + client.answers()
