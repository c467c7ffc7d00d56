"""What columns of stored files take adds up to the files."""

from __future__ import annotations

import duckdb
import pytest

from loadtest import columns


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "00" / "2026-11-29.duckdb"
    path.parent.mkdir()
    with duckdb.connect(str(path)) as connection:
        connection.execute(
            "CREATE TABLE log AS SELECT i AS seq, (hash(i) % 1024)::INTEGER AS ten_bits, 7 AS same "
            "FROM range(400000) rows(i)"
        )
        connection.execute("CREATE TABLE peers AS SELECT 1 AS peer")
    return path


def test_sizes_of_columns_are_those_of_their_compression(file):
    sizes = columns.measure([file])

    assert sizes.rows == {"log": 400_000, "peers": 1}
    assert sizes.columns["log", "ten_bits"].compressions["BitPacking"] == 400_000
    assert sizes.columns["log", "ten_bits"].bytes / 400_000 == pytest.approx(10 / 8, rel=0.2)
    assert sizes.total == file.stat().st_size >= sizes.data + sizes.free + sizes.gaps


def test_the_report_names_every_column_of_the_log(file, capsys):
    assert columns.main([str(file.parent.parent)]) == 0

    printed = capsys.readouterr().out
    assert "400,000 events" in printed
    for name in ("seq", "ten_bits", "same", "peers", "the event log", "free blocks", "gaps"):
        assert name in printed


def test_a_directory_without_files_is_refused(tmp_path, capsys):
    with pytest.raises(SystemExit):
        columns.main([str(tmp_path)])

    assert "no files of DuckDB" in capsys.readouterr().err
