"""The memory that the service may use: the limit of its control group, if it has one.

systemd's ``MemoryMax`` and ``MemoryHigh``, and a container's limit, are files of a control group
(cgroup v2, https://docs.kernel.org/admin-guide/cgroup-v2.html). Every group above has a limit of
its own; the one that is nearest to its limit counts.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

MOUNT = Path("/sys/fs/cgroup")
_LIMITS = ("memory.max", "memory.high")


class MemoryBudget(NamedTuple):
    """A limit of memory and its use, in bytes.

    Attributes:
        used_bytes: Without file pages that the kernel can drop at once.
    """

    limit_bytes: int
    used_bytes: int


def memory_budget(
    mount: Path = MOUNT, membership: Path = Path("/proc/self/cgroup")
) -> MemoryBudget | None:
    """Return the budget that is used most; ``None`` without a limit or without cgroup v2."""
    try:
        budgets = list(_budgets(mount, membership.read_text()))
    except (OSError, ValueError):
        return None
    return max(budgets, key=lambda budget: budget.used_bytes / budget.limit_bytes, default=None)


def _budgets(mount: Path, membership: str) -> Iterator[MemoryBudget]:
    for group in _groups(mount, membership):
        limits = [limit for name in _LIMITS if (limit := _limit(group / name)) is not None]
        if limits:
            used = int((group / "memory.current").read_text()) - _droppable(group)
            yield MemoryBudget(min(limits), max(0, used))


def _groups(mount: Path, membership: str) -> Iterator[Path]:
    """Yield the group of this process and those above it."""
    for line in membership.splitlines():
        if line.startswith("0::"):
            # In a container the path may lie above what is mounted.
            path = line[3:].strip("/")
            group = mount / path if ".." not in path and (mount / path).is_dir() else mount
            yield group
            yield from (each for each in group.parents if each.is_relative_to(mount))


def _limit(path: Path) -> int | None:
    if not path.exists():
        return None
    text = path.read_text().strip()
    return None if text == "max" else max(1, int(text))


def _droppable(group: Path) -> int:
    for line in (group / "memory.stat").read_text().splitlines():
        name, _, value = line.partition(" ")
        if name == "inactive_file":
            return int(value)
    return 0
