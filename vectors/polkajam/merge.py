"""Writes ``polkajam.json`` and ``longest.json.gz``: ``python -m vectors.polkajam.merge A B``.

``A`` and ``B`` are the output of the program beside this file for protocol versions 0 and 1.
"""

from __future__ import annotations

import gzip
import json
import sys
from pathlib import Path
from typing import Any

TARGET = Path(__file__).with_name("polkajam.json")
LONGEST = Path(__file__).with_name("longest.json.gz")
# Longer messages are in ``LONGEST``, which is compressed.
_LONG_HEX = 8_000

Vector = dict[str, Any]


def merge(outputs: list[list[Vector]]) -> list[Vector]:
    """Return all vectors; those with equal bytes in both versions once."""
    merged: dict[str, Vector] = {}
    for vector in (vector for output in outputs for vector in output):
        version = vector.pop("protocol_version")
        key = json.dumps(vector, sort_keys=True)
        known = merged.setdefault(key, {**vector, "protocol_versions": []})
        known["protocol_versions"].append(version)
    return list(merged.values())


def main() -> None:
    """Read the program's outputs and write the two files."""
    paths = [Path(name) for name in sys.argv[1:]]
    lines = [path.read_text(encoding="utf-8").splitlines() for path in paths]
    vectors = merge([[json.loads(line) for line in output] for output in lines])
    short = [vector for vector in vectors if len(vector["hex"]) <= _LONG_HEX]
    longest = [vector for vector in vectors if len(vector["hex"]) > _LONG_HEX]
    TARGET.write_text(_text(short), encoding="utf-8")
    LONGEST.write_bytes(gzip.compress(_text(longest).encode(), mtime=0))


def _text(vectors: list[Vector]) -> str:
    """Return a JSON array with one vector on each line."""
    return "[\n" + ",\n".join(json.dumps(each, ensure_ascii=False) for each in vectors) + "\n]\n"


if __name__ == "__main__":
    main()
