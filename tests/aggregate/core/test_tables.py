"""``tart/aggregate/core/tables.py``: the declarations agree with one another."""

from tart.aggregate.core.tables import OPERATIONS, ROLLUPS, ROWS, SUMMED, TABLES, TIME, clock_column


def test_every_additive_table_says_how_its_values_add_up():
    assert OPERATIONS.keys() == SUMMED.keys()
    for table, operations in OPERATIONS.items():
        columns = SUMMED[table]
        assert operations.keys() <= columns.keys(), table
        # Values come last, so that a row is keys and then values; reports and the like have
        # their key first and all else after it.
        assert set(list(columns)[-len(operations) :]) == set(operations), table
        assert set(operations.values()) <= {"sum", "min", "max", "last"}


def test_what_takes_the_last_value_says_when_that_was():
    for table, operations in OPERATIONS.items():
        if "last" in operations.values():
            assert operations["seen_at"] == "max", table


def test_every_table_has_a_time_to_be_kept_by():
    for table in TABLES:
        assert TABLES[table][clock_column(table)] == TIME


def test_no_table_is_both_added_up_and_listed():
    assert not SUMMED.keys() & ROWS.keys()


def test_copies_are_made_of_what_there_is():
    known = set(TABLES)
    for name, source, seconds in ROLLUPS:
        assert source in known
        assert seconds % 60 == 0
        known.add(name)
