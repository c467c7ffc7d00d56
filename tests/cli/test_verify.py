"""``tart verify`` as a person calls it."""

import pytest

from tart.cli.main import main
from tart.protocol.node_information import decode_node_information
from tart.storage.core.schema import NodeRow
from tart.testing import FakeNode
from tests.running import fake_node, running_system
from tests.storage.running import batch, event, opened, write

NODE = FakeNode(bytes(32))
HELLO = NODE.connect()[4:]


def run(capsys, *arguments):
    code = main(["verify", *map(str, arguments)])
    captured = capsys.readouterr()
    return code, captured.out.splitlines(), captured.err


def filled(root, body=bytes(36)):
    """A directory with one Best block changed."""
    rows = [event(0, slot=0, body=body)]
    sessions = [opened(0, information=HELLO)]
    write(root, batch(*rows, nodes=[NodeRow(0, NODE.peer_id)], sessions=sessions))


def test_verifying_undamaged_files_exits_with_0_and_one_line(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert decode_node_information(HELLO).peer_id == NODE.peer_id
    filled(tmp_path / "data")
    code, lines, _ = run(capsys, "--data-dir", tmp_path / "data")
    assert code == 0
    assert lines == ["1 file, 1 event, 1 of them decoded, 0 undecodable frames stored: no findings"]


def test_verify_prints_a_line_for_each_finding_and_exits_with_1(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    filled(tmp_path / "data", body=bytes(35))
    code, lines, _ = run(capsys, "--data-dir", tmp_path / "data", "--deep")
    assert code == 1
    assert len(lines) == 2
    assert "1 events do not decode any more" in lines[0]
    assert lines[1].endswith(": 1 finding")


def test_verify_does_not_create_a_missing_directory(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code, _, complaint = run(capsys, "--data-dir", tmp_path / "data")
    assert code == 2
    assert "does not exist" in complaint
    assert not (tmp_path / "data").exists()


@pytest.mark.slow
def test_verifying_beside_a_running_server_is_one_sentence(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with running_system(tmp_path / "data", shards=1) as system, system.connect() as connection:
        node = fake_node(1)
        connection.sendall(node.connect() + node.event("SyncStatusChanged", 5, synced=True)[1])
        system.wait_for_events(node.peer_id, 1)
        code, lines, complaint = run(capsys, "--data-dir", tmp_path / "data")
    assert (code, lines) == (1, [])
    assert "uses" in complaint
    assert len(complaint.splitlines()) == 1
