"""Generate ``client/_generated/answers.py`` and ``api.py`` from the routes' declarations.

Run it with ``python -m tart.gateway.codegen.client``.

Checked-in modules instead of classes made at import: editors complete them, type checkers
check them, and the client needs nothing of the server. A test proves that they are what
this would write now. What only people or browsers ask (pages, streams) is left out, and
so are routes that only ever fail.
"""

from __future__ import annotations

import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from tart.gateway.api.components import SCHEMAS
from tart.gateway.api.contract import ROUTES
from tart.gateway.api.json_schema import ref
from tart.gateway.api.openapi import operation
from tart.gateway.api.parameters import Parameter
from tart.gateway.api.route import JSON, Route
from tart.gateway.codegen.python_types import WIDTH, Types, of_parameter

FOLDER = Path(__file__).parents[2] / "client" / "_generated"
_TYPES = Types(SCHEMAS)
_ERROR = "Error"
# The client always asks for hex, so that each member has one type; and for JSON.
_FIXED = {"bytes": "hex"}
_LEFT_OUT = ("format",)
# What a list of words in one text is for a caller.
_KINDS = {"EventTypes": "Sequence[int]", "Categories": "Sequence[str]"}
_ANSWERS_HEAD = '''"""What the routes answer, as types of dictionaries.

Written by ``python -m tart.gateway.codegen.client`` from the server's declarations; change
it there. Times are RFC 3339 in UTC, hashes and keys hex. Answers may grow members.
"""

from __future__ import annotations

from typing import Any, Literal, NotRequired, TypedDict
'''

_API_HEAD = '''"""One method per route of the HTTP API, for both clients.

Written by ``python -m tart.gateway.codegen.client`` from the server's declarations; change
it there. Arguments that are left out have the server's default. Every method raises
``ApiError`` if the server refuses, ``ApiUnreachable`` if it does not answer.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from datetime import datetime
from typing import Any, Literal, TypeVar

from tart.client._generated import answers
from tart.client.core.request import Call

Result = TypeVar("Result")
'''


class Flavour(NamedTuple):
    """How the methods of one of the two classes are written."""

    name: str
    of: str
    define: str
    wait: str
    iterator: str


_SYNC = Flavour("Api", "TartClient", "def", "", "Iterator")
_ASYNC = Flavour("AsyncApi", "AsyncTartClient", "async def", "await ", "AsyncIterator")


def answers() -> str:
    """The text of ``tart/client/_generated/answers.py``."""
    return _formatted(_ANSWERS_HEAD + _TYPES.classes())


def api() -> str:
    """The text of ``tart/client/_generated/api.py``."""
    return _formatted(_API_HEAD + _class(_SYNC) + _class(_ASYNC))


def _formatted(text: str) -> str:
    """As the project's formatter has it."""
    ruff = Path(sys.executable).with_name("ruff")
    command = [str(ruff), "format", "--stdin-filename", str(FOLDER / "api.py"), "-"]
    outcome = subprocess.run(command, input=text, capture_output=True, text=True, check=True)
    return outcome.stdout


# --- Methods ---------------------------------------------------------------------


def _class(flavour: Flavour) -> str:
    asked = f"    {flavour.define} _ask(self, call: Call[Result]) -> Result:\n"
    others = (
        f"    def _stream(self, call: Call[bytes]) -> {flavour.iterator}[bytes]:\n",
        f"    def _pages(self, call: Call[Any], member: str) -> {flavour.iterator}[Any]:\n",
    )
    abstract = "\n".join(f"{each}        raise NotImplementedError\n" for each in (asked, *others))
    methods = "\n".join(_methods(flavour))
    head = f'    """The routes; how they are asked is ``{flavour.of}``\'s part."""\n'
    return f"\n\nclass {flavour.name}:\n{head}\n{abstract}\n{methods}"


def asked_routes() -> list[Route]:
    """The routes that get a method."""
    return [route for route in ROUTES if _is_asked(route)]


def _is_asked(route: Route) -> bool:
    if route.name == "export":
        return True
    if route.media_type == JSON:
        return route.schema_name != _ERROR
    return route.media_type.startswith("text/plain")


def _methods(flavour: Flavour) -> Iterator[str]:
    for route in asked_routes():
        listed = _listed(route)
        if route.name == "export":
            yield _method(flavour, route, f"{flavour.iterator}[bytes]", "_stream", "bytes")
            continue
        result = _result(route)
        yield _method(flavour, route, result, "_ask", result)
        if listed:
            member, items = listed
            yield _method(flavour, route, f"{flavour.iterator}[{items}]", "_pages", result, member)


def _result(route: Route) -> str:
    if route.media_type != JSON:
        return "str"
    name = route.schema_name
    return f"answers.{name}" if name in SCHEMAS else "dict[str, Any]"


def _listed(route: Route) -> tuple[str, str] | None:
    """What a route with a cursor lists: the member's name, and its items' type."""
    if route.schema_name is None or all(each.name != "cursor" for each in route.parameters):
        return None
    members = SCHEMAS[route.schema_name]["properties"].items()
    name, items = next((name, each["items"]) for name, each in members if "items" in each)
    return name, f"answers.{_TYPES.annotation(items)}"


