"""``/`` and ``/assets/``: the files of a build, compressed once, with a strict policy."""

from __future__ import annotations

import asyncio
import gzip
import os
from pathlib import Path

import httpx
import pytest

from tart.gateway.handlers.web_page import CONTENT_SECURITY_POLICY, WebPage
from tests.gateway.api.test_html import parsed
from tests.gateway.running import Running, with_gateway

SCRIPT = "export const answer = 42;\n" * 200
FILES = {
    "index.html": '<!doctype html><link rel="icon" href="assets/favicon.svg">'
    '<link rel="stylesheet" href="./assets/main-0B1C2D3E.css">'
    '<script type="module" src="assets/main-5VKDQ3SW.js"></script>',
    "main-5VKDQ3SW.js": SCRIPT,
    "main-0B1C2D3E.css": "body { margin: 0 }",
    "favicon.svg": "<svg xmlns='http://www.w3.org/2000/svg'/>",
    "THIRD_PARTY.txt": "MIT",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A build."""
    folder = tmp_path / "static"
    folder.mkdir()
    for name, text in FILES.items():
        (folder / name).write_text(text)
    return folder


def with_page(tmp_path: Path, folder: Path, test: object, **api: object) -> None:
    async def run(gateway: Running) -> None:
        gateway.gateway.web_page = WebPage(folder)
        await test(gateway)  # type: ignore[operator]

    with_gateway(tmp_path, run, shards=1, **api)


def test_the_document_and_every_file_are_served_as_they_were_built(
    tmp_path: Path, folder: Path
) -> None:
    async def test(gateway: Running) -> None:
        document = await gateway.get("/", headers={"Accept": "*/*"})
        assert document.text == FILES["index.html"]
        assert document.headers["content-type"] == "text/html; charset=utf-8"
        assert document.headers["cache-control"] == "no-cache"
        assert document.headers["content-security-policy"] == CONTENT_SECURITY_POLICY
        assert document.headers["x-content-type-options"] == "nosniff"
        assert document.headers["referrer-policy"] == "no-referrer"
        assert "camera=()" in document.headers["permissions-policy"]
        for link in ("assets/main-5VKDQ3SW.js", "assets/main-0B1C2D3E.css"):
            response = await gateway.get(str(document.url.join(link).path))
            assert response.text == FILES[Path(link).name]
            assert response.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert (await gateway.get("/assets/main-5VKDQ3SW.js")).headers["content-type"] == (
            "text/javascript; charset=utf-8"
        )
        # A name without a hash may get another content.
        icon = await gateway.get("/assets/favicon.svg")
        assert icon.headers["content-type"] == "image/svg+xml"
        assert icon.headers["cache-control"] == "no-cache"

    with_page(tmp_path, folder, test)


def test_a_file_is_compressed_once(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    compressed: list[bytes] = []
    original = gzip.compress

    def compress(data: bytes, *given: object, **more: object) -> bytes:
        compressed.append(data)
        return original(data, *given, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(gzip, "compress", compress)

    async def test(gateway: Running) -> None:
        before = len(compressed)
        answers = await asyncio.gather(
            *(gateway.get("/assets/main-5VKDQ3SW.js") for _ in range(5)), gateway.get("/")
        )
        assert {each.headers.get("content-encoding") for each in answers} == {"gzip", None}
        assert compressed[before:] == [SCRIPT.encode()]
        plain = await gateway.get(
            "/assets/main-5VKDQ3SW.js", headers={"Accept-Encoding": "gzip;q=0"}
        )
        assert "content-encoding" not in plain.headers
        assert plain.text == answers[0].text == SCRIPT
        assert answers[0].headers["vary"] == "Accept-Encoding"

    with_page(tmp_path, folder, test)


def test_head_tags_and_ranges_are_those_of_other_routes(tmp_path: Path, folder: Path) -> None:
    async def test(gateway: Running) -> None:
        for path in ("/", "/assets/main-5VKDQ3SW.js"):
            got = await gateway.get(path)
            head = await gateway.client.head(path)
            assert (head.status_code, head.content) == (200, b"")
            assert head.headers["content-length"] == got.headers["content-length"]
            tag = {"If-None-Match": got.headers["etag"]}
            unchanged = await gateway.get(path, headers=tag)
            assert (unchanged.status_code, unchanged.content) == (304, b"")
            assert unchanged.headers["cache-control"] == got.headers["cache-control"]
            part = await gateway.get(path, headers={"Range": "bytes=0-3"})
            assert (part.status_code, part.text) == (200, got.text)

    with_page(tmp_path, folder, test)


def test_an_unknown_file_and_what_is_outside_the_folder_are_not_found(
    tmp_path: Path, folder: Path
) -> None:
    (tmp_path / "secret.txt").write_text("secret")

    async def test(gateway: Running) -> None:
        base = f"http://127.0.0.1:{gateway.port}"
        for path in ("main.js", "..%2fsecret.txt", "%2e%2e%2fsecret.txt", "index.html/", "a/b"):
            response = await gateway.client.get(httpx.URL(f"{base}/assets/{path}"))
            assert response.status_code == 404, path
            assert response.json()["error"]["code"] == "not_found"
            assert "immutable" not in response.headers["cache-control"]
        assert "loaded again" in (await gateway.get("/assets/x.js")).text

    with_page(tmp_path, folder, test)


def test_another_build_is_served_without_a_restart(tmp_path: Path, folder: Path) -> None:
    async def test(gateway: Running) -> None:
        assert (await gateway.get("/")).text == FILES["index.html"]
        (folder / "main-AAAAAAAA.js").write_text("2")
        (folder / "index.html").write_text('<script src="assets/main-AAAAAAAA.js"></script>')
        os.utime(folder / "index.html", ns=(1, 1))
        assert "main-AAAAAAAA" in (await gateway.get("/")).text
        assert (await gateway.get("/assets/main-AAAAAAAA.js")).text == "2"

    with_page(tmp_path, folder, test)


@pytest.mark.parametrize(
    ("lacking", "named"),
    [("index.html", "index.html is missing"), ("main-5VKDQ3SW.js", "main-5VKDQ3SW.js is missing")],
)
def test_an_incomplete_build_says_what_to_do(
    tmp_path: Path, folder: Path, lacking: str, named: str
) -> None:
    (folder / lacking).unlink()

    async def test(gateway: Running) -> None:
        response = await gateway.get("/")
        assert response.status_code == 503
        assert response.headers["content-type"] == "text/html; charset=utf-8"
        assert response.headers["cache-control"].startswith("no-cache")
        assert "etag" not in response.headers
        assert "make web" in response.text
        assert named in response.text
        (link,) = parsed(response.text).links
        assert (await gateway.get(str(response.url.join(link).path))).status_code == 200
        # Once it is complete, it is served.
        (folder / lacking).write_text(FILES[lacking])
        os.utime(folder / "index.html", ns=(1, 1))
        assert (await gateway.get("/")).text == FILES["index.html"]

    with_page(tmp_path, folder, test)


def test_a_folder_that_does_not_exist_costs_the_page_alone(tmp_path: Path) -> None:
    async def test(gateway: Running) -> None:
        assert (await gateway.get("/")).status_code == 503
        assert (await gateway.get("/assets/main.js")).status_code == 404
        assert (await gateway.get("/api/health")).status_code == 200

    with_page(tmp_path, tmp_path / "nowhere", test)


def test_other_pages_have_the_policy_that_they_need(tmp_path: Path, folder: Path) -> None:
    async def test(gateway: Running) -> None:
        for path in ("/api/docs", "/api/nodes", "/nope"):
            response = await gateway.get(path)
            assert response.headers["content-security-policy"] != CONTENT_SECURITY_POLICY

    with_page(tmp_path, folder, test)
