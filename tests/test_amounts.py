from tart.amounts import bytes_text, duration_text, plural


def test_bytes_have_the_largest_unit_that_leaves_at_least_one():
    assert bytes_text(0) == "0 B"
    assert bytes_text(1023) == "1023 B"
    assert bytes_text(1536) == "1.5 KiB"
    assert bytes_text(34 << 30) == "34.0 GiB"
    assert bytes_text(5000 << 40) == "5000.0 TiB"
    assert bytes_text(-1536) == "-1.5 KiB"


def test_durations_have_at_most_two_units():
    assert duration_text(-1) == "0 s"
    assert duration_text(0.9) == "0 s"
    assert duration_text(61) == "1 min 1 s"
    assert duration_text(11_520) == "3 h 12 min"
    assert duration_text(90_000) == "1 d 1 h"


def test_only_one_is_no_plural():
    assert plural(0, "node") == "0 nodes"
    assert plural(1, "node") == "1 node"
    assert plural(2000, "node") == "2,000 nodes"
