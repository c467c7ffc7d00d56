"""States of failure groups: open, resolved, ignored, regressed.

Pure. A group is an event type and a template (``failure_templates``). Times are the server's, so
the nodes' clocks do not matter: a resolved group is regressed once a failure arrives after its
resolution. Given the version that has the remedy, failures of older ones are expected and change
nothing.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

MAX_GROUPS = 10_000
MAX_GROUPS_OF_NODE = 500
MAX_COMMENT = 1_000
MAX_VERSION = 100
_PARTS = re.compile(r"\d+|[A-Za-z]+")


class FailureState(StrEnum):
    """The state of a failure group."""

    OPEN = "open"
    RESOLVED = "resolved"
    IGNORED = "ignored"
    REGRESSED = "regressed"


@dataclass(frozen=True)
class FailureGroup:
    """A failure group as it is stored.

    Attributes:
        fingerprint: See ``failure_templates``.
        event_type: The number of the event type.
        template: The reason without its variable parts.
        first_seen: Arrival of the first failure, Unix microseconds; of groups that were already
            there when the first gateway started, the start of its bucket.
        last_seen: Arrival of the newest failure.
        first_node: The node of the first failure; empty if it is not known.
        first_version: Its version.
        is_baseline: Whether the group was already there when the first gateway started, so that
            it is not new.
        state: As an operator set it, or regressed.
        changed_at: When the state changed last.
        changed_by: Id of the key that changed it; ``None`` without a key and by regression.
        comment: Why.
        resolved_at: When it was resolved last.
        resolved_version: The version that has the remedy, if that was given.
        regressed_at: Arrival of the first failure after the resolution.
        regressed_version: The version of the node that reported it.
        regressed_node: That node.
    """

    fingerprint: str
    event_type: int
    template: str
    first_seen: int
    last_seen: int
    first_node: str = ""
    first_version: str | None = None
    is_baseline: bool = False
    state: FailureState = FailureState.OPEN
    changed_at: int | None = None
    changed_by: str | None = None
    comment: str = ""
    resolved_at: int | None = None
    resolved_version: str | None = None
    regressed_at: int | None = None
    regressed_version: str | None = None
    regressed_node: str | None = None


def set_state(
    group: FailureGroup,
    state: FailureState,
    *,
    now_us: int,
    changed_by: str | None,
    comment: str,
    version: str | None = None,
) -> FailureGroup:
    """Return a group whose state an operator set.

    Args:
        group: The group.
        state: Open, resolved or ignored.
        now_us: Unix microseconds.
        changed_by: Id of the key.
        comment: Why.
        version: Of a resolution, the version that has the remedy.
    """
    is_resolved = state is FailureState.RESOLVED
    return replace(
        group,
        state=state,
        changed_at=now_us,
        changed_by=changed_by,
        comment=comment,
        resolved_at=now_us if is_resolved else group.resolved_at,
        resolved_version=version if is_resolved else group.resolved_version,
        regressed_at=None if is_resolved else group.regressed_at,
        regressed_version=None if is_resolved else group.regressed_version,
        regressed_node=None if is_resolved else group.regressed_node,
    )


def may_regress(group: FailureGroup, last_seen: int) -> bool:
    """Return whether a resolved group has a failure that arrived after its resolution."""
    return (
        group.state is FailureState.RESOLVED
        and group.resolved_at is not None
        and last_seen > group.resolved_at
    )


def regress(
    group: FailureGroup, *, seen_at: int, node: str | None, version: str | None, now_us: int
) -> FailureGroup:
    """Return a group that came back with this failure.

    It stays resolved if the version is older than the one that has the remedy.
    """
    if not may_regress(group, seen_at) or is_older(version, group.resolved_version):
        return group
    return replace(
        group,
        state=FailureState.REGRESSED,
        changed_at=now_us,
        changed_by=None,
        regressed_at=seen_at,
        regressed_version=version,
        regressed_node=node,
    )


def is_older(version: str | None, remedy: str | None) -> bool:
    """Return whether a version is older than another; numbers in it compare as numbers.

    It is not if one of the two is not known. A pre-release is older: 0.3.2-rc1 than 0.3.2.
    """
    if version is None or remedy is None:
        return False
    return _version_key(version) < _version_key(remedy)


def _version_key(version: str) -> tuple[tuple[int, int, str], ...]:
    parts = _PARTS.findall(version.strip().removeprefix("v").partition("+")[0])
    # A letter comes before the end, and the end before a number.
    key = [(2, int(part), "") if part[0].isdigit() else (0, 0, part.lower()) for part in parts]
    return (*key, (1, 0, ""))


def groups_to_evict(
    groups: Mapping[str, FailureGroup],
    maximum: int = MAX_GROUPS,
    of_node: int = MAX_GROUPS_OF_NODE,
) -> list[str]:
    """Return the fingerprints of the groups beyond the limits.

    A node that invents reasons loses its own groups: of a node with more than ``of_node`` groups
    that only it began, and then of the nodes with the most, those that are longest unseen go.
    Groups whose state an operator set go last.
    """
    counts = Counter(group.first_node for group in groups.values() if group.first_node)
    excess = len(groups) - maximum
    if excess <= 0 and all(count <= of_node for count in counts.values()):
        return []
    evicted: list[str] = []
    by_node: dict[str, list[FailureGroup]] = {}
    for group in groups.values():
        by_node.setdefault(group.first_node, []).append(group)
    for members in by_node.values():
        members.sort(key=_worth, reverse=True)
    for node, members in by_node.items():
        while node and len(members) > of_node:
            evicted.append(members.pop().fingerprint)
    while len(groups) - len(evicted) > maximum:
        largest = max(by_node.values(), key=len)
        evicted.append(largest.pop().fingerprint)
    return evicted


def _worth(group: FailureGroup) -> tuple[bool, int]:
    """Return the order in which groups stay."""
    return group.changed_at is not None, group.last_seen


def new_groups(
    groups: Iterable[FailureGroup], since_us: int, ignored: Collection[FailureState] = ()
) -> list[FailureGroup]:
    """Return the groups that were first seen since a time, newest first.

    Groups that were there when the first gateway started are not new, nor are those that an
    operator ignored or resolved.
    """
    hidden = {FailureState.IGNORED, FailureState.RESOLVED, *ignored}
    selected = [
        group
        for group in groups
        if not group.is_baseline and group.first_seen >= since_us and group.state not in hidden
    ]
    return sorted(selected, key=lambda group: group.first_seen, reverse=True)
