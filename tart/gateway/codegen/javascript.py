"""Generate the JavaScript client and its types, ``client/web``, from the routes' declarations.

Run it with ``python -m tart.gateway.codegen.javascript``.

``runtime.js`` has what is the same for every route: requests, streams, errors. This module adds a
method for each route, and the tables of 64-bit integers (``query.answers.int64``). The files are
checked in and served at ``/client/``; a test proves that they are up to date.
"""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from types import NoneType
from typing import Any, Literal, NamedTuple, get_args, get_origin, is_typeddict

from tart.gateway.api.common import FORMAT_PARAMETERS
from tart.gateway.api.contract import ROUTES
from tart.gateway.api.parameters import Parameter
from tart.gateway.api.route import EVERYWHERE, JSON, Route
from tart.gateway.codegen.answer_types import UNIONS, description, members, required
from tart.gateway.codegen.client import (
    client_routes,
    client_types,
    paged_member,
    statuses_with_answer,
)
from tart.protocol import types, wire
from tart.protocol.events import GROUPS, EventKind
from tart.query.answers.common import Bytes
from tart.query.answers.events import Event
from tart.query.answers.int64 import EVENT, EVENT_PLANS, WIDE, Wide, plan_of

FOLDER = Path(__file__).parents[2] / "client" / "web"
_RUNTIME = Path(__file__).with_name("runtime.js")
_TYPES = Path(__file__).with_name("runtime.d.ts")
_WIDTH = 100
_SCALARS = {int: "number", float: "number", str: "string", bool: "boolean", NoneType: "null"}
_FIXED = {parameter.name for parameter in EVERYWHERE}
# Types of parameters that are lists or objects in one text.
_SPECIAL = {
    "EventTypes": "readonly (number | string)[] | string",
    "Categories": "readonly string[] | string",
    "FilterText": "Filter",
}


class _Method(NamedTuple):
    """A method of the client.

    Attributes:
        member: The member of the answer whose items it yields, page by page; empty for a request.
    """

    route: Route
    name: str
    member: str = ""

    @property
    def skipped(self) -> set[str]:
        """Parameters that a caller cannot give."""
        form = FORMAT_PARAMETERS if self.route.media_type == JSON else frozenset[str]()
        return _FIXED | form | ({"cursor", "offset"} if self.member else set())

    def parameters(self, where: str) -> list[Parameter]:
        """Return the parameters of the path or of the query."""
        declared = self.route.parameters
        return [each for each in declared if each.where == where and each.name not in self.skipped]


def module() -> str:
    """Return the source of ``tart.js``."""
    methods = "\n".join(_method(each) for each in _methods())
    tables = (
        "// Where 64-bit integers are: by answer, and by event.",
        f"const PLANS = {_table(_answer_plans())};",
        f"const EVENTS = {_table(EVENT_PLANS)};",
        "const EVENT = PLANS.Event;",
        "const LIVE = PLANS.Live;",
    )
    text = _RUNTIME.read_text().replace("  // GENERATED METHODS\n", methods)
    return text.replace("// GENERATED TABLES\n", "\n".join(tables) + "\n")


def declarations() -> str:
    """Return the source of ``tart.d.ts``."""
    methods = "\n".join(_signature(each) for each in _methods())
    text = _TYPES.read_text().replace("  // GENERATED METHODS\n", methods)
    return text.replace("// GENERATED TYPES\n", "\n".join(_types()))


def package() -> str:
    """Return the ``package.json`` beside them: for ``npm install FOLDER``, and for Node."""
    entry = {"types": "./tart.d.ts", "default": "./tart.js"}
    document = {
        "name": "tart-client",
        "private": True,
        "description": "Client of tart's HTTP API for Node and browsers",
        "license": "MIT",
        # Without it Node takes tart.js for CommonJS.
        "type": "module",
        "exports": {".": entry},
        "engines": {"node": ">=20.16"},
    }
    return json.dumps(document, indent=2) + "\n"


