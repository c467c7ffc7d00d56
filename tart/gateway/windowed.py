"""What handlers of windows share: the window asked for, and how the answer shows it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce
from operator import and_
from typing import Any

from tart.gateway.questions import Coverage, now_text, now_us
from tart.gateway.responses import Answer
from tart.query.merge import Json
from tart.query.series import HOUR_US, MINUTE_US, Buckets, buckets
from tart.query.times import rfc3339
from tart.query.windows import Window, bounded

Values = Mapping[str, Any]


def window_of(values: Values, step_us: int = MINUTE_US) -> Window:
    """The window asked for, from a whole step on, ended now where it has no end."""
    window = bounded(
        now_us(), start_us=values["start"], end_us=values["end"], duration=values["duration"]
    )
    assert window.start_us is not None
    return Window(window.start_us - window.start_us % step_us, window.end_us)


def buckets_of(values: Values, step_us: int) -> Buckets:
    """The window asked for in buckets of that length."""
    window = window_of(values, step_us)
    assert window.start_us is not None
    assert window.end_us is not None
    return buckets(window.start_us, window.end_us, step_us)


def hours_of(values: Values) -> float:
    """How many hours were asked for; whole ones as the peer has them."""
    start, end = values["start"], values["end"]
    if start is None and end is None:
        length: int = values["duration"]
    else:
        length = (now_us() if end is None else end) - (start or 0)
    return length // HOUR_US if length % HOUR_US == 0 else round(length / HOUR_US, 4)


def answered(body: Json, window: Window, *asked: tuple[Any, Coverage]) -> Answer:
    """A body with its window and the present, of the shards that answered all questions."""
    shown = {
        "start": rfc3339(window.start_us or 0),
        "end": None if window.end_us is None else rfc3339(window.end_us),
    }
    coverage = reduce(and_, (seen for _, seen in asked))
    return Answer({**body, "timestamp": now_text(), "window": shown}, coverage)
