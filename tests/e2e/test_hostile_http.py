"""What strangers try on the API's port: each gets its error or is closed, and costs nothing."""

from __future__ import annotations

import re
import signal
import socket
import ssl
import warnings
from contextlib import ExitStack, suppress

import httpx
import pytest
import trustme

from tart.cli.main import main
from tests.running import running_system

pytestmark = pytest.mark.slow

GET = b"GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n"
SQL = b"POST /api/sql HTTP/1.1\r\nHost: localhost\r\n"
SECURITY = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
}


def address(system):
    host, _, port = system.api.removeprefix("http://").rpartition(":")
    return host, int(port)


def connected(system, data=b""):
    connection = socket.create_connection(address(system), timeout=30)
    connection.sendall(data)
    return connection


def said(connection):
    """All that comes before the end."""
    found = b""
    try:
        while chunk := connection.recv(65536):
            found += chunk
    except ConnectionError:
        pass
    return found.decode()


def last_answer(text):
    """Status and headers of the last answer in it."""
    head = re.split(r"(?=HTTP/1\.1 \d)", text)[-1].partition("\r\n\r\n")[0]
    status, *lines = head.split("\r\n")
    headers = dict(line.lower().split(": ", 1) for line in lines if ": " in line)
    return int(status.split()[1]), headers


