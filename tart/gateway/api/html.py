"""Frame and links of HTML pages: one style, and no external resources.

Pure. No script, no font, no image. Links are relative, because a proxy may put a prefix before
all paths, and the server does not know it.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable
from html import escape

_STYLE = """
:root { color-scheme: light dark; --line: #8884; --soft: #8881; }
html { scroll-padding-top: 4rem; background: Canvas; color: CanvasText; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto;
  padding: 0 1rem; overflow-wrap: anywhere; }
code, pre { font: 0.9em ui-monospace, monospace; }
pre { background: var(--soft); padding: 0.75rem; white-space: pre-wrap; }
h2, h3 { margin-top: 2.5rem; border-top: 1px solid var(--line); padding-top: 1rem; }
h3 { font-size: 1.3rem; }
table { border-collapse: collapse; width: 100%; display: block; overflow-x: auto; }
th, td { text-align: left; vertical-align: top; padding: 0.3rem 0.8rem 0.3rem 0;
  border-bottom: 1px solid var(--line); overflow-wrap: normal; }
nav { columns: 20rem 2; } nav a { display: block; }
nav strong { display: block; margin-top: 0.75rem; break-after: avoid; }
nav strong:first-child { margin-top: 0; }
#tools:not([hidden]) { position: sticky; top: 0; background: Canvas; padding: 0.5rem 0; z-index: 1;
  display: flex; gap: 1rem; margin-bottom: 1rem; }
#tools label { display: flex; gap: 0.5rem; align-items: center; white-space: nowrap; }
input { min-width: 0; width: 12rem; } #tools label { min-width: 0; }
input, button { font: inherit; } form label { display: inline-block; margin: 0 1rem 0.5rem 0; }
form + pre { max-height: 30rem; overflow: auto; }
"""


def html(title: str, body: Iterable[str]) -> str:
    """Return a whole page; ``body`` is HTML in pieces."""
    return "\n".join(
        (
            '<!doctype html><html lang="en"><head><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{escape(title)}</title><style>{_STYLE}</style></head><body><main>",
            # What is wider than the window is scrolled by keys, too.
            *(piece.replace("<table>", '<table tabindex="0">') for piece in body),
            "</main></body></html>",
        )
    )


def relative(path: str, page: str) -> str:
    """Return the link to a path of the API, for a page at another path."""
    folder, name = posixpath.split(path)
    # Relative to the folder: a link of "." would be the folder itself.
    return posixpath.normpath(f"{posixpath.relpath(folder, posixpath.dirname(page))}/{name}")
