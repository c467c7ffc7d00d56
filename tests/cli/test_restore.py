"""``tart restore``: only a complete, undamaged backup, and only into an empty directory."""

import json

from tests.cli.backups import list_backups
from tests.cli.test_verify import filled


def test_an_invalid_or_damaged_backup_is_not_restored(tmp_path, run):
    filled(tmp_path / "data")
    code, _, err = run("restore", tmp_path, data="again")
    assert (code, "is not a backup of tart" in err) == (1, True)
    run("backup", tmp_path / "kept")
    ((backup, _),) = list_backups(tmp_path / "kept")
    code, _, err = run("restore", backup)
    assert (code, "has data already: 00" in err) == (1, True)
    (file,) = (backup / "00").glob("2*.duckdb")
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(content)
    code, _, err = run("restore", backup, data="again")
    assert (code, "differs from the file that was backed up" in err) == (1, True)
    (backup / "backup.json").write_text(json.dumps({"format": 99}))
    code, _, err = run("restore", backup, data="third")
    assert (code, "format 99, this release knows 1" in err) == (1, True)
