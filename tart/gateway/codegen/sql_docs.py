"""Writes ``docs/sql.md`` from the declarations: ``python -m tart.gateway.codegen.sql_docs``."""

from __future__ import annotations

from pathlib import Path

from tart.query.sql.limits import describe_limits
from tart.query.sql.reference import blocks, render_markdown

TARGET = Path("docs/sql.md")
_NOTE = "<!-- Written by python -m tart.gateway.codegen.sql_docs; edit the declarations. -->"


def text() -> str:
    """Return the document."""
    return f"{_NOTE}\n\n{render_markdown(blocks(describe_limits()))}"


def main() -> None:
    """Write the document below the working directory."""
    TARGET.write_text(text(), "utf-8")


if __name__ == "__main__":
    main()
