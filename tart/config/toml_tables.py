"""TOML documents that are lists of tables (``[[rule]]``), with a line for each key. Pure.

Each statement is parsed by itself, so that one mistake hides nothing else.
"""

from __future__ import annotations

import tomllib
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from tart.config.toml_errors import syntax_error
from tart.config.toml_statements import Statement, parse_toml, split_statements
from tart.suggestions import nearest


@dataclass
class Table:
    """The top of a document, or one element of a list of tables.

    Attributes:
        name: The name of the list; empty for the top of the document.
        line: Of its header; 1 for the top.
        values: The values by key.
        lines: The line of each key.
        unreadable: The keys whose values are not valid TOML.
    """

    name: str
    line: int
    values: dict[str, Any] = field(default_factory=dict)
    lines: dict[str, int] = field(default_factory=dict)
    unreadable: set[str] = field(default_factory=set)

    def line_of(self, key: str) -> int:
        """Return the line of a key; that of the header if the table has no such key."""
        return self.lines.get(key, self.line)


@dataclass
class Tables:
    """A document.

    Attributes:
        top: The keys above all tables.
        lists: The tables in the order of the document.
        errors: Line and sentence of each mistake of syntax.
    """

    top: Table = field(default_factory=lambda: Table("", 1))
    lists: list[Table] = field(default_factory=list)
    errors: list[tuple[int, str]] = field(default_factory=list)


def parse_tables(text: str, names: Collection[str]) -> Tables:
    """Parse a document.

    Args:
        text: The document; its lines end with a line feed alone.
        names: The names of its lists of tables.
    """
    reader = _Reader(names)
    for statement in split_statements(text):
        reader.read(statement)
    tables = reader.tables
    if not tables.errors:
        try:
            parse_toml(text)
        except (tomllib.TOMLDecodeError, RecursionError) as error:
            tables.errors.append((1, f"not valid TOML: {error}"))
    return tables


class _Reader:
    """Sorts statements into tables.

    Args:
        names: The names of the lists of tables.

    Attributes:
        tables: The document so far.
    """

    def __init__(self, names: Collection[str]) -> None:
        self._names = names
        self.tables = Tables()
        # The table that assignments belong to, and the keys that lead to it from its element;
        # ``None`` below a header that is not known.
        self._table: Table | None = self.tables.top
        self._below: tuple[str, ...] = ()

    def read(self, statement: Statement) -> None:
        """Add a statement."""
        error = _error_of(statement)
        if statement.is_header:
            self._table, self._below = None, ()
            if error is None:
                self._begin(statement)
        elif self._table is not None and error is None:
            self._assign(self._table, statement)
        elif self._table is not None and statement.path:
            path = (*self._below, *statement.path[len(statement.table) :])
            self._table.unreadable.add(path[0])
            self._table.lines.setdefault(path[0], statement.line)
        if error is not None and (statement.is_header or self._table is not None):
            self.tables.errors.append(error)

    def _begin(self, statement: Statement) -> None:
        name, *below = statement.path or ("",)
        is_element = statement.text.startswith("[[")
        if name not in self._names:
            self._refuse(statement, f"unknown section {self._describe(name)}")
            meant = nearest(name, self._names)
            if meant and is_element and not below:  # what stands below is checked as what was meant
                self._table = Table(meant, statement.line)
                self.tables.lists.append(self._table)
            return
        if not below:
            if not is_element:
                self._refuse(statement, f"each {name} has double brackets, as in [[{name}]]")
            self._table = Table(name, statement.line)
            self.tables.lists.append(self._table)
            return
        last = self.tables.lists[-1] if self.tables.lists else None
        if is_element or last is None or last.name != name:
            self._refuse(statement, f"[{'.'.join((name, *below))}] stands below its [[{name}]]")
            return
        self._table, self._below = last, tuple(below)
        last.lines.setdefault(below[0], statement.line)
        if not _insert(last.values, self._below, {}):
            self._refuse(statement, f"{'.'.join(below)} is declared already")

    def _describe(self, name: str) -> str:
        meant = nearest(name, self._names)
        lists = " and ".join(f"[[{known}]]" for known in self._names)
        return f"[{name}]; did you mean [[{meant}]]?" if meant else f"[{name}]; there are {lists}"

    def _assign(self, table: Table, statement: Statement) -> None:
        path = (*self._below, *(statement.path or ())[len(statement.table) :])
        value: Any = parse_toml(statement.text)
        for part in path[len(self._below) :]:
            value = value[part]
        if not _insert(table.values, path, value):
            earlier = table.line_of(path[0])
            self._refuse(statement, f"{'.'.join(path)} is set on line {earlier} already")
        table.lines.setdefault(path[0], statement.line)

    def _refuse(self, statement: Statement, sentence: str) -> None:
        self.tables.errors.append((statement.line, sentence))


def _error_of(statement: Statement) -> tuple[int, str] | None:
    try:
        return syntax_error(statement)
    except RecursionError:
        return statement.line, "not valid TOML: its lists are nested too deeply"


def _insert(values: Any, path: tuple[str, ...], value: Any) -> bool:
    """Add a value; return whether its path was free."""
    for part in path[:-1]:
        values = values.setdefault(part, {})
        if not isinstance(values, dict):
            return False
    if path[-1] in values:
        return False
    values[path[-1]] = value
    return True
