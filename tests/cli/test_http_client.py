"""``tart/cli/http_client.py``: where it asks, with which key, and what it says if it is refused."""

from __future__ import annotations

import json
import ssl
import threading
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
import trustme

from tart.cli.http_client import (
    CA_FILE_VARIABLE,
    KEY_FILE_VARIABLE,
    KEY_VARIABLE,
    RequestRefused,
    Server,
)
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


@pytest.mark.parametrize(
    "url",
    [
        *("", "ftp://x", "http://", "file:///etc/passwd", "http:/x:1", "http://x:", "http://[::1"),
        *(
            "http://x:abc",
            "x:65536",
            "http://x y",
            "http://a..b",
            "http://h\udcff",
            "http://x:1\n ",
        ),
    ],
)
def test_what_is_no_address_is_refused(url):
    with pytest.raises(ConfigError, match="must be http://HOST:PORT or https://HOST"):
        Server(Config(), url, environ={})


@contextmanager
def https_server(certificate):
    """Any HTTPS server with a certificate; yields its port."""
    server = HTTPServer(("127.0.0.1", 0), Answering)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    with running(server):
        yield server.server_port


@contextmanager
def running(server):
    """Run a server in a thread."""
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class Answering(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps({"path": self.path}).encode())

    def log_message(self, *arguments):
        pass


def test_a_certificate_is_trusted_by_the_file_of_its_authority_or_its_own(tmp_path, capsys):
    authority = trustme.CA()
    certificate = authority.issue_cert("127.0.0.1")
    authority.cert_pem.write_to_path(tmp_path / "authority.pem")
    certificate.cert_chain_pems[0].write_to_path(tmp_path / "own.pem")
    with https_server(certificate) as port:
        url = f"https://127.0.0.1:{port}"
        for ca_file in (tmp_path / "authority.pem", tmp_path / "own.pem"):
            server = Server(Config(), url, environ={}, ca_file=ca_file)
            assert server.get("/a") == {"path": "/a"}
            environ = {CA_FILE_VARIABLE: str(ca_file)}
            assert Server(Config(), url, environ=environ).get("/b") == {"path": "/b"}
        with pytest.raises(StartupError, match=r"is not trusted: unable to get .*with --ca-file"):
            Server(Config(), url, environ={}).get("/")
        assert capsys.readouterr().err == ""


def test_a_certificate_that_is_not_checked_is_one_warning(tmp_path, capsys):
    with https_server(trustme.CA().issue_cert("elsewhere.example")) as port:
        server = Server(Config(), f"https://127.0.0.1:{port}", environ={}, insecure=True)
        assert server.get("/a") == {"path": "/a"}
        assert server.get("/b") == {"path": "/b"}
    captured = capsys.readouterr()
    assert captured.err.count("warning: --insecure") == 1
    assert captured.out == ""
    assert Server(Config(), "http://127.0.0.1:1", environ={}, insecure=True).context is not None
    assert capsys.readouterr().err == ""


def test_a_certificate_of_another_name_or_of_the_past_says_what_to_do(tmp_path):
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    past = datetime(2001, 1, 1, tzinfo=UTC)
    for certificate, way_out in (
        (authority.issue_cert("elsewhere.example"), "in --url as its certificate does"),
        (authority.issue_cert("127.0.0.1", not_after=past), "expired; renew it"),
    ):
        with https_server(certificate) as port:
            server = Server(
                Config(), f"https://127.0.0.1:{port}", environ={}, ca_file=tmp_path / "ca.pem"
            )
            with pytest.raises(StartupError, match=way_out):
                server.get("/")


def test_a_wrong_scheme_is_named():
    with running(server := HTTPServer(("127.0.0.1", 0), Answering)):
        url = f"https://127.0.0.1:{server.server_port}"
        with pytest.raises(StartupError, match="does not speak TLS; try http://"):
            Server(Config(), url, environ={}).get("/")


def test_an_address_copied_from_a_browser_is_cut_behind_its_path():
    for url in ("http://x:1/a b/?q=1#/nodes", "x:1/a%20b#"):
        assert Server(Config(), url, environ={}).url == "http://x:1/a%20b"
    with pytest.raises(ConfigError, match="--key-file") as caught:
        Server(Config(), "http://me:secret@x", environ={})
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "is empty; 'tart keys create' prints a key"),
        (b" \r\n", "is empty"),
        (b"one\ntwo\n", "is not a key"),
        ("schlüssel".encode(), "is not a key"),
        (b"\xff\xfea\0", "cannot be read: it is not UTF-8 text"),
    ],
)
def test_a_file_without_a_key_is_one_sentence_that_does_not_show_it(tmp_path, content, sentence):
    (tmp_path / "k").write_bytes(content)
    with pytest.raises(ConfigError, match=f"^key file .*/k: {sentence}") as caught:
        Server(Config(), key_file=tmp_path / "k")
    assert "two" not in str(caught.value)


def test_a_key_may_have_a_byte_order_mark(tmp_path):
    (tmp_path / "k").write_text("\ufeffkey\r\n")
    assert Server(Config(), key_file=tmp_path / "k").key == "key"


