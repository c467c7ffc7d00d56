"""The page behind an nginx that passes no WebSocket, and one that also buffers; ``make soak``."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser import CHROMIUM, chromium, new_page
from tests.running import free_port, running_system, wait_for
from tests.supervisor.process import Process

pytestmark = [
    pytest.mark.soak,
    pytest.mark.slow,
    pytest.mark.skipif(
        CHROMIUM is None or shutil.which("nginx") is None, reason="needs Chromium and nginx"
    ),
]
PATIENCE_MS = 60_000


@contextmanager
def nginx(directory: Path, port: int, api: str, streams: str) -> Iterator[None]:
    """Run an nginx that forwards no upgrade; ``streams`` is what it does with event streams."""
    directory.mkdir()
    folders = "".join(
        f"{name}_temp_path {directory}/{name};\n"
        for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    user = "user root;" if os.geteuid() == 0 else ""
    (directory / "nginx.conf").write_text(
        f"daemon off; {user} pid {directory}/pid; error_log {directory}/error.log;\n"
        f"events {{}}\nhttp {{\n{folders}access_log off;\n"
        f"server {{ listen 127.0.0.1:{port}; location / {{ proxy_pass http://{api}; }}\n"
        f"location /api/summary/stream {{ {streams} }} }} }}\n"
    )
    arguments = ("-p", directory, "-c", directory / "nginx.conf", "-e", directory / "error.log")
    with Process(*arguments, program=["nginx"]):
        yield


@pytest.mark.parametrize("word", ["live", "polling"])
def test_the_page_lives_without_websockets_and_returns_after_the_gateway_and_the_server(
    tmp_path: Path, word: str
) -> None:
    address, port = f"127.0.0.1:{free_port()}", free_port()
    streams = f"proxy_pass http://{address};" if word == "live" else "return 502;"
    data = tmp_path / "data"
    with chromium() as browser, nginx(tmp_path / "nginx", port, address, streams):
        with running_system(data, shards=2, api=address) as system:
            page, _ = new_page(browser, f"http://127.0.0.1:{port}")
            page.goto("/#/alerts")
            status = page.locator("footer.status")
            expect(status).to_contain_text(word, timeout=PATIENCE_MS)
            expect(status).to_contain_text("2 of 2 shards")
            # The supervisor starts the gateway again.
            gateway = _children(system.process.pid)[-1]
            os.kill(gateway, signal.SIGKILL)
            wait_for(lambda: gateway not in _children(system.process.pid), "its end")
            wait_for(lambda: len(_children(system.process.pid)) == 3, "another gateway")
            expect(status).to_contain_text(word, timeout=PATIENCE_MS)
            os.killpg(system.process.pid, signal.SIGKILL)
            expect(status).to_contain_text("no answer", timeout=PATIENCE_MS)
            expect(status).to_contain_text("ago")
        with running_system(data, shards=2, api=address):
            expect(status).to_contain_text(word, timeout=PATIENCE_MS)
        page.context.close()


def _children(pid: int) -> list[int]:
    """Return the processes that a process started, the newest last."""
    text = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return sorted(map(int, text.split()))
