"""``tart/storage/log/losses.py``: what is lost is named by sequence and time."""

from contextlib import closing

import pytest

from tart.config.schema import StorageConfig
from tart.storage.core.files import list_files
from tart.storage.log.damage import Damage, Lost
from tart.storage.log.database import Database
from tart.storage.log.losses import Stretch, losses
from tests.storage.running import NOON, batch, event, write


@pytest.fixture
def report(tmp_path):
    """What losses say of a file of a hundred events from sequence 10 on, a second apart."""
    write(tmp_path, batch(*(event(10 + n, at=NOON + n * 1_000_000) for n in range(100))))
    (file,) = list_files(tmp_path, 0)
    with closing(Database(StorageConfig())) as database, closing(database.cursor()) as cursor:
        database.attach_readable(file)
        yield lambda **lost: losses(cursor, file, Damage(frozenset(), lost))


def test_numbers_and_times_that_can_be_read_are_those_of_the_lost(report):
    found = report(log=[Lost(20, 30, frozenset({"body"}))])
    assert found.stretches == (Stretch(10, 30, 39, NOON + 20_000_000, NOON + 29_000_000),)
    assert found.events == 10
    assert "10 events cannot be read (sequence 30 to 39)" in found.text


def test_numbers_that_cannot_be_read_lie_between_their_neighbours(report):
    found = report(log=[Lost(20, 30, frozenset({"seq"})), Lost(30, 31, frozenset({"body"}))])
    assert found.stretches == (Stretch(11, 30, 40, NOON + 19_000_000, NOON + 31_000_000),)


def test_at_an_end_nobody_knows_where_they_end(report):
    (stretch,) = report(log=[Lost(90, 100, frozenset({"seq"}))]).stretches
    assert stretch == Stretch(10, 100, None, NOON + 89_000_000, None)
    assert stretch.text == "10 at its end"


def test_what_events_inherited_and_other_tables_are_counted_apart(report):
    found = report(
        log=[Lost(0, 50, frozenset({"last_slot"}))], sessions=[Lost(0, 3, frozenset("a"))]
    )
    assert (found.events, found.bare, found.others) == (0, 50, {"sessions": 3})
    assert "the slot or core of 50 events cannot be read, 3 rows of sessions" in found.text


def test_a_sentence_names_some_and_counts_the_others(report):
    found = report(log=[Lost(n, n + 1, frozenset({"body"})) for n in range(0, 40, 2)])
    assert len(found.stretches) == 20
    assert "and 15 more stretches" in found.text
    shown = found.as_json("00/x")
    assert (shown["file"], shown["events"], len(shown["stretches"])) == ("00/x", 20, 5)
    assert shown["stretches"][0]["since"] == "2026-11-21T12:00:00.000000Z"
