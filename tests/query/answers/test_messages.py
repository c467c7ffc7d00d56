"""``tart/query/answers/messages.py``: messages of every kind have the members it declares."""

from __future__ import annotations

from tart.protocol.node_information import encode_node_information
from tart.testing import FakeNode
from tests.query.answers.checking import check
from tests.shard.encoding.test_message_fields import EXAMPLES, shown


def test_every_kind_of_message_is_valid():
    for name, _, body in EXAMPLES:
        check("MessageFields", shown(name, body))
    check("MessageFields", shown("Status", b"bad", problem="truncated"))
    node = encode_node_information(FakeNode(b"\x01" * 32).information)
    check("MessageFields", shown("", node, is_first=True))
