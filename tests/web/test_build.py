"""The built web page: as its sources say, small, and with the licences of all that is in it."""

from __future__ import annotations

import gzip
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tart.gateway.handlers.web_page import FOLDER as BUILT

WEB = BUILT.parent
CLIENT = WEB.parent / "client" / "web"
NPM = Path(sys.prefix) / "web" / "node_modules"
# The first load: what the browser needs until the first page shows data. Its charts, and what is
# below them, come after it.
BUDGET_BYTES = 60_000
LICENCES = {"MIT", "Apache-2.0", "ISC", "BSD-2-Clause", "BSD-3-Clause"}
# The packages of a bundle of the same sources, from esbuild itself.
INPUTS = """
import { build } from "esbuild";
const { metafile } = await build({
  entryPoints: ["app/main.js"], preserveSymlinks: true, outdir: "out",
  bundle: true, splitting: true, format: "esm",
  metafile: true, write: false, logLevel: "error",
});
console.log(JSON.stringify(Object.keys(metafile.inputs)));
"""


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of the sources beside npm's packages, in another folder than the checkout."""
    if shutil.which("node") is None or not (NPM / "esbuild").is_dir():
        pytest.skip("needs Node and npm's packages; `make tools` installs them (Debian: npm)")
    root = tmp_path_factory.mktemp("build")
    unneeded = shutil.ignore_patterns("static", "node_modules", "__pycache__")
    shutil.copytree(WEB, root / "tart" / "web", ignore=unneeded)
    shutil.copytree(CLIENT, root / "tart" / "client" / "web")
    (root / "tart" / "web" / "node_modules").symlink_to(NPM)
    return root / "tart" / "web"


def run_node(folder: Path, *arguments: str) -> str:
    done = subprocess.run(
        ["node", *arguments], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def first_load(folder: Path) -> set[str]:
    """The files that ``index.html`` and the first page need."""
    manifest = json.loads((folder / "manifest.json").read_text())
    return {"index.html", *manifest["app/main.js"], *manifest["app/pages/network.js"]}


def test_a_build_of_the_sources_gives_the_committed_files(sources: Path) -> None:
    run_node(sources, "build.mjs")
    built, committed = contents(sources / "static"), contents(BUILT)
    assert built.keys() == committed.keys(), "run make web, and commit tart/web/static"
    differing = [name for name in built if built[name] != committed[name]]
    assert not differing, "run make web, and commit tart/web/static"
    run_node(sources, "build.mjs")
    assert contents(sources / "static") == built


def test_the_first_load_is_small() -> None:
    sizes = {name: len(gzip.compress((BUILT / name).read_bytes(), 9)) for name in first_load(BUILT)}
    assert len(sizes) >= 4
    assert sum(sizes.values()) <= BUDGET_BYTES, sizes


def test_the_page_refers_to_its_own_files_alone_and_has_no_inline_code() -> None:
    text = (BUILT / "index.html").read_text()
    links = re.findall(r'(?:src|href)="([^"]*)"', text)
    assert {link for link in links if not link.startswith("assets/")} == {"api/docs"}
    assert all((BUILT / link.removeprefix("assets/")).is_file() for link in links[:-1])
    assert "style=" not in text
    assert not re.search(r"<script(?![^>]*\ssrc=)|\son\w+=", text)
    # No file of an earlier build is left.
    manifest = json.loads((BUILT / "manifest.json").read_text())
    known = {*links, *(name for names in manifest.values() for name in names)}
    others = {"index.html", "manifest.json", "THIRD_PARTY.txt"}
    assert contents(BUILT).keys() <= {link.removeprefix("assets/") for link in known} | others


def test_every_package_in_it_has_its_licence_there(sources: Path) -> None:
    inputs = json.loads(run_node(sources, "--input-type=module", "--eval", INPUTS))
    found = [re.search(r".*node_modules/((?:@[^/]+/)?[^/]+)/", path) for path in inputs]
    packages = {match[1] for match in found if match}
    assert {"preact", "@preact/signals-core", "uplot"} <= packages
    text = (BUILT / "THIRD_PARTY.txt").read_text()
    for name in sorted(packages):
        declared = json.loads((NPM / name / "package.json").read_text())
        assert declared["license"] in LICENCES, name
        assert f"\n{name} {declared['version']} ({declared['license']})\n" in text
        (licence, *_) = sorted((NPM / name).glob("[Ll][Ii][Cc][Ee][Nn][CcSs][Ee]*"))
        assert licence.read_text().replace("\r\n", "\n").strip() in text, name
