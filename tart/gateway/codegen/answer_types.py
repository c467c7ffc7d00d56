"""Source of the SDK's answer types, from the types in ``tart.query.answers``.

The SDK imports neither the server nor msgspec, so it gets the same ``TypedDict`` classes without
what only validation and documentation use. A member's description becomes a comment.
"""

from __future__ import annotations

import inspect
import keyword
import textwrap
from collections.abc import Iterable
from types import NoneType, UnionType
from typing import (
    Annotated,
    Any,
    Literal,
    NotRequired,
    Union,
    get_args,
    get_origin,
    get_type_hints,
)

from msgspec import Meta

from tart.gateway.api.components import schemas
from tart.query.answers.common import SAME_ANSWER, Bytes

WIDTH = 100
UNIONS = (Union, UnionType)


def members(answer: type) -> dict[str, Any]:
    """Return the annotations of a type's members by name, in the order of its component."""
    hints = get_type_hints(answer, include_extras=True)
    for name, annotation in hints.items():
        if SAME_ANSWER in _marks(annotation):
            same = Annotated[answer | None, Meta(description=description(annotation))]  # type: ignore[valid-type]
            hints[name] = NotRequired[same]
    return {name: hints[name] for name in schemas()[answer.__name__]["properties"]}


def required(answer: type, name: str) -> bool:
    """Return whether the answer always has that member."""
    return name in schemas()[answer.__name__]["required"]


def source(annotation: Any) -> str:
    """Return an annotation as source, without ``Annotated`` and ``NotRequired``."""
    # The SDK always requests hex.
    if annotation == Bytes:
        return "str"
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin in (Annotated, NotRequired):
        return source(arguments[0])
    if origin in UNIONS:
        return " | ".join(dict.fromkeys(map(source, arguments)))
    if origin is Literal:
        return f"Literal[{', '.join(map(repr, arguments))}]"
    if origin is not None:
        return f"{origin.__name__}[{', '.join(map(source, arguments))}]"
    if annotation is NoneType:
        return "None"
    return str(annotation.__name__)


def _marks(annotation: Any) -> tuple[Any, ...]:
    """Return what an annotation is annotated with."""
    if get_origin(annotation) is NotRequired:
        return _marks(get_args(annotation)[0])
    return getattr(annotation, "__metadata__", ())


def description(annotation: Any) -> str:
    """Return the description of a member, empty if it has none."""
    if get_origin(annotation) is NotRequired:
        return description(get_args(annotation)[0])
    if get_origin(annotation) is not Annotated or annotation == Bytes:
        return ""
    texts = [meta.description for meta in get_args(annotation)[1:] if isinstance(meta, Meta)]
    return next((text for text in reversed(texts) if text), "")


def class_source(answer: type) -> str:
    """Return the source of one type, with inherited members."""
    name, base = answer.__name__, "TypedDict"
    head = ""
    keywords = [member for member in members(answer) if keyword.iskeyword(member)]
    if keywords:
        # A class cannot have such members.
        base = f"_{name}Keywords"
        texts = (f'"{member}": {_member_type(answer, member)}' for member in keywords)
        head = f'\n\n\n{base} = TypedDict("{base}", {{{", ".join(texts)}}})'
    lines = [f"class {name}({base}):", *_docstring(answer)]
    for member, annotation in members(answer).items():
        if member not in keywords:
            lines += _comment(description(annotation))
            lines.append(f"    {member}: {_member_type(answer, member)}")
    return f"{head}\n\n\n" + "\n".join(lines) + "\n"


def _docstring(answer: type) -> list[str]:
    text = inspect.getdoc(answer) or ""
    end = '\n"""' if "\n" in text else '"""'
    return [*textwrap.indent(f'"""{text}{end}', "    ").splitlines(), ""]


def _comment(words: str) -> list[str]:
    return textwrap.wrap(words, WIDTH, initial_indent="    # ", subsequent_indent="    # ")


def _member_type(answer: type, name: str) -> str:
    text = source(members(answer)[name])
    return text if required(answer, name) else f"NotRequired[{text}]"


def classes(answers: Iterable[type]) -> str:
    """Return the source of these types."""
    return "".join(map(class_source, answers))
