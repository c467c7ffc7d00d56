import json
import os
import re
from dataclasses import FrozenInstanceError
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tart.config.load import load
from tart.config.schema import MAX_SHARDS, Config, flag_of, key_of, settings, values, variable_of
from tart.errors import ConfigError
from tests.cases import all_cases, examples

# A usable value that is not the default, as the file has it and as text has it.
OTHER = {
    bool: (True, "true"),
    int: (2, "2"),
    float: (0.5, "0.5"),
    str: ("1.2.3.4:5", "1.2.3.4:5"),
}
ODD_VALUES = {
    "api.bytes": "array",
    "api.int64": "string",
    "log.level": "debug",
    "log.format": "json",
}
ODD_VALUES |= {"storage.memory_limit": "1GB", "data_dir": "/d", "run_dir": "/r"}
ODD_VALUES |= {"telemetry.partial_frame_bytes": 1 << 30, "api.max_connections": 5000}
ODD_VALUES |= {"api.auth": "none", "api.tls_certificate": "/c.pem", "api.tls_key": "/k.pem"}
ODD_VALUES |= {"alerts.file": "/a.toml", "traces.url": "http://h:4318/v1/traces"}
ODD_VALUES |= {"traces.headers_file": "/h", "traces.ca_file": "/ca.pem"}
NETWORKS = (("10.0.0.0/8", "::1"), "10.0.0.0/8, ::1")
ODD_LISTS = {"telemetry.allow": NETWORKS, "telemetry.deny": NETWORKS}
ODD_LISTS |= {"telemetry.peer_ids": (("ab" * 32,), "ab" * 32)}
ODD_LISTS |= {"api.cors_origins": (("*", "http://a"), "*, http://a")}
ODD_LISTS |= {"traces.kinds": (("blocks",), "blocks")}
ODD_LISTS |= {"rpc.urls": (("ws://a", "wss://b:9/x"), "ws://a, wss://b:9/x")}
# What one setting needs another for.
BESIDE = {"api.tls_key": {"api.tls_certificate": "/c.pem"}}
ODD_VALUES |= {"api.bind": "[::1]:80", "storage.retain_disk_share": 0.25}


