"""``tart skill`` prints a skill file for a server, without asking it."""

from __future__ import annotations

import pytest

from tart.cli.main import main


def test_the_file_has_front_matter_and_the_address(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["skill", "--url", "https://tart.example/"]) == 0
    text = capsys.readouterr().out
    _, front, body = text.split("---\n")
    assert front.startswith("name: tart\ndescription: ")
    assert "curl -s https://tart.example/api/health/detailed" in body
    assert "`/api/workpackages/{hash}/journey/enhanced" in body


def test_the_address_comes_from_the_settings(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TART_API_BIND", "127.0.0.1:9000")
    assert main(["skill"]) == 0
    assert "Server: http://127.0.0.1:9000\n" in capsys.readouterr().out
