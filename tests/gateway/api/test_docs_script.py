"""The script of the documentation page is the one that the policy permits, and works."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import subprocess
from pathlib import Path

import pytest

from tart.gateway.api.docs_script import SCRIPT, SOURCE
from tests.browser import CHROMIUM
from tests.gateway.running import with_gateway


def test_the_policy_of_every_page_permits_this_script_alone(tmp_path: Path) -> None:
    digest = base64.b64encode(hashlib.sha256(SCRIPT.encode()).digest()).decode()
    assert f"'sha256-{digest}'" == SOURCE

    async def check(gateway):
        response = await gateway.get("/api/docs")
        assert f"script-src {SOURCE};" in response.headers["content-security-policy"]
        assert f"<script>{SCRIPT}</script>" in response.text

    with_gateway(tmp_path, check)


@pytest.mark.browser
@pytest.mark.slow
def test_a_browser_runs_the_script(tmp_path: Path) -> None:
    browser = CHROMIUM
    if browser is None:
        pytest.skip("needs Chromium (Debian: chromium-headless-shell)")

    async def check(gateway):
        flags = ("--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path}/b")
        url = f"http://127.0.0.1:{gateway.port}/api/docs"

        process = await asyncio.create_subprocess_exec(
            browser, *flags, "--dump-dom", url, stdout=-1, stderr=subprocess.DEVNULL
        )
        text, _ = await asyncio.wait_for(process.communicate(), 200)
        assert b">Try it</button>" in text
        assert b'<div id="tools">' in text

    with_gateway(tmp_path, check)
