"""A storm is over when all figures stay normal; retention finds files of earlier days."""

from __future__ import annotations

import math
from contextlib import closing

import pytest

from loadtest.storm import Limits, Sample, prepare_files, seconds_until_normal
from tart.config.schema import StorageConfig
from tart.storage.core.files import list_files
from tart.storage.log.database import Database
from tart.storage.open_directory import open_directory

MIB = 1 << 20


def sample(second: float, write=10.0, query=5.0, memory=100) -> Sample:
    return Sample(second, 0.0, write, query, memory * MIB)


CALM = [sample(1), sample(2, write=40.0, query=80.0)]
LIMITS = Limits.of(CALM, [sample(30, memory=200)])


def test_twice_the_worst_of_the_calm_is_normal():
    assert Limits(80.0, 160.0, pytest.approx(220 * MIB)) == LIMITS
    assert Limits.of([sample(1)], [sample(2)]).write_ms == 50.0
    assert LIMITS.met(sample(3, write=None)) == {"writes": True, "queries": True, "memory": True}


def test_a_figure_is_normal_from_the_moment_from_which_it_stays_so():
    after = [
        sample(21, write=900.0, query=math.inf, memory=400),
        sample(22, write=10.0, query=5.0, memory=400),
        sample(23, write=90.0, query=5.0, memory=210),
        sample(24, write=10.0, query=5.0, memory=200),
    ]
    seconds = seconds_until_normal([*CALM, *after], 20.0, LIMITS)
    assert seconds == {"writes": 3.0, "queries": 1.0, "memory": 2.0}


def test_what_was_always_normal_needs_no_time_and_what_never_is_takes_for_ever():
    after = [sample(21, query=900.0), sample(22, query=900.0)]
    seconds = seconds_until_normal([*CALM, *after], 20.0, LIMITS)
    assert seconds == {"writes": 0.0, "queries": math.inf, "memory": 0.0}


@pytest.mark.parametrize("write", [None, 7.0, math.inf])
def test_a_sample_is_saved_with_its_time_after_the_storm(write):
    saved = Sample(12.5, 9.0, write, math.inf, 3 * MIB).as_json(10.0)
    assert (saved["seconds_after"], saved["write_ms"], saved["memory_mib"]) == (2.5, write, 3)


def test_prepared_files_are_opened_as_complete_and_are_as_large_as_wanted(tmp_path):
    prepare_files(tmp_path, 2, 3, 2 * MIB)

    for directory in (0, 1):
        files = list_files(tmp_path, directory)
        sizes = [file.path.stat().st_size for file in files]
        assert len(files) == 3
        assert all(2 * MIB <= size < 4 * MIB for size in sizes)
        with closing(Database(StorageConfig())) as database:
            opened, state = open_directory(database, tmp_path, directory, own=True)
        assert (opened, state.missing, state.next_sequence) == (files, 0, 96)
