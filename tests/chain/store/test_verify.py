"""``tart/chain/store/verify.py``: what is wrong with the chain's files."""

from __future__ import annotations

import duckdb
import pytest

from tart.chain.core.changes import SetStatus
from tart.chain.store import verify
from tart.units import DAY_US
from tests.chain.store.running import Clock, block_hash, line, open_store


@pytest.fixture
def root(tmp_path):
    clock = Clock()
    with open_store(tmp_path / "chain", clock) as store:
        store.write(line(range(10, 20)))
        clock.now += DAY_US
        store.write(line(range(20, 25), block_hash(19)))
        store.write([SetStatus("final", (block_hash(10),))])
    return tmp_path


def first_file(root):
    return root / "chain" / "2026-11-30.duckdb"


def change(root, statement):
    with duckdb.connect(str(first_file(root))) as file:
        file.execute(statement)


def test_sound_files_have_no_findings_and_are_not_changed(root):
    before = {path: path.read_bytes() for path in (root / "chain").iterdir() if path.is_file()}
    amounts = []
    report = verify.verify(root, deep=True, advance=amounts.append)
    assert (report.findings, report.files, report.blocks) == ([], 2, 15)
    assert sum(amounts) == verify.total_bytes(root)
    assert {path: path.read_bytes() for path in before} == before


def test_a_data_directory_without_a_chain_has_no_findings(tmp_path):
    assert verify.verify(tmp_path, deep=False) == verify.Report()


@pytest.mark.parametrize(
    ("statement", "finding"),
    [
        ("INSERT INTO blocks FROM blocks LIMIT 1", "1 blocks have the number of another one"),
        ("DELETE FROM blocks WHERE slot = 10", "1 rows of cores are of no block"),
        ("UPDATE meta SET value = '99' WHERE key = 'schema_version'", "schema version 99"),
    ],
)
def test_what_tart_would_not_write_is_found(root, statement, finding):
    change(root, statement)
    assert finding in "\n".join(verify.verify(root, deep=False).findings)


def test_files_that_cannot_be_read_are_named(root):
    first_file(root).write_bytes(b"nothing" * 5000)
    (root / "chain" / "2026-11-01.duckdb.corrupt-20261101T000000Z").touch()
    findings = verify.verify(root, deep=False).findings
    assert len(findings) == 2
    assert "in quarantine" in findings[0]
    assert "nothing more of this file was checked" in findings[1]
