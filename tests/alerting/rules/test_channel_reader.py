import pytest

from tart.alerting.rules.channel_types import CHANNEL_TYPES
from tart.alerting.rules.model import Secret
from tart.alerting.rules.rule_file import parse_rule_file
from tart.errors import ConfigError
from tests.cases import all_cases

CHANNELS = {
    "webhook": "url = 'https://h/x'\nsecret_credential = 'hook'",
    "alertmanager": "url = 'http://a:9093'",
    "slack": "url_file = 'slack'",
    "discord": "url_env = 'DISCORD'",
    "telegram": "token = '${TOKEN}'\nchat_id = -100",
    "pagerduty": "routing_key_file = '/etc/tart/key'",
    "email": "host = 'mail'\nfrom = 'Tart <tart@h.org>'\nto = 'a@h.org'",
    "command": "argv = ['/bin/notify', '-x']",
    "apprise": "url = 'ntfy://topic'",
}


def read(kind, settings, extra=""):
    text = f"[[channel]]\nname = 'ops'\ntype = '{kind}'\n{settings}\n{extra}"
    file = parse_rule_file(text, place="alerts.toml", builtin=(), directory="/etc/tart")
    return file.channels[0]


def test_every_kind_of_channel_is_read():
    assert CHANNELS.keys() == CHANNEL_TYPES.keys()
    for kind, settings in CHANNELS.items():
        assert read(kind, settings).type == kind


def test_secrets_are_apart_from_settings_and_are_not_shown():
    channel = read("webhook", CHANNELS["webhook"])
    assert channel.settings == {}
    assert channel.secrets == {
        "url": Secret("value", "https://h/x"),
        "secret": Secret("credential", "hook"),
    }
    assert "https" not in repr(channel)
    assert read("discord", CHANNELS["discord"]).secrets["url"] == Secret("environment", "DISCORD")


def test_a_relative_path_starts_from_the_rule_file():
    assert read("slack", CHANNELS["slack"]).secrets["url"] == Secret("file", "/etc/tart/slack")
    key = read("pagerduty", CHANNELS["pagerduty"]).secrets["routing_key"]
    assert key == Secret("file", "/etc/tart/key")


def test_what_a_channel_leaves_out_has_its_default():
    assert read("telegram", CHANNELS["telegram"]).settings == {
        "chat_id": "-100",
        "api_url": "https://api.telegram.org",
    }
    assert read("email", CHANNELS["email"]).settings == {
        "host": "mail",
        "port": 587,
        "tls": "starttls",
        "from": "Tart <tart@h.org>",
        "to": ("a@h.org",),
    }
    assert read("email", CHANNELS["email"] + "\ntls = 'tls'").settings["port"] == 465
    channel = read("command", CHANNELS["command"])
    assert channel.send_resolved
    assert channel.min_severity == "info"


def test_a_connection_has_a_time_limit_authorities_and_a_login():
    settings = "timeout = '1m30s'\nca_file = 'ca.pem'\nusername = 'u'\npassword_env = 'P'"
    channel = read("webhook", CHANNELS["webhook"], settings)
    assert channel.settings == {"timeout": 90.0, "ca_file": "/etc/tart/ca.pem", "username": "u"}
    assert channel.secrets["password"] == Secret("environment", "P")
    assert read("telegram", CHANNELS["telegram"], "thread_id = 7").settings["thread_id"] == 7


def test_keys_of_every_channel_are_read():
    channel = read(
        "slack",
        CHANNELS["slack"],
        "send_resolved = false\nmin_severity = 'critical'\ntemplates.title = '{{ $value }}'",
    )
    assert not channel.send_resolved
    assert channel.min_severity == "critical"
    assert channel.templates == {"title": "{{ $value }}"}


