"""``tart config``: settings are checked, shown and printed."""

import pytest

from tart.cli.main import main


@pytest.fixture(autouse=True)
def empty_directory(monkeypatch, tmp_path):
    """An empty working directory and no variables of ours."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("TART_SHARDS", raising=False)
    for variable in ("TART_TELEMETRY_BIND", "TART_API_BIND"):
        monkeypatch.setenv(variable, "127.0.0.1:0")


def test_valid_settings_pass_the_check(capsys, tmp_path):
    (tmp_path / "mine.toml").write_text("shards = 4")

    assert main(["config", "check", "--config", "mine.toml"]) == 0
    out, err = capsys.readouterr()
    assert out.startswith("ok       the settings in mine.toml\n")
    assert out.endswith("\nconfiguration is valid\n")
    assert err == ""


def test_a_certificate_that_cannot_be_read_fails_the_check(capsys, tmp_path):
    (tmp_path / "config.toml").write_text(
        '[api]\ntls_certificate = "missing.pem"\ntls_key = "missing.key"\n'
    )
    assert main(["config", "check"]) == 2
    out, err = capsys.readouterr()
    assert out.endswith("the configuration has 2 mistakes\n")
    assert "config.toml:2: api.tls_certificate: " in err
    assert "config.toml:3: api.tls_key: " in err


def test_invalid_settings_are_one_sentence_and_exit_with_2(capsys, tmp_path):
    (tmp_path / "config.toml").write_text("shardz = 4")

    assert main(["config", "check"]) == 2
    assert capsys.readouterr() == (
        "",
        "tart: config.toml:1: unknown key shardz; did you mean shards?\n",
    )


@pytest.mark.parametrize("verb", ["check", "show"])
@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        ("9" * 5000, "not valid TOML at column 1: a number has too many digits"),
        ("0x" + "f" * 4000, "shards: a number of thousands of digits is not between 0 and 256"),
        ('"\u202e"', r"shards: '\u202e' is not a whole number"),
    ],
)
def test_a_value_of_any_length_is_one_short_sentence(verb, value, sentence, capsys, tmp_path):
    (tmp_path / "config.toml").write_text(f"shards = {value}\n", encoding="utf-8")

    assert main(["config", verb]) == 2
    assert capsys.readouterr().err == f"tart: config.toml:1: {sentence}\n"


def test_a_path_moves_no_cursor(capsys, tmp_path):
    (tmp_path / "config.toml").write_text(
        '[api]\ntls_certificate = "\u202e"\ntls_key = "x"\n', encoding="utf-8"
    )

    assert main(["config", "check"]) == 2
    assert "\u202e" not in "".join(capsys.readouterr())


def test_unknown_environment_variables_are_refused(capsys, monkeypatch):
    monkeypatch.setenv("TART_API_BINT", "127.0.0.1:1")

    assert main(["config", "check"]) == 2
    assert capsys.readouterr().err == (
        "tart: unknown variable TART_API_BINT; did you mean TART_API_BIND?\n"
    )


def test_show_prints_each_setting_and_its_origin(capsys, monkeypatch, tmp_path):
    (tmp_path / "config.toml").write_text("[api]\nbytes = 'array'")
    monkeypatch.setenv("TART_SHARDS", "3")

    assert main(["config", "show"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert 'api.bytes = "array"  (config.toml)' in lines
    assert "shards = 3  (TART_SHARDS)" in lines
    assert 'log.level = "info"  (default)' in lines


def test_the_printed_default_file_is_valid(capsys, tmp_path):
    assert main(["config", "default"]) == 0
    (tmp_path / "config.toml").write_text(capsys.readouterr().out)

    assert main(["config", "check"]) == 0


@pytest.mark.parametrize("words", [["config", "check"], ["serve"]])
def test_links_in_a_circle_are_one_sentence(words, capsys, monkeypatch, tmp_path):
    (tmp_path / "loop").symlink_to("loop")
    monkeypatch.setenv("TART_DATA_DIR", "loop")

    assert main(words) in (1, 2)
    (sentence,) = capsys.readouterr().err.splitlines()
    assert sentence.startswith("tart: ")
    assert "too many symbolic links" in sentence
