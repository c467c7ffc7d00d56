"""``docs/figures.md`` is generated."""

from __future__ import annotations

import pytest

from tart.gateway.codegen import figure_pages


def test_the_file_is_what_would_be_written_now(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    there = figure_pages.FILE.read_text()
    monkeypatch.setattr(figure_pages, "FILE", tmp_path / "figures.md")
    figure_pages.main()
    written = figure_pages.FILE.read_text()
    assert there == written, "run python -m tart.gateway.codegen.figure_pages"
