import logging

import pytest

from tart.config.load import load
from tart.gateway.alerting.rule_source import RuleSource

CHANNEL = "[[channel]]\nname = 'ops'\ntype = 'slack'\nurl = 'https://example.org/hidden'\n"
RULE = "[[rule]]\nalert = 'A'\nsql = 'SELECT 1'\n"

pytestmark = pytest.mark.anyio


@pytest.fixture
def file(tmp_path):
    return tmp_path / "alerts.toml"


def source(file):
    return RuleSource(load(flags={"alerts.file": str(file)}))


def names(source):
    return [rule.alert for rule in source.rules.rules if not rule.is_builtin]


async def test_a_changed_file_is_in_force_after_a_reload(file, caplog):
    file.write_text(CHANNEL)
    rules = source(file)
    assert names(rules) == []
    first = rules.loaded_us
    file.write_text(CHANNEL + RULE)
    with caplog.at_level(logging.INFO):
        assert await rules.reload()
    assert names(rules) == ["A"]
    assert rules.loaded_us > first
    assert f"channels=1 file={file}" in caplog.text
    assert rules.path == str(file)


async def test_a_file_with_mistakes_changes_nothing_and_each_is_logged(file, caplog):
    file.write_text(RULE)
    rules = source(file)
    loaded = rules.loaded_us
    file.write_text(CHANNEL + "tpye = 1\n[[rule]]\nalert = 'B'\n")
    assert not await rules.reload()
    assert names(rules) == ["A"]
    assert rules.loaded_us == loaded
    assert len(rules.errors) == 2
    for sentence in rules.errors:
        assert sentence.startswith("alerts.toml:")
        assert (
            f"alert rules not reloaded, those in force stay: {file.parent}/{sentence}"
            in caplog.text
        )
    assert "hidden" not in caplog.text
    file.unlink()
    assert not await rules.reload()
    assert rules.errors == ("--alerts-file: alerts.toml cannot be read: no such file or directory",)
    file.write_text(RULE.replace("A", "C"))
    assert await rules.reload()
    assert (names(rules), rules.errors) == (["C"], ())


def test_a_gateway_that_starts_with_a_wrong_file_uses_what_is_right(file, caplog):
    file.write_text(CHANNEL + RULE + "[[rule]]\nalert = 'B'\n")
    rules = source(file)
    assert names(rules) == ["A"]
    assert [channel.name for channel in rules.rules.channels] == ["ops"]
    assert rules.errors[0] in caplog.text
    file.unlink()
    assert names(source(file)) == []
