"""``--json``: on every command that prints a table or a status, as one document."""

from __future__ import annotations

import argparse
import json

import pytest

from tart.cli.command_parser import parser_of
from tart.cli.command_table import COMMANDS
from tart.cli.json_output import print_json, print_json_line
from tart.cli.main import main
from tart.query.sql.reference import sql_tables

# Commands, or their verbs, that print no table and no status of their own, and why.
WITHOUT = {
    "serve": "prints one line that programs read, and a log",
    "demo": "runs until Ctrl-C",
    "skill": "prints Markdown",
    "report": "writes an HTML file",
    "config default": "prints TOML",
    "alerts prometheus": "prints YAML",
    "completion": "prints a script for a shell",
    "man": "prints manual pages",
}


def verbs(name, parser):
    """The parsers of a command: its own, or those of its verbs, by name."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            return {f"{name} {verb}": each for verb, each in action.choices.items()}
    return {name: parser}


def all_commands():
    found = {}
    for name, command in COMMANDS.items():
        found |= verbs(name, parser_of(command))
    return found


def test_every_command_with_a_table_or_a_status_has_json():
    commands = all_commands()
    has_flag = {name for name, each in commands.items() if "--json" in each._option_string_actions}
    assert has_flag == commands.keys() - WITHOUT.keys()


def test_a_document_is_indented_and_a_line_is_not(capsys):
    print_json({"a": [1], "b": None})
    assert capsys.readouterr().out == '{\n  "a": [\n    1\n  ],\n  "b": null\n}\n'
    print_json_line({"a": [1]})
    assert capsys.readouterr().out == '{"a":[1]}\n'


def test_a_file_name_that_is_not_utf8_is_still_json(capsys):
    print_json({"path": b"/caf\xe9".decode("utf-8", "surrogateescape"), "n": 1 << 70})
    assert json.loads(capsys.readouterr().out) == {"path": "/caf\ufffd", "n": str(1 << 70)}


@pytest.mark.parametrize("command", [["version"], ["config", "show"], ["sql", "--tables"]])
def test_a_document_is_all_that_is_on_stdout(command, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main([*command, "--json"]) == 0
    assert isinstance(json.loads(capsys.readouterr().out), dict)


def test_the_tables_of_sql_are_those_of_the_api(capsys):
    assert main(["sql", "--tables", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == sql_tables()
    assert main(["sql", "--describe", "events", "--json"]) == 0
    (events,) = (table for table in sql_tables()["tables"] if table["name"] == "events")
    assert json.loads(capsys.readouterr().out) == events
