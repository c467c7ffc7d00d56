"""Everything a release offers, as JSON: routes, parameters, answer members, metrics, settings.

Compares two trees, so that a change that should not change any of it can show that:

    python tests/inventory.py /path/to/before > before.json
    python tests/inventory.py . > after.json
    python tests/inventory.py --compare before.json after.json
"""

from __future__ import annotations

import argparse
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterable
from pathlib import Path
from typing import Any

READY = re.compile(r"tart ready telemetry=(\S+) api=(\S+)")
METHODS = ("get", "post", "put", "delete")


def run(tree: Path, *arguments: str) -> str:
    """Return what a command of that tree prints."""
    return subprocess.run(
        [sys.executable, "-m", "tart", *arguments],
        cwd="/",
        env={**os.environ, "PYTHONPATH": str(tree)},
        capture_output=True,
        text=True,
        check=True,
    ).stdout


def served(tree: Path) -> tuple[Any, str]:
    """Return the OpenAPI document and the metrics of a server of that tree."""
    with tempfile.TemporaryDirectory(dir="/tmp") as directory:
        environment = {
            **os.environ,
            "PYTHONPATH": str(tree),
            "TART_DATA_DIR": f"{directory}/data",
            "TART_RUN_DIR": f"{directory}/run",
            "TART_TELEMETRY_BIND": "127.0.0.1:0",
            "TART_API_BIND": "127.0.0.1:0",
            "TART_SHARDS": "1",
        }
        command = [sys.executable, "-m", "tart", "serve"]
        server = subprocess.Popen(
            command,
            cwd=directory,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert server.stdout is not None
        try:
            ready = next(match for line in server.stdout if (match := READY.search(line)))
            run(tree, "simulate", "--target", ready[1], "--duration", "20")
            texts = [
                urllib.request.urlopen(f"http://{ready[2]}{path}").read().decode()
                for path in ("/api/openapi.json", "/metrics")
            ]
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait()
    return json.loads(texts[0]), texts[1]


def members(document: Any, schema: Any, name: str, seen: frozenset[str]) -> set[str]:
    """Return the dotted names of all members of a schema; optional ones end in ``?``."""
    if "$ref" in schema:
        component = schema["$ref"].rpartition("/")[2]
        if component in seen:
            return set()
        target = document["components"]["schemas"][component]
        return members(document, target, name, seen | {component})
    names: set[str] = set()
    for choice in ("anyOf", "oneOf", "allOf"):
        for each in schema.get(choice, []):
            names |= members(document, each, name, seen)
    if "items" in schema:
        names |= members(document, schema["items"], f"{name}[]", seen)
    if isinstance(schema.get("additionalProperties"), dict):
        names |= members(document, schema["additionalProperties"], f"{name}{{}}", seen)
    for member, inner in schema.get("properties", {}).items():
        optional = "" if member in schema.get("required", []) else "?"
        names.add(f"{name}.{member}{optional}")
        names |= members(document, inner, f"{name}.{member}", seen)
    return names


def operation(document: Any, declared: Any) -> dict[str, Any]:
    """Return parameters and members of one operation of an OpenAPI document."""
    contents = [
        (f"{status} {media}", content.get("schema", {}))
        for status, response in declared["responses"].items()
        for media, content in response.get("content", {}).items()
    ]
    body = declared.get("requestBody", {}).get("content", {})
    contents += [(f"body {media}", content.get("schema", {})) for media, content in body.items()]
    names = [members(document, schema, name, frozenset()) for name, schema in contents]
    return {
        "id": declared.get("operationId"),
        "parameters": sorted(f"{p['in']} {p['name']}" for p in declared.get("parameters", [])),
        "members": sorted(set().union(*names)),
    }


def settings(text: str) -> list[str]:
    """Return ``section.name = value`` of each setting in a configuration file."""
    section, lines = "", []
    for line in text.splitlines():
        if header := re.fullmatch(r"\[(\w+)\]", line):
            section = f"{header[1]}."
        elif setting := re.fullmatch(r"#? ?([a-z_0-9]+ = .*)", line):
            lines.append(section + setting[1])
    return lines


def inventory(tree: Path) -> dict[str, Any]:
    """Return what the tree offers."""
    document, metrics = served(tree)
    commands = re.findall(r"^ {4}(\w+) ", run(tree, "--help"), re.MULTILINE)
    return {
        "routes": {
            f"{method} {path}": operation(document, operations[method])
            for path, operations in document["paths"].items()
            for method in METHODS
            if method in operations
        },
        "metrics": sorted(set(re.findall(r"^# TYPE (\S+)", metrics, re.MULTILINE))),
        "commands": {
            command: sorted(set(re.findall(r"(?<![\w-])--[a-z-]+", run(tree, command, "--help"))))
            for command in commands
        },
        "settings": settings(run(tree, "config", "default")),
    }


def differences(name: str, before: Any, after: Any) -> Iterable[str]:
    """Yield a line for each entry that one of two inventories lacks."""
    if isinstance(before, dict) and isinstance(after, dict):
        for key in sorted(before.keys() | after.keys()):
            if key not in after:
                yield f"- {name} {key}"
            elif key not in before:
                yield f"+ {name} {key}"
            else:
                yield from differences(f"{name} {key}", before[key], after[key])
    elif isinstance(before, list):
        yield from (f"- {name} {each}" for each in before if each not in after)
        yield from (f"+ {name} {each}" for each in after if each not in before)
    elif before != after:
        yield f"! {name}: {before} -> {after}"


def main() -> None:
    """Print an inventory, or the differences of two."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("paths", nargs="+", type=Path)
    parser.add_argument("--compare", action="store_true", help="compare two printed inventories")
    options = parser.parse_args()
    if options.compare:
        before, after = (json.loads(path.read_text()) for path in options.paths)
        print("\n".join(differences("", before, after)) or "no difference")
    else:
        print(json.dumps(inventory(options.paths[0].resolve()), indent=1))


if __name__ == "__main__":
    main()
