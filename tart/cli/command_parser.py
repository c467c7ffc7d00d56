"""The parser of a command: argparse, with sentences that say what to write instead.

An error is one sentence with the most similar name that exists, then the usage of the command that
was meant, in short. Flags are never abbreviated: a script that used an abbreviation would break
when a flag is added.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from importlib import import_module

from tart.cli.command_table import Command, Example
from tart.cli.render.help_text import epilog
from tart.cli.streams import print_note
from tart.style import Style, style_for

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NoReturn

EXIT_CODE = 2

# The positional argument that has spaces, as it is shown.
_STATEMENT = "SQL"
_NAMES = ("FILE", "DIR", "BACKUP")
# What a value looks like that was given without its flag.
_VALUES_OF_FLAGS = {
    "--url": re.compile(r"^https?://|^[^/\s]+:\d+$"),
    "--config": re.compile(r"\.toml$"),
    "--data-dir": re.compile(r"/"),
}
_NUMBER = re.compile(r"^-\d*\.?\d+[a-z]*$")
# Names of values in seconds, without a unit.
_SECONDS = ("S", "SECONDS")
_KINDS = {int: "a whole number", float: "a number"}
_REQUIRED = re.compile(r"the following arguments are required: (.*)$")
_ONE_OF = re.compile(r"one of the arguments (.*) is required$")
_CONFLICT = re.compile(r"argument (.*): not allowed with argument (.*)$")
_OF_ARGUMENT = re.compile(r"argument (.*?): (.*)$", re.DOTALL)
_NEEDS_VALUE = re.compile(r"expected (?:one|at least one|\d+) arguments?$")


class HelpFormatter(argparse.HelpFormatter):
    """Help whose description has paragraphs, and whose epilog is printed as it is."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, max_help_position=30)
        self._style = style_for(sys.stdout, os.environ)

    def start_section(self, heading: str | None) -> None:
        """Begin a section with its heading in bold."""
        super().start_section(heading and self._style.bold(heading))

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        if "\n  " in text:  # columns
            return text
        paragraphs = text.split("\n\n")
        return "\n\n".join(
            super(HelpFormatter, self)._fill_text(p, width, indent) for p in paragraphs
        )


class CommandParser(argparse.ArgumentParser):
    """The parser of a command or of one of its verbs."""

    def __init__(self, **keywords: Any) -> None:
        keywords.setdefault("formatter_class", HelpFormatter)
        if sys.version_info >= (3, 14):
            keywords.setdefault("color", False)  # ours obey the same rules and are in the help
        super().__init__(**keywords, allow_abbrev=False, add_help=False)
        self._positionals.title = "arguments"
        # A negative number, also with a unit, is a value: its flag says what it accepts.
        self._negative_number_matcher = _NUMBER
        self.add_argument("-h", "--help", action="help", help="print this help")

    def parse_known_args(  # type: ignore[override]
        self, args: Sequence[str] | None = None, namespace: argparse.Namespace | None = None
    ) -> tuple[argparse.Namespace, list[str]]:
        """Parse arguments; those that are unknown end the program here, where usage is known."""
        words = list(sys.argv[1:] if args is None else args)
        self._reject_unknown_flags(words)
        parsed, rest = super().parse_known_args(words, namespace)
        if rest:
            extra = " ".join(rest)
            self.error(f"{self._command} takes no argument {extra}{self._flag_for(rest[0])}")
        return parsed, rest

    def _get_values(self, action: argparse.Action, arg_strings: list[str]) -> Any:
        """Refuse an empty name, which Python would take for the working directory."""
        if action.metavar in _NAMES and "" in arg_strings:
            name = "/".join(action.option_strings) or action.metavar
            self.error(f"{name} is empty; is a variable of the shell not set?")
        return super()._get_values(action, arg_strings)

    def _flag_for(self, word: str) -> str:
        """Return the end of a sentence with the flag that an argument too many may belong to."""
        flags = {flag for action in self._actions for flag in action.option_strings}
        if any(action.metavar == _STATEMENT for action in self._get_positional_actions()):
            return "; put the whole statement into quotes"
        for flag, pattern in _VALUES_OF_FLAGS.items():
            if flag in flags and pattern.search(word):
                return f"; did you mean {flag} {word}?"
        is_named = any(action.metavar in _NAMES for action in self._get_positional_actions())
        return "; a name with spaces needs quotes" if is_named else ""

    def error(self, message: str) -> NoReturn:
        """Print a sentence and the usage in short, and exit with 2."""
        style = style_for(sys.stderr, os.environ)
        usage = f"{style.bold('usage:')} {self.short_usage()}"
        hint = style.dim(f"'{self.prog} --help' explains the arguments")
        text = f"{style.error('tart:')} {self._sentence(message)}\n{usage}\n{hint}\n"
        self.exit(EXIT_CODE, text)

    def _print_message(self, message: str, file: Any = None) -> None:
        """Write the help, or an error to stderr; argparse ignores a stdout that is full."""
        if file is sys.stderr or file is None:
            print_note(message.rstrip())
        else:
            file.write(message)
            file.flush()

    def short_usage(self) -> str:
        """Return the usage in one line, with options only where one of them is required."""
        groups = self._mutually_exclusive_groups
        grouped = {action for group in groups if group.required for action in group._group_actions}
        parts = [
            "(" + " | ".join(_usage_of(action) for action in group._group_actions) + ")"
            for group in groups
            if group.required
        ]
        single = [action for action in self._actions if action not in grouped]
        parts += [
            _usage_of(action) for action in single if action.required and action.option_strings
        ]
        parts.append("[options]")
        parts += [
            _usage_of(action) if _is_required(action) else f"[{_usage_of(action)}]"
            for action in single
            if not action.option_strings
        ]
        return " ".join((self.prog, *parts))

    @property
    def _command(self) -> str:
        """The words that name this parser, without the program."""
        return self.prog.partition(" ")[2] or self.prog

    def _sentence(self, message: str) -> str:
        if self.verbs and _REQUIRED.fullmatch(message):
            return f"{self._command} needs a verb: {_listing(list(self.verbs), 'or')}"
        return sentence(message, self._command)

    @property
    def verbs(self) -> Mapping[str, CommandParser]:
        """The parsers of the verbs, by name; empty without verbs."""
        verbs = self._subparsers_action
        return {} if verbs is None else verbs.choices

    def describe_verbs(self, examples: Sequence[Example], style: Style) -> None:
        """Give the help of each verb its summary as a sentence, and the examples that have it."""
        action = self._subparsers_action
        for summary in () if action is None else action._choices_actions:
            verb, text = self.verbs[summary.dest], summary.help or ""
            verb.description = f"{text[:1].upper()}{text[1:]}."
            own = [example for example in examples if example.line.startswith(verb.prog)]
            verb.epilog = epilog(own, {}, style)

    @property
    def _subparsers_action(self) -> argparse._SubParsersAction[CommandParser] | None:
        actions = (a for a in self._actions if isinstance(a, argparse._SubParsersAction))
        return next(actions, None)

    def _reject_unknown_flags(self, words: Iterable[str]) -> None:
        """Reject flags that do not exist; argparse would report what is missing before them."""
        for word in words:
            if word == "--" or (self.verbs and not word.startswith("-")):
                return
            name = word.partition("=")[0]
            if not self._is_flag(word) or name in self._option_string_actions:
                continue
            if not name.startswith("--") and name[:2] in self._option_string_actions:
                continue  # -oFILE
            known = [flag for flag in self._option_string_actions if flag.startswith("--")]
            self.error(f"{self._command} has no flag {name}{_hint(name, known)}")

    @staticmethod
    def _is_flag(word: str) -> bool:
        """Return whether argparse takes a word for a flag; a statement begins with -, too."""
        return len(word) > 1 and word[0] == "-" and " " not in word and not _NUMBER.match(word)

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        choices = action.choices
        if choices is None or value in choices:
            return
        known = [str(choice) for choice in choices]
        hint = _hint(str(value), known)
        if isinstance(action, argparse._SubParsersAction):
            what = f"{self._command} has no verb {value}{hint}"
            self.error(what if hint else f"{what}; it has {_listing(known, 'and')}")
        self.error(f"{_name(action)} {value}: must be {_listing(known, 'or')}{hint}")

    def _get_value(self, action: argparse.Action, arg_string: str) -> Any:
        try:
            return super()._get_value(action, arg_string)
        except argparse.ArgumentError:
            kind = _KINDS.get(action.type)  # type: ignore[call-overload]
            if kind is None:
                raise
            if action.metavar in _SECONDS:
                kind += " of seconds"
            self.error(f"{_name(action)} {arg_string}: must be {kind}")


