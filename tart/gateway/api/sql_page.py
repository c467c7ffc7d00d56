"""HTML page of SQL: tables, columns, formats, limits and errors.

Pure. Rendered from ``query.sql.reference``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape

from tart.gateway.api import docs
from tart.gateway.api.html import html, relative
from tart.query.sql.limits import describe_limits
from tart.query.sql.reference import PATH, Block, Grid, Heading, Listing, Paragraph, blocks

_CODE = re.compile(r"`([^`]*)`")


def sql_page() -> str:
    """Return the whole page."""
    # The page is the same whatever the name under which its reader reaches the server.
    content = list(blocks(describe_limits(), "$SERVER"))
    return html("tart: SQL", _lines(content))


def _lines(content: list[Block]) -> Iterator[str]:
    title, *rest = content
    yield from _block(title)
    yield f'<p><a href="{relative(docs.PATH, PATH)}">All routes</a></p><nav>'
    for block in rest:
        if isinstance(block, Heading):
            yield f'<a href="#{_anchor(block)}">{_text(block.text)}</a>'
    yield "</nav>"
    for block in rest:
        yield from _block(block)


def _block(block: Block) -> Iterator[str]:
    match block:
        case Heading():
            yield f'<h{block.level} id="{_anchor(block)}">{_text(block.text)}</h{block.level}>'
        case Paragraph():
            yield f"<p>{_text(block.text)}</p>"
        case Listing():
            yield f"<pre>{escape(block.text)}</pre>"
        case Grid():
            yield f"<table>{_row(block.head, 'th')}"
            for cells in block.rows:
                yield _row(cells, "td")
            yield "</table>"


def _row(cells: tuple[str, ...], element: str) -> str:
    return f"<tr>{''.join(f'<{element}>{_text(cell)}</{element}>' for cell in cells)}</tr>"


def _anchor(heading: Heading) -> str:
    return re.sub(r"[^a-z0-9_]+", "-", heading.text.lower())


def _text(text: str) -> str:
    """Return text with code in its element."""
    return _CODE.sub(r"<code>\1</code>", escape(text, quote=False))
