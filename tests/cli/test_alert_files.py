import json

import pytest
import yaml

from tart.alerting.rules.builtin_rules import BUILTIN_RULES
from tart.alerting.rules.figures import FIGURES
from tart.cli.main import main

RULES = """\
[[channel]]
name = "ops"
type = "slack"
url = "https://example.org/hidden"

[[rule]]
alert = "FinalityFar"
figure = "finality_lag_slots"
above = 7
"""


@pytest.fixture(autouse=True)
def directory(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_rule_file_is_checked_without_a_server(directory, capsys):
    (directory / "rules.toml").write_text(RULES)
    assert main(["alerts", "check", "rules.toml"]) == 0
    out = capsys.readouterr().out
    on = sum(rule.is_on for rule in BUILTIN_RULES)
    assert out.splitlines() == [
        "rules.toml is valid",
        "rules       1 of its own, 0 built-in ones changed",
        f"built-in    {on} on, {len(BUILTIN_RULES) - on} off",
        "channels    ops",
        "maintenance 0 windows",
    ]
    assert main(["alerts", "check", "rules.toml", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document == {
        "file": "rules.toml",
        "rules": ["FinalityFar"],
        "disabled": [],
        "channels": ["ops"],
        "maintenance": 0,
    }


def test_what_keeps_channels_from_sending_is_a_warning(directory, capsys):
    secret = 'url_file = "no"'
    program = '[[channel]]\nname = "run"\ntype = "command"\nargv = "/nowhere/notify -x"\n'
    window = 'start = 2026-01-01T00:00:00Z\nend = 2026-01-02T00:00:00Z\nreason = "x"\n'
    text = RULES.replace('url = "https://example.org/hidden"', secret) + program
    text += f"[[maintenance]]\nmatchers = ['a=b']\n{window}"
    (directory / "rules.toml").write_text(text)
    assert main(["alerts", "check", "rules.toml"]) == 0
    out, err = capsys.readouterr()
    assert err.splitlines() == [
        "tart: warning: rules.toml:1: ops.url_file: the channel sends nothing while "
        f"{directory}/no cannot be read",
        "tart: warning: rules.toml:10: run.argv: the channel sends nothing while /nowhere/notify "
        "-x cannot be executed; its arguments are further texts of the list",
    ]
    assert "maintenance 1 window, 1 of them over" in out


@pytest.mark.parametrize(
    ("key", "warning"),
    [("short", "it is not base64"), ("ab12", "it has 3 bytes"), ("${KEY}", ""), ("ab12" * 8, "")],
)
def test_a_key_that_cannot_sign_is_a_warning_without_it(directory, capsys, key, warning):
    text = RULES.replace('"slack"', '"webhook"') + f"[[channel]]\nname = 'b'\nsecret = '{key}'\n"
    text += "type = 'webhook'\nurl = 'https://example.org'\n"
    (directory / "rules.toml").write_text(text)
    assert main(["alerts", "check", "rules.toml"]) == 0
    err = capsys.readouterr().err
    start = f"tart: warning: rules.toml:10: b.secret: the channel sends nothing: {warning}"
    assert err.startswith(start) if warning else err == ""
    assert f"'{key}'" not in err


def test_all_mistakes_of_a_rule_file_are_printed(directory, capsys):
    (directory / "rules.toml").write_text(RULES.replace("above", "abvoe").replace("slack", "x"))
    assert main(["alerts", "check", "rules.toml"]) == 2
    err = capsys.readouterr().err
    assert "rules.toml:3: ops.type: there is no kind of channel" in err
    assert "rules.toml:9: FinalityFar.abvoe: there is no such key; did you mean above?" in err
    assert "hidden" not in err


def test_the_file_of_the_settings_is_the_default(directory, capsys):
    (directory / "alerts.toml").write_text(RULES)
    assert main(["alerts", "check"]) == 0
    assert capsys.readouterr().out.startswith(f"{directory}/alerts.toml is valid\n")
    assert main(["alerts", "prometheus"]) == 0
    assert "FinalityFar" in capsys.readouterr().out
    assert main(["alerts", "prometheus", "--builtin"]) == 0
    assert "FinalityFar" not in capsys.readouterr().out


def test_rules_for_prometheus_are_yaml(directory, capsys):
    (directory / "rules.toml").write_text(RULES)
    assert main(["alerts", "prometheus", "rules.toml"]) == 0
    (group,) = yaml.safe_load(capsys.readouterr().out)["groups"]
    assert "FinalityFar" in [rule["alert"] for rule in group["rules"]]


def test_figures_are_listed_with_their_units_and_labels(capsys):
    assert main(["alerts", "figures"]) == 0
    out = capsys.readouterr().out
    assert all(name in out for name in FIGURES)
    assert main(["alerts", "figures", "--json"]) == 0
    names = [figure["name"] for figure in json.loads(capsys.readouterr().out)["figures"]]
    assert names == list(FIGURES)
