"""Checks before a start: what ``serve`` refuses, ``config check`` finds, with the same sentence."""

import json
import os
import socket
import subprocess
import sys
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import trustme

import tart
from tart.cli.main import main
from tart.cli.startup_checks import refuse_start
from tart.config.load import load
from tart.errors import ConfigError, StartupError
from tart.supervisor.data_lock import lock_directories, lock_owner
from tests.cases import all_cases
from tests.cli.forked_commands import ForkedCommands, Run

AUTHORITY = trustme.CA()
NOW = datetime.now(UTC)


@pytest.fixture(autouse=True)
def directory(tmp_path, monkeypatch):
    """An empty working directory, and none of our variables."""
    monkeypatch.chdir(tmp_path)
    for name in list(os.environ):
        if name.startswith("TART_"):
            monkeypatch.delenv(name)
    return tmp_path


def issue(path, begins=-1, ends=300):
    """Write a certificate that is valid from and to so many days from now, and its key."""
    times = {"not_before": NOW + timedelta(begins), "not_after": NOW + timedelta(ends)}
    issued = AUTHORITY.issue_cert("tart.example", **times)
    issued.cert_chain_pems[0].write_to_path(f"{path}.pem")
    issued.private_key_pem.write_to_path(f"{path}.key")


@contextmanager
def taken_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        yield f"127.0.0.1:{taken.getsockname()[1]}"


def tls(certificate, key):
    return f"[api]\ntls_certificate = '{certificate}'\ntls_key = '{key}'"


# Sockets have short paths, and temporary directories may be deep.
RUN = "run_dir = 'run'"
# What each makes wrong, as settings; and exit code and a part of the sentence of ``serve``.
REFUSED = {
    "syntax": ("shards = ", 2, "config.toml:1: not valid TOML: the value is missing"),
    "range": ("shards = 300", 2, "config.toml:1: shards: 300 is not between"),
    "origin": ("[api]\ncors_origins = ['here']", 2, "config.toml:2: api.cors_origins: 'here' is"),
    "no certificate": (tls("no.pem", "one.key"), 2, "no.pem cannot be read: no such file"),
    "no key": (tls("one.pem", "no.key"), 2, "config.toml:3: api.tls_key: {}/no.key cannot be read"),
    "directory": (tls("one.pem", "."), 2, "cannot be read: it is a directory"),
    "another's key": (tls("one.pem", "two.key"), 2, "two.key: the key is not that of the certi"),
    "key first": (tls("one.key", "one.pem"), 2, "one.pem: a certificate and a key in PEM form"),
    "no PEM": (tls("text.pem", "one.key"), 2, "config.toml:2: api.tls_certificate: "),
    "encrypted": (tls("one.pem", "secret.key"), 2, "the key is encrypted"),
    "wide": ("[api]\nbind = '0.0.0.0:0'", 2, "config.toml:2: api.bind: 0.0.0.0:0 can be reached"),
    "packages": (f"data_dir = 'site-packages/x'\n{RUN}", 2, "is among the installed Python"),
    "address": ("[telemetry]\nbind = '198.51.100.1:0'", 1, "this machine does not have that"),
    "name": ("[telemetry]\nbind = 'no.invalid:0'", 1, "telemetry.bind: cannot listen on no.inval"),
    "port": ("[telemetry]\nbind = '{taken}'", 1, "another program uses this port"),
    "data": (f"data_dir = 'text.pem/data'\n{RUN}", 1, "data_dir: cannot write to {}/text.pem"),
    "kernel": ("data_dir = '/proc/x'", 1, "data_dir: cannot write to /proc/x: "),
    "run": ("run_dir = 'text.pem/run'", 1, "config.toml:1: run_dir: cannot write to {}/text.pem"),
    "memory": ("[storage]\nmemory_limit = '1MB'", 2, "memory_limit: '1MB' is too little to op"),
    "share": ("[storage]\nmemory_limit = '0.0001%'", 2, "0.0001% of this machine is too little"),
    "lock": ("data_dir = 'locked'", 1, "another tart (pid"),
}  # fmt: skip


def prepare(directory):
    issue("one")
    issue("two")
    Path("text.pem").write_text("text")
    from cryptography.hazmat.primitives import serialization

    key = serialization.load_pem_private_key(Path("one.key").read_bytes(), None)
    Path("secret.key").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(b"secret"),
        )
    )


