"""Messages of DuckDB in the words of a person who wrote a SQL statement.

Pure. A message names the wrong word, what there is instead, and its line if the statement has
several. DuckDB's own message, without the names of its classes and lists of its overloads, is the
message of an error that is not known here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from tart.protocol.events import EVENTS
from tart.suggestions import did_you_mean

_MAX_LENGTH = 600
_MAX_NAMES = 12
# Semicolons at the end of a statement of which one may end it.
_MAX_ENDS = 8
_EVENT_NAMES = {event.variant.lower(): event.variant for event in EVENTS.values()}
_KEYWORDS = frozenset(
    [
        "SELECT",
        "FROM",
        "WHERE",
        "GROUP",
        "HAVING",
        "ORDER",
        "LIMIT",
        "OFFSET",
        "DISTINCT",
        "BY",
        "WITH",
        "JOIN",
        "LEFT",
        "RIGHT",
        "INNER",
        "FULL",
        "CROSS",
        "USING",
        "UNION",
        "INTERSECT",
        "EXCEPT",
        "VALUES",
        "WINDOW",
        "OVER",
        "PARTITION",
        "FILTER",
        "BETWEEN",
        "INTERVAL",
        "CASE",
        "WHEN",
        "THEN",
        "ELSE",
        "END",
        "LIKE",
        "ILIKE",
        "NULL",
        "TRUE",
        "FALSE",
        "CAST",
        "DESC",
    ]
)
_CLASS = re.compile(r"^(?:[A-Za-z-]+ ){1,4}Error: ")
_TAILS = re.compile(
    r"\n\s*(?:LINE \d|Candidate|Possible|Did you mean|Hint:|\t).*", re.DOTALL | re.IGNORECASE
)
_END = re.compile(r";(?:[\s;]|--[^\n]*(?:\n|$)|/\*(?:[^*]|\*(?!/))*\*/)*$")
# Columns of the tables that are keywords of SQL.
_QUOTED_COLUMNS = ("from", "to")
_SOURCE_COLUMN = re.compile(r" when casting from source column __\w+")


@dataclass(frozen=True)
class Statement:
    """A statement that failed.

    Attributes:
        sql: Its text.
        tables: The columns of the tables that it may name.
    """

    sql: str
    tables: Mapping[str, Collection[str]]

    def line_of(self, word: str) -> str:
        """Return the line of a word in a statement of several lines, for the end of a message."""
        if "\n" not in self.sql.strip():
            return ""
        place = re.search(rf"(?<!\w){re.escape(word)}(?!\w)", self.sql, re.IGNORECASE)
        return "" if place is None else self.line_at(place.start())

    def line_at(self, position: int) -> str:
        """Return the line of a position in a statement of several lines."""
        if "\n" not in self.sql.strip():
            return ""
        return f" (line {self.sql.count(chr(10), 0, position) + 1})"

    def named_tables(self) -> list[str]:
        """Return the tables that the statement names."""
        words = {word.lower() for word in re.findall(r"\w+", self.sql)}
        return [name for name in self.tables if name in words]


def explain(message: str, statement: Statement) -> str:
    """Return DuckDB's message about a statement in plain words."""
    for pattern, words in _RULES:
        match = pattern.search(message)
        if match is not None:
            return words(match, statement)
    plain = _TAILS.sub("", _CLASS.sub("", message.strip())).strip()
    plain = _SOURCE_COLUMN.sub("", plain)
    plain = plain[:1].lower() + plain[1:] if plain[1:2].islower() else plain
    return plain[:_MAX_LENGTH] or "the statement failed"


