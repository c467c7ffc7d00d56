"""The whole benchmark, small: what was sent is stored."""

from __future__ import annotations

import json

import pytest

from loadtest import bench


@pytest.mark.slow
def test_a_small_load_is_stored_to_the_last_event(tmp_path, capfd):
    small = "--connections 10 --rate 1000 --seconds 2 --nodes 6 --cores 2 --floor-seconds 0.5"

    code = bench.main(["quick", *small.split(), "--shards", "2", "--results", str(tmp_path)])

    (saved,) = tmp_path.glob("quick-*.json")
    result = json.loads(saved.read_text())
    figures = result["figures"]
    assert (code, result["broken"]) == (0, [])
    assert figures["sent"] == figures["stored"] == figures["committed"] == 2000
    assert figures["lost"] == figures["undecodable"] == figures["sessions_with_gaps"] == 0
    assert figures["floor_us_per_event"] > 0
    assert figures["query_failures"] == 0
    assert result["altered"]
    assert "line, by quick" in capfd.readouterr().out


def test_an_unknown_scenario_is_refused(capsys):
    with pytest.raises(SystemExit):
        bench.main(["nonsense"])

    assert "nonsense" in capsys.readouterr().err
