"""``tart grafana``: the files that it writes, and what it refuses."""

from __future__ import annotations

import json

from tart.cli.main import main


def test_all_files_are_written_and_named(tmp_path, capsys):
    assert main(["grafana", str(tmp_path), "--prometheus-url", "https://prometheus"]) == 0
    files = sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*.*"))
    assert files == [
        "dashboards/tart.yml",
        "dashboards/tart/tart-network.json",
        "dashboards/tart/tart-server.json",
        "datasources/tart.yml",
    ]
    assert [line for line in capsys.readouterr().out.splitlines() if str(tmp_path) in line]
    assert f'path: "{tmp_path}/dashboards/tart"' in (tmp_path / files[0]).read_text()
    assert 'url: "https://prometheus"' in (tmp_path / files[3]).read_text()
    assert json.loads((tmp_path / files[2]).read_text())["title"] == "tart: server"


def test_a_second_run_changes_nothing(tmp_path):
    assert main(["grafana", str(tmp_path)]) == main(["grafana", str(tmp_path)]) == 0


def test_a_data_source_that_exists_is_left_alone(tmp_path):
    assert main(["grafana", str(tmp_path), "--no-datasource"]) == 0
    assert not (tmp_path / "datasources").exists()


def test_a_url_without_a_scheme_is_refused(tmp_path, capsys):
    assert main(["grafana", str(tmp_path), "--prometheus-url", "localhost:9090"]) == 2
    assert "must be http://HOST:PORT" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_a_folder_that_cannot_be_written_is_one_sentence(tmp_path, capsys):
    (tmp_path / "file").write_text("")
    assert main(["grafana", str(tmp_path / "file")]) == 2
    assert "cannot be written" in capsys.readouterr().err
