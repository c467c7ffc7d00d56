"""Manual pages in roff, generated from commands, their arguments and the settings. Pure.

``tart(1)``, a page for each command such as ``tart-serve(1)``, and ``tart-config(5)``. The same
release makes the same bytes.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields

from tart.cli.command_table import Command, Example
from tart.cli.render.config_text import toml_value
from tart.cli.render.help_text import exit_codes
from tart.cli.render.syntax import Argument, Syntax
from tart.config.schema import SECTIONS, Setting, key_of, variable_of

# What the pages of all commands share.
ENVIRONMENT: Mapping[str, str] = {
    "TART_KEY": "The API key that commands send to a server.",
    "TART_KEY_FILE": "A file with the API key.",
    "TART_CA_FILE": "A file with the certificates to trust, in PEM.",
    "TART_SETTING": (
        "A setting: TART_API_BIND for api.bind. It overrides the file, and a flag overrides it; "
        "tart-config(5) lists all."
    ),
    "NO_COLOR": "No colours, if not empty.",
    "FORCE_COLOR": "Colours also where the output is no terminal, if not empty and not 0.",
    "PAGER": "The program that shows long tables on a terminal (default: less).",
}
_COLUMNS = 77
_ABOUT_SETTINGS = (
    "Settings are a TOML file, as a rule config.toml. A setting that is left out has its default. "
    "A variable such as TART_API_BIND overrides the file, and a flag overrides both.\n\n"
    "'tart config default' prints a file with every setting at its default, 'tart config check' "
    "checks one, and 'tart config show' prints the settings in use and where each came from."
)
_FILES: Mapping[str, str] = {
    "config.toml": "The settings, in the working directory, where --config names no other file.",
    "/etc/tart/config.toml": "The settings of the service that 'tart install' sets up.",
    "/var/lib/tart": "The data of that service.",
}
_SPECIAL = {
    "\\": "\\e",
    "-": "\\-",
    "'": "\\(aq",
    "`": "\\(ga",
    "^": "\\(ha",
    "~": "\\(ti",
    '"': "\\(dq",
    "…": "...",
}


class Manual:
    """The pages of one release.

    Args:
        version: The version.
        date: The date of the release, as ``2026-11-30``.
        codes: The exit codes of every command, with their meaning.
    """

    def __init__(self, version: str, date: str, codes: Mapping[int, str]) -> None:
        self._version = version
        self._date = date
        self._codes = codes

    def overview(
        self, commands: Sequence[Command], groups: Iterable[str], examples: Iterable[Example]
    ) -> str:
        """Return ``tart(1)``."""
        parts = [
            self._head("tart", 1, "telemetry backend for JAM networks"),
            _section("SYNOPSIS", ".B tart\n.I COMMAND\n[options]\n.br\n.B tart help\n.I COMMAND"),
            _section(
                "DESCRIPTION",
                _text(
                    "tart receives the telemetry of JAM nodes (JIP-3), stores it, and answers over "
                    "HTTP, WebSocket and a web page. Each command has a page of its own, such as "
                    "tart-serve(1); tart-config(5) has the settings."
                ),
            ),
            ".SH COMMANDS",
        ]
        for group in groups:
            rows = [command for command in commands if command.group == group]
            parts.append(f'.SS "{_escaped(group)}"')
            parts += [_item(_reference(f"tart-{row.name}", 1), row.summary) for row in rows]
        parts += [
            ".SH OPTIONS",
            _item("\\fB\\-h\\fR, \\fB\\-\\-help\\fR", "print the help"),
            _item("\\fB\\-\\-version\\fR", "print the version"),
            *_endings(examples, self._codes),
            ".SH FILES",
            *(_item(f"\\fI{_escaped(path)}\\fR", text) for path, text in _FILES.items()),
            _see_also([(f"tart-{command.name}", 1) for command in commands], ("tart-config", 5)),
        ]
        return "\n".join(parts) + "\n"

    def command(self, command: Command, syntax: Syntax) -> str:
        """Return the page of a command."""
        synopsis = "\n.br\n".join(_synopsis(part) for part in syntax.verbs or [syntax])
        parts = [
            self._head(f"tart-{command.name}", 1, command.summary),
            _section("SYNOPSIS", synopsis),
            _section("DESCRIPTION", _paragraphs(command.description)),
        ]
        if syntax.positionals:
            parts += [".SH ARGUMENTS", *map(_argument, syntax.positionals)]
        for verb in syntax.verbs:
            title = f"tart {' '.join(verb.words)}"
            parts.append(_section(title, _text(_sentence(verb.summary))))
            parts += map(_argument, (*verb.positionals, *verb.flags))
        if not syntax.verbs:
            parts += [".SH OPTIONS", *map(_argument, syntax.flags)]
        codes = exit_codes(command, self._codes)
        parts += [*_endings(command.examples, codes), _see_also([("tart", 1)], ("tart-config", 5))]
        return "\n".join(parts) + "\n"

    def settings(self, settings: Mapping[str, Setting]) -> str:
        """Return ``tart-config(5)``."""
        parts = [
            self._head("tart-config", 5, "settings of tart"),
            _section("DESCRIPTION", _paragraphs(_ABOUT_SETTINGS)),
        ]
        for section, kind in SECTIONS.items():
            title, text = f"[{section}]", (kind.__doc__ or "").partition(": ")[2]
            if section == "server":
                title, text = "Top of the file", kind.__doc__ or ""
            parts.append(_section(title, _text(_sentence(text))))
            names = [row.name for row in fields(kind)]
            parts += [_setting(key_of(section, name), name, settings) for name in names]
        pages = [("tart", 1), ("tart-config", 1), ("tart-serve", 1)]
        return "\n".join((*parts, _see_also(pages))) + "\n"

    def _head(self, name: str, number: int, summary: str) -> str:
        """Return the title and the section NAME of a page."""
        title = f'.TH {_escaped(name.upper())} {number} {self._date} "tart {self._version}" "tart"'
        return f"{title}\n.SH NAME\n{_escaped(name)} \\- {_escaped(summary)}"


def _endings(examples: Iterable[Example], codes: Mapping[int, str]) -> list[str]:
    """Return exit status, environment and examples."""
    return [
        '.SH "EXIT STATUS"',
        *(_item(f"\\fB{code}\\fR", text) for code, text in codes.items()),
        ".SH ENVIRONMENT",
        *(_item(f"\\fB{_escaped(name)}\\fR", text) for name, text in ENVIRONMENT.items()),
        ".SH EXAMPLES",
        *(_item(f"\\fB{_escaped(each.line)}\\fR", each.text) for each in examples),
    ]


def _setting(key: str, name: str, settings: Mapping[str, Setting]) -> str:
    setting = settings[key]
    text = _sentence(setting.description)
    if setting.choices:
        text += f" Accepted: {', '.join(setting.choices)}."
    tag = f"\\fB{_escaped(name)}\\fR = {_escaped(toml_value(setting.default))}"
    return _item(tag, f"{text} Variable: {variable_of(key)}.")


def _synopsis(syntax: Syntax) -> str:
    """Return the usage of a command, its words in bold."""
    words = " ".join(("tart", *syntax.words))
    rest = syntax.usage.removeprefix(words).strip()
    return f".B {_escaped(words)}\n{_text(rest)}"


def _argument(argument: Argument) -> str:
    flags = ", ".join(f"\\fB{_escaped(flag)}\\fR" for flag in argument.flags)
    value = f"\\fI{_escaped(argument.placeholder)}\\fR" if argument.takes_value else ""
    text = _sentence(argument.help)
    if argument.choices:
        text += f" Accepted: {', '.join(argument.choices)}."
    if argument.required and argument.flags:
        text += " Required."
    return _item(" ".join(part for part in (flags, value) if part), text.strip())


def _section(title: str, body: str) -> str:
    return f'.SH "{_escaped(title)}"\n{body}'


def _item(tag: str, text: str) -> str:
    # A tag is one line; a backslash joins the next to it.
    joined = " \\\n".join(_wrapped(tag))
    return f".TP\n{joined}\n{_text(_sentence(text))}"


def _reference(name: str, number: int) -> str:
    return f"\\fB{_escaped(name)}\\fR({number})"


def _see_also(pages: Iterable[tuple[str, int]], *more: tuple[str, int]) -> str:
    return '.SH "SEE ALSO"\n' + ",\n".join(_reference(*page) for page in (*pages, *more))


def _paragraphs(text: str) -> str:
    return "\n.PP\n".join(_text(part) for part in text.split("\n\n"))


def _sentence(text: str) -> str:
    """Return a phrase as a sentence; a flag at its beginning stays as it is."""
    text = f"{text[:1].upper()}{text[1:]}"
    return text if not text or text.endswith((".", "?", "!")) else f"{text}."


def _text(text: str) -> str:
    """Return running text; each sentence begins a line, and lines are short."""
    lines = [
        line
        for sentence in text.replace(". ", ".\n").splitlines()
        for line in _wrapped(_escaped(sentence.strip()))
    ]
    return "\n".join(f"\\&{line}" if line.startswith(".") else line for line in lines)


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(text, _COLUMNS, break_long_words=False, break_on_hyphens=False)


def _escaped(text: str) -> str:
    """Return a text in which roff finds no escape."""
    return "".join(_SPECIAL.get(mark) or _ascii(mark) for mark in text)


def _ascii(mark: str) -> str:
    return mark if mark.isascii() else f"\\[u{ord(mark):04X}]"
