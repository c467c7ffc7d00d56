"""The words of the code: standard terms, and the English of a reference manual.

CONTRIBUTING has the rules with examples; this holds what a program can check of them.
A word that is needed in spite of its listing goes into ``ALLOWED`` with its reason.
"""

from __future__ import annotations

import ast
import re
from functools import lru_cache
from pathlib import Path

import pytest

import tart

ROOT = Path(tart.__file__).parents[1]
SOURCES = [
    *sorted((ROOT / "tart").rglob("*.py")),
    *sorted((ROOT / "loadtest").rglob("*.py")),
]
# CONTRIBUTING quotes what not to write.
DOCUMENTS = [
    *(ROOT / name for name in ("README.md", "ARCHITECTURE.md", "config.toml")),
    *sorted((ROOT / "docs").rglob("*.md")),
]

# Metaphors and participles that say less than the field's own terms.
NOT_IN_NAMES = frozenset(
    [
        "anew",
        "apart",
        "asked",
        "carried",
        "handled",
        "heard",
        "judge",
        "judged",
        "judging",
        "kept",
        "knock",
        "lane",
        "lanes",
        "lately",
        "noted",
        "noticed",
        "patience",
        "said",
        "seat",
        "seats",
        "settled",
        "sighted",
        "spoken",
        "speaker",
        "stretch",
        "stretches",
        "sums",
        "tallied",
        "tell",
        "telling",
        "thing",
        "things",
        "told",
        "torn",
        "voice",
        "voices",
        "whose",
    ]
)
ALLOWED = {
    "torn_write": "the term for a block that was partly written",
    "TornBlock": "see torn_write",
    "find_torn_block": "see torn_write",
}
# A loop variable or a result has a name; in a comprehension the line is its context.
ONLY_IN_COMPREHENSIONS = frozenset({"each", "found", "at"})
NOT_IN_PROSE = (
    r"\bnobody\b",
    r"\bwhoever\b",
    r"\banew\b",
    r"\blately\b",
    r"\bso (?:many|much|long|few)\b(?! as)",
    r"\bthings?\b",
)
ANY_IN_PROSE = re.compile("|".join(NOT_IN_PROSE), re.IGNORECASE)
# A docstring says what something is or does; it is not a question.
NOT_FIRST = ("What", "How", "Whether", "Which", "Who", "Whose", "Where", "When")


def words(name: str) -> set[str]:
    """The words of an identifier, in lower case."""
    return {
        word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+", name) if word
    }


@lru_cache(maxsize=1)
def by_kind(tree: ast.Module) -> dict[type[ast.AST], list[ast.AST]]:
    """All nodes of a module; most are of kinds that no check looks at."""
    found: dict[type[ast.AST], list[ast.AST]] = {}
    for node in ast.walk(tree):
        found.setdefault(type(node), []).append(node)
    return found


def nodes(tree: ast.Module, *kinds: type[ast.AST]) -> list[ast.AST]:
    """The nodes of some kinds."""
    return [node for kind in kinds for node in by_kind(tree).get(kind, ())]


FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def names(tree: ast.Module) -> list[tuple[int, str]]:
    """Line and name of everything that a module gives a name to."""
    given: list[tuple[int, str]] = []
    for node in nodes(tree, *FUNCTIONS, ast.ClassDef, ast.arg, ast.Name, ast.Attribute):
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                given.append((node.lineno, node.name))
            case ast.arg():
                given.append((node.lineno, node.arg))
            case ast.Name(ctx=ast.Store()):
                given.append((node.lineno, node.id))
            case ast.Attribute(ctx=ast.Store()):
                given.append((node.lineno, node.attr))
    return given


def in_comprehensions(tree: ast.Module) -> set[ast.AST]:
    """The nodes that stand in comprehensions and lambdas."""
    inside: set[ast.AST] = set()
    comprehensions = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
    for node in nodes(tree, *comprehensions, ast.Lambda):
        inside.update(ast.walk(node))
    return inside


