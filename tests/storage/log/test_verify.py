"""``tart/storage/log/verify.py``: each fault is found, and nothing is touched."""

import shutil
from contextlib import closing

import duckdb
import pytest

from tart.storage.core.schema import NodeRow, PeerRow
from tart.storage.log.verify import SAMPLE, total_bytes, verify
from tart.units import HOUR_US
from tests.storage.running import (
    NOON,
    PEERS,
    batch,
    closed,
    day,
    event,
    in_both_segments,
    open_storage,
    opened,
    unreadable,
    write,
)

LATER = NOON + HOUR_US


def well(row, hello):
    return None


@pytest.fixture(scope="module")
def sound_files(tmp_path_factory):
    """A directory that is written once, for copies."""
    root = tmp_path_factory.mktemp("sound")
    sound(root)
    return root


def sound(root):
    """Two files; session 0 goes through both, drops 7 events, and sends one invalid event."""
    drop = event(3, type=0, slot=None, body=bytes(8) + (7).to_bytes(8, "little"))
    first = batch(
        *(event(seq) for seq in range(2)),
        event(2, type=131, slot=None, peer=PEERS[5], body=b""),
        drop,
        event(4, event_id=10),
        nodes=[NodeRow(0, PEERS[0])],
        peers=[PeerRow(5, PEERS[5])],
        sessions=[opened(0)],
        undecodable=[unreadable(5, event_id=11)],
    )
    second = batch(event(6, at=LATER, event_id=12), at=LATER, sessions=[closed(0, at=LATER)])
    write(root, first, second, file_hours=1)
    return day(root, "2026-11-21T12"), day(root, "2026-11-21T13")


def change(path, *statements):
    with closing(duckdb.connect(str(path))) as connection:
        for each in statements:
            connection.execute(each)


def image(root):
    return {path: path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()}


def test_files_of_the_writer_have_no_findings(tmp_path):
    sound(tmp_path)
    before = image(tmp_path)
    steps = []
    report = verify(tmp_path, well, deep=True, advance=steps.append)
    assert sum(steps) == total_bytes(tmp_path) > 0
    assert all(step >= 0 for step in steps)
    assert report.findings == []
    assert (report.files, report.events, report.decoded) == (2, 6, 6)
    assert dict(report.undecodable) == {"truncated": 1}
    assert image(tmp_path) == before


def test_a_directory_without_files_has_no_findings(tmp_path):
    assert verify(tmp_path, well, deep=False).findings == []


def test_a_wal_is_verified_in_place(tmp_path):
    root = tmp_path / "shards"
    with open_storage(tmp_path / "elsewhere", checkpoint_seconds=1000.0) as storage:
        rows = batch(event(0), event(1), nodes=[NodeRow(0, PEERS[0])], sessions=[opened(0)])
        storage.write(rows)
        root.mkdir()
        (tmp_path / "elsewhere" / "00").rename(root / "00")
        before = image(root)
        copy = tmp_path / "copy"
        for path, content in before.items():
            target = copy / path.relative_to(root)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
        before = image(copy)
        report = verify(copy, well, deep=True)
        (root / "00").rename(tmp_path / "elsewhere" / "00")
    assert (report.findings, report.events) == ([], 2)
    assert image(copy) == before


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("DELETE FROM log WHERE seq = 1", "1 frames are missing between sequence 0 and 5"),
        ("DELETE FROM undecodable", "1 frames are missing before its first, sequence 6"),
        ("INSERT INTO log SELECT * FROM log WHERE seq = 4", "there more than once"),
        ("UPDATE log SET id_ahead = 5 WHERE seq = 4", "session 0: 2 event ids do not follow"),
        ("UPDATE log SET id_ahead = 5 WHERE seq = 0", "session 0: 2 event ids do not follow"),
        ("UPDATE log SET body = encode('12345678\x01') WHERE seq = 3", "1 event ids do not"),
        ("DELETE FROM nodes", "6 frames are of a node that the file does not know"),
        ("DELETE FROM peers", "1 events name a peer that the file does not know"),
        ("DELETE FROM sessions", "6 frames are of a session that the file does not know"),
        ("UPDATE meta SET value = '99' WHERE key = 'schema_version'", "schema version 99"),
        ("DROP TABLE undecodable", "undecodable"),
    ],
)
def test_each_fault_is_found_and_its_file_named(tmp_path, sound_files, statement, words):
    shutil.copytree(sound_files, tmp_path, dirs_exist_ok=True)
    first, second = day(tmp_path, "2026-11-21T12"), day(tmp_path, "2026-11-21T13")
    change(first, statement)
    findings = verify(tmp_path, well, deep=False).findings
    assert any(words in each for each in findings), findings
    assert all(str(first) in each or str(second) in each for each in findings)


