"""Owners of files that root creates."""

import os
import pwd
from pathlib import Path

import pytest

from tart.file_owner import inherit_owner, owner_name

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")


@as_root
def test_what_root_creates_belongs_to_the_owner_of_its_directory(tmp_path):
    os.chown(tmp_path, 1234, 1235)
    for path in (tmp_path / "file", tmp_path / "link"):
        path.symlink_to("/etc/passwd") if path.name == "link" else path.touch()
        inherit_owner(path)
        status = path.lstat()
        assert (status.st_uid, status.st_gid) == (1234, 1235)
    assert os.stat("/etc/passwd").st_uid == 0


@as_root
def test_what_another_user_creates_stays_hers(tmp_path, monkeypatch):
    tmp_path.chmod(0o777)
    monkeypatch.chdir(tmp_path)  # the directories above may not be open to her
    os.seteuid(1234)
    try:
        Path("file").touch()
        inherit_owner(Path("file"))
    finally:
        os.seteuid(0)
    assert (tmp_path / "file").stat().st_uid == 1234


def test_an_owner_has_a_name_or_at_least_a_number(tmp_path):
    assert owner_name(tmp_path) == pwd.getpwuid(os.geteuid()).pw_name
    if os.geteuid() == 0:
        os.chown(tmp_path, 54321, 0)
        assert owner_name(tmp_path) == "user 54321"
    with pytest.raises(FileNotFoundError):
        owner_name(tmp_path / "gone")
