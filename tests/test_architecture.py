"""Rules about the whole tree, as tests: what is a rule here is not a matter of taste."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

import tart
from tart.config.schema import settings

ROOT = Path(tart.__file__).parents[1]
PACKAGE = ROOT / "tart"

# Modules that are tested under another name, and where.
TESTED_ELSEWHERE = {
    "__main__": "tests/cli/test_main.py",
    "cli/demo": "tests/e2e/test_demo.py",
    "query/answers/alerts": "tests/gateway/alerting/test_handlers.py",
    "query/answers/cores": "tests/gateway/handlers/test_cores.py",
    "query/answers/errors": "tests/gateway/http/test_responses.py",
    "query/answers/failures": "tests/gateway/handlers/test_failures.py",
    "query/answers/events": "tests/gateway/handlers/test_events.py",
    "query/answers/grafana_nodes": "tests/query/grafana/test_nodes.py",
    "query/answers/guarantees": "tests/gateway/handlers/test_packages.py",
    "query/answers/health": "tests/gateway/observability/test_health.py",
    "query/answers/network": "tests/gateway/handlers/test_network.py",
    "query/answers/nodes": "tests/gateway/handlers/test_nodes.py",
    "query/answers/otlp": "tests/tracing/test_otlp.py",
    "query/answers/packages": "tests/gateway/handlers/test_packages.py",
    "query/answers/slots": "tests/gateway/handlers/test_slots.py",
    "query/answers/server": "tests/gateway/observability/test_server_report.py",
    "query/answers/sql": "tests/gateway/handlers/test_sql.py",
    "query/answers/waterfalls": "tests/query/packages/test_waterfall.py",
}
# Modules that put a process or all routes together, and how many others any other may import.
COMPOSE = {
    "gateway/app",
    "gateway/api/contract",
    "gateway/handlers/table",
    "shard/worker",
    "shard/queries/handlers",
    "cli/main",
    "cli/serve",
}
MOST_IMPORTS = 24
PUBLIC = {"client"}  # imported by others, by the package's name


def modules():
    paths = (path.relative_to(PACKAGE) for path in sorted(PACKAGE.rglob("*.py")))
    return [path.with_suffix("").as_posix() for path in paths if path.name != "__init__.py"]


def mirrored(module):
    path = ROOT / "tests" / module
    return path.with_name(f"test_{path.name}.py")


def source(module):
    return (PACKAGE / module).with_suffix(".py").read_text()


def test_there_are_modules():
    assert {"cli/main", "query/core/windows"} <= set(modules())


def test_every_module_has_a_test_module_of_its_own():
    tests = {
        module: ROOT / TESTED_ELSEWHERE[module] if module in TESTED_ELSEWHERE else mirrored(module)
        for module in modules()
    }
    assert {module: path for module, path in tests.items() if not path.exists()} == {}


def test_every_module_has_a_docstring():
    assert [module for module in modules() if not source(module).startswith(('"""', 'r"""'))] == []


@pytest.mark.slow
def test_imports_go_downwards_only():
    command = [Path(sys.executable).with_name("lint-imports")]
    outcome = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr


def test_one_module_writes_json_of_answers_and_messages():
    """orjson alone refuses integers beyond 64 bits; what sums up must not meet it."""
    allowed = {"json_encoding", "simulate/run"}
    for module in modules():
        assert module in allowed or "orjson.dumps" not in source(module), module


def test_the_changelog_s_newest_version_is_the_package_s():
    newest = re.search(r"^## (\d\S*)", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert newest is not None
    assert newest[1] == tart.__version__


def test_the_readme_is_short_and_the_commands_in_it_exist():
    text = (ROOT / "README.md").read_text()
    assert len(text.splitlines()) < 200
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"\$ make ([a-z]+)", text)) <= targets


def test_a_package_says_what_it_holds_and_has_no_code():
    for path in PACKAGE.rglob("__init__.py"):
        body = ast.parse(path.read_text()).body
        assert isinstance(body[0], ast.Expr), path
        if path.parent != PACKAGE and path.parent.name not in PUBLIC:
            assert len(body) == 1, path


def test_pure_packages_are_those_that_say_so():
    """The import contract and the docstrings name the same packages."""
    contract = (ROOT / "pyproject.toml").read_text().split("Pure packages do no I/O")[1]
    contracted = set(re.findall(r'"(tart[\w.]*)"', contract.split("forbidden_modules")[0]))
    for path in PACKAGE.rglob("__init__.py"):
        package = ".".join(path.parent.relative_to(ROOT).parts)
        parents = {".".join(package.split(".")[:length]) for length in range(2, 9)}
        says_so = "Pure." in path.read_text()
        assert says_so == bool(parents & contracted), package


def test_a_module_that_says_it_is_pure_is_in_the_contract():
    contract = (ROOT / "pyproject.toml").read_text().split("Pure packages do no I/O")[1]
    contracted = set(re.findall(r'"(tart[\w.]*)"', contract.split("forbidden_modules")[0]))
    says_so = re.compile(r"\bPure[.:;,]")
    # Few have the word anywhere; to parse all of them takes seconds.
    for module in [each for each in modules() if says_so.search(source(each))]:
        if says_so.search(ast.get_docstring(ast.parse(source(module))) or ""):
            parts = ["tart", *module.split("/")]
            parents = {".".join(parts[:length]) for length in range(2, len(parts) + 1)}
            assert parents & contracted, module


def resolves(folder, name):
    """Whether a dotted name is a module below a folder, or a name in one; None if neither."""
    path, (head, *rest) = folder, name.split(".")
    if not ((path / head).is_dir() or (path / f"{head}.py").exists()):
        return None
    path /= head
    while rest and path.is_dir() and not path.with_suffix(".py").exists():
        path /= rest.pop(0)
    source = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    if not source.exists():
        return False
    defined = r"(?:^\s*(?:self\.)?|(?:def|class|import) ){}\b"
    return all(re.search(defined.format(part), source.read_text(), re.MULTILINE) for part in rest)


def missing_names(module):
    """Names in double backticks that exist nowhere from the module's package upwards."""
    path = PACKAGE / module
    missing = []
    for name in re.findall(r"``([a-z_]\w*(?:\.\w+)+)``", source(module)):
        if name in settings() or name.endswith((".py", ".toml")):
            continue
        folders = (folder for folder in path.parents if folder.is_relative_to(PACKAGE))
        found = [resolves(folder, name.removeprefix("tart.")) for folder in folders]
        if True not in found and False in found:
            missing.append(name)
    return missing