@pytest.fixture(autouse=True)
def empty_directory(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def written(text):
    Path("config.toml").write_text(text)
    return Path("config.toml")


def refusal(text=None, **arguments):
    if text is not None:
        written(text)
    with pytest.raises(ConfigError) as caught:
        load(**arguments)
    return str(caught.value)


def other_than_default(key, kind):
    """As the file has it, and as text."""
    if key in ODD_VALUES:
        return ODD_VALUES[key], str(ODD_VALUES[key])
    return ODD_LISTS.get(key) or OTHER.get(kind, (("a", "b"), "a, b"))


def test_without_file_variables_and_flags_everything_is_default():
    config = load()

    assert values(config) == {key: row.default for key, row in settings().items()}
    assert set(config.origins.values()) == {"default"}
    assert list(config.origins) == list(settings())


@pytest.mark.parametrize(("key", "kind"), [(key, row.type) for key, row in settings().items()])
def test_every_setting_can_be_given_in_each_way(key, kind):
    value, text = other_than_default(key, kind)
    section, _, name = key.rpartition(".")
    shown = list(value) if isinstance(value, tuple) else value
    shown = repr(shown).replace("True", "true")
    file = written(f"[{section}]\n{name} = {shown}" if section else f"{name} = {shown}")
    beside = BESIDE.get(key, {})

    for config, origin in (
        (load(file, flags=beside), "config.toml"),
        (load(environ={variable_of(key): text}, flags=beside), variable_of(key)),
        (load(flags={key: text, **beside}), "command line"),
    ):
        assert values(config)[key] == value != settings()[key].default
        assert config.origins[key] == origin


def test_flags_override_variables_and_variables_override_the_file():
    file = written("shards = 1")
    environ = {"TART_SHARDS": "2"}

    assert load(file).server.shards == 1
    assert load(file, environ=environ).server.shards == 2
    assert load(file, environ=environ, flags={"shards": 3}).server.shards == 3


def test_a_flag_that_was_not_given_changes_nothing():
    assert load(written("shards = 1"), flags={"shards": None}).server.shards == 1


def test_variables_of_other_programs_are_ignored():
    load(environ={"TARTAN": "x", "PATH": "y"})


@all_cases(
    ("text", "sentence"),
    [
        ("shardz = 1", "config.toml:1: unknown key shardz; did you mean shards?"),
        (
            "# x\n[storage]\nflush_row = 1",
            "config.toml:3: unknown key storage.flush_row; did you mean storage.flush_rows?",
        ),
        ("zzzzzzzzzz = 1", "config.toml:1: unknown key zzzzzzzzzz"),
        ("api = 1", "config.toml:1: api is a section; write [api] and its settings below it"),
        ("[[api]]", "config.toml:1: api is a section; write [api] and its settings below it"),
        (
            "flush_rows = 1",
            "config.toml:1: unknown key flush_rows; did you mean storage.flush_rows?",
        ),
        ("bind = 1", "config.toml:1: unknown key bind; did you mean telemetry.bind or api.bind?"),
        ("[log]\nshards = 1", "config.toml:2: unknown key log.shards; shards stands above all sec"),
        ("[telemety]", "config.toml:1: unknown section [telemety]; did you mean [telemetry]?"),
        ("[server]\nshards = 1", "config.toml:1: unknown section [server]"),
        ("[shards]\nx = 1", "config.toml:1: shards is a setting, not a section; write shards = …"),
        ("[api.bind]\nx = 1", "config.toml:1: api.bind is a setting, not a section; write bind ="),
        ("api.bind = 1", "config.toml:1: api.bind: 1 is not a string"),
        ("api = {bind = 1}", "config.toml:1: api.bind: 1 is not a string"),
        ("# x\nshards = ", "config.toml:2: not valid TOML: the value is missing"),
        ("shards = 1\nshards = 1", "config.toml:2: shards is set on line 1 already"),
        (
            "shards = " + "[" * 5000 + "]" * 5000,
            "config.toml: not valid TOML: its lists are",
        ),
        (f"shards = '{'x' * 90}'", f"config.toml:1: shards: '{'x' * 79}… is not a whole number"),
        ("shards = 300", "config.toml:1: shards: 300 is not between 0 and 256"),
        ("[api]\ntls_key = 'k'", "config.toml:2: api.tls_key: needs api.tls_certificate beside"),
    ],
)
def test_what_is_wrong_in_a_file_is_told_with_its_line(text, sentence):
    assert refusal(text).startswith(sentence)


def test_a_file_that_is_not_text_is_refused():
    Path("config.toml").write_bytes(b"# x\n\xff\xfe")

    assert refusal() == "config.toml:2: not valid TOML: it is not UTF-8 text"


def test_a_file_may_have_a_byte_order_mark_and_line_ends_of_windows():
    Path("config.toml").write_bytes(b"\xef\xbb\xbfshards = 3\r\n[log]\r\nlevel = 'debug'\r\n")

    config = load()

    assert (config.server.shards, config.log.level) == (3, "debug")


def test_a_file_that_was_named_must_exist():
    assert refusal(path=Path("gone.toml")) == "gone.toml: cannot be read: no such file or directory"


def test_all_faults_are_reported_at_once_with_their_places():
    written(
        "shards = 300\n[telemety]\nbind = 1\nallo = []\n[api]\nbind = x\nauth = 'no'\n"
        "cors_origins = ['a', 'http://b', 'c/']\n[log]\nlevel = 1\n[extra]\n"
    )
    environ = {"TART_SHARD": "1", "TART_STORAGE_FLUSH_ROWS": "no", "TART_API_SQL_SECONDS": "0"}

    with pytest.raises(ConfigError) as caught:
        load(environ=environ, flags={"data_dir": "", "api.tls_key": "/k"})

    places = [(fault.origin, fault.line, fault.key) for fault in caught.value.faults]
    assert places == [
        ("", None, ""),
        ("--api-tls-key", None, "api.tls_key"),
        ("--data-dir", None, "data_dir"),
        ("TART_API_SQL_SECONDS", None, "api.sql_seconds"),
        ("TART_STORAGE_FLUSH_ROWS", None, "storage.flush_rows"),
        ("config.toml", 1, "shards"),
        ("config.toml", 2, ""),
        ("config.toml", 3, "telemetry.bind"),
        ("config.toml", 4, ""),
        ("config.toml", 6, ""),
        ("config.toml", 7, "api.auth"),
        ("config.toml", 8, "api.cors_origins"),
        ("config.toml", 8, "api.cors_origins"),
        ("config.toml", 10, "log.level"),
        ("config.toml", 11, ""),
    ]
    assert caught.value.sentences == tuple(map(str, caught.value.faults))
    assert str(caught.value) == "; ".join(caught.value.sentences)


def test_a_value_that_may_have_a_password_is_not_quoted(tmp_path):
    path = tmp_path / "config.toml"
    for text in ('rpc.urls = [["ws://me:secret@a:1"]]', 'traces.url = ["http://me:secret@a:1"]'):
        path.write_text(text)
        with pytest.raises(
            ConfigError, match=r"the value is not a (list of strings|string)"
        ) as caught:
            load(path)
        assert "secret" not in str(caught.value)


# A wrong value of each setting that can have one alone.
WRONG = {
    key: {int: 0, float: -1.0, bool: "maybe", str: 5}.get(row.type, 5)
    for key, row in settings().items()
}
WRONG |= {"shards": -1, "data_dir": "", "log.level": "loud", "api.bind": "here"}
WRONG |= {"telemetry.allow": ["1.2.3.4/99"], "api.cors_origins": ["here"]}
WRONG |= {"rpc.urls": ["http://127.0.0.1:19800"], "traces.url": "ws://127.0.0.1"}
WRONG |= {"traces.kinds": ["package"], "traces.sample_one_in": -1}


# Any text is a path, so that a variable with one cannot be wrong by itself; names of event types
# are checked at the start.
FREE_TEXT = (
    *("run_dir", "api.tls_certificate", "api.tls_key", "alerts.file"),
    *("storage.sample_types", "traces.headers_file", "traces.ca_file"),
)


@examples(0.5)
@given(st.data())
def test_any_set_of_wrong_settings_is_reported_completely(data):
    """However they are divided among file, environment and command line."""
    wrong = data.draw(st.sets(st.sampled_from(sorted(WRONG)), min_size=1))
    by_source = {"file": [], "variable": [], "flag": []}
    for key in sorted(wrong, key=lambda key: "." in key):
        sources = [source for source in by_source if source != "variable" or key not in FREE_TEXT]
        by_source[data.draw(st.sampled_from(sources))].append(key)
    lines = [f"{key} = {json.dumps(WRONG[key])}" for key in by_source["file"]]
    written("\n".join(lines))

    with pytest.raises(ConfigError) as caught:
        load(
            environ={variable_of(key): as_text(WRONG[key]) for key in by_source["variable"]},
            flags={key: WRONG[key] for key in by_source["flag"]},
        )

    places = {("config.toml", line + 1, key) for line, key in enumerate(by_source["file"])}
    places |= {(variable_of(key), None, key) for key in by_source["variable"]}
    places |= {(flag_of(key), None, key) for key in by_source["flag"]}
    assert {(fault.origin, fault.line, fault.key) for fault in caught.value.faults} == places


def as_text(value):
    """Return a value as a variable has it."""
    return ",".join(value) if isinstance(value, list) else str(value)


def test_an_unknown_variable_is_refused_with_the_nearest_name():
    assert refusal(environ={"TART_SHARD": "1"}) == (
        "unknown variable TART_SHARD; did you mean TART_SHARDS?"
    )


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("shards", "two", "a whole number"),
        ("shards", "", "a whole number"),
        ("shards", "1.5", "a whole number"),
        ("shards", 1.0, "a whole number"),
        ("shards", True, "a whole number"),
        ("shards", [1], "a whole number"),
        ("storage.flush_seconds", "soon", "a number"),
        ("storage.flush_seconds", False, "a number"),
        ("storage.flush_seconds", {"a": 1}, "a number"),
        ("api.bytes", 1, "a string"),
        ("api.bytes", True, "a string"),
        ("api.cors_origins", 1, "a list of strings"),
        ("api.cors_origins", [1], "a list of strings"),
        ("api.cors_origins", {"a": "b"}, "a list of strings"),
    ],
)
def test_a_value_of_the_wrong_type_is_refused_with_what_is_accepted(key, value, expected):
    assert refusal(flags={key: value}) == f"{flag_of(key)}: {value!r} is not {expected}"


