"""Cells that several views have."""

from tart.dash.core.cells import (
    duration_cell,
    id_cell,
    implementation,
    implementation_cell,
    missing_cell,
    size_cell,
    words,
)
from tart.dash.core.model import Cell


def test_what_is_not_known_is_dim_and_has_no_value():
    missing = Cell("–", None, "dim")
    assert missing_cell() == missing
    assert duration_cell(None) == missing
    assert id_cell(None) == missing
    assert size_cell(None) == missing
    assert implementation_cell(None) == missing


def test_a_duration_before_the_reference_keeps_its_sign():
    assert duration_cell(-12.5) == Cell("−12.5 ms", -12.5)
    assert duration_cell(0.0) == Cell("0 µs", 0.0)
    assert duration_cell(1500, "dim") == Cell("1.5 s", 1500, "dim")


def test_ids_are_cut_and_sizes_have_units():
    assert id_cell("3f2a" + "0" * 60) == Cell("3f2a0000…", "3f2a" + "0" * 60)
    assert size_cell(2048) == Cell("2.0 KiB", 2048)


def test_implementations():
    assert implementation("PolkaJam", "0.1") == "PolkaJam 0.1"
    assert implementation(None, None) == "unknown"
    assert implementation("", "0.1") == "unknown 0.1"
    node = {"implementation_name": "Polka\x1bJam", "implementation_version": None}
    assert implementation_cell(node) == Cell("Polka\ufffdJam", "Polka\x1bJam")


def test_words_of_names():
    assert words("guarantee_built") == "guarantee built"
