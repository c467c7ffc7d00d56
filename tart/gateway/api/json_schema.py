"""What JSON Schemas of answers are made of; the answers' own are in ``schemas``.

Pure. Families of routes have schemas in modules of their own, made of these.
"""

from __future__ import annotations

from typing import Any

Schema = dict[str, Any]

INTEGER: Schema = {"type": "integer"}
COUNT: Schema = {"type": "integer", "minimum": 0}
# Exact however large. JSON's own integers go as far as readers can be expected to take them.
TOTAL: Schema = {
    "type": ["integer", "string"],
    "minimum": 0,
    "pattern": "^[0-9]+$",
    "description": "Exact: an integer up to 2^64 - 1, beyond that decimal text.",
}
NUMBER: Schema = {"type": "number", "minimum": 0}
TEXT: Schema = {"type": "string"}
BOOLEAN: Schema = {"type": "boolean"}
TIME: Schema = {"type": "string", "format": "date-time"}
HEX_64: Schema = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
HEX: Schema = {"type": "string", "pattern": "^0x([0-9a-f]{2})*$"}
BYTES: Schema = {
    "description": '"0x" and hex digits, or with bytes=array a list of integers',
    "oneOf": [
        {"type": "string", "pattern": "^0x([0-9a-f]{2})*$"},
        {"type": "array", "items": {"type": "integer", "minimum": 0, "maximum": 255}},
    ],
}


def ref(name: str) -> Schema:
    """A schema of ``SCHEMAS`` by name."""
    return {"$ref": f"#/components/schemas/{name}"}


def nullable(schema: Schema) -> Schema:
    """Or null, where it cannot be known."""
    if "type" in schema:
        kinds = schema["type"]
        kinds = [kinds] if isinstance(kinds, str) else kinds
        return {**schema, "type": [*kinds, "null"]}
    return {"anyOf": [schema, {"type": "null"}]}


def listing(items: Schema) -> Schema:
    """A list of such."""
    return {"type": "array", "items": items}


def record(_optional: dict[str, Schema] | None = None, **required: Schema) -> Schema:
    """An object with these members."""
    return {
        "type": "object",
        "required": list(required),
        "properties": {**required, **(_optional or {})},
    }


def described(schema: Schema, description: str) -> Schema:
    """The same with a word to the reader."""
    return {**schema, "description": description}


# What cannot always be known: an amount, and a part of a whole.
AMOUNT = nullable(NUMBER)
FRACTION = nullable({"type": "number", "minimum": 0, "maximum": 1})
# The stretch of time that every part of an answer is about, and no other.
WINDOW: Schema = {
    **record(start=TIME, end=TIME),
    "description": "What the answer is about, every part of it: counts are kept by buckets of "
    "time, so it begins with a whole one and ends before the one that the end asked for is in, "
    "unless that is now.",
}
# The same where an end that was not asked for is none.
OPEN_WINDOW: Schema = {
    **record(start=nullable(TIME), end=nullable(TIME)),
    "description": f"{WINDOW['description']} Null is no bound.",
}
# Members of every answer from the shards.
SHARDS: dict[str, Schema] = {
    "shards": described(record(answered=COUNT, total=COUNT), "Only where not all shards answered."),
    "unreadable": described(
        listing(
            record(file=TEXT, rows=nullable(COUNT), since=nullable(TIME), until=nullable(TIME))
        ),
        "Only where something that belongs to the answer may be in a damaged part of a file, or in "
        "a file that was put aside: so many events, received in that time, or rows of figures; "
        "null where nobody knows how many.",
    ),
}
COUNTERS: Schema = {"type": "object", "additionalProperties": COUNT}
