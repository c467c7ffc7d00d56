"""``tart/query/topics/lookup.py``: what a text names, and in which order."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tart.query.shard_queries.hashes import HashMatch
from tart.query.topics.lookup import (
    MAX_CANDIDATES,
    MAX_TEXT,
    Knowledge,
    lookup,
    parse,
    shorten,
)
from tests.gateway.fake_shard import BLOCK_HASH, NODE_A, NODE_B, event, node

HASH = BLOCK_HASH.removeprefix("0x")
PACKAGE = "b5af" + "0" * 56 + "42e8"
NODES = [
    node(),
    node(NODE_B, is_connected=False, implementation_name="polkajam", last_seen_at="yesterday"),
]


def ask(text, **known):
    knowledge = Knowledge(**{"nodes": NODES, **known})
    return lookup(parse(text), knowledge, limit=MAX_CANDIDATES, since_us=None)


def found(text, **known):
    return [(each["kind"], each["page"]) for each in ask(text, **known)["candidates"]]


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("b5af…42e8", "b5af", "42e8"),
        (" 0xB5AF...42E8 ", "b5af", "42e8"),
        ("b5af..42e8", "b5af", "42e8"),
        ("b5af1234", "b5af1234", ""),
        (f'"0x{HASH}"', HASH, ""),
        ("b5a", "", ""),
        ("xyz", "", ""),
        ("0x" + "a" * 65, "", ""),
        ("b5af1234…", "b5af1234", ""),
        ("0xb5af1234...", "b5af1234", ""),
    ],
)
def test_hashes_are_read_whole_or_shortened(text, first, last):
    question = parse(text)
    assert (question.first, question.last) == (first, last)
    assert question.seeks_hashes == (len(first + last) >= 8)
    assert question.is_hash == (len(first) == 64)


@pytest.mark.parametrize("text", ["10 040 461", "10\u2009040\u2009461", "10,040,461", "#10040461"])
def test_numbers_are_read_as_pages_show_them(text):
    assert parse(text).number == parse(f"slot {text}").number == 10_040_461


def test_digits_that_are_no_groups_are_no_number():
    assert [parse(text).number for text in ("10 04", "1 0000", "1, 000")] == [None] * 3


def test_a_package_is_described_by_what_is_known_of_it():
    match = HashMatch("package", PACKAGE, 5, 123, 1, PACKAGE, "unfinished")
    (candidate,) = ask("b5af…42e8", hashes=[match])["candidates"]
    assert candidate == {
        "kind": "package",
        "label": "Work-package b5af…42e8",
        "value": PACKAGE,
        "sentence": "Work-package of core 1, guaranteed at slot 123.",
        "page": f"work/{PACKAGE}",
    }


@pytest.mark.parametrize(
    ("match", "sentence", "page"),
    [
        (
            HashMatch("package", HASH, 5, outcome="failed"),
            "Work-package, failed.",
            f"work/{HASH}",
        ),
        (
            HashMatch("package", HASH, 5, core=3, outcome="unfinished"),
            "Work-package of core 3, without a guarantee so far.",
            f"work/{HASH}",
        ),
        (
            HashMatch("report", HASH, 5, 9, 2, PACKAGE),
            "Work-report of work-package b5af…42e8 of core 2, guaranteed at slot 9.",
            f"work/{PACKAGE}",
        ),
        (HashMatch("report", HASH, 5), "Work-report.", f"events?hash={HASH}"),
        (
            HashMatch("erasure_root", HASH, 5, None, 2, PACKAGE),
            "Erasure root of work-package b5af…42e8 of core 2.",
            f"work/{PACKAGE}",
        ),
        (
            HashMatch("segments_root", HASH, 5, None, 2, PACKAGE),
            "Segments root of work-package b5af…42e8 of core 2.",
            f"work/{PACKAGE}",
        ),
        (HashMatch("block", HASH, 5, 77), "Block of slot 77, by its header hash.", "slots/77"),
        (
            HashMatch("anchor", HASH, 5),
            "Anchor of availability assurances: a header hash.",
            f"events?hash={HASH}",
        ),
    ],
)
def test_every_kind_of_hash_has_a_sentence_and_a_page(match, sentence, page):
    first, *_, last = ask(HASH, hashes=[match])["candidates"]
    assert (first["kind"], first["sentence"], first["page"]) == (match.kind, sentence, page)
    # The events that name it are always the last resort.
    assert last["page"] == f"events?hash={HASH}"


def test_packages_come_before_blocks_and_other_hashes():
    matches = [HashMatch(kind, HASH, 5, 7, 1, PACKAGE) for kind in ("anchor", "block", "package")]
    kinds = [kind for kind, _ in found(HASH, hashes=matches)]
    assert kinds == ["package", "block", "anchor", "hash"]


def test_a_small_number_is_a_core_or_an_event_type_before_it_is_a_slot():
    assert found("11") == [
        ("core", "cores/11"),
        ("event_type", "events?event_types=BestBlockChanged"),
        ("slot", "slots/11"),
    ]
    assert found("11", cores=2)[0][0] == "event_type"
    assert found("10031944")[0] == ("slot", "slots/10031944")


@pytest.mark.parametrize(
    ("best", "sentence"),
    [
        (None, "Slot."),
        (1000, "Slot of the best block."),
        (1001, "Slot, 1 slot before the best."),
        (9000, "Slot, 8 000 slots before the best."),
        (990, "Slot, 10 slots after the best: not reached yet."),
    ],
)
def test_a_slot_is_placed_by_the_chain(best, sentence):
    (slot,) = [each for each in ask("1000", best_slot=best)["candidates"] if each["kind"] == "slot"]
    assert slot["sentence"] == sentence


def test_an_event_is_found_by_its_id():
    known = event(1, 7)
    answer = ask(str(known["id"]), event=known)
    assert answer["candidates"][-1]["page"] == f"events/{known['id']}"
    assert "BestBlockChanged of fake-node" in answer["candidates"][-1]["sentence"]
    dropped = ask(str(known["id"]), event={**known, "event_type": 0})
    assert "Dropped of fake-node" in dropped["candidates"][-1]["sentence"]
    broken = {**known, "undecodable": {"rule": "truncated"}, "event_type": 250, "node_id": None}
    assert "could not be decoded" in ask("1793", event=broken)["candidates"][-1]["sentence"]


@pytest.mark.parametrize(
    ("text", "page"),
    [
        ("slot 11", "slots/11"),
        ("Core #11", "cores/11"),
        ("event type: 11", "events?event_types=BestBlockChanged"),
        ("type status", "events?event_types=Status"),
        ("node polkajam", "nodes?q=polkajam"),
        ("rule truncated", "conformance?rule=truncated"),
    ],
)
def test_a_word_before_it_restricts_the_kind(text, page):
    assert found(text)[0][1] == page


def test_nodes_are_found_by_id_name_version_and_address():
    assert found(NODE_A[:4])[0] == ("node", f"nodes/{NODE_A}")
    assert found(f"{NODE_B[:4]}…{NODE_B[-4:]}") == [("node", f"nodes/{NODE_B}")]
    assert ("node", f"nodes/{NODE_B}") in found("polkajam")
    assert found("PolkaJam 0.1.0")[0] == ("implementation", "nodes?q=polkajam")
    assert found("127.0.0.1")[0][0] == "node"
    sentences = [each["sentence"] for each in ask("polkajam")["candidates"]]
    assert "Implementation of 1 node, 0 connected." in sentences
    assert any(each.endswith("last seen yesterday.") for each in sentences)


def test_names_are_found_by_any_part_equal_ones_first():
    assert found("status")[0][1] in ("events?event_types=Status", "events?event_types=status")
    assert ("event_type", "events?event_types=BlockAnnounced") in found("block announced")
    assert ("rule", "conformance?rule=trailing_bytes") in found("trailing")
    assert ("event_group", "events?event_types=guaranteeing") in found("guaranteeing")


def test_what_names_nothing_gets_a_hint_and_a_suggestion():
    answer = ask("BlokAnnounced")
    assert (answer["candidates"], answer["suggestion"]) == ([], "BlockAnnounced")
    assert "eight digits" in answer["hint"]
    empty = ask("  ")
    assert (empty["candidates"], empty["suggestion"], empty["q"]) == ([], None, "")


@given(st.text())
def test_any_text_is_answered(text):
    answer = ask(text)
    assert len(answer["q"]) <= MAX_TEXT
    assert len(answer["candidates"]) <= MAX_CANDIDATES
    assert bool(answer["candidates"]) == (answer["hint"] is None)


def test_hashes_are_shortened_as_the_page_does():
    assert shorten(PACKAGE) == "b5af…42e8"
