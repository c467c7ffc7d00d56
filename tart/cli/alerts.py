"""``tart alerts``: alerts, rules, silences and messages of a running server, and rule files.

Each verb stands in the table below with the function that adds its arguments.
"""

from __future__ import annotations

import argparse
from importlib import import_module
from typing import NamedTuple


class Verb(NamedTuple):
    """A verb.

    Attributes:
        summary: One line of help, without a period.
        module: The module of its ``function``.
        function: Adds the arguments to a parser and sets ``run``.
    """

    summary: str
    module: str
    function: str


VERBS = {
    "list": Verb("list the alerts that fire or are pending", "tart.cli.alert_views", "add_list"),
    "rules": Verb("list the rules with their last values", "tart.cli.alert_views", "add_rules"),
    "history": Verb("list changes of alerts, newest first", "tart.cli.alert_views", "add_history"),
    "silence": Verb("silence alerts for a time", "tart.cli.alert_changes", "add_silence"),
    "silences": Verb(
        "list silences and maintenance windows", "tart.cli.alert_views", "add_silences"
    ),
    "unsilence": Verb("end silences", "tart.cli.alert_changes", "add_unsilence"),
    "deliveries": Verb(
        "list messages to channels, newest first", "tart.cli.alert_views", "add_deliveries"
    ),
    "retry": Verb("send a dead message again", "tart.cli.alert_changes", "add_retry"),
    "send-test": Verb(
        "send a message to a channel, to see that it arrives",
        "tart.cli.alert_changes",
        "add_send_test",
    ),
    "reload": Verb("read the rule file again", "tart.cli.alert_changes", "add_reload"),
    "check": Verb("check a rule file without a server", "tart.cli.alert_files", "add_check"),
    "test": Verb(
        "play a capture through rules and print each change", "tart.cli.alert_files", "add_test"
    ),
    "figures": Verb("list the figures that rules compare", "tart.cli.alert_files", "add_figures"),
    "prometheus": Verb(
        "print the rules as a rule file of Prometheus", "tart.cli.alert_files", "add_prometheus"
    ),
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the verbs and their arguments."""
    verbs = parser.add_subparsers(required=True, metavar="VERB")
    for name, verb in VERBS.items():
        added = verbs.add_parser(name, help=verb.summary)
        getattr(import_module(verb.module), verb.function)(added)
