"""The reference of event types says what their declarations say."""

from __future__ import annotations

from tart.protocol.events import EVENTS
from tart.query.topics.event_reference import event_reference

REFERENCE = event_reference()
BY_NAME = {event["name"]: event for event in REFERENCE["event_types"]}


def test_every_event_type_is_there_with_its_fields_in_order() -> None:
    assert [event["number"] for event in REFERENCE["event_types"]] == sorted(EVENTS)
    for event in REFERENCE["event_types"]:
        kind = EVENTS[event["number"]]
        assert [field["name"] for field in event["fields"]] == [
            name for name, _ in kind.fields.fields
        ]
        assert event["group"] in event["groups"]
        assert (event["fields_of_version_0"] is None) == (kind.version_0 is None)


def test_types_units_and_references_are_named() -> None:
    announced = {field["name"]: field for field in BY_NAME["BlockAnnounced"]["fields"]}
    assert {name: field["type"] for name, field in announced.items()} == {
        "peer": "32 bytes",
        "announcer": "Local | Remote",
        "slot": "u32",
        "hash": "32 bytes",
    }
    authored = BY_NAME["Authored"]["fields"]
    assert authored[0]["refers_to"] == [40]
    assert 42 in BY_NAME["Authoring"]["referred_to_by"]
    status = {field["name"]: field["unit"] for field in BY_NAME["Status"]["fields"]}
    assert (status["shards_size"], status["num_peers"]) == ("bytes", None)


def test_every_structure_that_a_field_names_is_described() -> None:
    names = {structure["name"] for structure in REFERENCE["structures"]}
    assert {"BlockOutline", "RefineCost", "ExecCost", "WorkItem"} <= names
    texts = [
        field["type"]
        for holder in (*REFERENCE["event_types"], *REFERENCE["structures"])
        for field in holder["fields"]
    ]
    assert all(text and "Type" not in text for text in texts)