def parser_of(command: Command) -> CommandParser:
    """Return the parser of a command with its arguments, which imports the command's module."""
    style = style_for(sys.stdout, os.environ)
    parser = CommandParser(
        prog=f"tart {command.name}",
        description=command.description,
        epilog=epilog(command.examples, command.exit_codes, style),
    )
    import_module(command.module).add_arguments(parser)
    parser.describe_verbs(command.examples, style)
    return parser


def sentence(message: str, command: str) -> str:
    """Return a message of argparse as a sentence; pure.

    Args:
        message: The message; one of tart is returned as it is.
        command: The words of the command.
    """
    if match := _REQUIRED.fullmatch(message):
        return f"{command} needs {_listing(match[1].split(', '), 'and')}"
    if match := _ONE_OF.fullmatch(message):
        return f"{command} needs {_listing(match[1].split(), 'or')}"
    if match := _CONFLICT.fullmatch(message):
        return f"{match[1]} does not go with {match[2]}"
    if match := _OF_ARGUMENT.fullmatch(message):
        if _NEEDS_VALUE.fullmatch(match[2]):
            return f"{match[1]} needs a value"
        if match[2].startswith("ignored explicit argument"):
            return f"{match[1]} takes no value"
        return f"{match[1]}: {match[2]}"
    return message


def _name(action: argparse.Action) -> str:
    """Return the name of an argument as its user knows it."""
    return (
        action.option_strings[-1] if action.option_strings else str(action.metavar or action.dest)
    )


def _is_required(action: argparse.Action) -> bool:
    """Return whether an argument must be given; argparse says so of one that may be left out."""
    return action.required and action.nargs != "*"


def _usage_of(action: argparse.Action) -> str:
    """Return an argument as the usage has it: ``--config FILE``."""
    if not action.option_strings or action.nargs == 0:
        return _name(action)
    choices = "|".join(map(str, action.choices)) if action.choices is not None else None
    return f"{_name(action)} {action.metavar or choices or action.dest.upper()}"


def _listing(words: Sequence[str], conjunction: str) -> str:
    """Return ``a, b or c``."""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} {conjunction} {words[-1]}"


def _hint(name: str, known: Iterable[str]) -> str:
    """Return the end of a sentence with the most similar known name."""
    from tart.suggestions import did_you_mean  # difflib is for mistakes only

    return did_you_mean(name, known)
