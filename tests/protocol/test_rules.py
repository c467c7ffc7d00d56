"""``tart/protocol/rules.py``: the table has every rule there is, and no other."""

from __future__ import annotations

import re
from pathlib import Path

import tart
from tart.errors import FrameTooLong, NodeInformationError, PeerRefused, ProtocolError
from tart.protocol.rules import RULES, SCOPES, SEVERITIES

PACKAGE = Path(tart.__file__).parent
UNREADABLE = re.compile(r"DecodeError\(\s*\"(\w+)\"")
DEVIATING = re.compile(r"(?:Deviation|deviate|_deviation)\(\s*\"(\w+)\"")
NAMED = re.compile(r"\"([a-z]+_[a-z_]+)\"")


def rules_of_bytes(pattern):
    """What this package complains of, by its source."""
    texts = [path.read_text() for path in (PACKAGE / "protocol").glob("*.py")]
    return {rule for text in texts for rule in pattern.findall(text)}


def scoped(*scopes):
    return {rule.code for rule in RULES.values() if rule.scope in scopes}


def test_every_rule_of_a_message_s_bytes_is_in_the_table():
    # The digest gives one to what tart itself failed to process. A first message that is shown
    # byte by byte has the rule that ended its connection.
    unreadable = rules_of_bytes(UNREADABLE) - scoped("connection")
    assert unreadable | {"server_failure"} == scoped("frame")
    assert rules_of_bytes(DEVIATING) == scoped("event", "handshake")


def test_every_error_that_ends_a_connection_is_in_the_table():
    # Whom the settings refuse did nothing wrong.
    endings = {each.rule for each in ProtocolError.__subclasses__() if each is not PeerRefused}
    assert endings == {FrameTooLong.rule, NodeInformationError.rule} == scoped("connection")


def test_every_rule_of_a_conversation_has_a_check():
    judges = ("aggregate/rules/conformance_checks.py", "query/topics/conformance.py")
    named = {name for each in judges for name in NAMED.findall((PACKAGE / each).read_text())}
    assert scoped("conversation") <= named


def test_every_rule_has_an_explanation_and_a_unit():
    for code, rule in RULES.items():
        assert rule.code == code
        assert rule.severity in SEVERITIES
        assert rule.scope in SCOPES
        assert rule.counted
        assert rule.explanation.endswith(".")
