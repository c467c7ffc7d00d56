"""The help: every key and every view, as a page like any other, so that ``/`` searches it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from tart.dash.core.keys import DIGITS, GROUPS
from tart.dash.core.model import Answers, Cell, Column, Page, Place, Request, Row, Table, View

_KEYS = (Column("keys", "Key"), Column("meaning", "Does", width=62))
_VIEWS = (
    Column("name", "View"),
    Column("number", "Key", "right"),
    Column("argument", "With"),
    Column("aliases", "Also"),
)


def view(views: Callable[[], tuple[View, ...]]) -> View:
    """Return the view of the help.

    Args:
        views: Returns all views, in the order of their tabs.
    """

    def page(place: Place, answers: Answers, now: datetime) -> Page:
        return Page("Help", tables=(*_key_tables(), _view_table(views())))

    return View(name="help", aliases=("h", "keys"), title="", requests=_no_requests, page=page)


def _no_requests(place: Place) -> tuple[Request, ...]:
    return ()


def _key_tables() -> tuple[Table, ...]:
    return tuple(
        Table(
            name,
            _KEYS,
            tuple(
                Row(key.shown, (Cell(key.shown, key.shown), Cell(key.meaning, key.meaning)))
                for key in keys
            ),
        )
        for name, keys in GROUPS.items()
    )


def _view_table(views: tuple[View, ...]) -> Table:
    numbers = dict(zip((it.name for it in views if it.has_tab), DIGITS, strict=False))
    rows = tuple(
        Row(
            it.name,
            (
                Cell(f":{it.name}", it.name),
                Cell(numbers.get(it.name, ""), numbers.get(it.name)),
                _argument(it),
                Cell(", ".join(it.aliases), ", ".join(it.aliases) or None, "dim"),
            ),
            None if it.argument_required else Place(it.name),
        )
        for it in views
    )
    return Table("Views", _VIEWS, rows)


def _argument(it: View) -> Cell:
    if not it.argument:
        return Cell("", None)
    text = it.argument if it.argument_required else f"[{it.argument}]"
    return Cell(text, it.argument)
