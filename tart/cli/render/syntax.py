"""The arguments of a command as values, read from its parser: for completion and man pages. Pure.

The kind of a value is its placeholder: FILE is a file, DIR and BACKUP are directories.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from dataclasses import dataclass

FILE, DIRECTORY, OTHER = "file", "directory", "other"
_KINDS = {"FILE": FILE, "DIR": DIRECTORY, "BACKUP": DIRECTORY}
_SUGGESTED = "tart_suggested"


@dataclass(frozen=True)
class Argument:
    """A flag or a positional argument.

    Attributes:
        flags: The flags, short ones first; empty for a positional argument.
        placeholder: The name of the value; empty if the flag takes none.
        kind: What the value is: a ``FILE``, a ``DIRECTORY`` or ``OTHER``.
        choices: The accepted values if there are few.
        help: One or more phrases.
        required: Whether it must be given.
        several: Whether it may be given more than once.
        suggested: The usual values if the parser accepts any.
    """

    flags: tuple[str, ...]
    placeholder: str
    kind: str
    choices: tuple[str, ...]
    help: str
    required: bool
    several: bool
    suggested: tuple[str, ...] = ()

    @property
    def completions(self) -> tuple[str, ...]:
        """Return the values that a shell offers."""
        return self.choices or self.suggested

    @property
    def takes_value(self) -> bool:
        """Return whether a value follows."""
        return bool(self.placeholder)


@dataclass(frozen=True)
class Syntax:
    """The arguments of a command or of one of its verbs.

    Attributes:
        words: The words that name it, without the program: ``("keys", "create")``.
        summary: One line.
        usage: Its usage in one line.
        flags: Its flags, in the order of its help.
        positionals: Its positional arguments.
        verbs: Its verbs.
    """

    words: tuple[str, ...]
    summary: str
    usage: str
    flags: tuple[Argument, ...]
    positionals: tuple[Argument, ...]
    verbs: tuple[Syntax, ...]


def suggest(action: argparse.Action, values: Iterable[str]) -> None:
    """Name the usual values of an argument that accepts others, too, or checks them itself."""
    setattr(action, _SUGGESTED, tuple(values))


def read_syntax(parser: argparse.ArgumentParser, summary: str) -> Syntax:
    """Return the arguments of a parser, and those of its verbs."""
    arguments = [_argument(parser, action) for action in parser._actions if _is_shown(action)]
    verbs = []
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            summaries = {choice.dest: choice.help or "" for choice in action._choices_actions}
            verbs += [
                read_syntax(verb, summaries.get(name, "")) for name, verb in action.choices.items()
            ]
    return Syntax(
        words=tuple(parser.prog.split()[1:]),
        summary=summary,
        usage=" ".join(parser.format_usage().removeprefix("usage:").split()),
        flags=tuple(argument for argument in arguments if argument.flags),
        positionals=tuple(argument for argument in arguments if not argument.flags),
        verbs=tuple(verbs),
    )


def _is_shown(action: argparse.Action) -> bool:
    hidden = isinstance(action, argparse._SubParsersAction) or action.help == argparse.SUPPRESS
    return not hidden


def _argument(parser: argparse.ArgumentParser, action: argparse.Action) -> Argument:
    choices = tuple(map(str, action.choices)) if action.choices is not None else ()
    placeholder = ""
    if action.nargs != 0:
        placeholder = str(action.metavar or "|".join(choices) or action.dest.upper())
    return Argument(
        flags=tuple(sorted(action.option_strings, key=len)),
        placeholder=placeholder,
        kind=_KINDS.get(placeholder, OTHER),
        choices=choices,
        help=_help(parser, action),
        required=action.required,
        several=action.nargs in ("*", "+", argparse.REMAINDER),
        suggested=getattr(action, _SUGGESTED, ()),
    )


def _help(parser: argparse.ArgumentParser, action: argparse.Action) -> str:
    """Return the help of an action with its default filled in."""
    if isinstance(action, argparse._HelpAction):
        return "print the help"
    return parser._get_formatter()._expand_help(action) if action.help else ""
