"""``tart/gateway/alerting/tls_context.py``: authorities from a file, read again if it changes."""

from __future__ import annotations

import os
import ssl

import pytest
import trustme

from tart.errors import ConfigError
from tart.gateway.alerting import tls_context
from tart.gateway.alerting.tls_context import TlsContexts


def test_a_file_of_authorities_is_read_once_until_it_changes(tmp_path):
    path = tmp_path / "ca.pem"
    trustme.CA().cert_pem.write_to_path(path)
    contexts = TlsContexts()
    context = contexts.get(str(path))
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname
    assert contexts.get(str(path)) is context
    os.utime(path, (1, 1))
    assert contexts.get(str(path)) is not context


def test_a_file_that_is_none_is_named(tmp_path):
    with pytest.raises(ConfigError, match=r"ca_file .*missing.pem cannot be used: no such file"):
        TlsContexts().get(str(tmp_path / "missing.pem"))
    (tmp_path / "text.pem").write_text("no certificate")
    with pytest.raises(ConfigError, match=r"text.pem cannot be used"):
        TlsContexts().get(str(tmp_path / "text.pem"))


def test_without_a_file_it_is_the_system_s():
    assert (TlsContexts().get("")).verify_mode is ssl.CERT_REQUIRED


def test_where_openssl_finds_no_authorities_a_file_has_them(monkeypatch, tmp_path):
    nothing = ssl.DefaultVerifyPaths(None, None, "", "", "", "")
    monkeypatch.setattr(ssl, "get_default_verify_paths", lambda: nothing)
    monkeypatch.setattr(tls_context, "_SYSTEM_FILES", (str(tmp_path / "ca.pem"),))
    assert len(TlsContexts().get("").get_ca_certs()) > 50
    trustme.CA().cert_pem.write_to_path(tmp_path / "ca.pem")
    assert len(TlsContexts().get("").get_ca_certs()) == 1
