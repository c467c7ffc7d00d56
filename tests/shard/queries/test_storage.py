"""``tart/shard/queries/storage.py``: sizes of files, rows of tables."""

from __future__ import annotations

from tests.shard.queries.test_handlers import asked, block, stored


def test_bytes_and_rows_of_all_directories_are_added_up(tmp_path):
    stored(tmp_path, *(block(seq) for seq in range(5)))
    found = asked(tmp_path, "storage")
    assert found["rows"]["log"] == 5
    assert found["rows"]["counts"] >= 0
    assert not {"meta", "state"} & found["rows"].keys()
    sizes = {"log": 0, "aggregates": 0}
    for path in tmp_path.rglob("*.duckdb"):
        kind = "aggregates" if path.name.startswith("aggregates") else "log"
        sizes[kind] += path.stat().st_size
    # The server may have written since.
    assert found["bytes"].keys() == sizes.keys()
    assert found["bytes"]["log"] > 0
