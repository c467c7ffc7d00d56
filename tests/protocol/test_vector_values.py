"""Events in the JSON of the reference vectors."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec

from tart.protocol.decoding import HEADER_BYTES, decode_event
from tart.protocol.events import EVENTS
from tart.protocol.framing import LENGTH_BYTES
from tart.protocol.vector_values import event_vector

VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "jip3.json").read_text())["events"]


def test_the_published_vectors_are_made_of_their_bytes_alone():
    for vector in VECTORS:
        content = bytes.fromhex(vector["hex"])[LENGTH_BYTES:]
        version, cores = vector["protocol_versions"][-1], vector["cores"]
        fields = decode_event(
            vector["number"], content[HEADER_BYTES:], version=version, cores=cores
        ).fields
        made = event_vector(EVENTS[vector["number"]], version, cores, content, fields)
        assert msgspec.json.decode(msgspec.json.encode(made)) == made
        assert {**made, "case": vector["case"]} == vector