HOSTILE = {
    "many headers": (GET[:-2] % b"/" + b"".join(b"a%d: b\r\n" % n for n in range(9999)), {413}),
    "a long header": (GET[:-2] % b"/" + b"a: " + b"b" * 200_000, {413}),
    "a long path": (b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\n\r\n", {413}),
    "a long body": (SQL + b"Content-Length: 99999999\r\n\r\n" + b"x" * 300_000, {413}),
    "many chunks": (
        SQL + b"Transfer-Encoding: chunked\r\n\r\n" + b"8000\r\n%b\r\n" % (b"x" * 0x8000) * 9,
        {413},
    ),
    "two lengths": (SQL + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nxx", {400}),
    "length and chunks": (
        SQL + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        {400},
    ),
    "a negative length": (SQL + b"Content-Length: -1\r\n\r\n", {400}),
    "bad chunks": (SQL + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n\r\n", {400}),
    "no protocol": (b"\x16\x03\x01\x02\x00\x01\x00" * 2000 + b"\r\n\r\n", {400, 413}),
    "another protocol": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", {400}),
    "rubbish behind": (GET % b"/api/health" + b"\x00rubbish\r\n\r\n", {400}),
    "a slow head": (b"GET / HTTP/1.1\r\nHost: loc", {408}),
    "a slow body": (SQL + b"Content-Length: 10\r\n\r\n{", {408}),
}


def test_what_is_too_long_too_slow_or_rubbish_gets_its_error_and_costs_nothing(tmp_path):
    environ = {"TART_API_REQUEST_SECONDS": "0.5"}
    with running_system(tmp_path / "data", shards=1, environ=environ) as system, system.http:
        with ExitStack() as stack:
            # All at once, and before any of them has ended others are answered.
            peers = {
                name: stack.enter_context(connected(system)) for name, (data, _) in HOSTILE.items()
            }
            for name, (data, _) in HOSTILE.items():
                with suppress(ConnectionError):  # refused before it had said all
                    peers[name].sendall(data)
            assert system.http.get("/api/stats").status_code == 200
            for name, (_, statuses) in HOSTILE.items():
                text = said(peers[name])
                status, headers = last_answer(text)
                assert status in statuses, name
                assert headers.items() >= SECURITY.items(), name
                assert headers["content-type"] == "application/json", name
        assert system.http.get("/api/stats").status_code == 200
        assert system.http.get("/api/health/detailed").json()["status"] == "Healthy"
        system.process.send(signal.SIGTERM)
        assert system.process.ended() == 0
        assert "Traceback" not in system.process.errors()


def test_who_is_refused_is_told_that_the_connection_ends(tmp_path):
    environ = {"TART_API_REQUEST_SECONDS": "0.5"}
    with running_system(tmp_path / "data", shards=1, environ=environ) as system, system.http:
        for name in ("two lengths", "a negative length", "another protocol", "a slow head"):
            data, statuses = HOSTILE[name]
            with connected(system, data) as peer:
                status, headers = last_answer(said(peer))
            assert status in statuses, name
            assert headers["connection"] == "close", name


TRICKS = [
    "/api/health/../nodes",
    "/api/health/..%2fnodes",
    "/api/%2e%2e/api/nodes",
    "//api/nodes",
    "/api//nodes",
    "/api/./nodes",
    "/api/nodes/",
    "/api/nodes;x=1",
    "/api/nodes%00",
    "/api/nodes%20",
    "/API/NODES",
    "/api\\nodes",
    "/api/health?/api/nodes",
    "/api/nodes#/api/health",
    "/..%2f..%2f..%2fetc/passwd",
    "/../../etc/passwd",
    "http://localhost/api/nodes",
    "http://localhost/api/health/../nodes",
    "*",
]


def test_no_trick_with_a_path_gets_a_stranger_anything(tmp_path, capsys):
    data = tmp_path / "data"
    assert (
        main(
            ["keys", "create", "--new", "--name", "k", "--role", "viewer", "--data-dir", str(data)]
        )
        == 0
    )
    key = capsys.readouterr().out.strip()
    with running_system(data, shards=1) as system, system.http:
        for method in (b"GET", b"HEAD", b"OPTIONS", b"POST", b"TRACE", b"CONNECT", b"get"):
            for path in TRICKS:
                head = method + b" " + path.encode() + b" HTTP/1.1\r\nHost: localhost\r\n"
                with connected(system, head + b"Connection: close\r\n\r\n") as peer:
                    status, headers = last_answer(said(peer))
                assert status in {204, 400, 401, 404, 405}, (method, path, status)
                assert headers.items() >= SECURITY.items()
        bearer = {"Authorization": f"Bearer {key}"}
        assert system.http.get("/api/nodes", headers=bearer).status_code == 200


def old_tls(version):
    """A client that speaks that version only, and would take any certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    # OpenSSL itself would refuse the old ones otherwise.
    context.set_ciphers("ALL:@SECLEVEL=0")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = context.maximum_version = version
    return context


def test_no_old_tls_and_no_plain_http_are_spoken_on_a_tls_port(tmp_path):
    authority = trustme.CA()
    pem = authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem
    pem.write_to_path(tmp_path / "c.pem")
    environ = {"TART_API_TLS_CERTIFICATE": str(tmp_path / "c.pem")}
    environ |= {"TART_API_REQUEST_SECONDS": "1"}
    context = ssl.create_default_context()
    authority.configure_trust(context)
    with (
        running_system(tmp_path / "data", shards=1, environ=environ) as system,
        system.http,
        httpx.Client(
            base_url=system.api.replace("http:", "https:"), verify=context, trust_env=False
        ) as client,
        connected(system) as silent,
        connected(system, b"\x16\x03\x01\x02\x00") as half,
    ):
        for version in (ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1):
            with connected(system) as peer, pytest.raises((ssl.SSLError, ConnectionError)):
                old_tls(version).wrap_socket(peer)
        with connected(system) as peer, old_tls(ssl.TLSVersion.TLSv1_2).wrap_socket(peer) as new:
            assert new.version() == "TLSv1.2"
        for rubbish in (GET % b"/api/nodes", b"\x00" * 5000, b"\x16\x03\x01\xff\xff" * 400):
            with connected(system, rubbish) as peer:
                assert "HTTP" not in said(peer)
        assert client.get("/api/nodes").status_code == 200
        # Whoever does not begin, or not end, a handshake is not waited for either.
        assert said(silent) == said(half) == ""
        assert client.get("/api/nodes").status_code == 200
        system.process.send(signal.SIGTERM)
        assert system.process.ended() == 0
        assert "Traceback" not in system.process.errors()
