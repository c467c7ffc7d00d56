"""Generate ``docs/figures.md`` from the catalogue of figures and the built-in rules.

Run it with ``python -m tart.gateway.codegen.figure_pages``. A test proves that the file is up to
date.
"""

from __future__ import annotations

from pathlib import Path

from tart.gateway.api.figure_pages import figure_markdown

FILE = Path(__file__).parents[3] / "docs" / "figures.md"


def main() -> None:
    """Write the file."""
    FILE.write_text(figure_markdown())


if __name__ == "__main__":
    main()