def _methods() -> Iterator[_Method]:
    for route in client_routes():
        yield _Method(route, _camel(route.name))
        if pages := paged_member(route):
            yield _Method(route, _camel(f"iter_{route.name}"), pages[0])


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


def _answer_plans() -> dict[str, Any]:
    answers = {route.answer for route in client_routes() if route.answer} | {Event}
    plans = {answer.__name__: plan_of(answer) for answer in answers}
    return {name: plans[name] for name in sorted(plans) if plans[name] is not None}


def _table(plans: Mapping[str, Any]) -> str:
    lines = (f"  {name}: {_literal(plan)}," for name, plan in plans.items())
    return "\n".join(("{", *lines, "}"))


def _literal(plan: Any) -> str:
    if not isinstance(plan, Mapping):
        return json.dumps(plan)
    return f"{{ {', '.join(f'{_key(name)}: {_literal(each)}' for name, each in plan.items())} }}"


def _key(name: str) -> str:
    return name if name.isidentifier() or name.isdecimal() else json.dumps(name)


# --- Methods ---------------------------------------------------------------------------------


def _method(method: _Method) -> str:
    route = method.route
    path = [_camel(each.name) for each in method.parameters("path")]
    signature = ", ".join((*path, "parameters = {}", "options = {}"))
    members_ = [f'method: "{route.method}"', f'path: "{route.path}"']
    if path:
        names = (each.name for each in method.parameters("path"))
        pairs = map("{}: {}".format, names, path)
        members_.append(f"values: {{ {', '.join(pairs)} }}")
    head = ""
    if route.body is None:
        members_.append("query: parameters")
    elif not members(route.body):
        members_ += ["body: {}", "query: parameters"]
    else:
        body = ", ".join(members(route.body))
        head = f"    const {{ {body}, ...others }} = parameters;\n"
        members_ += [f"body: {{ {body} }}", "query: others"]
    if accepted := statuses_with_answer(route):
        members_.append(f"accepted: [{', '.join(map(str, accepted))}]")
    if route.answer is not None and plan_of(route.answer) is not None:
        members_.append(f"plan: PLANS.{route.answer.__name__}")
    kind = "pages" if method.member else "stream" if _is_stream(route) else "ask"
    if kind == "ask" and route.media_type != JSON:
        members_.append("text: true")
    more = f', "{method.member}"' if method.member else ""
    fields = "".join(f"      {each},\n" for each in members_)
    return (
        f"  /** {_summary(method)} */\n"
        f"  {method.name}({signature}) {{\n{head}"
        f"    const call = {{\n{fields}    }};\n"
        f"    return this.#transport.{kind}(call{more}, options);\n  }}\n"
    )


def _is_stream(route: Route) -> bool:
    return route.name == "export"


def _summary(method: _Method) -> str:
    return f"{method.route.summary}{', page by page' if method.member else ''}."


def _signature(method: _Method) -> str:
    route = method.route
    path = [f"{_camel(each.name)}: {_parameter(each)}" for each in method.parameters("path")]
    body = members(route.body) if route.body else {}
    needed = any(required(route.body, name) for name in body) if route.body else False
    fields = [
        (name, not required(route.body, name), typescript(annotation), description(annotation))
        for name, annotation in body.items()
        if route.body
    ]
    fields += [
        (each.name, True, _parameter(each), _parameter_description(each, method))
        for each in method.parameters("query")
    ]
    parameters = "{}" if not fields else "{\n" + "".join(map(_field, fields)) + "    }"
    words = "" if method.member else route.description
    comment = _comment([f"{_summary(method)} `{route.method} {route.path}`", words], "  ")
    signature = [
        *path,
        f"parameters{'' if needed else '?'}: {parameters}",
        "options?: RequestOptions",
    ]
    lines = "".join(f"    {each},\n" for each in signature)
    return f"{comment}  {method.name}(\n{lines}  ): {_result(method)};\n"


