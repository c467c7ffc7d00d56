"""``tart/cli/render/sql_tables_text.py``: the tables and their columns."""

from __future__ import annotations

import pytest

from tart.cli.render.sql_tables_text import find_table, render_description, render_tables
from tart.errors import ConfigError
from tart.query.sql.tables import TABLES
from tests.cases import all_cases


@pytest.mark.parametrize("width", [40, 80, 200])
def test_all_tables_are_listed(width):
    text = "\n".join(render_tables(width))
    assert all(name in text for name in TABLES)
    assert 'tart sql "SELECT' in text


@all_cases("name", TABLES)
def test_each_column_of_a_table_has_its_type_and_meaning(name):
    lines = list(render_description(find_table(name.upper()), 100))
    for column in TABLES[name].columns:
        line = next(line for line in lines if line.startswith(f"{column.name} "))
        assert column.type.split("(")[0] in line
    assert lines[-1] == f'tart sql "{TABLES[name].example}"'


def test_an_unknown_table_is_refused_with_the_nearest_one():
    with pytest.raises(ConfigError, match="did you mean work_packages"):
        find_table("workpackages")
