"""Syntax errors of TOML documents in plain words, all of them at once. Pure."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field
from typing import Any

from tart.config.toml_statements import Path, Statement, parse_toml, split_statements

_PLACE = re.compile(r" \(at (?:line (?P<line>\d+), column (?P<column>\d+)|end of document)\)$")
# By the beginning of tomllib's messages.
_WORDS = (
    ("Expected '=' after a key", "a key is followed by = and its value"),
    ("Expected newline or end of document", "the value ends before this; text needs quotes"),
    ("Invalid value", "this is no value; text needs quotes, and true and false small letters"),
    ("Invalid initial character for a key part", "this is no key"),
    ("Invalid statement", "this is neither a key with its value, a [section] nor a # comment"),
    ("Illegal character '\\n'", "the text is not closed by its quote on this line"),
    ("Unterminated string", "the text is not closed by its quotes"),
    ("Expected '\"", "the text is not closed by its quotes"),
    ("Expected \"'", "the text is not closed by its quotes"),
    ("Unclosed array", "the list is not closed by ]"),
    ("Expected ']", "the name of the section is not closed by ]"),
    ("Unescaped '\\'", "a \\ in double quotes begins an escape; single quotes take it as it is"),
    ("Invalid date or datetime", "this is no date"),
)


@dataclass
class Parts:
    """The readable parts of a document that is not valid.

    Attributes:
        document: The values of the statements that are.
        errors: Line and sentence of each error.
    """

    document: dict[str, Any] = field(default_factory=dict)
    errors: list[tuple[int, str]] = field(default_factory=list)


def parse_leniently(text: str) -> Parts:
    """Parse every statement by itself, and return what each says or what is wrong with it.

    A statement that never ends, such as a list without its ``]``, takes the rest of the document
    with it: what was meant there cannot be known.
    """
    parts = Parts()
    first: dict[Path, Statement] = {}
    skipped: Statement | None = None
    for statement in split_statements(text):
        if statement.is_header:
            skipped = statement if statement.path is None else None
        elif skipped is not None:
            continue  # of which section cannot be known
        if (error := syntax_error(statement)) is not None:
            parts.errors.append(error)
        elif statement.text.startswith("[["):
            parts.errors.append((statement.line, "a section has single brackets, as in [api]"))
            _insert(parts.document, statement)
        elif statement.path is not None:
            if (earlier := first.setdefault(statement.path, statement)) is not statement:
                parts.errors.append((statement.line, _describe_duplicate(statement, earlier)))
            elif not _insert(parts.document, statement):
                parts.errors.append((statement.line, f"{_name(statement)} is declared otherwise"))
    return parts


def syntax_error(statement: Statement) -> tuple[int, str] | None:
    """Return line and sentence of what is wrong with a statement; ``None`` if it is valid."""
    if not statement.is_closed:
        words = "a bracket or triple quote is not closed; nothing below this was read"
        return statement.line, f"not valid TOML: {words}"
    try:
        parse_toml(statement.text)
    except tomllib.TOMLDecodeError as error:
        return _describe_error(str(error), statement)
    return None


def _describe_error(message: str, statement: Statement) -> tuple[int, str]:
    """Return the line of an error, of which ``tomllib`` has a message, and a sentence about it."""
    place = _PLACE.search(message)
    what = message[: place.start()] if place else message
    inner = int(place["line"]) if place and place["line"] else 1
    column = int(place["column"]) if place and place["column"] else 1
    if inner == 1:
        column += statement.column - 1
    if what == "Invalid value" and not statement.text.partition("=")[2].strip():
        words = "the value is missing"
    else:
        words = next((ours for theirs, ours in _WORDS if what.startswith(theirs)), what)
    if place and not place["line"]:  # at the end: the beginning is of more use
        return statement.line, f"not valid TOML: {words}"
    return statement.line + inner - 1, f"not valid TOML at column {column}: {words}"


def _describe_duplicate(statement: Statement, earlier: Statement) -> str:
    if statement.is_header:
        return f"the section {_name(statement)} begins on line {earlier.line} already"
    return f"{_name(statement)} is set on line {earlier.line} already"


def _name(statement: Statement) -> str:
    name = ".".join(statement.path or ())
    return f"[{name}]" if statement.is_header else name


def _insert(document: dict[str, Any], statement: Statement) -> bool:
    """Add the value of a statement; return whether its path was free."""
    path = statement.path or ()
    inner: Any = {} if statement.is_header else parse_toml(statement.text)
    for part in () if statement.is_header else path[len(statement.table) :]:
        inner = inner[part]
    target: Any = document
    for part in path[:-1]:
        target = target.setdefault(part, {})
        if not isinstance(target, dict):
            return False
    if statement.is_header and isinstance(target.get(path[-1]), dict):
        return True  # declared by a longer path before
    if path[-1] in target:
        return False
    target[path[-1]] = inner
    return True