def explain_syntax(message: str, position: str | None, sql: str) -> str:
    """Return the message of DuckDB's parser about a statement in plain words.

    Args:
        message: DuckDB's message.
        position: The offset of the wrong word, if it is known.
        sql: The statement.
    """
    statement = Statement(sql, {})
    if message.startswith("syntax error at end of input"):
        words = re.findall(r"\w+", sql)[-1:]
        return f"the statement is incomplete after {words[0]}" if words else "it is empty"
    near = re.fullmatch(r'syntax error at or near "(.*)"', message, re.DOTALL)
    if near is None or position is None or not position.isdigit():
        return explain(message, statement)
    word, line = near[1], statement.line_at(int(position))
    rest = sql[int(position) :].strip().rstrip(";").strip()
    if rest.lower() == word.lower() and word.upper() in _KEYWORDS:
        return f"the statement is incomplete after {word}{line}"
    before = re.findall(r"\w+", sql[: int(position)])[-1:]
    reserved = before if word == "." else [word]
    if reserved and _is_column(reserved[0].lower(), word, sql):
        name = reserved[0].lower()
        return f'syntax error at "{word}"{line}; the column {name} needs double quotes: "{name}"'
    if word.upper() in _KEYWORDS and _opens_more_than_it_closes(sql[: int(position)]):
        return f'syntax error at "{word}"{line}; a closing ) is missing before it'
    if hint := "".join(map(_keyword, before)):
        return f'syntax error at "{word}"{line}, after {before[0]}{hint}'
    return f'syntax error at "{word}"{line}{_keyword(word)}'


def _is_column(name: str, word: str, sql: str) -> bool:
    """Return whether a keyword at a syntax error is meant as a column."""
    if name not in _QUOTED_COLUMNS:
        return False
    # A single FROM is the clause.
    is_clause = name == "from" and word != "."
    return not is_clause or len(re.findall(r"\bfrom\b", sql, re.IGNORECASE)) > 1


def _opens_more_than_it_closes(sql: str) -> bool:
    code = re.sub(r"'[^']*'", "", sql)
    return code.count("(") > code.count(")")


def without_end(sql: str) -> Iterator[str]:
    """Yield a statement without what may be a semicolon and comments behind it.

    The shortest tail is first; a semicolon may stand in text or in a comment.
    """
    position = len(sql)
    for _ in range(_MAX_ENDS):
        position = sql.rfind(";", 0, position)
        if position < 0:
            return
        if _END.match(sql, position):
            yield sql[:position]


def unknown_table(name: str, known: Iterable[str]) -> str:
    """Return the message for a table that does not exist."""
    names = list(known)
    if names == ["partials"]:
        return f"there is no table {name} in reduce; it reads the table partials only"
    hint = did_you_mean(name.lower(), names)
    listed = "SELECT table_name FROM information_schema.tables lists the tables"
    return f"there is no table {name}{hint or f'; {listed}'}"


def _keyword(word: str) -> str:
    return "" if word.upper() in _KEYWORDS else did_you_mean(word.upper(), sorted(_KEYWORDS))


def _column(match: re.Match[str], statement: Statement) -> str:
    name = match["name"]
    tables = statement.named_tables()
    columns = [column for table in tables for column in statement.tables[table]]
    where = f" in {tables[0]}" if len(tables) == 1 else ""
    text = f"there is no column {name}{where}{statement.line_of(name)}"
    if name.lower() in _EVENT_NAMES:
        return f"{text}; text has single quotes: '{_EVENT_NAMES[name.lower()]}'"
    if hint := did_you_mean(name.lower(), columns):
        return text + hint
    if f'"{name}"' in statement.sql:
        return f"{text}; text has single quotes: '{name}'"
    return f"{text}; {_listed(columns)}" if len(tables) == 1 else text


def _listed(names: Sequence[str]) -> str:
    more = ", …" if len(names) > _MAX_NAMES else ""
    return f"it has {', '.join(names[:_MAX_NAMES])}{more}"


def _qualifier(match: re.Match[str], statement: Statement) -> str:
    name = match["name"]
    names = re.findall(r'"([^"]+)"', match["rest"])
    there = ", ".join(name.removeprefix("memory.main.") for name in names)
    has = f"; it has {there}" if there else ""
    return f"there is no table {name} in the FROM clause{statement.line_of(name)}{has}"


