import pytest

from tart.alert_rules import has_rule_file, read_configured_rules
from tart.alerting.rules.builtin_rules import BUILTIN_RULES
from tart.config.load import load
from tart.errors import ConfigError

CHANNEL = '[[channel]]\nname = "ops"\ntype = "slack"\nurl_file = "slack"\n'


@pytest.fixture
def directory(tmp_path):
    (tmp_path / "config.toml").write_text("shards = 1\n")
    return tmp_path


def settings(directory, file=None):
    return load(directory / "config.toml", flags={"alerts.file": file})


def refusal(directory, file=None):
    with pytest.raises(ConfigError) as raised:
        read_configured_rules(settings(directory, file))
    return raised.value.sentences


def test_without_a_rule_file_the_built_in_rules_are_in_force(directory):
    config = settings(directory)
    assert not has_rule_file(config)
    assert read_configured_rules(config).rules == BUILTIN_RULES


def test_the_file_beside_the_settings_is_read_and_paths_in_it_start_there(directory):
    (directory / "alerts.toml").write_bytes(
        b"\xef\xbb\xbf" + CHANNEL.replace("\n", "\r\n").encode()
    )
    (channel,) = read_configured_rules(settings(directory)).channels
    assert channel.secrets["url"].name == str(directory / "slack")


def test_a_file_that_the_settings_name_must_exist(directory):
    (sentence,) = refusal(directory, str(directory / "none.toml"))
    assert (
        sentence
        == f"--alerts-file: {directory}/none.toml cannot be read: no such file or directory"
    )
    (directory / "alerts.toml").mkdir()
    (sentence,) = refusal(directory)
    assert sentence.endswith("alerts.toml cannot be read: it is a directory")


def test_mistakes_have_the_file_and_the_line(directory):
    (directory / "alerts.toml").write_text("group_wiat = '1s'\n[[chanel]]\n")
    path = directory / "alerts.toml"
    first, second, *_ = refusal(directory)
    assert first.startswith(f"{path}:1: group_wiat: there is no such key; did you mean group_wait?")
    assert second.startswith(f"{path}:2: unknown section [chanel]; did you mean [[channel]]?")


def test_a_file_that_is_not_text_or_too_long_is_refused(directory):
    path = directory / "alerts.toml"
    path.write_bytes(b"# ok\n\xff")
    assert refusal(directory) == (f"{path}:2: not valid TOML: it is not UTF-8 text",)
    path.write_bytes(b"#" * (1 << 20) + b"\n")
    assert refusal(directory) == (f"{path}: it is longer than 1 MiB",)