MISTAKES = [
    ("slack", "", "1: ops: it needs url or url_file or url_env or url_credential: the incoming"),
    ("slack", "url = 'hook'", "4: ops.url: it is not a URL: it does not begin with https:// or"),
    ("slack", "url = 'https://x'\ntimeout = '6m'", "5: ops.timeout: it is longer than 5m"),
    ("slack", "url = 'https://x'\ntimeout = '0s'", "5: ops.timeout: it must be longer than"),
    ("webhook", "url = 'https://x'\nusername = 'u'", "5: ops.username: it needs a password"),
    (
        "telegram",
        "token = 'x'\nchat_id = 1\nthread_id = 0",
        "6: ops.thread_id: 0 is not a whole number above 0",
    ),
    ("slack", "url = 7", "4: ops.url: it is not text in quotes"),
    ("slack", "url = ''", "4: ops.url: it is empty"),
    ("slack", "url = 'https://${A-B}'", "4: ops.url: ${…} in it has no name of a variable"),
    ("slack", "url_env = 'https://x'", "4: ops.url_env: it is not the name of a variable"),
    ("slack", "url_credential = '/x'", "4: ops.url_credential: it is not the name of a cred"),
    (
        "slack",
        "url = 'https://x'\nurl_file = 'x'",
        "5: ops.url_file: url and url_file say the same; give one of them",
    ),
    ("slack", "url = 'https://x'\nuser = 'x'", "5: ops.user: there is no such key"),
    ("slack", "url = 'https://x'\nseverity = 'info'", "5: ops.severity: there is no such key; wr"),
    ("slack", "url = 'https://x'\nmin_severity = 'inf'", '5: ops.min_severity: "inf" is not acc'),
    ("slack", "url = 'https://x'\nsend_resolved = 'no'", '5: ops.send_resolved: "no" is not true'),
    ("slack", "url = 'https://x'\ntemplates.titel = ''", "5: ops.templates.titel: there is no su"),
    ("slack", "url = 'https://x'\ntemplates.title = '{{'", "5: ops.templates.title: a pair of br"),
    ("slak", "", '3: ops.type: there is no kind of channel "slak"; did you mean slack?'),
    ("telegram", "token = 'x'", "1: ops: it needs chat_id: the chat"),
    ("telegram", "token = 'x'\nchat_id = 1.5", "5: ops.chat_id: 1.5 is not text in quotes"),
    ("telegram", "token = 'x'\nchat_id = 1\napi_url = 'x'", '6: ops.api_url: "x" does not begin'),
    ("command", "argv = []", "4: ops.argv: it is empty"),
    ("command", "argv = [1]", "4: ops.argv: [1] is not a list of text"),
    ("email", CHANNELS["email"] + "\nport = 0", "7: ops.port: 0 is not a port: a whole number"),
    ("email", CHANNELS["email"] + "\nport = '25'", '7: ops.port: "25" is not a port'),
    ("email", CHANNELS["email"] + "\ntls = 'ssl'", '7: ops.tls: "ssl" is not accepted; there'),
    ("email", CHANNELS["email"] + "\nusername = 'x'", "7: ops.username: it needs a password bes"),
    ("email", CHANNELS["email"] + "\npassword = 'x'", "1: ops: it has a password and no username"),
    ("email", "host = 'm'\nfrom = 'x'\nto = ['a']", '5: ops.from: "x" is not an address such as'),
    ("email", "host = 'm'\nfrom = 'a@b'\nto = ['a']", '6: ops.to: "a" is not an address such as'),
]


@all_cases("case", MISTAKES, ids=str)
def test_each_mistake_of_a_channel_is_a_sentence(case):
    kind, settings, sentence = case
    with pytest.raises(ConfigError) as raised:
        read(kind, settings)
    assert any(line.startswith(f"alerts.toml:{sentence}") for line in raised.value.sentences), (
        raised.value.sentences
    )


def test_a_channel_without_name_and_type_says_what_there_is():
    with pytest.raises(ConfigError) as raised:
        parse_rule_file("[[channel]]", place="alerts.toml", builtin=())
    assert raised.value.sentences == (
        "alerts.toml:1: [[channel]]: a channel needs a name, by which rules refer to it",
        f"alerts.toml:1: [[channel]]: a channel needs a type: {', '.join(CHANNEL_TYPES)}",
    )


def test_no_sentence_shows_a_secret():
    text = "[[channel]]\nname = 'ops'\ntype = 'slack'\nurl = 'hidden'\nurl_env = 'hidden/x'\n"
    with pytest.raises(ConfigError) as raised:
        parse_rule_file(text, place="alerts.toml", builtin=())
    assert "hidden" not in str(raised.value)
