"""Types that the answers of the API share: scalars, windows and the members of every answer.

Pure. An answer is one ``TypedDict`` in a module of this package. The figure that builds the
answer returns it, so mypy checks every member. The components of the OpenAPI document
(``tart.gateway.api.components``) and the types of the SDK (``tart.client._generated.answers``)
are generated from it. A class's docstring and ``Meta`` descriptions are public documentation.

A member that every answer of its kind has is required. Answers may grow members, so no schema
forbids others. Null stands for a value that cannot be known.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, NotRequired, TypedDict

from msgspec import Meta

from tart.query.answers.int64 import EVENT, Wide

Count = Annotated[int, Meta(ge=0)]
# Exact however large. JSON's own integers go as far as readers can be expected to take them.
Total = Annotated[
    Annotated[int, Meta(ge=0)] | Annotated[str, Meta(pattern="^[0-9]+$")],
    Meta(
        description="Exact: an integer up to 2^64 - 1; beyond that, and with int64=string, decimal "
        "text."
    ),
    Wide(),
]
# An integer that its declaration lets grow beyond 2^53 - 1.
Uint64 = Annotated[
    int,
    Meta(
        ge=0,
        # ``gateway.api.components`` adds the type string.
        extra_json_schema={"format": "uint64", "pattern": "^[0-9]+$"},
    ),
    Wide(),
]
Number = Annotated[float, Meta(ge=0)]
# An amount that cannot always be known, and a part of a whole.
Amount = Number | None
Fraction = Annotated[float, Meta(ge=0, le=1)] | None
Percent = Annotated[float, Meta(ge=0, le=100)] | None
Time = Annotated[str, Meta(extra_json_schema={"format": "date-time"})]
# Digits of a JSON string, where jamtart writes a number as text.
Digits = Annotated[str, Meta(pattern="^[0-9]+$")]
# Hashes and keys as members of answers have no prefix; bytes inside events do.
Hex64 = Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]
Hex = Annotated[str, Meta(pattern="^0x([0-9a-f]{2})*$")]
Bytes = Annotated[
    Hex | list[Annotated[int, Meta(ge=0, le=255)]],
    Meta(description='"0x" and hex digits, or with bytes=array a list of integers.'),
]
EventData = Annotated[
    dict[str, dict[str, Any]],
    Meta(description="The event's name and its fields.", extra_json_schema={"maxProperties": 1}),
    Wide(EVENT),
]
EventType = Annotated[int, Meta(ge=0, le=255)]
Counters = dict[str, Count]
Health = Literal["healthy", "degraded", "unhealthy", "unknown"]

# Marks a member that the gateway adds to the answer of a figure: optional where the figure
# builds the answer, required in the OpenAPI document and in the SDK.
ADDED = Meta(extra_json_schema={"x-added": True})
# Marks a member whose type is that of the answer that has it; the OpenAPI document and the clients
# name that type.
SAME_ANSWER = Meta(extra_json_schema={"x-same-answer": True})


class Window(TypedDict):
    """The time that every part of the answer covers.

    Counts are kept in buckets of time. The window therefore begins with a whole bucket, and ends
    before the bucket that contains the requested end, unless that bucket is the present one.
    """

    start: Time
    end: Time


class OpenWindow(TypedDict):
    """The time that every part of the answer covers; null where it has no bound.

    Counts are kept in buckets of time. The window therefore begins with a whole bucket, and ends
    before the bucket that contains the requested end, unless that bucket is the present one.
    """

    start: Time | None
    end: Time | None


class Shards(TypedDict):
    """The number of shards that answered."""

    answered: Count
    total: Count


class Unreadable(TypedDict):
    """A part of a file that belongs to the answer and cannot be read."""

    file: str
    rows: Annotated[Count | None, Meta(description="Null where the number is not known.")]
    since: Annotated[Time | None, Meta(description="First received_at of the part.")]
    until: Annotated[Time | None, Meta(description="Last received_at of the part.")]


class Sampled(TypedDict):
    """Events that the event log left out because a shard could not keep up."""

    events: Annotated[Count, Meta(description="In whole minutes of the window.")]
    since: Annotated[Time, Meta(description="First received_at of them.")]
    until: Annotated[Time, Meta(description="Last received_at of them.")]


class Scattered(TypedDict):
    """Members of every answer that is put together from the shards."""

    shards: NotRequired[
        Annotated[Shards, Meta(description="Present only if a shard did not answer.")]
    ]
    unreadable: NotRequired[
        Annotated[
            list[Unreadable],
            Meta(
                description="Present only if data of the answer may be in a damaged part of a file "
                "or in a quarantined file: rows of the event log received in that time, or rows of "
                "aggregates."
            ),
        ]
    ]
    sampled: NotRequired[
        Annotated[
            Sampled,
            Meta(
                description="Present only if the answer is made from the event log and "
                "storage.sample_after_seconds had events left out of it in that time. Counts and "
                "durations from aggregates include them."
            ),
        ]
    ]


class WindowShown(Scattered):
    """Members of every answer about a window."""

    window: NotRequired[Annotated[Window, ADDED]]


class Comparison(TypedDict):
    """The positions of the two windows of a comparison relative to each other."""

    ago_seconds: Annotated[Number, Meta(description="The time between the two windows: compare.")]
    overlap_seconds: Annotated[
        Number,
        Meta(
            description="The part of each window that belongs to both; more than 0 if compare is "
            "shorter than the window."
        ),
    ]
    missing_seconds: Annotated[
        Number,
        Meta(
            description="The part of the earlier window, at its start, of which this server keeps "
            "nothing: it is before the first node connected, or before what retention leaves. The "
            "window of `earlier` begins after it."
        ),
    ]


class Compared(TypedDict):
    """Members of every answer about a window that can be compared with an earlier one."""

    comparison: NotRequired[
        Annotated[Comparison, Meta(description="Present only with the parameter compare.")]
    ]
    earlier: NotRequired[
        Annotated[
            dict[str, Any] | None,
            SAME_ANSWER,
            Meta(
                description="The same answer about the window that is `compare` earlier, with what "
                "it lacks; present only with the parameter compare. Members that tell the present "
                "state tell it here, too. Null if nothing of that window is kept, or if what the "
                "request names was not in it."
            ),
        ]
    ]


class Windowed(WindowShown, Compared):
    """Members of every answer of figures over a window."""


class OpenWindowed(Scattered):
    """Members of every answer about a window that may have no bounds."""

    window: NotRequired[Annotated[OpenWindow, ADDED]]


class Timestamped(TypedDict):
    """Members of every answer that says when it was built."""

    timestamp: NotRequired[Annotated[Time, ADDED]]


class Paged(TypedDict):
    """Members of every list that is read page by page."""

    has_more: bool
    next_cursor: NotRequired[Annotated[str, Meta(description="Present only if has_more is true.")]]
