"""The keys of the dashboard: what the terminal calls them, and what they do."""

from __future__ import annotations

from dataclasses import dataclass


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
# G goes to the last row.
COLUMN_LETTERS = "ABCDEFHIJKLMNOPQRSTUVWXYZ"
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
    Key("", (), "1–9", "view with that number"),
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
    Key("help", ("question_mark",), "?", "this help; Esc closes it"),
    Key("suspend_process", ("ctrl+z",), "Ctrl-Z", "to the shell; fg comes back"),
    Key("quit", ("q", "ctrl+c"), "q Ctrl-C", "quit"),
)
GROUPS = {"Move": MOVE, "Go": GO, "Show": SHOW}
ALL = tuple(key for keys in GROUPS.values() for key in keys)
