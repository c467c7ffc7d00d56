"""The answers' schemas as Python types, for ``generate_client``.

Pure. Each object with members becomes a ``TypedDict``: those of ``SCHEMAS`` under their
names, those inside under the path to them. Objects that are the same in several places are
one type, called as the first member that has it.
"""

from __future__ import annotations

import json
import keyword
import textwrap
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from tart.gateway.api.json_schema import BYTES, Schema

WIDTH = 100
_SCALARS = {
    "string": "str",
    "integer": "int",
    "number": "float",
    "boolean": "bool",
    "null": "None",
    "object": "dict[str, Any]",
    "array": "list[Any]",
}
_BYTES_WORDS = (BYTES["description"], f"{BYTES['description']}.")
_SEVERAL = ("anyOf", "oneOf")


class Types:
    """The types of some schemas, by the schemas' names."""

    def __init__(self, schemas: Mapping[str, Schema]) -> None:
        self._schemas = schemas
        found = [inner for name, each in schemas.items() for inner in _inside(each, name)]
        times = Counter(key for key, _, _ in found)
        self._names: dict[str, str] = {}
        taken = set(schemas)
        for key, member, path in found:
            if key not in self._names:
                short = times[key] > 1 and member not in taken
                self._names[key] = member if short else path
                taken.add(self._names[key])

    def annotation(self, schema: Schema) -> str:
        """A schema as a type."""
        if "$ref" in schema:
            return str(schema["$ref"]).rpartition("/")[2]
        if schema.get("oneOf") == BYTES["oneOf"] or schema.get("description") in _BYTES_WORDS:
            return "str"
        for several in _SEVERAL:
            if several in schema:
                parts = [self.annotation(each) for each in schema[several]]
                return " | ".join(dict.fromkeys(parts))
        if "enum" in schema:
            return f"Literal[{', '.join(map(repr, schema['enum']))}]"
        return " | ".join(self._of_kind(kind, schema) for kind in _kinds(schema))

    def _of_kind(self, kind: str, schema: Schema) -> str:
        if kind == "object" and schema.get("properties"):
            return self._names[_key(schema)]
        if kind == "object" and isinstance(schema.get("additionalProperties"), dict):
            return f"dict[str, {self.annotation(schema['additionalProperties'])}]"
        if kind == "array" and isinstance(schema.get("items"), dict):
            return f"list[{self.annotation(schema['items'])}]"
        return _SCALARS.get(kind, "Any")

    def classes(self) -> str:
        """All types as source, each after those it is made of."""
        written: set[str] = set()
        texts = []
        for name, schema in self._schemas.items():
            for key, _, _ in _inside(schema, name):
                if key not in written:
                    written.add(key)
                    texts.append(self._class(self._names[key], json.loads(key)))
            texts.append(self._class(name, schema))
        return "".join(texts)

    def _class(self, name: str, schema: Schema) -> str:
        members = {
            member: text if member in schema["required"] else f"NotRequired[{text}]"
            for member, text in (
                (member, self.annotation(each)) for member, each in schema["properties"].items()
            )
        }
        if not all(member.isidentifier() and not keyword.iskeyword(member) for member in members):
            # In quotes, because this form evaluates its types before later ones are defined.
            inner = ", ".join(f'"{member}": "{text}"' for member, text in members.items())
            return f'\n\n{name} = TypedDict("{name}", {{{inner}}})\n'
        told = {member: _told(each) for member, each in schema["properties"].items()}
        body = "".join(f"{told[member]}    {member}: {text}\n" for member, text in members.items())
        return f"\n\nclass {name}(TypedDict):\n{body}"


def _inside(schema: Schema, path: str) -> Iterator[tuple[str, str, str]]:
    """The objects inside one, innermost first: key, the member's name, the path as a name."""
    for member, each in schema.get("properties", {}).items():
        for inner in _objects(each):
            name = path + _camel(member)
            yield from _inside(inner, name)
            yield _key(inner), _camel(member), name


def _objects(schema: Schema) -> Iterator[Schema]:
    """The objects with members that a member's schema leads to."""
    for several in _SEVERAL:
        for each in schema.get(several, ()):
            yield from _objects(each)
    if "object" in _kinds(schema) and schema.get("properties"):
        yield schema
    for name in ("items", "additionalProperties"):
        if isinstance(schema.get(name), dict):
            yield from _objects(schema[name])


def _kinds(schema: Schema) -> list[str]:
    kinds = schema.get("type", "")
    return [kinds] if isinstance(kinds, str) else kinds


def _key(schema: Schema) -> str:
    """What an object is, whatever is said of it and whether or not it may be null."""
    members = {name: schema[name] for name in ("required", "properties")}
    return json.dumps({"type": "object", **members})


def _told(schema: Schema) -> str:
    words = schema.get("description", "")
    if not words or words in _BYTES_WORDS:
        return ""
    prefix = "    # "
    text = textwrap.fill(words, WIDTH, initial_indent=prefix, subsequent_indent=prefix)
    return f"{text}\n"


def _camel(member: str) -> str:
    return "".join(part[:1].upper() + part[1:] for part in member.split("_"))


def of_parameter(schema: dict[str, Any], types: Types) -> str:
    """What a caller gives for a parameter with that schema."""
    return "datetime | str" if schema.get("format") == "date-time" else types.annotation(schema)