class Elsewhere(BaseHTTPRequestHandler):
    """Some other server: its answer is in the path, a status or a body; or always the same."""

    always: str | None = None

    def do_GET(self):
        kind = self.always or self.path.removeprefix("/")
        self.send_response(int(kind) if kind.isdecimal() else 200)
        if kind == "302":
            self.send_header("Location", f"https://tart.example{self.path}")
        if kind == "length":
            self.send_header("Content-Length", "many")
        self.end_headers()
        bodies = {"list": b"[]", "html": b"<html>", "deep": b"[" * 100_000, "long": b" " * 200}
        self.wfile.write(bodies.get(kind, b""))

    do_POST = do_GET

    def log_message(self, *arguments):
        pass


def test_another_server_is_named_as_one():
    with running(server := HTTPServer(("127.0.0.1", 0), Elsewhere)):
        url = f"http://127.0.0.1:{server.server_port}"
        for path, sentence in (
            ("/404", "no tart answers there: another server does, with status 404 for /404; check"),
            ("/502", "a proxy answers there with status 502: it cannot reach tart"),
            ("/302", "the server redirects to https://tart.example; name that with --url"),
            ("/list", "no tart answers there: the answer to /list is not JSON of tart's; check"),
            ("/html", "no tart answers there: the answer to /html is not JSON of tart's; check"),
            ("/deep", "no tart answers there: the answer to /deep is not JSON of tart's; check"),
        ):
            with pytest.raises(StartupError, match=f"^{url}: {sentence}"):
                Server(Config(), url, environ={}).get(path)
        with pytest.raises(RequestRefused, match="redirects to"):
            Server(Config(), url, environ={}).post("/302", {})


def test_an_answer_without_an_end_is_refused(monkeypatch):
    monkeypatch.setattr("tart.cli.http_client._MAX_BODY_BYTES", 100)
    with running(server := HTTPServer(("127.0.0.1", 0), Elsewhere)):
        url = f"http://127.0.0.1:{server.server_port}"
        with pytest.raises(StartupError, match="the answer is longer than"):
            Server(Config(), url, environ={}).get("/long")


@pytest.mark.parametrize("kind", ["list", "html", "deep", "length"])
@pytest.mark.parametrize("words", [["sql", "SELECT 1"], ["sql", "--json", "SELECT 1"], ["status"]])
def test_an_answer_of_another_program_is_one_sentence(kind, words, capsys):
    with running(server := HTTPServer(("127.0.0.1", 0), Elsewhere)):
        Elsewhere.always = kind
        try:
            code = main([*words, "--url", f"http://127.0.0.1:{server.server_port}"])
        finally:
            Elsewhere.always = None
    assert code == 1
    error = capsys.readouterr().err
    assert error.startswith("tart: http://127.0.0.1:")
    assert error.endswith("is not JSON of tart's; check the address\n")


def test_a_proxy_is_for_other_machines_and_is_named(monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    monkeypatch.setenv("no_proxy", "")
    with pytest.raises(StartupError, match=r"the proxy http://127.0.0.1:1 cannot .* http_proxy"):
        Server(Config(), "http://203.0.113.1", environ={}).get("/")
    with running(server := HTTPServer(("127.0.0.1", 0), Answering)):
        url = f"http://127.0.0.1:{server.server_port}"
        assert Server(Config(), url, environ={}).get("/a") == {"path": "/a"}


@pytest.mark.parametrize("content", [None, "", "text"])
def test_a_file_without_certificates_is_one_sentence(tmp_path, content):
    path = tmp_path / "ca.pem"
    if content is not None:
        path.write_text(content)
    reason = "cannot be read" if content is None else "has no certificate in PEM form"
    with pytest.raises(ConfigError, match=f"--ca-file {path}: {reason}"):
        Server(Config(), "https://x", environ={}, ca_file=path)


@pytest.mark.slow
def test_a_server_with_keys_is_reached_over_tls(tmp_path, capsys):
    certificate = tmp_path / "c.pem"
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    issued = authority.issue_cert("tart.example", "127.0.0.1")
    issued.private_key_and_cert_chain_pem.write_to_path(certificate)
    data = tmp_path / "data"
    assert (
        main(
            [
                "keys",
                "create",
                "--new",
                "--name",
                "k",
                "--role",
                "operator",
                "--data-dir",
                str(data),
            ]
        )
        == 0
    )
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
        with pytest.raises(StartupError, match="with --ca-file"):
            Server(config, server.url, environ={}).get("/api/nodes")
        with pytest.raises(StartupError, match="connection was closed; try https://"):
            Server(config, system.api, environ={}).get("/api/nodes")
        for flag in (["--insecure"], ["--ca-file", str(tmp_path / "ca.pem")]):
            for command in (["status"], ["sql", "SELECT 1"], ["record", f"{tmp_path}/capture"]):
                flags = ["--url", server.url, "--key-file", str(tmp_path / "key")]
                code = main([*command, *flags, *flag])
                captured = capsys.readouterr()
                assert code == 0, captured.err
                assert captured.err.count("warning: --insecure") == (flag == ["--insecure"])
