"""``tart/gateway/tls.py``: certificate and key from files."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest
import trustme

from tart.errors import StartupError
from tart.gateway.tls import context_of, read_again


def pair(directory: Path) -> tuple[Path, Path]:
    """A certificate and its key."""
    made = trustme.CA().issue_cert("tart.example")
    certificate, key = directory / "c.pem", directory / "k.pem"
    made.cert_chain_pems[0].write_to_path(certificate)
    made.private_key_pem.write_to_path(key)
    return certificate, key


def test_old_versions_are_not_spoken(tmp_path: Path) -> None:
    assert context_of(pair(tmp_path)).minimum_version is ssl.TLSVersion.TLSv1_2


def test_what_does_not_belong_together_or_is_not_there_is_the_operators(tmp_path: Path) -> None:
    certificate, _ = pair(tmp_path)
    (tmp_path / "other").mkdir()
    _, foreign = pair(tmp_path / "other")
    for paths in ((certificate, foreign), (certificate, tmp_path / "none"), (foreign, foreign)):
        with pytest.raises(StartupError, match=r"c\.pem|k\.pem"):
            context_of(paths)


def test_what_cannot_be_read_again_changes_nothing(tmp_path: Path) -> None:
    paths = pair(tmp_path)
    context = context_of(paths)
    paths[1].write_text("nonsense")
    with pytest.raises(StartupError):
        read_again(context, paths)
