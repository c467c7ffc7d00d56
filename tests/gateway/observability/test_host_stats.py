"""``tart/gateway/observability/host_stats.py``: what the kernel says."""

from __future__ import annotations

from pathlib import Path

from tart.gateway.observability.host_stats import disk, memory


def test_what_is_available_is_part_of_the_whole() -> None:
    available, whole = memory()
    assert 0 < available < whole


def test_what_is_free_is_part_of_the_disk_also_of_what_is_not_there_yet(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "nowhere"):
        free, whole = disk(path)
        assert 0 < free < whole
