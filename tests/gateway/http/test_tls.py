"""``tart/gateway/http/tls.py``: certificate and key from files."""

from __future__ import annotations

import ssl
from contextlib import suppress
from pathlib import Path

import pytest
import trustme

from tart.errors import StartupError
from tart.gateway.http.tls import reload_certificate, server_context


def pair(directory: Path) -> tuple[Path, Path]:
    """A certificate and its key."""
    made = trustme.CA().issue_cert("tart.example")
    certificate, key = directory / "c.pem", directory / "k.pem"
    made.cert_chain_pems[0].write_to_path(certificate)
    made.private_key_pem.write_to_path(key)
    return certificate, key


def test_old_versions_of_tls_are_not_offered(tmp_path: Path) -> None:
    assert server_context(pair(tmp_path)).minimum_version is ssl.TLSVersion.TLSv1_2


def handshake(server: ssl.SSLContext, client: ssl.SSLContext) -> tuple[str, str, int]:
    """The suite that two contexts agree on."""
    to_client, to_server = ssl.MemoryBIO(), ssl.MemoryBIO()
    ours = server.wrap_bio(to_server, to_client, server_side=True)
    theirs = client.wrap_bio(to_client, to_server)
    for _ in range(4):
        for side in (theirs, ours):
            with suppress(ssl.SSLWantReadError):
                side.do_handshake()
    found = theirs.cipher()
    assert found is not None
    return found


def client_of(ciphers: str) -> ssl.SSLContext:
    """A client that speaks TLS 1.2 with these suites, and would take any certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(ciphers)
    return context


def test_every_suite_of_tls_1_2_is_authenticated_with_ephemeral_keys(tmp_path: Path) -> None:
    context = server_context(pair(tmp_path))
    old = [each for each in context.get_ciphers() if each["protocol"] == "TLSv1.2"]
    assert old
    assert all(each["aead"] and each["kea"] == "kx-ecdhe" for each in old)


@pytest.mark.parametrize("ciphers", ["ECDHE+AES", "ECDHE+AES:DHE+AES:RSA+AES"])
def test_suites_in_cbc_mode_are_not_offered(tmp_path: Path, ciphers: str) -> None:
    server = server_context(pair(tmp_path))
    cbc = client_of(f"{ciphers}:!AESGCM:!AESCCM")
    with pytest.raises(ssl.SSLError):
        handshake(server, cbc)
    # Anybody else's server would.
    plain = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    plain.set_ciphers("ALL")
    plain.load_cert_chain(*pair(tmp_path))
    assert "SHA" in handshake(plain, cbc)[0]


def test_authenticated_suites_are_offered(tmp_path: Path) -> None:
    assert "GCM" in handshake(server_context(pair(tmp_path)), client_of("ECDHE+AESGCM"))[0]


def test_a_missing_or_mismatched_certificate_is_a_startup_error(tmp_path: Path) -> None:
    certificate, _ = pair(tmp_path)
    (tmp_path / "other").mkdir()
    _, foreign = pair(tmp_path / "other")
    for paths in ((certificate, foreign), (certificate, tmp_path / "none"), (foreign, foreign)):
        with pytest.raises(StartupError, match=r"c\.pem|k\.pem"):
            server_context(paths)


def test_a_certificate_that_cannot_be_loaded_changes_nothing(tmp_path: Path) -> None:
    paths = pair(tmp_path)
    context = server_context(paths)
    paths[1].write_text("nonsense")
    with pytest.raises(StartupError):
        reload_certificate(context, paths)