def _result(method: _Method) -> str:
    route = method.route
    if _is_stream(route):
        return "AsyncGenerator<Uint8Array, void, undefined>"
    if method.member:
        assert route.answer is not None
        items = typescript(get_args(members(route.answer)[method.member])[0], "Int64<F>")
        return f"AsyncGenerator<{items}, void, undefined>"
    if route.media_type != JSON:
        return "Promise<string>"
    if not is_typeddict(route.answer):
        return "Promise<Record<string, any>>"
    return f"Promise<{typescript(route.answer, 'Int64<F>')}>"


def _field(field: tuple[str, bool, str, str]) -> str:
    name, optional, text, words = field
    return f"{_comment([words], ' ' * 6)}      {name}{'?' * optional}: {text};\n"


def _parameter(parameter: Parameter) -> str:
    if words := _SPECIAL.get(type(parameter.kind).__name__):
        return words
    schema = parameter.kind.schema()
    if schema.get("format") == "date-time":
        return "Date | string"
    if "enum" in schema:
        return " | ".join(map(json.dumps, schema["enum"]))
    return {"integer": "number", "number": "number", "boolean": "boolean"}.get(
        schema["type"], "string"
    )


def _parameter_description(parameter: Parameter, method: _Method) -> str:
    if method.member and parameter.name == "limit":
        return "Number of results per page."
    default = "" if parameter.default is None else f" Default: {parameter.default}."
    return f"{parameter.description}{default}"


# --- Types -----------------------------------------------------------------------------------


def typescript(annotation: Any, wide: str = "I") -> str:
    """Return an annotation in TypeScript; ``wide`` is the type of 64-bit integers."""
    # The client always requests hex.
    if annotation == Bytes:
        return "string"
    marks = [
        each.plan for each in getattr(annotation, "__metadata__", ()) if isinstance(each, Wide)
    ]
    if marks and marks[-1] in (WIDE, EVENT):
        return wide if marks[-1] == WIDE else f"EventData<{wide}>"
    if is_typeddict(annotation):
        name: str = annotation.__name__
        return name if plan_of(annotation) is None else f"{name}<{wide}>"
    return _composed(annotation, wide)


def _composed(annotation: Any, wide: str) -> str:
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin in UNIONS:
        return " | ".join(dict.fromkeys(typescript(each, wide) for each in arguments))
    if origin is Literal:
        return " | ".join(map(json.dumps, arguments))
    if origin is list:
        inner = typescript(arguments[0], wide)
        return f"({inner})[]" if "|" in inner else f"{inner}[]"
    if origin is dict:
        return f"Record<string, {typescript(arguments[1], wide)}>"
    if origin is tuple:
        return f"[{', '.join(typescript(each, wide) for each in arguments)}]"
    if arguments:  # Annotated, NotRequired
        return typescript(arguments[0], wide)
    return "unknown" if annotation is Any else _SCALARS[annotation]


def _types() -> Iterator[str]:
    yield f"/** Groups of events. */\nexport type Group = {_words(GROUPS)};\n"
    yield from map(_interface, client_types().values())
    yield "/** Fields of an event, by its name. */"
    variants = "".join(f"\n  | {{ {kind.variant}: {_fields_name(kind)} }}" for kind in EventKind)
    yield f"export type EventData<I = number> ={variants};\n"
    yield "/** Names of events. */"
    yield f"export type EventName = {_words(kind.variant for kind in EventKind)};\n"
    yield "/** Fields of events and their parts, as JIP-3 names them. */"
    yield "export namespace fields {"
    yield from _namespace()
    yield "}\n"
    stream = next(route for route in ROUTES if route.name == "event_stream")
    query = _Method(stream, "").parameters("query")
    yield "/** Conditions of a stream of events; all must hold. */"
    lines = [_field((each.name, True, _parameter(each), each.description)) for each in query]
    yield "export interface EventStreamParameters {\n" + "".join(lines) + "}\n"


def _words(words: Iterable[str]) -> str:
    return " | ".join(map(json.dumps, words))


