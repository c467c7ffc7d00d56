"""As much of JSON Schema as the contract uses, to hold answers against it."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from tart.gateway.api.components import schemas

SCHEMAS = schemas()

_TYPES: dict[str, Any] = {
    "object": dict,
    "array": list,
    "string": str,
    "boolean": bool,
    "null": type(None),
}
_KNOWN = {
    "$ref",
    "additionalProperties",
    "anyOf",
    "description",
    "enum",
    "format",
    "items",
    "maximum",
    "maxLength",
    "maxProperties",
    "minLength",
    "minimum",
    "oneOf",
    "pattern",
    "properties",
    "required",
    "type",
}


def violations(value: Any, schema: dict[str, Any], where: str = "$") -> list[str]:
    """What in ``value`` is not as ``schema`` says; empty if all is."""
    assert schema.keys() <= _KNOWN, f"{where}: this validator does not know all of {schema}"
    if "$ref" in schema:
        return violations(value, SCHEMAS[schema["$ref"].rpartition("/")[2]], where)
    for word in ("anyOf", "oneOf"):
        if word in schema:
            found = [violations(value, each, where) for each in schema[word]]
            return [] if any(not each for each in found) else found[0]
    wanted = schema.get("type", [])
    if wanted and not any(
        _is(value, each) for each in ([wanted] if type(wanted) is str else wanted)
    ):
        return [f"{where}: {value!r} is no {wanted}"]
    return [*_scalar(value, schema, where), *_members(value, schema, where)]


def _is(value: Any, kind: str) -> bool:
    if kind in ("integer", "number"):
        return type(value) is int or (kind == "number" and type(value) is float)
    return isinstance(value, _TYPES[kind])


def _scalar(value: Any, schema: dict[str, Any], where: str) -> list[str]:
    found = []
    if "enum" in schema and value not in schema["enum"]:
        found.append(f"{where}: {value!r} is none of {schema['enum']}")
    if isinstance(value, int | float) and not (
        schema.get("minimum", value) <= value <= schema.get("maximum", value)
    ):
        found.append(f"{where}: {value} is out of range")
    if isinstance(value, str):
        if "pattern" in schema and not re.search(schema["pattern"], value):
            found.append(f"{where}: {value!r} does not match {schema['pattern']}")
        if not schema.get("minLength", 0) <= len(value) <= schema.get("maxLength", len(value)):
            found.append(f"{where}: {value!r} has {len(value)} characters")
        if schema.get("format") == "date-time":
            assert datetime.fromisoformat(value).tzinfo, f"{where}: {value}"
            assert value.endswith("Z"), f"{where}: {value}"
    return found


def _members(value: Any, schema: dict[str, Any], where: str) -> list[str]:
    found: list[str] = []
    if isinstance(value, list):
        for index, each in enumerate(value):
            found += violations(each, schema.get("items", {}), f"{where}[{index}]")
    if isinstance(value, dict):
        found += [f"{where}: no {name}" for name in schema.get("required", ()) if name not in value]
        if len(value) > schema.get("maxProperties", len(value)):
            found.append(f"{where}: too many members")
        if "properties" in schema:
            undeclared = value.keys() - schema["properties"].keys()
            found += [f"{where}: {name} is not declared" for name in sorted(undeclared)]
        for name, each in value.items():
            inner = schema.get("properties", {}).get(name, schema.get("additionalProperties", {}))
            found += violations(each, inner, f"{where}.{name}")
    return found
