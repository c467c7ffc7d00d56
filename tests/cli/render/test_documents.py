"""The documents of ``--json`` are described where users look."""

from __future__ import annotations

import re
from typing import get_type_hints, is_typeddict

from tart.cli.render import documents
from tests.test_language import ROOT


def test_every_member_of_every_document_is_described():
    text = (ROOT / "docs/scripts.md").read_text()
    names = [
        name for name, kind in vars(documents).items() if is_typeddict(kind) and name != "Json"
    ]
    assert len(names) > 10
    described = set(re.findall(r"`(\w+)`", text))
    for name in names:
        assert get_type_hints(getattr(documents, name)).keys() <= described, name
