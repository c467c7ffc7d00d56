"""Fixtures of the command line's tests."""

from __future__ import annotations

import pytest

from tart.cli.main import main


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    """Run a command on a data directory; return exit code, stdout and stderr."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments, data="data"):
        code = main([*map(str, arguments), "--data-dir", str(tmp_path / data)])
        said = capsys.readouterr()
        return code, said.out, said.err

    return run
