"""``--json``: on every command that prints a table or a status, as one document."""

from __future__ import annotations

import json
from importlib import import_module

import pytest

from tart.cli.json_output import print_json, print_json_line


def test_a_document_is_indented_and_a_line_is_not(capsys):
    print_json({"a": [1], "b": None})
    assert capsys.readouterr().out == '{\n  "a": [\n    1\n  ],\n  "b": null\n}\n'
    print_json_line({"a": [1]})
    assert capsys.readouterr().out == '{"a":[1]}\n'


def test_a_file_name_that_is_not_utf8_is_still_json(capsys):
    print_json({"path": b"/caf\xe9".decode("utf-8", "surrogateescape"), "n": 1 << 70})
    assert json.loads(capsys.readouterr().out) == {"path": "/caf\ufffd", "n": str(1 << 70)}


@pytest.mark.parametrize("command", [["version"], ["config", "show"]])
def test_a_document_is_all_that_is_on_stdout(command, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    main = import_module("tart.cli.main").main
    assert main([*command, "--json"]) == 0
    captured = capsys.readouterr()
    assert isinstance(json.loads(captured.out), dict)
    assert captured.err == ""
