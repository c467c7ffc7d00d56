"""The proxies of ``docs/operating.md``, as written there, before a running tart."""

from __future__ import annotations

import os
import re
import shutil
import ssl
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import pytest
import trustme
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from tart.cli.main import main
from tart.client import TartClient
from tart.protocol.rules import RULES
from tests.gateway.api.test_html import parsed
from tests.running import fake_node, fake_peer_id, free_port, running_system, wait_for
from tests.supervisor.process import Process

pytestmark = pytest.mark.slow

OPERATING = (Path(__file__).parents[2] / "docs" / "operating.md").read_text()


PREFIX = "/tart"


def written(language, prefix=""):
    """A block of that language in the manual: the first, and the one of a prefix."""
    blocks = re.findall(rf"^```{language}\n(.*?)^```$", OPERATING, re.MULTILINE | re.DOTALL)
    alone, below = blocks
    return below if prefix else alone


def nginx_written(prefix):
    """All of nginx's settings; below a prefix other locations take the place of the one."""
    text = written("nginx")
    if prefix:
        text, count = re.subn(
            r"^    location / \{\n.*?^    \}\n",
            lambda _: written("nginx", prefix),
            text,
            flags=re.MULTILINE | re.DOTALL,
        )
        assert count == 1
    return text


def replaced(text, changes):
    for old, new in changes.items():
        assert old in text
        text = text.replace(old, new)
    return text


