"""``tart/alerting/engine/silences.py``: which alerts send nothing."""

import time

from tart.alerting.engine.model import Silence
from tart.alerting.engine.silences import FILE_AUTHOR, maintenance_silence, silenced_by
from tart.alerting.rules.model import MaintenanceWindow

LABELS = {
    "a": {"alertname": "NodeSilent", "severity": "critical", "node": "ab12"},
    "b": {"alertname": "NodeSilent", "severity": "critical", "node": "cd34"},
    "c": {"alertname": "DiskFull", "severity": "warning"},
}


def silence(*matchers, identity="s", starts=10, ends=20):
    return Silence(identity, matchers, starts, ends, "ops", "works", 0)


def silenced(*silences, now=15):
    return silenced_by(LABELS, silences, now)


def test_all_matchers_of_a_silence_must_match():
    assert silenced(silence('alertname="NodeSilent"')) == {"a": ("s",), "b": ("s",)}
    assert silenced(silence('alertname="NodeSilent"', 'node=~"ab.*"')) == {"a": ("s",)}
    assert silenced(silence('node!~".+"')) == {"c": ("s",)}


def test_a_silence_holds_from_its_start_to_its_end():
    matching = silence('severity="warning"')
    holds = [now for now in range(8, 24) if silenced(matching, now=now)]
    assert holds == list(range(10, 20))


def test_all_silences_that_match_are_named():
    both = silenced(silence('node="ab12"'), silence('severity!="warning"', identity="t"))
    assert both == {"a": ("s", "t"), "b": ("t",)}


def test_matchers_for_a_value_are_those_of_labels_also_absent_ones():
    assert silenced(silence('node=""')) == {"c": ("s",)}
    assert silenced(silence('node="ab12"', 'alertname="DiskFull"')) == {}
    assert silenced(silence('node="ab12"', 'severity=~"c.*"', 'x=""')) == {"a": ("s",)}
    assert list(silenced(silence('node="cd34"'), silence('x=""', identity="t"))) == ["a", "b", "c"]


def test_a_thousand_silences_of_ten_thousand_alerts_take_no_turn_of_others():
    labels = {str(n): {"alertname": "NodeSilent", "node": f"{n:064x}"} for n in range(10_000)}
    silences = [
        silence(f'node="{n:064x}"', 'alertname=~"Node.*"', identity=str(n)) for n in range(1000)
    ]
    began = time.process_time()
    assert silenced_by(labels, silences, 15) == {str(n): (str(n),) for n in range(1000)}
    # A second without an index.
    assert time.process_time() - began < 0.5


def test_a_silence_without_matchers_or_with_one_that_is_not_valid_matches_nothing():
    assert silenced(silence(), silence("what?")) == {}


def test_a_maintenance_window_is_a_silence_with_an_id_that_stays():
    window = MaintenanceWindow(('node="ab12"',), 10, 20, "new disks")
    made = maintenance_silence(window)
    assert made == maintenance_silence(window)
    assert (made.author, made.reason) == (FILE_AUTHOR, "new disks")
    assert silenced(made) == {"a": (made.id,)}
    assert maintenance_silence(MaintenanceWindow((), 10, 20, "new disks")).id != made.id
