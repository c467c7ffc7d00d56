"""``tart/cli/render/report/chain.py``: telemetry against the chain."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import tart
from tart.cli.render.report.chain import _KINDS, chain_section
from tart.query.answers.reconcile import FindingKind
from tests.cli.render.report.sample import chain, report


def test_findings_are_by_node_and_kind() -> None:
    answer = chain()
    answer["findings"] *= 3
    body = chain_section(report(chain=answer | {"total_findings": 3})).body
    assert body.count("guarantees that the node alone knows") == 1
    assert '<data value="6">6</data>' in body
    assert "slot 41" in body
    assert '<data value="-2">-2</data>' in body


def test_a_part_of_the_findings_is_called_one() -> None:
    body = chain_section(report(chain=chain(total_findings=999))).body
    assert "a part of 999; /api/chain/reconcile has all" in body


def test_without_a_chain_there_is_one_sentence_with_the_reason() -> None:
    body = chain_section(report(refused={"chain": "no RPC is set"})).body
    assert body == "<p>Telemetry is not compared with the chain: no RPC is set</p>"
    assert "follows no chain" in chain_section(report()).body


def test_a_finding_has_the_words_of_the_page() -> None:
    script = (Path(tart.__file__).parent / "web/app/core/reconcile.js").read_text()
    page = dict(re.findall(r'^  (\w+): \["[^"]+", "([^"]+)"\],$', script, re.MULTILINE))
    declared, *_ = get_args(FindingKind)
    assert page == _KINDS
    assert page.keys() == set(get_args(declared))