def test_the_segments_of_a_period_are_verified_together(tmp_path):
    in_both_segments(tmp_path)
    report = verify(tmp_path, well, deep=True)
    assert (report.findings, report.files, report.events) == ([], 2, 6)
    first, second = day(tmp_path), day(tmp_path, "2026-11-21.1")
    change(second, "DELETE FROM log WHERE seq = 3")
    findings = verify(tmp_path, well, deep=True).findings
    names = f"{second} and {first}: "
    assert findings == [
        f"{names}1 frames are missing between sequence 0 and 5",
        f"{names}session 0: 1 event ids do not follow the one before",
    ]


def test_one_unreadable_segment_does_not_keep_the_other_from_verification(tmp_path):
    in_both_segments(tmp_path)
    day(tmp_path).write_bytes(b"no database" * 1000)
    report = verify(tmp_path, well, deep=False)
    assert any(f"{day(tmp_path)}:" in each for each in report.findings)
    assert any("2 frames are missing between sequence 1 and 5" in each for each in report.findings)
    assert report.events == 3


def test_event_ids_are_verified_across_files(tmp_path):
    _, second = sound(tmp_path)
    change(second, "UPDATE log SET id_ahead = 7")
    (finding,) = verify(tmp_path, well, deep=False).findings
    assert str(second) in finding
    assert "session 0: 1 event ids" in finding


def test_an_unreadable_file_is_a_finding_and_the_others_are_verified(tmp_path):
    first, _ = sound(tmp_path)
    first.write_bytes(b"no database" * 1000)
    report = verify(tmp_path, well, deep=False)
    assert any(str(first) in each for each in report.findings)
    assert report.events == 1


def test_a_quarantined_file_is_a_finding(tmp_path):
    first, _ = sound(tmp_path)
    name = first.name + ".corrupt-20261121T120000Z"
    first.rename(first.with_name(name))
    assert any(name in each for each in verify(tmp_path, well, deep=False).findings)


def test_numbers_skipped_for_a_lost_file_are_not_missing(tmp_path):
    write(
        tmp_path, batch(*map(event, range(5)), nodes=[NodeRow(0, PEERS[0])], sessions=[opened(0)])
    )
    day(tmp_path).write_bytes(b"")
    with open_storage(tmp_path) as storage:
        past = storage.store.recovered[0]
        number, session = past.next_sequence, past.next_session
        rows = event(number, session=session, event_id=0, slot=1)
        hello = opened(session)
        storage.write(batch(rows, nodes=[NodeRow(0, PEERS[0])], sessions=[hello]))
    (finding,) = verify(tmp_path, well, deep=False).findings
    assert "quarantine" in finding


def test_verification_decodes_a_sample_or_all_payloads(tmp_path):
    rows = [event(seq) for seq in range(3 * SAMPLE)]
    write(tmp_path, batch(*rows, nodes=[NodeRow(0, PEERS[0])], sessions=[opened(0)]))

    def complaint(row, hello):
        assert hello == b"hello"
        return "nonsense" if row.seq == 1 else None

    assert verify(tmp_path, complaint, deep=False).decoded == SAMPLE
    (finding,) = verify(tmp_path, complaint, deep=True).findings
    assert "1 events do not decode any more, type 11: nonsense" in finding
