"""The keys of the dashboard: what the terminal calls them, what they do, and the help."""

from __future__ import annotations

from dataclasses import dataclass

from tart.dash.core.lines import Line, line
from tart.dash.core.model import View


@dataclass(frozen=True, slots=True)
class Key:
    """One action and the keys that start it.

    Attributes:
        action: Name of the action.
        keys: Names of the keys, as textual has them.
        shown: The keys as people read them.
        meaning: What it does.
    """

    action: str
    keys: tuple[str, ...]
    shown: str
    meaning: str


DIGITS = "1234567890"
MOVE = (
    Key("move(-1)", ("up", "k"), "↑ k", "row up"),
    Key("move(1)", ("down", "j"), "↓ j", "row down"),
    Key("move_page(-1)", ("pageup", "ctrl+b"), "PageUp Ctrl-B", "screen up"),
    Key("move_page(1)", ("pagedown", "ctrl+f", "space"), "PageDown Ctrl-F", "screen down"),
    Key("move_home", ("home", "g"), "Home g", "first row; the cursor then stays at the top"),
    Key("move_table(1)", ("right_square_bracket",), "]", "next table"),
    Key("move_table(-1)", ("left_square_bracket",), "[", "previous table"),
    Key("move_end", ("end", "G"), "End G", "last row"),
)
GO = (
    Key("open", ("enter", "right", "l"), "Enter →", "open the row"),
    Key("go_back", ("escape", "left", "h"), "Esc ←", "clear the filter, else go back"),
    Key("next_view(1)", ("tab",), "Tab", "next view"),
    Key("next_view(-1)", ("shift+tab",), "Shift-Tab", "previous view"),
    Key("", (), "1–9 0", "view with that number"),
    Key("jump", ("colon",), ":", "go to a view: :nodes, :node 3f2a, :q; Tab completes"),
)
SHOW = (
    Key("filter", ("slash",), "/", "show rows with a text; /!text shows those without it"),
    Key("", (), "Shift-letter", "sort by the column that begins so; again: next, or reverse"),
    Key("sort_neighbour(-1)", ("less_than_sign",), "<", "sort by the column to the left"),
    Key("sort_neighbour(1)", ("greater_than_sign",), ">", "sort by the column to the right"),
    Key("reverse_sort", ("r",), "r", "reverse the order"),
    Key("pause", ("p",), "p", "pause, go on"),
    Key("refresh", ("ctrl+r",), "Ctrl-R", "refresh now"),
    Key("help", ("question_mark",), "?", "this help; any key closes it"),
    Key("quit", ("q", "ctrl+c"), "q Ctrl-C", "quit"),
)
ALL = (*MOVE, *GO, *SHOW)


def help_lines(views: tuple[View, ...], tabs: tuple[View, ...]) -> list[Line]:
    """Return the help: every key, and every view with its names.

    Args:
        views: All views.
        tabs: Those that have a tab, in order.
    """
    width = max(len(key.shown) for key in ALL)
    lines = []
    for heading, keys in (("Move", MOVE), ("Go", GO), ("Show", SHOW)):
        lines.append(line((heading, "heading")))
        lines += [line((f"  {key.shown:{width}}  ", "strong"), (key.meaning, "")) for key in keys]
    lines += [Line(), line(("Views, for : and tart dash", "heading"))]
    numbers = dict(zip((view.name for view in tabs), DIGITS, strict=False))
    for view in views:
        argument = f" {view.argument}" if view.argument_required else f" [{view.argument}]"
        name = view.name + (argument if view.argument else "")
        also = f"also {', '.join(view.aliases)}" if view.aliases else ""
        number = numbers.get(view.name, " ")
        lines.append(
            line((f"  {number} ", "dim"), (f"{name:{width + 6}}  ", "strong"), (also, "dim"))
        )
    return lines
