"""The statements of a TOML document and the lines on which they begin. Pure.

``tomllib`` returns values without lines, and stops at the first error. A document is a sequence of
headers (``[api]``) and assignments (``bind = "…"``) that end with their line, except inside
brackets and triple quotes; so it can be split without being understood, and each statement be
parsed by itself. https://toml.io/en/v1.0.0
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Path = tuple[str, ...]

_PART = r'(?:"(?:[^"\\\n]|\\.)*"|\'[^\'\n]*\'|[A-Za-z0-9_-]+)'
_KEY = rf"{_PART}(?:[ \t]*\.[ \t]*{_PART})*"
_HEADER = re.compile(rf"\[\[?[ \t]*(?P<key>{_KEY})[ \t]*\]\]?[ \t]*(?:#.*)?")
_ASSIGNMENT = re.compile(rf"(?P<key>{_KEY})[ \t]*=")
_BLANK = re.compile(r"(?:[ \t]*(?:#[^\n]*)?\n)*[ \t]*(?:#[^\n]*\Z)?")
# What a statement is made of: multi-line strings, one without an end, strings, comments, brackets,
# line ends, others. A single quote without its partner is one of the others: it ends with its line.
_TOKEN = re.compile(
    r'"""(?:\\.|[^\\])*?"""(?:"{1,2}(?!"))?'
    r"|'''.*?'''(?:'{1,2}(?!'))?"
    r"|(?P<unclosed>\"{3}|'{3})"
    r'|"(?:[^"\\\n]|\\[^\n])*"'
    r"|'[^'\n]*'"
    r"|#[^\n]*"
    r"|(?P<open>[\[{])|(?P<close>[\]}])|(?P<end>\n)"
    r"|[^\"'#\[\]{}\n]+|[\"']",
    re.DOTALL,
)


@dataclass(frozen=True)
class Statement:
    """A header or an assignment.

    Attributes:
        text: The statement, without the end of its last line.
        line: The line on which it begins, from 1.
        column: The column in which it begins, from 1.
        table: The path of the header that it stands below; of a header, its own.
        path: The path that it declares, the table's included; ``None`` if it cannot be read.
        is_header: Whether it is a header.
        is_closed: Whether its brackets and triple quotes are closed before the document ends.
    """

    text: str
    line: int
    column: int
    table: Path
    path: Path | None
    is_header: bool
    is_closed: bool = True


def split_statements(document: str) -> Iterator[Statement]:
    """Yield the statements of a document, which need not be valid."""
    table: Path = ()
    position = 0
    while (position := _skip_blank(document, position)) < len(document):
        end, closed = _statement_end(document, position)
        text = document[position:end]
        header = text.startswith("[")
        match = _HEADER.fullmatch(text) if header else _ASSIGNMENT.match(text)
        path = _parse_key(match["key"]) if match else None
        if header:
            table = path or ()
        elif path is not None:
            path = (*table, *path)
        yield Statement(
            text=text,
            line=document.count("\n", 0, position) + 1,
            column=position - document.rfind("\n", 0, position),
            table=table,
            path=path,
            is_header=header,
            is_closed=closed,
        )
        position = end


def key_lines(document: str) -> Mapping[Path, int]:
    """Return the line of every table and key of a valid document.

    A key of an inline table has the line of that table: see ``line_of``. The first line counts.
    """
    lines: dict[Path, int] = {}
    for statement in split_statements(document):
        if statement.path is not None:
            lines.setdefault(statement.path, statement.line)
    return lines


def line_of(lines: Mapping[Path, int], path: Path) -> int | None:
    """Return the line of a key, or of the table that it stands in; ``None`` if neither is known."""
    while path:
        if path in lines:
            return lines[path]
        # Tables that are only a part of a longer path: [a.b] declares a, and a.b = 1 as well.
        below = [line for known, line in lines.items() if known[: len(path)] == path]
        if below:
            return min(below)
        path = path[:-1]
    return None


def _skip_blank(document: str, position: int) -> int:
    """Return where the next statement begins."""
    match = _BLANK.match(document, position)
    position = match.end() if match else position
    return position + 1 if document.startswith("\n", position) else position


def _statement_end(document: str, position: int) -> tuple[int, bool]:
    """Return where the line ends that closes all brackets, and whether one does."""
    depth = 0
    # The brackets of a header are closed on its line, or it is no header.
    header = document.startswith("[", position)
    for token in _TOKEN.finditer(document, position):
        if token["open"]:
            depth += 1
        elif token["close"]:
            depth -= 1
        elif token["unclosed"]:
            return len(document), False
        elif token["end"] and (depth <= 0 or header):
            return token.start(), True
    return len(document), depth <= 0 or header


def parse_toml(text: str) -> dict[str, Any]:
    """Return a document.

    Raises:
        tomllib.TOMLDecodeError: It is not valid, or has a number of thousands of digits, which
            Python does not read.
    """
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        raise
    except ValueError:
        raise tomllib.TOMLDecodeError("a number has too many digits") from None


def _parse_key(text: str) -> Path | None:
    """Return the parts of a dotted key; ``None`` if it is not one."""
    try:
        inner = parse_toml(f"{text} = 0")
    except tomllib.TOMLDecodeError:
        return None
    path: list[str] = []
    value: object = inner
    while isinstance(value, dict):
        ((name, value),) = value.items()
        path.append(name)
    return tuple(path)