@pytest.mark.slow
def test_what_serve_refuses_before_it_is_ready_the_check_finds(directory, capsys):
    """Each mistake through both."""
    prepare(directory)
    with ExitStack() as stack:
        commands = stack.enter_context(ForkedCommands())
        taken = stack.enter_context(taken_port())
        locked = directory / "locked"
        stack.enter_context(lock_directories(locked, locked / "run"))

        @all_cases("name", REFUSED, ids=str)
        def check(name):
            text, code, sentence = REFUSED[name]
            text = text.replace("{taken}", taken)
            sentence = sentence.replace("{}", str(directory))
            flags = [] if "[telemetry]" in text else ["--telemetry-bind", "127.0.0.1:0"]
            flags += [] if "\nbind" in text and "[api]" in text else ["--api-bind", "127.0.0.1:0"]
            Path("config.toml").write_text(text)
            outcome = commands.run(Run(("serve", *flags), directory))
            assert (outcome.code, outcome.out) == (code, "")
            refused = outcome.err
            assert refused.startswith("tart: "), refused
            assert sentence in refused
            variables = {"--telemetry-bind": "TART_TELEMETRY_BIND", "--api-bind": "TART_API_BIND"}
            with pytest.MonkeyPatch.context() as patch:
                for flag, variable in variables.items():
                    if flag in flags:
                        patch.setenv(variable, "127.0.0.1:0")
                got = main(["config", "check"])
            errors = capsys.readouterr().err
            busy = name in ("port", "lock")
            assert got == (0 if busy else code)
            expected = refused.replace("tart: ", "tart: warning: ") if busy else refused
            assert errors == expected

        check()


def test_all_that_the_machine_refuses_is_reported_at_once(directory):
    Path("config.toml").write_text(tls("no.pem", "no.key") + "\nbind = '198.51.100.1:0'")

    with pytest.raises(ConfigError) as caught:
        refuse_start(load(flags={"data_dir": "/proc/x", "telemetry.bind": "198.51.100.2:0"}))

    keys = [fault.key for fault in caught.value.faults]
    assert keys == [
        *("data_dir", "telemetry.bind", "api.bind", "api.bind"),
        *("api.tls_certificate", "api.tls_key"),
    ]
    with pytest.raises(StartupError) as refused:
        refuse_start(load(Path("/dev/null"), flags={**LOCAL, "data_dir": "/proc/x"}))
    assert len(refused.value.sentences) == 1


LOCAL = {"telemetry.bind": "127.0.0.1:0", "api.bind": "127.0.0.1:0"}


@all_cases(
    ("begins", "ends", "sentence", "code"),
    [
        (-300, 300, None, 0),
        (-300, 13, "expires in 12 days, on", 0),
        (-300, -1, "expired on", 1),
        (1, 300, "is not valid before", 1),
    ],
)
def test_a_certificate_that_is_not_valid_now_is_found_and_served(begins, ends, sentence, code):
    """A server that is restarted at night goes on receiving telemetry, and warns."""
    issue("one", begins, ends)
    Path("config.toml").write_text(tls("one.pem", "one.key"))
    warnings = [str(fault) for fault in refuse_start(load(flags=LOCAL))]
    assert len(warnings) == (sentence is not None)
    assert all(sentence in warning for warning in warnings)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TART_TELEMETRY_BIND", "127.0.0.1:0")
        patch.setenv("TART_API_BIND", "127.0.0.1:0")
        assert main(["config", "check"]) == code


def test_all_mistakes_of_the_rule_file_refuse_a_start(directory):
    Path("alerts.toml").write_text("[[rule]]\nalert = 'A'\nfigure = 'x'\n[[channel]]\n")

    with pytest.raises(ConfigError) as caught:
        refuse_start(load(flags=LOCAL))

    path = directory / "alerts.toml"
    assert [str(fault).split(": ")[:2] for fault in caught.value.faults] == [
        [f"{path}:3", "A.figure"],
        [f"{path}:4", "[[channel]]"],
        [f"{path}:4", "[[channel]]"],
    ]


def test_a_secret_of_a_channel_that_cannot_be_read_is_a_warning(directory):
    Path("alerts.toml").write_text("[[channel]]\nname = 'ops'\ntype = 'slack'\nurl_file = 'no'\n")

    (warning,) = refuse_start(load(flags=LOCAL))

    assert str(warning) == (
        f"{directory}/alerts.toml:1: ops.url_file: the channel sends nothing while {directory}/no "
        "cannot be read"
    )


