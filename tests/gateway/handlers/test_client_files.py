"""``/client/``: the files as they are checked in, for pages of allowed origins."""

from __future__ import annotations

from pathlib import Path

import pytest

from tart.gateway.codegen.javascript import FOLDER
from tests.gateway.running import Running, with_gateway

PAGE = "https://page.example"


@pytest.mark.parametrize(
    ("name", "media_type"),
    [("tart.js", "text/javascript"), ("tart.d.ts", "application/typescript")],
)
def test_a_file_is_served_and_is_not_sent_again_unchanged(
    tmp_path: Path, name: str, media_type: str
) -> None:
    async def test(gateway: Running) -> None:
        response = await gateway.get(f"/client/{name}", headers={"Origin": PAGE})
        assert response.content == (FOLDER / name).read_bytes()
        assert response.headers["content-type"] == f"{media_type}; charset=utf-8"
        assert response.headers["access-control-allow-origin"] == PAGE
        assert response.headers["cross-origin-resource-policy"] == "cross-origin"
        assert response.headers["content-encoding"] == "gzip"
        tag = {"If-None-Match": response.headers["etag"]}
        assert (await gateway.get(f"/client/{name}", headers=tag)).status_code == 304

    with_gateway(tmp_path, test, shards=1, cors_origins=(PAGE,))
