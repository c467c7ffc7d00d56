"""``docs/alerts.md``: its rule files are valid, and its tables have every key."""

from __future__ import annotations

import re
from pathlib import Path

from tart.alerting.rules.builtin_rules import BUILTIN_RULES
from tart.alerting.rules.channel_types import CHANNEL_TYPES, COMMON_KEYS
from tart.alerting.rules.rule_file import TOP_KEYS, parse_rule_file
from tart.alerting.rules.rule_reader import KEYS
from tart.alerting.rules.templates import FORMATTERS
from tart.cli.alerts import VERBS

DOCS = Path(__file__).parents[3] / "docs"
TEXT = (DOCS / "alerts.md").read_text()


def first_cells():
    rows = re.findall(r"^\| (`[^|]*) \|", TEXT, re.MULTILINE)
    return {name for row in rows for name in re.findall(r"`([a-z_]+)`", row)}


def test_rule_files_of_the_page_are_valid():
    blocks = re.findall(r"```toml\n(.*?)```", TEXT, re.DOTALL)
    assert len(blocks) >= 5
    for block in blocks:
        parse_rule_file(block, place="docs/alerts.md", builtin=BUILTIN_RULES)


def test_every_key_of_the_rule_file_is_in_a_table():
    assert {*TOP_KEYS, *KEYS, *COMMON_KEYS} <= first_cells()


def test_every_kind_of_channel_and_every_formatter_is_named():
    for name in (*CHANNEL_TYPES, *FORMATTERS):
        assert f"`{name}`" in TEXT, name


def test_every_verb_of_the_command_is_named():
    for verb in VERBS:
        assert f"tart alerts {verb}" in TEXT or f"`{verb} ID`" in TEXT, verb