@pytest.mark.parametrize(("value", "meant"), [(2, 2.0), ("2", 2.0), ("1e-3", 0.001)])
def test_a_whole_number_is_accepted_as_a_number(value, meant):
    got = load(flags={"storage.flush_seconds": value}).storage.flush_seconds

    assert got == meant
    assert type(got) is float


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        *(("", ()), ("a://b", ("a://b",)), (" a://b , a://c,", ("a://b", "a://c"))),
        *((["a://b"], ("a://b",)),),
    ],
)
def test_a_list_as_text_is_separated_by_commas(text, meant):
    assert load(flags={"api.cors_origins": text}).api.cors_origins == meant


@all_cases(
    ("key", "value", "sentence"),
    [
        ("shards", -1, "shards: -1 is not between 0 and 256"),
        ("shards", 257, "shards: 257 is not between 0 and 256"),
        ("storage.flush_rows", 0, "storage.flush_rows: 0 is not a finite number above 0"),
        ("supervisor.stop_seconds", "nan", "supervisor.stop_seconds: nan is not a finite number"),
        ("supervisor.stop_seconds", "inf", "supervisor.stop_seconds: inf is not a finite number"),
        ("telemetry.max_connections", -5, "telemetry.max_connections: -5 is not a finite number"),
        ("telemetry.burst_events", 0, "telemetry.burst_events: 0 is not a finite number above 0"),
        ("telemetry.events_per_second", 0, "telemetry.events_per_second: 0 is not a finite"),
        ("telemetry.idle_seconds", 1e300, "telemetry.idle_seconds: 1e+300 is more than 1000000000"),
        ("supervisor.stop_seconds", 3e6, "supervisor.stop_seconds: 3e+06 is more than 2000000 se"),
        ("api.cors_origins", "a\0", "api.cors_origins: ('a\\x00',) has a NUL character"),
        ("data_dir", "/a\0", "data_dir: '/a\\x00' has a NUL character"),
        ("storage.flush_rows", 2**63, "storage.flush_rows: 9223372036854775808 is more than 2^63"),
        ("telemetry.idle_seconds", 0, "telemetry.idle_seconds: 0.0 is not a finite number above"),
        (
            "api.max_connections",
            1000,
            "max_connections, 1000, leaves nothing beside max_subscribers, 1000",
        ),
        (
            "telemetry.partial_frame_bytes",
            1 << 19,
            "partial_frame_bytes, 524288, is less than one frame, max_frame_bytes, 1048576",
        ),
        (
            "telemetry.keepalive_seconds",
            40_000,
            "telemetry.keepalive_seconds: 40000 is more than the kernel takes, 32767",
        ),
        ("storage.file_hours", 5, "storage.file_hours: 5 is not a divisor of 24"),
        ("storage.file_hours", 48, "storage.file_hours: 48 is not a divisor of 24"),
        ("storage.retain_disk_share", 1.5, "storage.retain_disk_share: 1.5 is more than the whole"),
        ("storage.retain_hours", 0, "storage.retain_hours: 0 is not a finite number above 0"),
        ("storage.memory_limit", "much", "storage.memory_limit: 'much' is not a size such as"),
        ("storage.memory_limit", "0MB", "storage.memory_limit: '0MB' is too little to open"),
        ("storage.memory_limit", "9.9MB", "storage.memory_limit: '9.9MB' is too little to open"),
        ("storage.memory_limit", "0%", "storage.memory_limit: '0%' is not a share of the machine"),
        ("storage.memory_limit", "101%", "storage.memory_limit: '101%' is not a share of"),
        ("storage.memory_limit", "512", "storage.memory_limit: '512' is not a size such as 512MB"),
        ("api.bytes", "octets", "api.bytes: 'octets' is not one of hex, array"),
        ("log.level", "loud", "log.level: 'loud' is not one of debug, info, warning, error"),
        ("log.format", "xml", "log.format: 'xml' is not one of auto, text, json"),
        ("api.bind", "8080", "api.bind: '8080' is not HOST:PORT"),
        ("telemetry.bind", ":9000", "telemetry.bind: ':9000' is not HOST:PORT"),
        ("api.bind", "0.0.0.0:9000", "0.0.0.0:9000 is both telemetry.bind and api.bind"),
        ("data_dir", "", "data_dir: is empty"),
    ],
)
def test_a_value_out_of_range_is_refused(key, value, sentence):
    text = refusal(flags={key: value})

    assert text.startswith(f"{flag_of(key)}: {sentence.removeprefix(f'{key}: ')}")


