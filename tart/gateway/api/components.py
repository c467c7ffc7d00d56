"""Components of the OpenAPI document: JSON Schemas of the answers' types, by name.

Pure. The types are those that the routes name and those inside them; see
``tart.query.answers``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from types import UnionType
from typing import Any, get_args, get_origin, get_type_hints, is_typeddict

from msgspec.json import schema_components

from tart.gateway.api.contract import ROUTES
from tart.query.answers.errors import Error

Schema = dict[str, Any]

# Inside a paragraph.
_LINE_BREAK = re.compile(r"(?<!\n)\n(?!\n)")
_TEMPLATE = "#/components/schemas/{name}"


def reference(answer: Any) -> Schema:
    """Return the schema of a type: that of a list, one that refers to its component, or several."""
    if isinstance(answer, UnionType):
        return {"anyOf": [reference(each) for each in get_args(answer)]}
    if get_origin(answer) is list:
        (schema,), _ = schema_components([answer], ref_template=_TEMPLATE)
        return schema
    if not is_typeddict(answer):
        return {"type": "object"}
    return {"$ref": _TEMPLATE.format(name=answer.__name__)}


def answer_types(roots: Iterable[type]) -> dict[str, type]:
    """Return these types and all types of objects inside them by name.

    Raises:
        ValueError: Two types have one name.
    """
    types: dict[str, type] = {}
    waiting: list[Any] = list(roots)
    while waiting:
        annotation = waiting.pop(0)
        if not is_typeddict(annotation):
            waiting[:0] = get_args(annotation)
        elif annotation.__name__ not in types:
            types[annotation.__name__] = annotation
            waiting[:0] = get_type_hints(annotation, include_extras=True).values()
        elif types[annotation.__name__] is not annotation:
            raise ValueError(f"two types of answers are called {annotation.__name__}")
    return types


def component(answer: type, schema: Schema) -> Schema:
    """Return the component of a type of msgspec's schema, with the members in their order."""
    properties = schema["properties"]
    added = {name for name, each in properties.items() if each.pop("x-added", False)}
    for member in properties.values():
        if member.pop("x-same-answer", False):
            member["anyOf"][0] = reference(answer)
    either = [name for name, each in properties.items() if each.pop("x-either", False)]
    required = {*schema.get("required", ()), *added}
    names = sorted(get_type_hints(answer), key=lambda name: name not in required)
    return {
        "description": _LINE_BREAK.sub(" ", schema["description"]),
        "type": "object",
        "required": [name for name in names if name in required],
        "properties": {name: _allow_text(properties[name]) for name in names},
        **({"oneOf": [{"required": [name]} for name in sorted(either)]} if either else {}),
    }


def _allow_text(schema: Any) -> Any:
    """Return a schema in which 64-bit integers may be text, as with ``int64=string``."""
    if isinstance(schema, list):
        return [_allow_text(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    schema = {name: _allow_text(each) for name, each in schema.items()}
    return schema | {"type": ["integer", "string"]} if schema.get("format") == "uint64" else schema


def components(roots: Iterable[type]) -> dict[str, Schema]:
    """Return the components of these types and of all inside them."""
    types = answer_types(roots)
    _, schemas = schema_components(types.values(), ref_template=_TEMPLATE)
    return {name: component(answer, schemas[name]) for name, answer in types.items()}


ROOTS = [
    Error,
    *(each for route in ROUTES for each in (route.answer, route.body) if each and each is not dict),
]


@cache
def schemas() -> dict[str, Schema]:
    """Return the components of the API, computed at the first call: a third of a second of CPU."""
    return components(ROOTS)
