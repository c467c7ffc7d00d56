"""``tart/gateway/codegen/sql_docs.py``: docs/sql.md is that of the declarations."""

from __future__ import annotations

from pathlib import Path

import tart
from tart.gateway.codegen.sql_docs import TARGET, main, text

ROOT = Path(tart.__file__).parents[1]


def test_the_document_is_up_to_date() -> None:
    stored = (ROOT / TARGET).read_text("utf-8")
    assert stored == text(), "run python -m tart.gateway.codegen.sql_docs"


def test_the_document_is_written_below_the_working_directory(tmp_path, monkeypatch) -> None:
    (tmp_path / "docs").mkdir()
    monkeypatch.chdir(tmp_path)
    main()
    assert (tmp_path / TARGET).read_text("utf-8") == text()