@contextmanager
def nginx(directory, port, api, prefix):
    changes = {
        "listen 443 ssl": f"listen 127.0.0.1:{port} ssl",
        "/etc/ssl/tart.pem": f"{directory}/chain.pem",
        "/etc/ssl/tart.key": f"{directory}/key.pem",
        "/var/log/nginx/tart.log": f"{directory}/access.log",
        "127.0.0.1:8080": api,
    }
    # Its workers must read what belongs to us; nobody else can say who they are.
    user = "user root;" if os.geteuid() == 0 else ""
    kept = "".join(
        f"{name}_temp_path {directory}/{name};\n"
        for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (directory / "nginx.conf").write_text(
        f"daemon off; {user} pid {directory}/pid; error_log {directory}/error.log;\n"
        f"events {{}}\nhttp {{\n{kept}{replaced(nginx_written(prefix), changes)}}}\n"
    )
    given = ("-p", directory, "-c", directory / "nginx.conf")
    with Process("-t", *given, "-e", directory / "error.log", program=["nginx"]) as tested:
        assert tested.ended() == 0, tested.errors()
        assert "warn" not in tested.errors()
    with Process(*given, "-e", directory / "error.log", program=["nginx"]):
        yield


@contextmanager
def caddy(directory, port, api, prefix):
    name = "example.org" if prefix else "tart.example.org"
    changes = {name: f"https://127.0.0.1:{port}", "127.0.0.1:8080": api}
    certificate = f"tls {directory}/chain.pem {directory}/key.pem\n"
    text = replaced(written("caddyfile", prefix), changes).replace("{\n", "{\n" + certificate, 1)
    options = "{\nadmin off\nauto_https disable_redirects\nskip_install_trust\n}\n"
    (directory / "Caddyfile").write_text(options + text)
    environ = {"HOME": str(directory), "XDG_DATA_HOME": str(directory)}
    given = ("run", "--adapter", "caddyfile", "--config", directory / "Caddyfile")
    with Process(*given, program=["caddy"], environ=environ):
        yield


@pytest.mark.parametrize(
    ("proxy", "prefix"),
    [
        pytest.param(nginx, "", id="nginx-alone", marks=pytest.mark.soak),
        pytest.param(nginx, PREFIX, id="nginx-below a prefix"),
        pytest.param(caddy, "", id="caddy-alone"),
        pytest.param(caddy, PREFIX, id="caddy-below a prefix", marks=pytest.mark.soak),
    ],
)
def test_what_the_manual_says_works(tmp_path, capsys, proxy, prefix):
    if shutil.which(proxy.__name__) is None:
        pytest.skip(f"{proxy.__name__} is not installed")
    authority = trustme.CA()
    issued = authority.issue_cert("127.0.0.1")
    issued.private_key_pem.write_to_path(tmp_path / "key.pem")
    issued.cert_chain_pems[0].write_to_path(tmp_path / "chain.pem")
    context = ssl.create_default_context()
    authority.configure_trust(context)
    data, port = tmp_path / "data", free_port()
    with (
        running_system(data, shards=1) as system,
        proxy(tmp_path, port, system.api.removeprefix("http://"), prefix),
        httpx.Client(
            base_url=f"https://127.0.0.1:{port}{prefix}", verify=context, trust_env=False
        ) as web,
    ):
        wait_for(lambda: answers(web), "the proxy")
        # As long as there is no key, a proxy's requests are nobody's.
        assert system.http.get("/api/nodes").status_code == 200
        assert web.get("/api/nodes").status_code == 403
        given = ("keys", "create", "--new", "--name", "k", "--role", "viewer")
        assert main([*given, "--data-dir", str(data)]) == 0
        key = capsys.readouterr().out.strip()
        wait_for(lambda: web.get("/api/nodes").status_code == 401, "the key to count")
        bearer = {"Authorization": f"Bearer {key}"}
        assert web.get("/api/nodes", headers=bearer).json()["nodes"] == []

        pages_lead_somewhere(web)
        asked = TartClient(f"https://127.0.0.1:{port}{prefix}", key=key, verify=context)
        with asked as client:
            assert client.nodes() == {"nodes": []}

        live = f"wss://127.0.0.1:{port}{prefix}/api/ws?token={key}"
        events = web.stream("GET", "/api/events/stream", params={"token": key}, timeout=30)
        with connect(live, ssl=context, proxy=None, open_timeout=100) as socket_, events as stream:
            assert stream.status_code == 200
            socket_.recv(timeout=30)
            socket_.send('{"type": "Subscribe", "filter": {"type": "All"}}')
            node = fake_node(1)
            with system.connect() as sending:
                sending.sendall(node.connect())
                sending.sendall(node.event("SyncStatusChanged", 1, synced=True)[1])
                # What is said comes at once: nothing on the way gathers it.
                wait_for(lambda: fake_peer_id(1).hex() in socket_.recv(timeout=30))
                lines = stream.iter_lines()
                wait_for(lambda: fake_peer_id(1).hex() in next(lines))
        refused_elsewhere(port, prefix, context)
        logins_work(web, context, key, data)
    for log in tmp_path.glob("*.log"):
        assert key not in log.read_text()


def pages_lead_somewhere(web):
    """Without a key: the docs, each link on them as a browser follows it, and OpenAPI's server."""
    docs = web.get("/api/docs")
    assert docs.status_code == 200
    waiting, seen = [docs], set()
    while waiting:
        page = waiting.pop()
        for link in parsed(page.text).links:
            there = page.url.join(link).copy_with(fragment=None)
            if there not in seen:
                seen.add(there)
                found = web.get(there)
                assert found.status_code == 200, there
                if "html" in found.headers["content-type"]:
                    waiting.append(found)
    assert len(seen) > len(RULES)
    slash = web.get("/api/docs/", follow_redirects=True)
    assert (slash.status_code, slash.url) == (200, docs.url)
    document = web.get("/api/openapi.json")
    (server,) = document.json()["servers"]
    base = str(document.url.join(server["url"])).rstrip("/")
    assert web.get(f"{base}/api/health").json()["status"] == "ok"


def logins_work(web, context, key, data):
    """A browser's login at the proxy's URL: its cookie, a WebSocket with it, and its end."""
    origin = str(web.base_url.copy_with(path="/")).rstrip("/")
    own = {"Origin": origin}
    assert web.post("api/login", json={"key": "tart_wrong"}, headers=own).status_code == 401
    foreign = {"Origin": "https://evil.example"}
    assert web.post("api/login", json={"key": key}, headers=foreign).status_code == 403
    answered = web.post("api/login", json={"key": key}, headers=own)
    assert answered.json()["role"] == "viewer"
    (cookie,) = web.cookies.jar
    assert cookie.path == f"{web.base_url.path.rstrip('/')}/api"
    assert cookie.secure
    assert web.get("api/nodes").status_code == 200
    assert web.get("api/session").json() == answered.json()
    live = str(web.base_url.copy_with(scheme="wss").join("api/ws"))
    sent = {"Cookie": f"{cookie.name}={cookie.value}"}

    def opened(origin):
        # A client whose handshake takes too long waits for ever for its own thread.
        more = {"origin": origin, "additional_headers": sent, "open_timeout": 100}
        return connect(live, ssl=context, proxy=None, **more)

    with pytest.raises(InvalidStatus) as refused:
        opened("https://evil.example")
    assert refused.value.response.status_code == 403
    with opened(origin) as socket_:
        socket_.recv(timeout=30)
        revoked = key.split("_")[1]
        assert main(["keys", "revoke", revoked, "--data-dir", str(data)]) == 0
        wait_for(lambda: is_closed(socket_), "the end of the WebSocket")
    ended = web.get("api/nodes")
    assert ended.status_code == 401
    assert "log in again" in ended.json()["error"]["message"]


def is_closed(socket_):
    try:
        socket_.recv(timeout=30)
    except ConnectionClosed:
        return True
    return False


def refused_elsewhere(port, prefix, context):
    """A proxy with a prefix serves nothing beside it, and leads to the web page."""
    if not prefix:
        return
    with httpx.Client(base_url=f"https://127.0.0.1:{port}", verify=context, trust_env=False) as web:
        assert web.get("/api/health").text != web.get(f"{prefix}/api/health").text
        shown = web.get(prefix, follow_redirects=True)
        assert shown.url.path == f"{prefix}/"
        assert "<title>" in shown.text


def answers(web):
    with suppress(httpx.TransportError):
        return web.get("/api/health").status_code == 200
    return False
