"""The text of ``tart --help``, and the parts that each command's help ends with. Pure."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from tart.cli.command_table import Command, Example
    from tart.style import Style

_INDENT = "  "
_DOCUMENTATION = (
    "'tart help COMMAND' explains a command, 'tart completion' lets the shell complete them.\n"
    "Documentation: man tart; docs/ of the source; http://127.0.0.1:8080/api/docs of a server."
)


def overview(
    commands: Iterable[Command], groups: Iterable[str], examples: Iterable[Example], style: Style
) -> str:
    """Return the text of ``tart --help``."""
    known = list(commands)
    width = max(len(command.name) for command in known)
    parts = [
        "Telemetry backend for JAM networks: receives JIP-3, stores it, answers.",
        f"{style.bold('usage:')} tart COMMAND [options]",
    ]
    for group in groups:
        rows = [
            f"{_INDENT}{command.name:{width}}  {command.summary}"
            for command in known
            if command.group == group
        ]
        parts.append("\n".join((style.bold(f"{group}:"), *rows)))
    parts.append(f"{style.bold('examples:')}\n{example_lines(examples)}")
    flags = f"{_INDENT}-h, --help  print this help\n{_INDENT}--version   print the version"
    parts += [f"{style.bold('options:')}\n{flags}", _DOCUMENTATION]
    return "\n\n".join(parts) + "\n"


def epilog(examples: Sequence[Example], codes: Mapping[int, str], style: Style) -> str:
    """Return the end of a help: examples and exit codes."""
    parts = [f"{style.bold('examples:')}\n{example_lines(examples)}"] if examples else []
    if codes:
        rows = [f"{_INDENT}{code}  {text}" for code, text in sorted(codes.items())]
        parts.append("\n".join((style.bold("exit codes:"), *rows)))
    return "\n\n".join(parts)


def exit_codes(command: Command, common: Mapping[int, str]) -> Mapping[int, str]:
    """Return every exit code of a command with its meaning."""
    return dict(sorted({**common, **command.exit_codes}.items()))


def example_lines(examples: Iterable[Example]) -> str:
    """Return examples in two columns; a long command line has its text below."""
    rows = list(examples)
    width = max(len(example.line) for example in rows)
    if width > 50:
        return "\n".join(
            f"{_INDENT}{example.line}\n{_INDENT * 3}{example.text}" for example in rows
        )
    return "\n".join(f"{_INDENT}{example.line:{width}}  {example.text}" for example in rows)
