"""``tart/aggregate/core/tables.py``: the declarations agree with one another."""

from tart.aggregate.core.tables import OPERATIONS, ROLLUPS, ROWS, SUMMED, TABLES, TIME, clock_column


def test_every_additive_table_declares_how_its_values_merge():
    assert OPERATIONS.keys() == SUMMED.keys()
    for table, operations in OPERATIONS.items():
        columns = SUMMED[table]
        assert operations.keys() <= columns.keys(), table
        # Values come last, so that a row is keys and then values; reports and the like have
        # their key first and all else after it.
        assert set(list(columns)[-len(operations) :]) == set(operations), table
        assert set(operations.values()) <= {"sum", "min", "max", "last"}


def test_tables_that_merge_by_last_have_seen_at():
    for table, operations in OPERATIONS.items():
        if "last" in operations.values():
            assert operations["seen_at"] == "max", table


def test_every_table_has_a_time_column():
    for table in TABLES:
        assert TABLES[table][clock_column(table)] == TIME


def test_no_table_is_both_summed_and_rows():
    assert not SUMMED.keys() & ROWS.keys()


def test_rollups_have_a_source_table():
    known = set(TABLES)
    for name, source, seconds in ROLLUPS:
        assert source in known
        assert seconds % 60 == 0
        known.add(name)
