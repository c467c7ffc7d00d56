import tomllib

from tart.cli.render.config_text import config_toml, describe_reload, render_settings
from tart.config.load import load
from tart.config.schema import settings
from tests.supervisor.process import ROOT


def test_the_file_in_the_repository_is_the_default_one():
    """If this fails: ``python -m tart config default > config.toml``."""
    assert (ROOT / "config.toml").read_text() == config_toml()


def test_the_default_file_says_what_is_the_default_anyway(tmp_path):
    file = tmp_path / "config.toml"
    file.write_text(config_toml())
    flat = {}
    for key, value in tomllib.loads(config_toml()).items():
        flat |= (
            {f"{key}.{k}": v for k, v in value.items()} if isinstance(value, dict) else {key: value}
        )

    assert list(flat) == list(settings())
    loaded, default = load(file), load(file, environ={})
    assert loaded == default
    for section in ("server", "telemetry", "storage", "api", "supervisor", "log"):
        assert getattr(loaded, section) == type(getattr(loaded, section))()


def test_every_setting_has_its_description_above_it():
    text = config_toml().replace("\n# ", " ")
    for key, setting in settings().items():
        assert f"{setting.description}\n{key.rpartition('.')[2]} = " in text


def test_no_line_of_the_file_is_too_long_to_read():
    assert max(map(len, config_toml().splitlines())) <= 100


def test_every_kind_of_value_is_shown_as_toml(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    flags = {"api.cors_origins": ["*", "http://b"], "storage.flush_rows": 1234567}
    config = load(flags={"data_dir": '/a"b', **flags})
    lines = render_settings(config).splitlines()

    assert 'data_dir = "/a\\"b"  (command line)' in lines
    assert 'api.cors_origins = ["*", "http://b"]  (command line)' in lines
    assert "storage.flush_rows = 1_234_567  (command line)" in lines
    assert "storage.flush_seconds = 0.025  (default)" in lines
    assert len(lines) == len(settings())


def test_a_reload_is_described_by_old_and_new_values():
    def described(**flags):
        changed = load(environ={}, flags={key.replace("__", "."): flags[key] for key in flags})
        return describe_reload(load(environ={}), changed, {"log"})

    assert described() == ("settings reloaded; no setting changed", False)
    assert described(log__level="error") == (
        'settings reloaded; applied log.level: "info" → "error"',
        False,
    )
    assert described(log__level="error", storage__threads=2, shards=3) == (
        'settings reloaded; applied log.level: "info" → "error"; '
        "restart to apply shards: 0 → 3, storage.threads: 1 → 2",
        True,
    )
