import pytest

from tart.alerting.rules.model import Secret
from tart.alerting.rules.secrets import read_secret, variables_of
from tart.errors import ConfigError

ENVIRON = {"TOKEN": " t0k3n\n", "EMPTY": " ", "CREDENTIALS_DIRECTORY": "/run/credentials/tart"}
FILES = {"/etc/tart/token": "from-a-file\n", "/run/credentials/tart/hook": "cred", "/blank": "\n"}


def read_file(path: str) -> str:
    if path == "/binary":
        return b"\xff".decode()
    if path not in FILES:
        raise FileNotFoundError(2, "No such file or directory", path)
    return FILES[path]


def read(source, name, environ=ENVIRON):
    return read_secret(Secret(source, name), environ=environ, read_file=read_file)


def test_a_secret_is_read_from_where_the_rule_file_says():
    assert read("value", "plain $HOME {x}") == "plain $HOME {x}"
    assert read("value", "https://h/${TOKEN}/x") == "https://h/t0k3n/x"
    assert read("environment", "TOKEN") == "t0k3n"
    assert read("file", "/etc/tart/token") == "from-a-file"
    assert read("credential", "hook") == "cred"


@pytest.mark.parametrize(
    ("source", "name", "sentence"),
    [
        ("value", "hidden-${MISSING}", "the variable MISSING is not set in the environment"),
        ("environment", "EMPTY", "the variable EMPTY is not set in the environment of tart serve"),
        ("file", "/gone", "/gone cannot be read: no such file or directory"),
        ("file", "/blank", "/blank is empty"),
        ("file", "/binary", "/binary cannot be read: it is not text"),
        ("credential", "other", "/run/credentials/tart/other cannot be read"),
    ],
)
def test_a_secret_that_cannot_be_read_is_a_sentence_without_the_secret(source, name, sentence):
    with pytest.raises(ConfigError) as raised:
        read(source, name)
    assert sentence in str(raised.value)
    assert "hidden" not in str(raised.value)


def test_without_systemd_a_credential_says_what_the_unit_needs():
    with pytest.raises(ConfigError, match="LoadCredential=hook:PATH"):
        read("credential", "hook", {})


def test_variables_inside_a_value_are_listed():
    assert variables_of("a ${B} ${C} $D") == ("B", "C")