def test_modules_named_in_a_module_exist():
    missing = {module: missing_names(module) for module in modules()}
    assert {module: names for module, names in missing.items() if names} == {}


def imports(module):
    """The modules of tart that a module imports."""
    tree = ast.parse(source(module))
    return {
        node.module
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("tart")
    }


def test_a_module_uses_few_others():
    """Who knows many modules is a hub; only where parts are put together that is the task."""
    # A module imports no more than it has the words for; to parse all of them takes seconds.
    many = [each for each in modules() if source(each).count("from tart") > MOST_IMPORTS]
    counts = {module: len(imports(module)) for module in many if module not in COMPOSE}
    assert {module: count for module, count in counts.items() if count > MOST_IMPORTS} == {}


def exists(name):
    """Whether a dotted name of the documents is a module of tart or something inside one."""
    parts = name.split(".")
    for length in range(len(parts), 0, -1):
        path = PACKAGE.joinpath(*parts[:length])
        if path.is_dir():
            return length == len(parts)
        if path.with_suffix(".py").exists():
            text = path.with_suffix(".py").read_text()
            return all(re.search(rf"\b{part}\b", text) for part in parts[length:])
    return False


@pytest.mark.parametrize(
    "path",
    [ROOT / "ARCHITECTURE.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs/internals").glob("*.md")],
    ids=lambda path: path.name,
)
def test_modules_and_files_named_in_documents_exist(path):
    packages = "|".join(sorted(each.name for each in PACKAGE.iterdir() if each.suffix != ".pyc"))
    packages = packages.replace(".py", "")
    text = path.read_text()
    named = re.findall(rf"`((?:{packages})\.[a-z_]+(?:\.\w+)*)`", text)
    known = {*settings(), "config.toml"}
    missing = [name for name in named if name not in known and not exists(name)]
    assert missing == []
    for file in re.findall(r"`((?:tests|tart|docs|loadtest)/[\w/.]+\.\w+)`", text):
        assert (ROOT / file).exists(), file
