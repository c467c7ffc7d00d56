"""``tart/storage/log/damage_report.py``: unreadable events are named by sequence and time."""

from contextlib import closing

import pytest

from tart.config.schema import StorageConfig
from tart.storage.core.files import list_files
from tart.storage.log.damage import Damage, UnreadableRows
from tart.storage.log.damage_report import UnreadableEvents, report_damage
from tart.storage.log.database import Database
from tests.storage.running import NOON, batch, event, write


@pytest.fixture
def report(tmp_path):
    """Report the damage of a file of a hundred events from sequence 10 on, a second apart."""
    write(tmp_path, batch(*(event(10 + n, at=NOON + n * 1_000_000) for n in range(100))))
    (file,) = list_files(tmp_path, 0)
    with closing(Database(StorageConfig())) as database, closing(database.cursor()) as cursor:
        database.attach_readable(file)
        yield lambda **lost: report_damage(cursor, file, Damage(frozenset(), lost))


def test_readable_numbers_and_times_of_the_events_are_reported(report):
    found = report(log=[UnreadableRows(20, 30, frozenset({"body"}))])
    assert found.ranges == (UnreadableEvents(10, 30, 39, NOON + 20_000_000, NOON + 29_000_000),)
    assert found.events == 10
    assert "10 events cannot be read (sequence 30 to 39)" in found.text


def test_unreadable_numbers_are_taken_from_the_neighbours(report):
    found = report(
        log=[
            UnreadableRows(20, 30, frozenset({"seq"})),
            UnreadableRows(30, 31, frozenset({"body"})),
        ]
    )
    assert found.ranges == (UnreadableEvents(11, 30, 40, NOON + 19_000_000, NOON + 31_000_000),)


def test_unreadable_numbers_at_the_end_of_a_file_are_unknown(report):
    (events,) = report(log=[UnreadableRows(90, 100, frozenset({"seq"}))]).ranges
    assert events == UnreadableEvents(10, 100, None, NOON + 89_000_000, None)
    assert events.text == "10 at its end"


def test_inherited_values_and_other_tables_are_counted_separately(report):
    found = report(
        log=[UnreadableRows(0, 50, frozenset({"last_slot"}))],
        sessions=[UnreadableRows(0, 3, frozenset("a"))],
    )
    assert (found.events, found.without_inherited, found.other_rows) == (0, 50, {"sessions": 3})
    assert "the slot or core of 50 events cannot be read, 3 rows of sessions" in found.text


def test_a_sentence_names_some_ranges_and_counts_the_others(report):
    found = report(log=[UnreadableRows(n, n + 1, frozenset({"body"})) for n in range(0, 40, 2)])
    assert len(found.ranges) == 20
    assert "and 15 more ranges" in found.text
    shown = found.as_json("00/x")
    assert (shown["file"], shown["events"], len(shown["stretches"])) == ("00/x", 20, 5)
    assert shown["stretches"][0]["since"] == "2026-11-21T12:00:00.000000Z"
