"""The checked-in client is that of the contract."""

from __future__ import annotations

from pathlib import Path

import pytest

from tart.gateway.api.contract import ROUTES
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
    assert {route.name for route in ROUTES} - asked == {
        *("docs", "rules", "rule"),
        *("websocket", "event_stream", "metrics_stream"),
        *("jam_stats", "jam_services", "jam_cores"),
    }
