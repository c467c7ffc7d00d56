"""Answers of jamtart's routes of 2026 about events, nodes, blocks and cores. Pure.

Names and JSON types are jamtart's, so that its dashboards read them. A figure that jamtart has no
null for is 0 if it cannot be known. A list is an array without an object around it.
"""

from __future__ import annotations

from typing import Annotated, NotRequired, TypedDict

from msgspec import Meta

from tart.query.answers.common import Count, EventType, Hex64, Time

BucketStart = Annotated[Time, Meta(description="Start of the bucket.")]


class GrafanaEventType(TypedDict):
    """An event type, for a dashboard's variable."""

    id: EventType
    name: str
    group: Annotated[str, Meta(description="The group that jamtart puts it into.")]


class GrafanaCount(TypedDict):
    """Events of one group in a bucket; the grouping decides which optional members it has."""

    ts: BucketStart
    count: Count
    event_type: NotRequired[EventType]
    event_type_name: NotRequired[Annotated[str, Meta(description="Unknown without a name.")]]
    core: NotRequired[Count]
    core_index: NotRequired[Annotated[Count, Meta(description="The same as core.")]]
    node_id: NotRequired[Hex64]
