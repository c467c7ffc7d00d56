"""``tart/storage/core/earlier_schema.py``: which versions are converted, and to which columns.

``tests/storage/log/test_migrations.py`` compares the events.
"""

import pytest

from tart.storage.core.earlier_schema import convert
from tart.storage.core.schema import META, SCHEMA_VERSION, TABLES


def test_every_table_of_an_earlier_version_gets_the_columns_of_this_release():
    conversion = convert("1")
    assert conversion is not None
    assert set(conversion) == {"meta", *TABLES}
    for table, columns in {"meta": META, **TABLES}.items():
        assert all(name in conversion[table] for name in columns)


@pytest.mark.parametrize("version", [str(SCHEMA_VERSION), str(SCHEMA_VERSION + 1), "none", ""])
def test_rows_of_this_version_and_of_unknown_ones_are_not_converted(version):
    assert convert(version) is None
