import argparse
from pathlib import Path

import pytest

from tart.cli.arguments import add_client, add_config, add_data_dir, add_url
from tart.cli.command_parser import parser_of
from tart.cli.command_table import COMMANDS


def test_shared_arguments_are_optional_and_typed():
    parser = argparse.ArgumentParser()
    for add in (add_config, add_data_dir, add_client):
        add(parser)
    assert not any(vars(parser.parse_args([])).values())
    flags = ["--config", "c", "--data-dir", "d", "--key-file", "k", "--url", "u", "--ca-file", "a"]
    assert vars(parser.parse_args(flags)) == {
        "config": Path("c"),
        "data_dir": "d",
        "key_file": Path("k"),
        "url": "u",
        "ca_file": Path("a"),
        "insecure": False,
    }


def test_a_server_is_either_trusted_by_a_file_or_not_checked():
    parser = argparse.ArgumentParser()
    add_client(parser)
    with pytest.raises(SystemExit):
        parser.parse_args(["--insecure", "--ca-file", "a"])


def test_the_address_may_exclude_another_argument():
    parser = argparse.ArgumentParser()
    source = parser.add_mutually_exclusive_group()
    source.add_argument("--data-dir")
    add_client(parser, url_group=source, url_help="export from URL")
    assert "export from URL" in parser.format_help()
    with pytest.raises(SystemExit):
        parser.parse_args(["--url", "u", "--data-dir", "d"])


def test_the_address_may_stand_alone():
    parser = argparse.ArgumentParser()
    add_url(parser)
    assert parser.parse_args(["--url", "u"]).url == "u"


def test_every_command_that_calls_a_server_takes_a_key_and_the_flags_of_tls():
    flags = {"--url", "--key-file", "--ca-file", "--insecure"}
    found = {
        name: flags & parser_of(command)._option_string_actions.keys()
        for name, command in COMMANDS.items()
    }
    # The guide for agents names an address without calling it.
    callers = {name for name, present in found.items() if present} - {"skill"}
    assert callers == {"status", "dash", "report", "sql", "record"}
    assert all(found[name] == flags for name in callers)
