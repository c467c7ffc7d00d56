"""Generate ``docs/events.md`` from the declarations of the event types.

Run it with ``python -m tart.gateway.codegen.event_pages``. A test proves that the file is up to
date.
"""

from __future__ import annotations

from pathlib import Path

from tart.gateway.api.event_pages import event_markdown

FILE = Path(__file__).parents[3] / "docs" / "events.md"


def main() -> None:
    """Write the file."""
    FILE.write_text(event_markdown())


if __name__ == "__main__":
    main()