def _method(
    flavour: Flavour, route: Route, result: str, ask: str, generic: str, member: str = ""
) -> str:
    asking = ask == "_ask"
    skipped = {*_FIXED, *(() if ask == "_stream" else _LEFT_OUT)}
    skipped |= {"cursor", "offset"} if member else set()
    parameters = [each for each in route.parameters if each.name not in skipped]
    path = [each for each in parameters if each.where == "path"]
    query = [each for each in parameters if each.where == "query"]
    body = _body(route)
    named = [f"{each.name}: {_kind(each)}" for each in path]
    keyed = [f"{name}: {text}" for name, text, required in body if required]
    keyed += [f"{name}: {text} | None = None" for name, text, required in body if not required]
    keyed += [f"{each.name}: {_kind(each)} | None = None" for each in query]
    signature = ", ".join(["self", *named, *(["*", *keyed] if keyed else [])])
    define, wait = (flavour.define, flavour.wait) if asking else ("def", "")
    name = f"iter_{route.name}" if member else route.name
    more = f", {member!r}" if member else ""
    return (
        f"    {define} {name}({signature}) -> {result}:\n"
        f"{_docstring(flavour, route, parameters, member)}"
        f"        return {wait}self.{ask}({_call(route, generic, path, query, body)}{more})\n"
    )


def _call(
    route: Route,
    generic: str,
    path: list[Parameter],
    query: list[Parameter],
    body: list[tuple[str, str, bool]],
) -> str:
    parts = [repr(route.method), repr(route.path)]
    if path:
        parts.append(f"path={{{', '.join(f'{each.name!r}: {each.name}' for each in path)}}}")
    fixed = {name: repr(text) for name, text in _FIXED.items() if _takes(route, name)}
    sent = {each.name: each.name for each in query} | fixed
    if sent:
        parts.append(f"query={{{', '.join(f'{name!r}: {text}' for name, text in sent.items())}}}")
    if body:
        parts.append(f"body={{{', '.join(f'{name!r}: {name}' for name, *_ in body)}}}")
    if accepted := _answered_with(route):
        parts.append(f"accepted={accepted!r}")
    if route.media_type != JSON and generic == "str":
        parts.append("text=True")
    return f"Call[{generic}]({', '.join(parts)})"


def _takes(route: Route, name: str) -> bool:
    return any(each.name == name for each in route.parameters)


def _answered_with(route: Route) -> tuple[int, ...]:
    """Statuses of failure that come with the answer all the same."""
    return tuple(
        int(status)
        for status, response in operation(route)["responses"].items()
        if int(status) >= 400 and response["content"][JSON]["schema"] != ref(_ERROR)
    )


def _body(route: Route) -> list[tuple[str, str, bool]]:
    """Name, type and necessity of what a body is made of."""
    if route.body_name is None:
        return []
    schema = SCHEMAS[route.body_name]
    return [
        (name, _TYPES.annotation(each).removesuffix(" | None"), name in schema["required"])
        for name, each in schema["properties"].items()
    ]


def _kind(parameter: Parameter) -> str:
    special = _KINDS.get(type(parameter.kind).__name__)
    return special or of_parameter(parameter.kind.schema(), _TYPES)


# --- Docstrings ------------------------------------------------------------------


def _docstring(flavour: Flavour, route: Route, parameters: list[Parameter], member: str) -> str:
    text = f'        """{route.summary}{", page by page" if member else ""}.\n\n'
    name = f"iter_{route.name}" if member else route.name
    if flavour is _ASYNC:
        return f'{text}        As ``{_SYNC.of}.{name}``.\n        """\n'
    words = f"``{route.method} {route.path}``. {'' if member else route.description}"
    lines = textwrap.wrap(words, WIDTH - 8, break_long_words=False)
    text += "".join(f"        {line}\n" for line in lines)
    told = {each.name: _told(each, member) for each in parameters}
    if route.body_name is not None:
        members = SCHEMAS[route.body_name]["properties"].items()
        told |= {name: each.get("description", "") for name, each in members}
    if told:
        text += "\n        Args:\n"
        text += "".join(_argument(name, words) for name, words in told.items())
    return (text + '        """\n').replace("\\", "\\\\")


def _told(parameter: Parameter, member: str) -> str:
    if member and parameter.name == "limit":
        return "How many a page."
    default = "" if parameter.default is None else f" By default {parameter.default}."
    return f"{parameter.description}{default}"


def _argument(name: str, words: str) -> str:
    return (
        textwrap.fill(
            f"{name}: {words}",
            WIDTH,
            initial_indent=" " * 12,
            subsequent_indent=" " * 16,
            break_long_words=False,
        )
        + "\n"
    )


def main() -> None:
    """Write the modules."""
    (FOLDER / "answers.py").write_text(answers())
    (FOLDER / "api.py").write_text(api())


if __name__ == "__main__":
    main()