def test_memory_beyond_the_machine_s_is_a_warning(directory):
    flags = {**LOCAL, "shards": 200, "storage.memory_limit": "90%"}

    (warning,) = refuse_start(load(flags=flags))

    assert str(warning).startswith("storage.memory_limit: 200 shards with 90% each are ") or (
        "200 shards with 90% each" in str(warning)
    )
    assert refuse_start(load(flags={**LOCAL, "shards": 1, "storage.memory_limit": "10MB"})) == []


def test_the_check_says_what_it_checked_and_creates_nothing(directory, monkeypatch, capsys):
    monkeypatch.setenv("TART_TELEMETRY_BIND", "127.0.0.1:0")
    monkeypatch.setenv("TART_API_BIND", "127.0.0.1:0")
    Path("mine.toml").write_text("shards = 1\nstorage.memory_limit = '20MB'")

    assert main(["config", "check", "--config", "mine.toml"]) == 0

    assert capsys.readouterr().out.splitlines() == [
        "ok       the settings in mine.toml",
        f"ok       data_dir {directory}/shards",
        f"ok       run_dir {directory}/shards/run",
        "ok       telemetry.bind 127.0.0.1:0",
        "ok       api.bind 127.0.0.1:0",
        "ok       API keys: only this machine can reach the API",
        "ok       certificate: none, the API is served without TLS",
        "ok       alert rules: the built-in ones",
        "ok       the event log is never sampled",
        "ok       memory: 1 shards with 20MB each",
        "ok       open files",
        "configuration is valid",
    ]
    assert [path.name for path in directory.iterdir()] == ["mine.toml"]


def test_the_check_as_a_document_has_every_problem_with_its_place(directory, capsys):
    Path("config.toml").write_text("shards = 300\n[telemety]\n")

    assert main(["config", "check", "--json"]) == 2

    document = json.loads(capsys.readouterr().out)
    assert (document["valid"], document["checks"]) == (False, [])
    assert [(row["line"], row["key"]) for row in document["problems"]] == [(1, "shards"), (2, None)]
    assert {row["origin"] for row in document["problems"]} == {"config.toml"}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root acts as another user")
def test_root_checks_as_the_owner_of_the_data(directory, monkeypatch):
    """The certificate's key is for root only, which the server, another user, cannot read."""
    monkeypatch.setenv("TART_TELEMETRY_BIND", "127.0.0.1:0")
    monkeypatch.setenv("TART_API_BIND", "127.0.0.1:80")
    issue("one")
    Path("one.key").chmod(0o600)
    Path("shards").mkdir()
    os.chown("shards", 1234, 1234)
    Path("config.toml").write_text(tls("one.pem", "one.key"))

    # A process of its own: one that has imported everything already hides what it needs.
    checked = subprocess.run(
        [sys.executable, "-m", "tart", "config", "check"],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(Path(tart.__file__).parents[1])},
    )

    assert checked.returncode == 2, checked.stderr
    assert "checked as user 1234, who owns the data directory" in checked.stdout
    assert "one.key cannot be read: permission denied" in checked.stderr
    assert "Traceback" not in checked.stderr
    first_port = int(Path("/proc/sys/net/ipv4/ip_unprivileged_port_start").read_text())
    needs_privilege = "TART_API_BIND: cannot listen on 127.0.0.1:80: this port needs a privilege"
    assert (needs_privilege in checked.stderr) == (first_port > 80)


def test_the_owner_of_a_lock_is_seen_without_locking(directory):
    data = directory / "data"
    assert lock_owner(data) is None
    with lock_directories(data, data / "run"):
        assert lock_owner(data) == str(os.getpid())
    assert lock_owner(data) is None


def test_types_that_are_sampled_are_checked(monkeypatch, tmp_path, capsys):
    monkeypatch.chdir(tmp_path)
    Path("config.toml").write_text(
        "[storage]\nsample_after_seconds = 5\nsample_types = ['AssuranceRecieved']"
    )
    assert main(["config", "check"]) == 2
    shown = capsys.readouterr()
    assert "is no type of event; did you mean AssuranceReceived?" in shown.out + shown.err
    Path("config.toml").write_text("[storage]\nsample_types = ['AssuranceReceived']")
    main(["config", "check"])
    shown = capsys.readouterr()
    assert "has no effect while storage.sample_after_seconds is 0" in shown.out + shown.err
