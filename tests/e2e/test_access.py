"""Who may reach a running tart: over the network, as a node, and with which secrets in its log."""

from __future__ import annotations

import re
import signal
import ssl
from pathlib import Path

import httpx
import pytest
import trustme

from tart.cli.main import main
from tart.testing import FakeNode
from tests.running import running_system
from tests.supervisor.process import Process

pytestmark = pytest.mark.slow

WIDE = ("tart", "serve", "--telemetry-bind", "127.0.0.1:0", "--api-bind", "0.0.0.0:0")


def peer(number):
    return bytes([number]) * 32


def said(number):
    """First message and one event of a node."""
    node = FakeNode(peer_id=peer(number))
    return node.connect() + node.event("BestBlockChanged", 1, slot=1, hash=peer(9))[1]


def cut_off(connection, data):
    """Whether tart closes the connection without a word."""
    try:
        connection.sendall(data)
        return connection.recv(1) == b""
    except ConnectionError:
        return True


def new_key(capsys, data, role):
    assert (
        main(["keys", "create", "--new", "--name", "k", "--role", role, "--data-dir", str(data)])
        == 0
    )
    return capsys.readouterr().out.strip()


def test_an_api_that_others_reach_needs_a_key_or_the_word_that_it_does_not(tmp_path, capsys):
    data = tmp_path / "data"
    with Process(*WIDE, "--data-dir", data, cwd=tmp_path) as process:
        assert process.ended() == 2
        assert "tart keys create" in process.errors()
    with Process(*WIDE, "--data-dir", data, environ={"TART_API_AUTH": "none"}) as process:
        process.line(r"tart ready .*")
    new_key(capsys, data, "viewer")
    with Process(*WIDE, "--data-dir", data, cwd=tmp_path) as process:
        process.line(r"tart ready .*")


def test_no_key_is_in_a_log_an_error_or_a_process_list(tmp_path, capsys):
    data = tmp_path / "data"
    viewer, admin = (new_key(capsys, data, role) for role in ("viewer", "admin"))
    with running_system(data, environ={"TART_LOG_LEVEL": "debug"}, preloaded=False) as system:
        bearer = {"Authorization": f"Bearer {admin}"}
        created = system.http.post(
            "/api/keys", json={"name": "n", "role": "viewer"}, headers=bearer
        ).json()
        texts = [viewer, admin, created["key"]]
        answers = [system.http.get(f"/api/ws?token={text}").text for text in texts]
        answers += [system.http.get(f"/api/nothing?token={text}").text for text in texts]
        broken = {"Authorization": f"Bearer {viewer}!"}
        answers.append(system.http.get("/api/nodes", headers=broken).text)
        answers.append(system.http.post("/api/login", json={"key": f"{viewer}!"}).text)
        answers.append(system.http.post("/api/login", json={"key": viewer}).text)
        (cookie,) = system.http.cookies.jar
        assert system.http.get("/api/nodes").status_code == 200
        commands = "".join(
            (path / "cmdline").read_text() + (path / "environ").read_text()
            for path in processes_of(system.process.pid)
        )
        system.process.send(signal.SIGTERM)
        assert system.process.ended() == 0
        log = system.process.errors()
    assert "tart" in commands
    secrets = [*(text.split("_", 2)[2] for text in texts), cookie.value]
    for shown in (log, commands, *answers):
        assert not any(secret in shown for secret in secrets)


def processes_of(leader):
    for path in Path("/proc").iterdir():
        if path.name.isdigit():
            try:
                session = (path / "stat").read_text().rpartition(")")[2].split()[3]
            except (FileNotFoundError, ProcessLookupError):
                continue
            if int(session) == leader:
                yield path


def test_nodes_of_other_networks_and_with_other_keys_are_not_taken(tmp_path):
    environ = {"TART_TELEMETRY_DENY": "127.0.0.1"}
    with running_system(tmp_path / "a", shards=1, environ=environ) as system:
        with system.connect() as connection:
            assert cut_off(connection, said(1))
        text = system.http.get("/metrics").text
        assert re.search(r'tart_connections_rejected_total\{.*reason="network".*\} 1\b', text)
    environ = {"TART_TELEMETRY_PEER_IDS": peer(2).hex()}
    with running_system(tmp_path / "b", shards=1, environ=environ) as system:
        with system.connect() as connection:
            assert cut_off(connection, said(1))
        with system.connect() as connection:
            connection.sendall(said(2))
            system.wait_for_events(peer(2), 1)
        assert [each["node_id"] for each in system.get("/api/nodes")["nodes"]] == [peer(2).hex()]
        text = system.http.get("/metrics").text
        assert re.search(r'tart_connections_closed_total\{.*reason="peer".*\} 1\b', text)


def test_over_tls_everything_is_as_without(tmp_path):
    authority = trustme.CA()
    authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(
        tmp_path / "c.pem"
    )
    environ = {"TART_API_TLS_CERTIFICATE": str(tmp_path / "c.pem")}
    with running_system(tmp_path / "data", shards=1, environ=environ) as system:
        context = ssl.create_default_context()
        authority.configure_trust(context)
        url = system.api.replace("http:", "https:")
        with httpx.Client(base_url=url, verify=context, trust_env=False) as client:
            response = client.get("/api/nodes")
            assert response.status_code == 200
            assert response.headers["strict-transport-security"].startswith("max-age=")
        with pytest.raises(httpx.HTTPError):
            system.http.get("/api/nodes")
