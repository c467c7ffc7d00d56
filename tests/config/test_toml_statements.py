"""The lines of keys and tables: of documents as people write them, and of any."""

import tomllib

from hypothesis import given
from hypothesis import strategies as st

from tart.config.toml_statements import key_lines, line_of, split_statements
from tests.cases import all_cases

DOCUMENT = '''\
# a comment = 1
data_dir = "shards" # [not.a.table]

[telemetry]
allow = [
    "10.0.0.0/8", # ] = "x"
    "bind = [",
]
"quoted".'key' = """
[api]
bind = "inside"
\\""" still inside
"""""

[ api . "x y" ]
  dotted . name=\'\'\'
first = 1
it's\'\'\'
inline = { a = 1, b = { c = "}" } }
[[list]]
last = 2'''


def test_a_document_of_all_forms_has_the_line_of_each_key():
    tomllib.loads(DOCUMENT)  # the document is valid

    assert key_lines(DOCUMENT) == {
        ("data_dir",): 2,
        ("telemetry",): 4,
        ("telemetry", "allow"): 5,
        ("telemetry", "quoted", "key"): 9,
        ("api", "x y"): 15,
        ("api", "x y", "dotted", "name"): 16,
        ("api", "x y", "inline"): 19,
        ("list",): 20,
        ("list", "last"): 21,
    }


@all_cases(
    ("path", "line"),
    [
        (("api", "x y", "inline", "b", "c"), 19),  # of the inline table
        (("api",), 15),  # of the table that declares it
        (("telemetry", "gone"), 4),
        (("gone",), None),
        ((), None),
    ],
)
def test_a_key_that_is_not_written_out_has_the_line_of_what_holds_it(path, line):
    assert line_of(key_lines(DOCUMENT), path) == line


NAMES = st.text("abc-_ .\"'é#=[]", min_size=1, max_size=4)
VALUES = st.recursive(
    st.integers() | st.booleans() | st.text("ab \"'\\#=[]{}\n", max_size=8),
    lambda inner: st.lists(inner, max_size=3),
    max_leaves=4,
)


def basic(text):
    """Return text as a basic string of one line."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def written(value, form):
    """Return a value as TOML, in one of the forms that it can have."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        return str(value)
    if isinstance(value, list):
        space = "\n  # ] \" '\n" if form % 2 else " "
        return "[" + "".join(f"{space}{written(item, form)}," for item in value) + space + "]"
    if form == 1:
        escaped = value.replace("\\", "\\\\").replace('"', '\\"')
        return f'"""\n{escaped}"""'
    if form == 2 and "'" not in value:
        return f"'''\n{value}'''"
    if form == 3 and "'" not in value and "\n" not in value:
        return f"'{value}'"
    return basic(value)


@given(
    st.dictionaries(
        NAMES,
        st.dictionaries(NAMES, st.tuples(VALUES, st.integers(0, 3)), max_size=3),
        max_size=3,
    )
)
def test_the_lines_of_any_document_are_those_at_which_it_was_written(tables):
    text, expected = "", {}
    for table, entries in tables.items():
        expected[(table,)] = text.count("\n") + 1
        text += f"[{basic(table)}] # comment\n\n"
        for key, (value, form) in entries.items():
            expected[table, key] = text.count("\n") + 1
            text += f" {basic(key)} = {written(value, form)} # [x]\n"
    assert tomllib.loads(text) == {
        table: {key: value for key, (value, _) in entries.items()}
        for table, entries in tables.items()
    }

    assert key_lines(text) == expected


@given(st.text("ab=[]{}\"'\\#.\n \t", max_size=60))
def test_any_text_is_split_without_loss_and_without_end(text):
    """What is no statement is blank or a comment, and every statement is where it says."""
    lines = text.split("\n")
    for statement in split_statements(text):
        assert statement.text
        first = statement.text.split("\n")[0]
        assert lines[statement.line - 1][statement.column - 1 :].startswith(first)
