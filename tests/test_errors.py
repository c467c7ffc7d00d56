"""The tree of errors is the one drawn, and each error says what is wrong in a sentence."""

from __future__ import annotations

import ast
import inspect
import re
from pathlib import Path

from tart import errors
from tart.errors import (
    Ambiguous,
    BadQuery,
    DecodeError,
    EncodeError,
    FrameTooLong,
    NodeInformationError,
    PeerRefused,
    QueryError,
    ReaderLeft,
    RowsRefused,
    TartError,
    TooManyRequests,
)
from tests.cases import all_cases

INDENT = 4


def real_tree() -> dict[str, str | None]:
    """Each error's name and that of the one it is a kind of."""
    found = {
        each.__name__: each
        for _, each in inspect.getmembers(errors, inspect.isclass)
        if issubclass(each, Exception) and each.__module__ == errors.__name__
    }
    return {
        name: None if each is TartError else each.__base__.__name__ for name, each in found.items()
    }


def drawn_tree() -> dict[str, str | None]:
    """The same, from the drawing in the module's docstring."""
    tree: dict[str, str | None] = {}
    path: list[str] = []
    for line in inspect.cleandoc(errors.__doc__ or "").splitlines():
        branch = line.strip().lstrip("│├└─ ")
        name = branch.split(" ")[0]
        if not (line.startswith((" ", "│", "├", "└")) or name == "TartError"):
            continue
        depth = (len(line) - len(branch)) // INDENT - ROOT_DEPTH
        path[depth:] = [name]
        tree[name] = path[depth - 1] if depth else None
    return tree


ROOT_DEPTH = 1  # the drawing is indented as a block
SAMPLES: dict[type[TartError], TartError] = {
    FrameTooLong: FrameTooLong(300, 200, b"\x2c\x01\0\0"),
    NodeInformationError: NodeInformationError("the first message is empty", b""),
    DecodeError: DecodeError("truncated", 9, "8 bytes, 3 are left", "outline.slot"),
    EncodeError: EncodeError("slot", "an integer of 4 bytes, not None"),
    Ambiguous: Ambiguous("2 nodes have ids that begin with ab; add digits", "id", []),
    BadQuery: BadQuery("limit must be a number", "limit"),
    PeerRefused: PeerRefused(bytes(32)),
    RowsRefused: RowsRefused("counts", "Conversion Error: 256 does not fit UTINYINT"),
    TooManyRequests: TooManyRequests(1.25),
    ReaderLeft: ReaderLeft(),
}
CLASSES = [getattr(errors, name) for name in real_tree()]


def test_the_docstring_draws_the_tree():
    assert drawn_tree() == real_tree()


def test_the_docstring_names_every_package_with_errors_of_its_own():
    named = set(re.findall(r"``([a-z]+(?:\.[a-z_]+)+)``", errors.__doc__ or ""))
    kinds = {*real_tree()}
    root = Path(errors.__file__).parent
    for path in root.rglob("*.py"):
        module = ".".join(path.relative_to(root).with_suffix("").parts)
        bases = {
            base.id
            for node in ast.walk(ast.parse(path.read_text()))
            if isinstance(node, ast.ClassDef)
            for base in node.bases
            if isinstance(base, ast.Name)
        }
        if bases & kinds and module != "errors":
            assert module in named or module.rpartition(".")[0] in named, module


@all_cases("kind", CLASSES, ids=lambda kind: kind.__name__)
def test_every_error_is_one_sentence_in_one_line(kind):
    sentence = str(SAMPLES.get(kind) or kind("the disk is full"))
    assert sentence
    assert "\n" not in sentence
    assert sentence == sentence.strip()


@all_cases("kind", CLASSES, ids=lambda kind: kind.__name__)
def test_every_error_has_a_status_and_a_code(kind):
    assert 400 <= kind.status < 600
    assert kind.code
    assert kind.code == kind.code.lower()


def test_a_frame_too_long_carries_its_numbers():
    error = SAMPLES[FrameTooLong]
    assert isinstance(error, FrameTooLong)
    assert (error.length, error.limit, error.frame) == (300, 200, b"\x2c\x01\0\0")
    assert error.rule == "frame_too_long"
    assert str(error) == "frame of 300 bytes announced, at most 200 are accepted"


def test_a_decode_error_names_rule_offset_field_and_expectation():
    assert str(DecodeError("truncated", 9, "1 byte")) == "truncated at offset 9: expected 1 byte"
    assert (
        str(DecodeError("truncated", 9, "1 byte").inside("slot").inside("outline"))
        == "truncated at offset 9 in outline.slot: expected 1 byte"
    )


def test_an_encode_error_names_the_field():
    assert str(EncodeError("", "a bool")) == "cannot encode value: expected a bool"
    assert str(EncodeError("", "a bool").inside("last")) == "cannot encode last: expected a bool"
    assert EncodeError("slot", "it").inside("outline").field == "outline.slot"


def test_a_query_error_names_the_parameter_if_there_is_one():
    assert QueryError("no").parameter is None
    assert BadQuery("no", "limit").parameter == "limit"
