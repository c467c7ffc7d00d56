"""The lines around a page: the header, the tabs, the keys at the bottom."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tart.dash.core.format import short_duration
from tart.dash.core.keys import DIGITS
from tart.dash.core.lines import Line, Paint, line
from tart.dash.core.model import View
from tart.dash.core.network_figures import HEALTH_TONES
from tart.printable import replace_unprintable
from tart.text_width import cut_text, display_width

_HINTS = (
    ("?", "help"),
    ("q", "quit"),
    ("/", "filter"),
    (":", "go to"),
    ("Enter", "open"),
    ("Esc", "back"),
    ("Tab", "next view"),
    ("p", "pause"),
    ("< >", "sort"),
    ("r", "reverse"),
)


@dataclass(frozen=True, slots=True)
class Connection:
    """The state of the connection to the server.

    Attributes:
        url: Its address.
        health: Health of the network, as the API has it; empty if it is not known.
        interval_seconds: Time between two refreshes.
        is_paused: Whether the page stays as it is.
        waiting: What has come since; empty if that is not known.
        failure: Why the last refresh failed; empty if it did not.
        retry_seconds: Time until the next one.
        is_unreachable: Whether no server answered.
        stale_seconds: Age of the page that is shown, if it is not the newest.
    """

    url: str
    health: str
    interval_seconds: float
    is_paused: bool = False
    waiting: str = ""
    failure: str = ""
    retry_seconds: float = 0.0
    is_unreachable: bool = False
    stale_seconds: float | None = None


def header_line(connection: Connection, width: int) -> Line:
    """Return the header: server, network, refresh rate, and what is wrong.

    Where it does not fit, what is wrong takes the place of the rest.
    """
    wrong, paint = _wrong(connection)
    address = connection.url.removeprefix("http://")
    health = connection.health or "unknown"
    parts: list[tuple[str, Paint]] = [
        ("tart ", "heading"),
        (address, ""),
        ("  network ", "dim"),
        (health, HEALTH_TONES.get(health, "dim")),
        (f"  every {connection.interval_seconds:g} s", "dim"),
    ]
    if not wrong:
        return line(*_cut(parts, width))
    # "tart" always stays.
    wrong = cut_text(wrong, max(1, width - 7))
    shown = _cut(parts, max(0, width - display_width(wrong) - 2))
    return line(*_cut([*shown, ("  ", ""), (wrong, paint)], width))


def _wrong(connection: Connection) -> tuple[str, Paint]:
    age = connection.stale_seconds
    old = "" if age is None else f"; shown: {short_duration(age)} ago"
    if connection.failure:
        verb = "reconnecting" if connection.is_unreachable else "trying again"
        seconds = short_duration(connection.retry_seconds + 0.999)
        text = f"{verb} in {seconds}: {connection.failure}{old}"
        return replace_unprintable(text), "bad"
    if connection.is_paused:
        waiting = f"; {connection.waiting}" if connection.waiting else ""
        return replace_unprintable(f"paused{waiting}{old}"), "warning"
    return "", ""


def _width(parts: Sequence[tuple[str, Paint]]) -> int:
    return sum(display_width(text) for text, _ in parts)


def _cut(parts: Sequence[tuple[str, Paint]], width: int) -> list[tuple[str, Paint]]:
    """Return the parts that fit, the last one cut."""
    shown: list[tuple[str, Paint]] = []
    for text, paint in parts:
        room = width - _width(shown)
        if room <= 0:
            break
        shown.append((cut_text(text, room), paint))
    return shown


def tabs_line(tabs: Sequence[View], view: str, title: str, width: int) -> Line:
    """Return the tabs, the present one marked; a view without a tab stands behind them.

    Args:
        tabs: The views that have a tab.
        view: The name of the present view.
        title: The title of the present page.
        width: Columns of the terminal.
    """
    has_tab = any(tab.name == view for tab in tabs)
    parts: list[tuple[str, Paint]] = []
    if not has_tab:
        # The tabs give way to the title.
        room = max(width - 4 * len(tabs) - 2, width // 2)
        parts = [(cut_text(replace_unprintable(title), room), "selected"), ("  ", "")]
    for number, tab in zip(DIGITS, tabs, strict=False):
        paint: Paint = "selected" if tab.name == view else ""
        parts += [(number, "dim"), (f"{tab.title}", paint), (" ", "")]
    return line(*_cut(parts, width))


def hints_line(width: int) -> Line:
    """Return the keys that are used most, as many as fit."""
    parts: list[tuple[str, Paint]] = []
    for key, meaning in _HINTS:
        added: list[tuple[str, Paint]] = [(f"{key} ", "strong"), (f"{meaning}  ", "dim")]
        if _width([*parts, *added]) > width:
            break
        parts += added
    return line(*parts)
