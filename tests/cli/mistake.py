"""Mistakes at the command line: what a user types, where, and what tart says to it.

``mistakes.toml`` is the table; its head explains it.
"""

from __future__ import annotations

import re
import shlex
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tart.protocol.capture import HEADER, OPENED, Record, encode_end, encode_record

TABLE = Path(__file__).with_name("mistakes.toml")

_ONE = HEADER + encode_record(Record(OPENED, 1, 1, b"hello")) + encode_end(1)
_CAPTURES = {
    "empty": HEADER + encode_end(0),
    "one session": _ONE,
    "cut short": _ONE[:-5],
    "damaged": _ONE[:-30] + b"\xff" * 40,
}
_USAGE = re.compile(r"usage: tart [^\n]*\n'tart [a-z ]*--help' explains the arguments\n\Z")
_LOG_LINE = re.compile(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} [A-Z]+ .*\n", re.MULTILINE)


@dataclass(frozen=True)
class Mistake:
    """A row of the table; its columns are explained there."""

    title: str
    command: str
    says: str = ""
    code: int = 2
    directories: tuple[str, ...] = ()
    files: Mapping[str, str] = field(default_factory=dict)
    captures: Mapping[str, str] = field(default_factory=dict)
    modes: Mapping[str, int] = field(default_factory=dict)
    environ: Mapping[str, str] = field(default_factory=dict)
    key: str | None = None
    surroundings: str | None = None
    creates: tuple[str, ...] = ()
    prints: bool = False
    needs: str | None = None

    def arguments(self, names: Mapping[str, str]) -> tuple[str, ...]:
        """Return the words of the command with the names filled in."""
        return tuple(shlex.split(_fill(self.command, names)))

    def sentences(self, names: Mapping[str, str]) -> str:
        """Return what is expected on stderr, with the names filled in."""
        return _fill(self.says, names).removesuffix("\n")

    def put_files(self, directory: Path) -> None:
        """Write the files into the working directory."""
        contents = {name: text.encode("latin-1") for name, text in self.files.items()}
        contents |= {name: _CAPTURES[kind] for name, kind in self.captures.items()}
        for name in self.directories:
            (directory / name).mkdir()
        for name, content in contents.items():
            path = directory / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        for name, mode in self.modes.items():
            (directory / name).chmod(mode)


def read_table() -> list[Mistake]:
    """Return the rows of the table."""
    rows = tomllib.loads(TABLE.read_text("utf-8"))["mistake"]
    return [Mistake(**row) for row in rows]


def sentences_of(text: str) -> str:
    """Return the sentences of stderr: without the log, the usage in short and ``tart: ``."""
    text = _USAGE.sub("", _LOG_LINE.sub("", text))
    lines = text.splitlines()
    return "\n".join(line.removeprefix("tart: ") for line in lines)


def _fill(text: str, names: Mapping[str, str]) -> str:
    for name, value in names.items():
        text = text.replace(f"{{{name}}}", value)
    return text