def fields(tree: ast.Module) -> set[ast.AST]:
    """The names of class members; those of answers and messages belong to the protocol."""
    return {
        member.target
        for node in nodes(tree, ast.ClassDef)
        for member in node.body
        if isinstance(member, ast.AnnAssign)
    }


def docstrings(tree: ast.Module) -> list[tuple[int, str]]:
    """Line and text of every docstring."""
    texts: list[tuple[int, str]] = []
    for node in nodes(tree, ast.Module, ast.ClassDef, *FUNCTIONS):
        text = ast.get_docstring(node)
        if text:
            texts.append((getattr(node, "lineno", 1), text))
    return texts


def violations(path: Path) -> list[str]:
    """What a source file says otherwise than CONTRIBUTING has it."""
    text = path.read_text()
    tree = ast.parse(text)
    problems = []
    module = path.stem if path.stem != "__init__" else path.parent.name
    for line, name in [(1, module), *names(tree)]:
        for word in sorted(words(name) & NOT_IN_NAMES):
            if name not in ALLOWED:
                problems.append(f"{line}: the name {name} has the word '{word}'")
    inside = in_comprehensions(tree) | fields(tree)
    for node in nodes(tree, ast.Name, ast.arg, ast.Call):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) and node not in inside:
            if node.id in ONLY_IN_COMPREHENSIONS:
                problems.append(f"{node.lineno}: {node.id} is a name for comprehensions only")
        elif isinstance(node, ast.arg) and node.arg in ONLY_IN_COMPREHENSIONS:
            if node not in inside:
                problems.append(f"{node.lineno}: {node.arg} is no name for a parameter")
        elif isinstance(node, ast.Call):
            for argument in node.args:
                if isinstance(argument, ast.Starred) and isinstance(argument.value, ast.Tuple):
                    problems.append(f"{node.lineno}: arguments in *(...) cannot be checked by name")
    for line, doc in docstrings(tree):
        if doc.split(None, 1)[0].rstrip(",:") in NOT_FIRST:
            problems.append(f"{line}: the docstring opens with {doc.split()[0]}")
    problems += prose_violations(text)
    return problems


def prose_violations(text: str) -> list[str]:
    """Lines that have a word of NOT_IN_PROSE."""
    # Nearly every text has none at all; line by line all of them take seconds.
    if not ANY_IN_PROSE.search(text):
        return []
    return [
        f"{number}: '{match[0]}' in: {line.strip()[:90]}"
        for number, line in enumerate(text.splitlines(), 1)
        for pattern in NOT_IN_PROSE
        if (match := re.search(pattern, line, re.IGNORECASE))
    ]


def in_files(paths, check):
    """The problems of each file that has one, by its name."""
    assert len(paths) > 10
    problems = {path.relative_to(ROOT).as_posix(): check(path) for path in paths}
    return {name: lines for name, lines in problems.items() if lines}


def test_names_and_docstrings_follow_the_rules():
    assert in_files(SOURCES, violations) == {}


def test_documents_use_plain_words():
    assert in_files(DOCUMENTS, lambda path: prose_violations(path.read_text())) == {}


def test_a_name_is_split_into_words():
    assert words("kept_answers") == {"kept", "answers"}
    assert words("KeptAnswers") == {"kept", "answers"}
    assert words("_HTTPServer2") == {"http", "server", "2"}


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        ("def told(node): pass", "the name told has the word 'told'"),
        ("for each in rows:\n    print(each)", "each is a name for comprehensions only"),
        ('"""What is done."""', "the docstring opens with What"),
        ("call(*(1, 2))", "arguments in *(...) cannot be checked by name"),
        ("x = 1  # nobody waits", "'nobody' in"),
    ],
)
def test_a_violation_is_found(tmp_path, source, problem):
    path = tmp_path / "module.py"
    path.write_text(source)
    assert any(problem in each for each in violations(path))


def test_a_comprehension_may_use_short_names(tmp_path):
    path = tmp_path / "module.py"
    path.write_text('"""Names of rows."""\nnames = [each.name for each in rows]\n')
    assert violations(path) == []
