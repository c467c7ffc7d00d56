"""The place at which a list of events continues: one position for each directory.

Pure. Events of a directory are ordered by sequence and new ones get higher sequences, so
"below sequence n" stays the same rows while events arrive. A cursor also keeps the window
of the first page, or a duration that ends now would slide from page to page.

What a continued list may still show of a directory without a position:

- its own shard answered before: it had no row to show then, so all its rows are newer.
  Such a directory gets position 0, below which there is no row.
- its own shard has not answered yet: rows received until the first page began
  (``until_us``), the only case in which a time and not a sequence decides. Adopted
  directories get no new rows and need no bound of their own.

The text is opaque to clients: base64url of a version tag and hexadecimal numbers.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from tart.errors import BadQuery
from tart.query.core.windows import Window

_VERSION = "1"
# 256 directories of 16 characters, as base64; a request line holds no more.
_MAX_TEXT = 6000
_MAX_NUMBER = 1 << 63
_OPEN = Window()


@dataclass(frozen=True)
class Cursor:
    """A place in a list of events, newest first.

    Attributes:
        until_us: When the first page was requested.
        window: Of the first page.
        count: Events before this place.
        positions: By directory, the sequence below which the list continues.
    """

    until_us: int
    window: Window = _OPEN
    count: int = 0
    positions: Mapping[int, int] = field(default_factory=dict)

    def window_on(self, shard: int) -> Window:
        """Return the window that continues the list on a shard."""
        if not self.positions or shard in self.positions:
            return self.window
        end_us = self.window.end_us
        return replace(
            self.window, end_us=self.until_us if end_us is None else min(end_us, self.until_us)
        )

    def advanced(self, positions: Mapping[int, int], count: int) -> Cursor:
        """Return the place after ``count`` more events; new positions replace old ones."""
        return replace(self, count=self.count + count, positions={**self.positions, **positions})


def encode(cursor: Cursor) -> str:
    """Return a cursor as text for a URL."""
    window = cursor.window
    numbers = [cursor.until_us, cursor.count, window.start_us, window.end_us]
    head = ",".join("" if number is None else f"{number:x}" for number in numbers)
    places = ",".join(f"{key:x}:{value:x}" for key, value in sorted(cursor.positions.items()))
    text = f"{_VERSION};{head};{places}"
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def decode(text: str) -> Cursor:
    """Return the cursor of a text.

    Raises:
        BadQuery: ``encode`` did not write the text.
    """
    try:
        if len(text) > _MAX_TEXT:
            raise ValueError
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        version, head, places = raw.decode("ascii").split(";")
        until, count, start, end = head.split(",")
        if version != _VERSION:
            raise ValueError
        pairs = (each.split(":") for each in places.split(",") if each)
        return Cursor(
            _number(until),
            Window(_number(start) if start else None, _number(end) if end else None),
            _number(count, low=0),
            {_number(key, low=0): _number(value, low=0) for key, value in pairs},
        )
    except (ValueError, binascii.Error):
        raise BadQuery(
            "cursor must be the next_cursor of an earlier answer, unchanged", "cursor"
        ) from None


def _number(text: str, low: int = -_MAX_NUMBER) -> int:
    number = int(text, 16)
    if not low <= number < _MAX_NUMBER:
        raise ValueError
    return number
