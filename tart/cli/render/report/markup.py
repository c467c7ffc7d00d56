"""HTML of the report: escaped text, tables, sections.

Every text that is not ``Html`` is escaped, since nodes choose their own names and reasons.
"""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tart.printable import replace_unprintable


class Html(str):
    """Text that is HTML already."""

    __slots__ = ()


@dataclass(frozen=True)
class Section:
    """A part of the report with a heading of its own.

    Attributes:
        name: The anchor in the document.
        title: The heading.
        body: Its content.
    """

    name: str
    title: str
    body: Html


@dataclass(frozen=True)
class Table:
    """A table; the first cell of each row names the row.

    Attributes:
        caption: The text above it.
        heads: Headings of the columns; those of numbers begin with ``#``, which is not shown.
        rows: Cells by row.
        groups: Heading by index of the row before which it stands, over all columns.
    """

    caption: str
    heads: Sequence[str]
    rows: Sequence[Sequence[object]]
    groups: Sequence[tuple[int, object]] = ()


def escape(value: object) -> Html:
    """Return a text as HTML; ``Html`` stays as it is."""
    if isinstance(value, Html):
        return value
    return Html(html.escape(replace_unprintable(str(value))))


def join(parts: Iterable[object], separator: str = "\n") -> Html:
    """Return parts after one another."""
    return Html(separator.join(map(escape, parts)))


def tag(name: str, *content: object, **attributes: object) -> Html:
    """Return an element; ``class_`` stands for ``class``, ``_`` in names for ``-``."""
    written = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(value)}"'
        for key, value in attributes.items()
        if value is not None
    )
    return Html(f"<{name}{written}>{join(content, '')}</{name}>")


def paragraph(*content: object) -> Html:
    """Return a paragraph."""
    return tag("p", *content)


def bullets(items: Iterable[object]) -> Html:
    """Return a list; nothing without items."""
    entries = [tag("li", item) for item in items]
    return tag("ul", *entries) if entries else Html("")


def number(value: float | int | str | None, unit: str = "") -> Html:
    """Return a number as it is read, with the exact one in ``value``; a dash for null.

    Args:
        value: The number of the API; one beyond 64 bits is text.
        unit: Is written behind it.
    """
    if value is None:
        return Html('<span class="none">–</span>')
    shown = number_text(value)
    return Html(f'<data value="{escape(value)}">{escape(shown)}{escape(unit)}</data>')


def number_text(value: float | int | str) -> str:
    """Return a number with three significant digits or more, whole ones with all."""
    if isinstance(value, str):
        return f"{int(value):,}" if value.lstrip("-").isdecimal() else value
    if isinstance(value, int):
        return f"{value:,}"
    if value == 0:
        return "0"
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def percent(share: float | None) -> Html:
    """Return a share as a percentage."""
    if share is None:
        return number(None)
    return Html(f'<data value="{share}">{number_text(100 * share)} %</data>')


def table(content: Table) -> Html:
    """Return a table in a region that scrolls by itself; a paragraph if it has no rows."""
    if not content.rows:
        return paragraph(content.caption, ": none.")
    numeric = [head.startswith("#") for head in content.heads]
    heads = join(
        (
            tag("th", head.removeprefix("#"), scope="col", class_="n" if is_number else None)
            for head, is_number in zip(content.heads, numeric, strict=True)
        ),
        "",
    )
    groups = dict(content.groups)
    bodies: list[Html] = []
    for index, row in enumerate(content.rows):
        if index in groups:
            title = tag("th", groups[index], colspan=len(content.heads), scope="rowgroup")
            bodies.append(Html(f'</tbody><tbody><tr class="g">{title}</tr>'))
        bodies.append(tag("tr", *_cells(row, numeric)))
    body = Html(f"<tbody>{join(bodies)}</tbody>".replace("<tbody></tbody>", "", 1))
    whole = tag("table", tag("caption", content.caption), tag("thead", tag("tr", heads)), body)
    return tag("div", whole, class_="t", tabindex=0, role="region", aria_label=content.caption)


def _cells(row: Sequence[object], numeric: Sequence[bool]) -> list[Html]:
    cells = [tag("th", row[0], scope="row")]
    for cell, is_number in zip(row[1:], numeric[1:], strict=True):
        shown = number(cell) if is_number and not isinstance(cell, str) else escape(cell)  # type: ignore[arg-type]
        cells.append(tag("td", shown, class_="n" if is_number else None))
    return cells
