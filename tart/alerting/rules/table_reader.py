"""Typed reading of a table of the rule file, which collects mistakes instead of stopping. Pure."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from tart.alerting.rules.durations import parse_duration
from tart.config.toml_tables import Table
from tart.errors import SettingFault
from tart.suggestions import did_you_mean

# The greatest length of a value in a message.
_SHOWN = 60
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_Choice = TypeVar("_Choice", bound=str)
_Value = TypeVar("_Value")


class TableReader:
    """Reads the keys of a table.

    A method returns ``None`` for a key that is absent or wrong; what is wrong is in the faults.

    Args:
        table: The table.
        place: The name of the file, for messages.
        title: The name of the rule or channel, for messages; empty at the top of the file.
        faults: The list that mistakes are added to.
    """

    def __init__(self, table: Table, place: str, title: str, faults: list[SettingFault]) -> None:
        self.table = table
        self._place = place
        self._title = title
        self._faults = faults

    def __contains__(self, key: str) -> bool:
        """Return whether the table has a key, also one whose value cannot be read."""
        return key in self.table.values or key in self.table.unreadable

    def value(self, key: str) -> Any:
        """Return a value of any type; ``None`` if it is absent or cannot be read."""
        return self.table.values.get(key)

    def refuse(self, key: str, sentence: str, line: int | None = None) -> None:
        """Add a mistake of a key, or of the table as a whole if the key is empty."""
        name = ".".join(part for part in (self._title, key) if part)
        line = self.table.line_of(key) if line is None else line
        self._faults.append(SettingFault(name, self._place, line, sentence))

    def refuse_unknown(
        self, known: Collection[str], meant: Mapping[str, str] | None = None
    ) -> None:
        """Refuse the keys that are not known.

        Args:
            known: The known keys.
            meant: What else the reader may have meant, by wrong key.
        """
        for key in self.table.values:
            if key in known:
                continue
            if meant and key in meant:
                hint = f"; write {meant[key]}"
            else:
                hint = did_you_mean(key, known) or f"; there are {', '.join(known)}"
            self.refuse(key, f"there is no such key{hint}")

    def text(self, key: str) -> str | None:
        """Return text that is not blank."""
        value: str | None = self._get(key, lambda value: isinstance(value, str), "text in quotes")
        if isinstance(value, str) and not value.strip():
            self.refuse(key, "it is empty")
            return None
        return value

    def choice(self, key: str, choices: Sequence[_Choice]) -> _Choice | None:
        """Return one of few words."""
        value = self.text(key)
        if value is None:
            return None
        for choice in choices:
            if choice == value:
                return choice
        hint = did_you_mean(value, choices) or f"; there are {', '.join(choices)}"
        self.refuse(key, f"{shown(value)} is not accepted{hint}")
        return None

    def boolean(self, key: str) -> bool | None:
        """Return true or false."""
        value: bool | None = self._get(key, lambda value: isinstance(value, bool), "true or false")
        return value

    def number(self, key: str, expected: str = "a number") -> float | None:
        """Return a finite number.

        Args:
            key: Of the table.
            expected: What it is, for the message about something else.
        """
        value = self._get(key, _is_number, expected)
        return None if value is None else float(value)

    def duration(self, key: str, *, shortest_us: int = 0) -> int | None:
        """Return a duration in microseconds."""
        value = self._get(
            key, lambda value: isinstance(value, str), 'a duration such as "30s", "5m" or "1h30m"'
        )
        if value is None:
            return None
        try:
            duration_us = parse_duration(value)
        except ValueError as error:
            self.refuse(key, str(error))
            return None
        if duration_us < shortest_us:
            self.refuse(key, "it must be longer than nothing")
            return None
        return duration_us

    def texts(self, key: str) -> tuple[str, ...] | None:
        """Return a list of texts; one text stands for a list of one."""
        value = self._get(key, _is_texts, 'a list of text such as ["a", "b"]')
        if isinstance(value, str):
            return (value,)
        return None if value is None else tuple(value)

    def text_table(self, key: str) -> dict[str, str] | None:
        """Return a table of texts."""
        value = self._get(
            key,
            lambda value: isinstance(value, dict),
            'a table such as {name = "text"}',
        )
        if value is None:
            return None
        for name, inner in value.items():
            if not isinstance(inner, str):
                self.refuse(f"{key}.{name}", _expect(inner, "text in quotes"), self._line(key))
        return {name: inner for name, inner in value.items() if isinstance(inner, str)}

    def time(self, key: str) -> int | None:
        """Return a time in Unix microseconds."""
        expected = "a time with its offset from UTC, such as 2026-01-31T22:00:00Z"
        value = self._get(key, lambda value: isinstance(value, datetime | str), expected)
        if isinstance(value, str):
            try:
                value = datetime.fromisoformat(value)
            except ValueError:
                self.refuse(key, _expect(value, expected))
                return None
        if value is None:
            return None
        if value.tzinfo is None:
            self.refuse(key, f"it has no offset from UTC; add Z, or one such as +02:00: {value}Z")
            return None
        offset: timedelta = value - _EPOCH
        return offset // timedelta(microseconds=1)

    def check_channel(self, key: str, name: str, channels: Collection[str]) -> None:
        """Refuse the name of a channel that the file does not have."""
        if name in channels:
            return
        hint = did_you_mean(name, channels)
        if not hint:
            others = (
                f"there are {', '.join(channels)}" if channels else "the file has no [[channel]]"
            )
            hint = f"; {others}"
        self.refuse(key, f"there is no channel {shown(name)}{hint}")

    def _get(self, key: str, accepts: Callable[[Any], bool], expected: str) -> Any:
        value = self.table.values.get(key)
        if value is None:
            return None
        if not accepts(value):
            self.refuse(key, _expect(value, expected))
            return None
        return value

    def _line(self, key: str) -> int:
        return self.table.line_of(key)


def either(value: _Value | None, default: _Value) -> _Value:
    """Return a value, or the default if there is none."""
    return default if value is None else value


def shown(value: object) -> str:
    """Return a value for a message as TOML has it, cut if it is long."""
    try:
        text = f'"{value}"' if isinstance(value, str) else str(value)
    except ValueError:  # Python prints no number of thousands of digits
        return "a number of thousands of digits"
    text = {"True": "true", "False": "false"}.get(text, text)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def _expect(value: object, expected: str) -> str:
    return f"{shown(value)} is not {expected}"


def _is_number(value: Any) -> bool:
    # bool is an int in Python.
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:
        return False


def _is_texts(value: Any) -> bool:
    if isinstance(value, str):
        return bool(value)
    return isinstance(value, list) and all(isinstance(part, str) and part for part in value)
