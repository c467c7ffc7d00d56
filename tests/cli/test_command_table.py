import re
import shlex

import pytest

from tart.cli.command_parser import parser_of
from tart.cli.command_table import COMMANDS, EXAMPLES, EXIT_CODES, GROUPS, PACKAGING

LINES = [example.line for command in COMMANDS.values() for example in command.examples]


def test_each_command_has_a_group_a_summary_a_description_and_an_example():
    for name, command in COMMANDS.items():
        assert name == command.name
        assert command.group in (*GROUPS, PACKAGING)
        assert command.summary[0].islower()
        assert not command.summary.endswith(".")
        assert len(command.summary) <= 60
        assert command.description.endswith(".")
        assert command.examples
        assert all(f"tart {name}" in example.line for example in command.examples)
    assert {command.group for command in COMMANDS.values()} >= set(GROUPS)


@pytest.mark.parametrize("line", sorted({*LINES, *(example.line for example in EXAMPLES)}))
def test_each_example_is_a_command_line_that_parses(line):
    for part in line.split(" | "):
        words = shlex.split(re.sub(r" > \S+$", "", part).removeprefix("sudo "))
        assert words[0] == "tart"
        parsed = parser_of(COMMANDS[words[1]]).parse_args(words[2:])
        assert callable(parsed.run)


def test_exit_codes_are_those_that_a_process_can_have():
    for command in COMMANDS.values():
        assert all(0 <= code < 256 and text for code, text in command.exit_codes.items())
    assert {0, 1, 2} <= set(EXIT_CODES)
