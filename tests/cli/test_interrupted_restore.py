"""Names in a data directory while a backup is restored into it."""

from tart.cli.interrupted_restore import COMPLETE, DRAFT, is_interrupted


def test_only_a_complete_restore_has_to_be_finished(tmp_path):
    assert not is_interrupted(tmp_path / "gone")
    (tmp_path / DRAFT).mkdir()
    assert not is_interrupted(tmp_path)
    (tmp_path / COMPLETE).mkdir()
    assert is_interrupted(tmp_path)
