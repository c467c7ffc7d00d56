"""The memory budget: limits of control groups (cgroup v2)."""

from __future__ import annotations

from pathlib import Path

from tart.gateway.observability.memory_budget import MemoryBudget, memory_budget


def group(path: Path, *, current: int, most: str = "max", high: str = "max", cache: int = 0):
    path.mkdir(parents=True, exist_ok=True)
    (path / "memory.current").write_text(f"{current}\n")
    (path / "memory.max").write_text(f"{most}\n")
    (path / "memory.high").write_text(f"{high}\n")
    (path / "memory.stat").write_text(f"anon 1\ninactive_file {cache}\nactive_file 2\n")


def budget(tmp_path: Path, membership: str) -> MemoryBudget | None:
    (tmp_path / "cgroup").write_text(membership)
    return memory_budget(tmp_path / "mount", tmp_path / "cgroup")


def test_the_lower_limit_of_a_service_counts_without_droppable_pages(tmp_path: Path) -> None:
    service = tmp_path / "mount/system.slice/tart.service"
    group(service, current=900, most="1000", high="950", cache=300)
    assert budget(tmp_path, "0::/system.slice/tart.service\n") == (950, 600)


def test_the_group_nearest_to_its_limit_counts(tmp_path: Path) -> None:
    group(tmp_path / "mount/slice/tart", current=100, most="1000")
    group(tmp_path / "mount/slice", current=900, most="1000")
    assert budget(tmp_path, "12:cpu:/x\n0::/slice/tart\n") == (1000, 900)


def test_a_container_sees_its_own_group_as_the_root(tmp_path: Path) -> None:
    group(tmp_path / "mount", current=5, most="10")
    for membership in ("0::/\n", "0::/../../kubepods/pod1\n", "0::/gone\n"):
        assert budget(tmp_path, membership) == (10, 5)


def test_without_a_limit_or_without_groups_there_is_no_budget(tmp_path: Path) -> None:
    assert budget(tmp_path, "1:memory:/old\n") is None
    group(tmp_path / "mount", current=5)
    assert budget(tmp_path, "0::/\n") is None
    (tmp_path / "mount/memory.max").write_text("lots\n")
    assert budget(tmp_path, "0::/\n") is None
    assert memory_budget(tmp_path / "mount", tmp_path / "missing") is None
