"""``tart/cli/http_client.py``: where it asks, with which key, and what it says if it is refused."""

from __future__ import annotations

from dataclasses import replace

import pytest
import trustme

from tart.cli.http_client import KEY_FILE_VARIABLE, KEY_VARIABLE, RequestRefused, Server
from tart.cli.main import main
from tart.config.load import load
from tart.config.schema import Config
from tart.errors import ConfigError, StartupError
from tests.running import running_system


def bound(bind):
    config = Config()
    return replace(config, api=replace(config.api, bind=bind))


@pytest.mark.parametrize(
    ("bind", "url"),
    [
        ("127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("0.0.0.0:80", "http://127.0.0.1:80"),
        ("[::]:80", "http://[::1]:80"),
        ("[::1]:80", "http://[::1]:80"),
    ],
)
def test_the_default_address_is_that_of_the_settings(bind, url):
    assert Server(bound(bind), environ={}).url == url
    assert Server(bound(bind), "http://x/", environ={}).url == "http://x"


def test_a_key_file_that_cannot_be_read_is_one_sentence(tmp_path):
    with pytest.raises(ConfigError, match="cannot be read"):
        Server(Config(), key_file=tmp_path / "none")
    with pytest.raises(ConfigError, match="cannot be read"):
        Server(Config(), environ={KEY_FILE_VARIABLE: str(tmp_path)})


def test_the_key_file_variable_is_not_a_setting(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert load(environ={KEY_FILE_VARIABLE: "f"}).origins["api.bind"] == "default"


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://127.0.0.1:1", "nothing listens; start it with 'tart serve'"),
        ("127.0.0.1:1", "nothing listens"),
        ("http://127.0.0.1:1 /", ""),
        ("http://no-host.invalid", "not known|resolution"),
    ],
)
def test_an_address_without_a_server_is_one_sentence(url, reason):
    with pytest.raises(StartupError, match=f"no tart answers there.*({reason})"):
        Server(Config(), url, environ={}).get("/api/health")


def test_the_key_is_that_of_the_variable_unless_a_file_is_named(tmp_path):
    (tmp_path / "key").write_text("from-file\n")
    for environ, key in (
        ({}, None),
        ({KEY_VARIABLE: "from-variable"}, "Bearer from-variable"),
        ({KEY_VARIABLE: "x", KEY_FILE_VARIABLE: str(tmp_path / "key")}, "Bearer from-file"),
    ):
        server = Server(Config(), "http://127.0.0.1:1", environ=environ)
        assert server._request("/").get_header("Authorization") == key
    assert load(environ={KEY_VARIABLE: "x"})


@pytest.mark.parametrize("url", ["", "ftp://x", "http://", "file:///etc/passwd"])
def test_what_is_no_address_is_refused(url):
    with pytest.raises(ConfigError, match="must be http://HOST:PORT or https://HOST"):
        Server(Config(), url, environ={})


@pytest.mark.slow
def test_a_server_with_keys_is_reached_over_tls(tmp_path, capsys):
    certificate = tmp_path / "c.pem"
    issued = trustme.CA().issue_cert("tart.example")
    issued.private_key_and_cert_chain_pem.write_to_path(certificate)
    data = tmp_path / "data"
    assert main(["keys", "create", "--name", "k", "--data-dir", str(data)]) == 0
    (tmp_path / "key").write_text(capsys.readouterr().out)
    environ = {"TART_API_TLS_CERTIFICATE": str(certificate)}
    with running_system(data, shards=1, environ=environ) as system:
        flags = {"api.bind": system.api.removeprefix("http://")}
        config = load(environ=environ, flags=flags)
        server = Server(config, key_file=tmp_path / "key", environ={})
        assert server.get("/api/nodes") == {"nodes": []}
        with pytest.raises(RequestRefused, match="--key-file") as caught:
            Server(config, environ={}).get("/api/nodes")
        assert caught.value.http_status == 401
        with pytest.raises(StartupError, match="no tart answers there"):
            Server(config, server.url, environ={}).get("/api/nodes")