@pytest.mark.parametrize("size", ["512MB", "1.5GB", "80%", "1 GiB", "10mb", "100%"])
def test_sizes_that_duckdb_accepts_are_accepted(size):
    assert load(flags={"storage.memory_limit": size}).storage.memory_limit == size


def test_port_0_may_be_given_twice_on_one_address():
    load(flags={"api.bind": "127.0.0.1:0", "telemetry.bind": "127.0.0.1:0"})


def test_a_path_is_relative_to_the_file_or_else_to_the_working_directory(tmp_path):
    (tmp_path / "etc").mkdir()
    file = tmp_path / "etc" / "config.toml"
    file.write_text("data_dir = 'data'\nrun_dir = 'run'")

    assert load(file).data_path == tmp_path / "etc" / "data"
    assert load(file).run_path == tmp_path / "etc" / "run"
    assert load(file, environ={"TART_DATA_DIR": "x"}).data_path == tmp_path / "x"
    assert load(file, flags={"run_dir": "y"}).run_path == tmp_path / "y"
    assert load(file, flags={"data_dir": "/z"}).data_path == Path("/z")


def test_sockets_are_in_the_data_directory_by_default(tmp_path):
    assert load().run_path == tmp_path / "shards" / "run"
    assert load(environ={"TART_RUN_DIR": ""}).run_path == tmp_path / "shards" / "run"


def test_a_directory_too_long_for_sockets_is_refused():
    assert re.search(
        r"--run-dir: /x{90} has 91 bytes and Unix sockets .* at most 80 bytes$",
        refusal(flags={"run_dir": "/" + "x" * 90}),
    )


def test_no_shards_means_one_for_each_cpu():
    assert load().shard_count == min(len(os.sched_getaffinity(0)), MAX_SHARDS)
    assert load(flags={"shards": 5}).shard_count == 5


def test_names_of_a_setting():
    assert key_of("server", "data_dir") == "data_dir"
    assert key_of("api", "bind") == "api.bind"
    assert variable_of("api.bind") == "TART_API_BIND"
    assert len({variable_of(key) for key in settings()}) == len(settings())


def test_settings_cannot_be_changed_once_they_are_read():
    with pytest.raises(FrozenInstanceError):
        Config().server.shards = 4
