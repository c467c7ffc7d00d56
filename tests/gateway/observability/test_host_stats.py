"""``tart/gateway/observability/host_stats.py``: what the kernel says."""

from __future__ import annotations

from pathlib import Path

from tart.gateway.observability.host_stats import disk, memory


def test_available_memory_is_part_of_the_total() -> None:
    available, whole = memory()
    assert 0 < available < whole


def test_free_space_of_a_missing_directory_is_part_of_its_disk(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "nowhere"):
        free, whole = disk(path)
        assert 0 < free < whole