def _table(match: re.Match[str], statement: Statement) -> str:
    return unknown_table(match["name"], statement.tables)


def _function(match: re.Match[str], statement: Statement) -> str:
    nearest = re.search(r'Did you mean "([^"]+)"', match.string)
    hint = f"; did you mean {nearest[1]}?" if nearest else ""
    return f"there is no function {match['name']}{statement.line_of(match['name'])}{hint}"


def _type(match: re.Match[str], statement: Statement) -> str:
    return f"there is no type {match['name']}{statement.line_of(match['name'])}"


def _arguments(match: re.Match[str], statement: Statement) -> str:
    given = match["types"].replace("_LITERAL", "")
    if not given:
        return f"{match['name']}() needs an argument{statement.line_of(match['name'])}"
    if "BLOB" in given:
        return (
            f"{match['name']} does not take ({given}){statement.line_of(match['name'])}; hex(…) "
            "is the text of bytes, in capital letters"
        )
    return (
        f"{match['name']} does not take ({given}){statement.line_of(match['name'])}; cast an "
        "argument: CAST(… AS BIGINT)"
    )


def _grouping(match: re.Match[str], statement: Statement) -> str:
    name = match["name"]
    return (
        f"the column {name}{statement.line_of(name)} must be in GROUP BY or in an aggregate: add "
        f"it to GROUP BY, or write any_value({name})"
    )


def _statement_kind(match: re.Match[str], statement: Statement) -> str:
    words = re.findall(r"[A-Za-z]+", re.sub(r"--.*|/\*.*?\*/", " ", statement.sql))
    first = words[0].upper()[:20] if words else ""
    what = f"; {first} does not" if first and first not in ("SELECT", "WITH", "FROM") else ""
    return f"only SELECT statements run here{what}"


Words = Callable[[re.Match[str], Statement], str]


def _fixed(text: str) -> Words:
    return lambda match, statement: text


_RULES: tuple[tuple[re.Pattern[str], Words], ...] = tuple(
    (re.compile(pattern, re.DOTALL), words)
    for pattern, words in (
        (r'Referenced column "(?P<name>[^"]*)" not found', _column),
        (r'Table "[^"]*" does not have a column named "(?P<name>[^"]*)"', _column),
        (r'Referenced table "(?P<name>[^"]*)" not found!(?P<rest>.*)', _qualifier),
        (
            r"Table with name (?P<name>\S+) does not exist",
            _table,
        ),
        (r"Function with name \"?(?P<name>[^\s\"]+)\"? does not exist", _function),
        (r"Type with name (?P<name>\S+) does not exist", _type),
        (
            r"No function matches the given name and argument types "
            r"'(?P<name>[^(]*)\((?P<types>.*?)\)'",
            _arguments,
        ),
        (r'[Cc]olumn "(?P<name>[^"]*)" must appear in the GROUP BY clause', _grouping),
        (r"Only SELECT statements can be serialized", _statement_kind),
        (
            r"Max expression depth limit|stack overflow|[Rr]ecursion depth",
            _fixed("the statement is nested too deeply; write it with fewer nested expressions"),
        ),
        (
            r"Values were not provided for the following|[Uu]nexpected prepared parameter",
            _fixed("parameters like $1 or ? have no value here; write the value itself"),
        ),
        (
            r"[Ii]nvalid input for hex digit",
            _fixed("unhex takes text of hexadecimal digits only, two for each byte, without 0x"),
        ),
        (
            r"Cannot compare values of type (?:BLOB and VARCHAR|VARCHAR and BLOB) in IN",
            _fixed("bytes (BLOB) are compared with text: write unhex(…) around the text"),
        ),
        (
            r"connection has an unfinished result",
            _fixed("the statement failed; run it again"),
        ),
    )
)
