"""``tart/cli/render/report/document.py``: the whole document, from values."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any
from xml.etree import ElementTree

from tart.cli.render.report.document import report_html
from tart.cli.render.report.values import Report
from tests.cli.render.report.sample import END, START, chain, report


def tree(document: str) -> Any:
    """The document as a tree: it closes all elements but ``meta``."""
    assert document.startswith("<!DOCTYPE html>\n")
    body = document.removeprefix("<!DOCTYPE html>\n")
    return ElementTree.fromstring(re.sub(r"<(meta [^>]*)>", r"<\1/>", body))


def test_a_whole_report_is_well_formed_and_anchors_lead_to_sections() -> None:
    root = tree(report_html(report(chain=chain())))
    ids = Counter(element.get("id") for element in root.iter() if element.get("id"))
    assert set(ids.values()) == {1}
    links = [element.get("href").removeprefix("#") for element in root.iter("a")]
    assert len(links) > 9
    assert set(links) <= set(ids)
    assert [h1.text for h1 in root.iter("h1")] == [
        "Report of 2026-11-20 12:00:00 to 2026-11-20 13:00:00 UTC"
    ]


def test_nothing_is_loaded_and_nothing_runs() -> None:
    document = report_html(report(chain=chain()))
    root = tree(document)
    assert not {"script", "link", "img", "iframe", "image", "use"} & {
        element.tag for element in root.iter()
    }
    names = {name for element in root.iter() for name in element.attrib}
    assert not names & {"src", "srcset", "style", "onclick", "onload"}
    assert "url(" not in document
    assert "@import" not in document
    assert all(a.get("href").startswith("#") for a in root.iter("a"))


def test_what_nodes_say_is_text() -> None:
    document = report_html(report())
    assert "<b>" not in document
    assert "<timeout>" not in document
    assert "&lt;b&gt;beta&lt;/b&gt; 2.0" in document


def test_equal_values_give_equal_documents() -> None:
    assert report_html(report()) == report_html(report())


def test_the_summary_has_the_figures_that_matter() -> None:
    root = tree(report_html(report(chain=chain())))
    summary = next(each for each in root.iter("section") if each.get("id") == "summary")
    points = ["".join(item.itertext()) for item in summary.iter("li")]
    assert points == [
        "10 nodes of 2 implementations in 2 versions sent 108,642 events.",
        "1 significant difference in 2 comparisons; 0 more have not enough data.",
        "<b>beta</b> is worse in Importing → BlockVerified (1.53 × alpha).",
        "Slots: 3, of which 2 with a block, 1 missed. Blocks on forks: 1.",
        "Of 20 work-packages 17 became available.",
        "17 of 1,000 attempts failed.",
        "Conformance to JIP-3: error; 1 rule of severity error broken, 0 rules of others.",
        "Telemetry against the chain: 1 finding.",
        "1 alert fired.",
        "What the window lacks: 2 points.",
    ]


def test_without_answers_the_report_says_what_is_missing() -> None:
    refused = {"implementations": "the shards do not answer"}
    empty = Report(url="http://t", version="0", start=START, end=END, refused=refused)
    root = tree(report_html(empty))
    text = "".join(root.itertext())
    assert "Incomplete: the server did not answer about implementations." in text
    assert "Implementations could not be read: the shards do not answer" in text


def test_a_full_network_stays_below_two_megabytes() -> None:
    whole = report(chain=chain())
    assert whole.nodes is not None
    nodes: Any = dict(whole.nodes)
    nodes["nodes"] = {
        name: [f"{place:064x}" if name == "node_id" else values[0] for place in range(1023)]
        for name, values in nodes["nodes"].items()
    }
    size = len(report_html(report(chain=chain(), nodes=nodes)).encode())
    assert 100_000 < size < 1_000_000
