"""The answer of the search: what a text may name. Pure."""

from __future__ import annotations

from typing import Annotated, Literal, TypedDict

from msgspec import Meta

from tart.query.answers.common import Scattered, Time

CandidateKind = Literal[
    "node",
    "implementation",
    "block",
    "package",
    "report",
    "erasure_root",
    "segments_root",
    "anchor",
    "hash",
    "slot",
    "core",
    "event",
    "event_type",
    "event_group",
    "rule",
]


class Candidate(TypedDict):
    """One meaning of a text."""

    kind: CandidateKind
    label: Annotated[str, Meta(description="Its name, with hashes shortened.")]
    value: Annotated[str, Meta(description="Its name in full: an id, hash, number or name.")]
    sentence: Annotated[str, Meta(description="What it is, and what is known of it.")]
    page: Annotated[str, Meta(description="The page that shows it, after #/ of the web page.")]


class Lookup(Scattered):
    """Meanings of a text, the most likely first."""

    q: Annotated[str, Meta(description="The text that was read, at most 200 characters.")]
    candidates: list[Candidate]
    hint: Annotated[str | None, Meta(description="What can be searched for, if nothing was found.")]
    suggestion: Annotated[
        str | None, Meta(description="The most similar known name, if nothing was found.")
    ]
    since: Annotated[
        Time | None,
        Meta(
            description="Shortened hashes are searched for from this time on. Null where none was, "
            "or where all stored ones were searched."
        ),
    ]