def _interface(answer: type) -> str:
    head = f"export interface {answer.__name__}{'' if plan_of(answer) is None else '<I = number>'}"
    lines = []
    for name, annotation in members(answer).items():
        optional = "" if required(answer, name) else "?"
        lines.append(_comment([description(annotation)], "  "))
        lines.append(f"  {_key(name)}{optional}: {typescript(annotation)};\n")
    words = (answer.__doc__ or "").strip().partition("\n\n")[0]
    return f"{_comment([words], '')}{head} {{\n{''.join(lines)}}}\n"


def _comment(paragraphs: list[str], indent: str) -> str:
    paragraphs = [" ".join(each.split()).replace("*/", "* /") for each in paragraphs if each]
    if not paragraphs:
        return ""
    if len(paragraphs) == 1 and len(paragraphs[0]) + len(indent) + 7 <= _WIDTH:
        return f"{indent}/** {paragraphs[0]} */\n"
    lines: list[str] = []
    for paragraph in paragraphs:
        lines += ["", *textwrap.wrap(paragraph, _WIDTH - len(indent) - 3, break_long_words=False)]
    text = "".join(f"{indent} * {line}".rstrip() + "\n" for line in lines[1:])
    return f"{indent}/**\n{text}{indent} */\n"


# --- Fields of events ------------------------------------------------------------------------


def _fields_name(kind: EventKind) -> str:
    return f"fields.{kind.variant}<I>"


def _namespace() -> Iterator[str]:
    parts: dict[str, wire.Struct] = {}
    for kind in EventKind:
        layouts = [kind.fields, *([kind.version_0] if kind.version_0 else ())]
        for layout in layouts:
            parts |= {each.name: each for each in _structures(layout)}
        versions = [_structure([("timestamp", types.TIMESTAMP), *each.fields]) for each in layouts]
        yield f"  /** {kind.title}: event {kind.number}. */"
        yield f"  export type {kind.variant}<I> = {' | '.join(versions)};"
    for name, part in parts.items():
        yield f"  export type {name}<I> = {_structure(part.fields, part)};"


def _structures(layout: wire.Type) -> Iterator[wire.Struct]:
    """Return the structures inside a wire type."""
    match layout:
        case wire.Struct():
            inner = [each for _, each in layout.fields]
        case wire.List() | wire.Option():
            inner = [layout.inner]
        case wire.Tuple():
            inner = list(layout.inner)
        case _:
            inner = []
    for part in inner:
        if isinstance(part, wire.Struct):
            yield part
        yield from _structures(part)


def _structure(fields: Iterable[tuple[str, wire.Type]], layout: wire.Struct | None = None) -> str:
    if isinstance(layout, types.ImportSpecification):
        root = "{ SegmentsRoot: string } | { WorkPackageHash: string }"
        return f"{{ root_identifier: {root}; export_index: number }}"
    return f"{{ {'; '.join(f'{name}: {wire_typescript(each)}' for name, each in fields)} }}"


def wire_typescript(layout: wire.Type) -> str:
    """Return the type of the values of a wire type."""
    match layout:
        case wire.Integer():
            return "I" if layout.size == 8 else "number"
        case wire.Boolean():
            return "boolean"
        case wire.Enumeration():
            # An index without a name stays a number.
            return f"{_words(layout.names)} | number"
        case wire.CoreBytes() | wire.CoreBits():
            return "number[]"
        case wire.Option():
            return f"{wire_typescript(layout.inner)} | null"
        case wire.List():
            inner = wire_typescript(layout.inner)
            return f"({inner})[]" if "|" in inner else f"{inner}[]"
        case wire.Tuple():
            return f"[{', '.join(map(wire_typescript, layout.inner))}]"
        case wire.Struct():
            return f"{layout.name}<I>"
    # Bytes are hex.
    return "string"


def main() -> None:
    """Write the files."""
    FOLDER.mkdir(exist_ok=True)
    (FOLDER / "tart.js").write_text(module())
    (FOLDER / "tart.d.ts").write_text(declarations())
    (FOLDER / "package.json").write_text(package())


if __name__ == "__main__":
    main()
