"""Resolution of the settings: defaults, then the file, the environment and the command line.

``config.schema`` declares every setting; a later source overrides an earlier one. A relative path
in the file is relative to the file; any other, to the working directory. Parts of the program
receive their own section, never the whole, and never read the environment themselves.

All that is wrong is reported at once: an unknown name, a value of the wrong type and a line that
is not TOML hide nothing else. A value that a later source overrides is not looked at.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from tart.config.addresses import SECRET_SETTINGS
from tart.config.checks import check_values, shown
from tart.config.schema import (
    SECTIONS,
    Config,
    flag_of,
    key_of,
    settings,
    variable_of,
)
from tart.config.toml_errors import parse_leniently
from tart.config.toml_statements import key_lines, line_of, parse_toml
from tart.errors import ConfigError, SettingFault
from tart.os_errors import reason
from tart.suggestions import did_you_mean, nearest

# Variables of commands that call a running server, and of `tart.native.library`.
_NOT_SETTINGS = ("TART_KEY", "TART_KEY_FILE", "TART_CA_FILE", "TART_KERNEL")
_PATHS = (
    *("data_dir", "run_dir", "api.tls_certificate", "api.tls_key", "alerts.file"),
    *("traces.headers_file", "traces.ca_file"),
)
_KINDS: Mapping[type, str] = {
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    str: "a string",
}
_SECTION_NAMES = tuple(name for name in SECTIONS if name != "server")
_COMMAND_LINE = "command line"
_DEFAULT = "default"


@dataclass(frozen=True)
class _Given:
    """A value that a source has for a setting.

    Attributes:
        value: The value as the source has it.
        origin: The source, for ``Config.origins``.
        place: The file, the variable or the flag.
        line: The line of the file, if it is known.
    """

    value: Any
    origin: str
    place: str
    line: int | None = None

    def fault(self, key: str, text: str) -> SettingFault:
        """Return a fault of this value."""
        return SettingFault(key, self.place, self.line, text)


@dataclass
class _Source:
    """The settings that one source has.

    Attributes:
        given: By key.
        faults: What is wrong with the source.
    """

    given: dict[str, _Given] = field(default_factory=dict)
    faults: list[SettingFault] = field(default_factory=list)


def load(
    path: Path | None = None,
    *,
    environ: Mapping[str, str] | None = None,
    flags: Mapping[str, Any] | None = None,
) -> Config:
    """Return the configuration.

    Args:
        path: The file; ``None`` reads ``config.toml`` of the working directory if it exists.
        environ: The environment, for its ``TART_*`` variables.
        flags: Dotted key to value; a value of ``None`` is a flag that was not given.

    Raises:
        ConfigError: The file cannot be read, a key is unknown, or a value is not valid; it has
            all faults.
    """
    explicit = path is not None
    path = path or Path("config.toml")
    sources = (
        _read_file(path) if explicit or os.path.exists(path) else _Source(),
        _read_variables(environ or {}),
        _Source({key: _Given(value, _COMMAND_LINE, flag_of(key)) for key, value in _set(flags)}),
    )
    faults = [fault for source in sources for fault in source.faults]
    given: dict[str, _Given] = {}
    converted: dict[str, Any] = {}
    for source in sources:
        given |= source.given
    for key, row in given.items():
        try:
            converted[key] = _convert(key, row.value)
        except ValueError as error:
            faults.append(row.fault(key, str(error)))
    config = _build(path, given, converted)
    for key, text in check_values(config, given.keys() - converted.keys()):
        faults.append(config.fault(key, text))
    if faults:
        raise ConfigError(faults=sorted(faults, key=_order))
    return config


def _set(flags: Mapping[str, Any] | None) -> list[tuple[str, Any]]:
    """Return the flags that were given, paths relative to the working directory."""
    rows = [(key, value) for key, value in (flags or {}).items() if value is not None]
    return [(key, _absolute(key, value)) for key, value in rows]


def _absolute(key: str, value: Any) -> Any:
    return os.path.abspath(value) if key in _PATHS and value and isinstance(value, str) else value


def _order(fault: SettingFault) -> tuple[str, int]:
    """Sort faults by source and line; those of one source stay together."""
    return fault.origin, fault.line or 0


def _build(path: Path, given: Mapping[str, _Given], converted: Mapping[str, Any]) -> Config:
    config = Config(
        base_dir=path.absolute().parent,
        origins={key: given[key].origin if key in given else _DEFAULT for key in settings()},
        places={key: (row.place, row.line) for key, row in given.items()},
    )
    for section in SECTIONS:
        part = getattr(config, section)
        changed = {
            row.name: converted[key]
            for row in fields(part)
            if (key := key_of(section, row.name)) in converted
        }
        config = replace(config, **{section: replace(part, **changed)})
    return config


def _read_variables(environ: Mapping[str, str]) -> _Source:
    variables = {variable_of(key): key for key in settings()}
    source = _Source()
    for name, value in environ.items():
        if not name.startswith("TART_") or name in _NOT_SETTINGS:
            continue
        if name in variables:
            key = variables[name]
            source.given[key] = _Given(_absolute(key, value), name, name)
        else:
            text = f"unknown variable {name}{did_you_mean(name, variables)}"
            source.faults.append(SettingFault("", "", None, text))
    return source


def _read_file(path: Path) -> _Source:
    """Return what a file has, and what is wrong with it."""
    place = str(path)
    try:
        text = path.read_bytes().decode("utf-8-sig").replace("\r\n", "\n")
    except OSError as error:
        problem = f"cannot be read: {reason(error)}"
        return _Source(faults=[SettingFault("", place, None, problem)])
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        problem = "not valid TOML: it is not UTF-8 text"
        return _Source(faults=[SettingFault("", place, line, problem)])
    document, errors = _parse(text)
    reader = _FileReader(place, key_lines(text))
    for error_line, sentence in errors:
        reader.source.faults.append(SettingFault("", place, error_line, sentence))
    for name, value in document.items():
        reader.read(name, value)
    return reader.source


def _parse(text: str) -> tuple[dict[str, Any], Sequence[tuple[int | None, str]]]:
    """Return a document, and line and sentence of each error in it."""
    try:
        return parse_toml(text), ()
    except tomllib.TOMLDecodeError as error:
        parts = parse_leniently(text)
        return parts.document, parts.errors or [(None, f"not valid TOML: {error}")]
    except RecursionError:
        return {}, [(None, "not valid TOML: its lists are nested too deeply")]


class _FileReader:
    """Sorts the entries of a file into settings and faults.

    Args:
        place: The name of the file.
        lines: The lines of its keys and tables.

    Attributes:
        source: What was read.
    """

    def __init__(self, place: str, lines: Mapping[tuple[str, ...], int]) -> None:
        self._place = place
        self._lines = lines
        self.source = _Source()

    def read(self, name: str, value: Any) -> None:
        """Add an entry at the top of the file: a setting, or a section with its settings."""
        if name in settings():
            self._add_setting(name, value, name)
        elif not isinstance(value, dict):
            if name in _SECTION_NAMES:
                self._refuse(f"{name} is a section; write [{name}] and its settings below it", name)
            else:
                self._refuse(f"unknown key {name}{_suggest_key(name)}", name)
        elif name in _SECTION_NAMES:
            self._read_section(name, value, name)
        else:
            meant = nearest(name, _SECTION_NAMES)
            hint = f"; did you mean [{meant}]?" if meant else ""
            self._refuse(f"unknown section [{name}]{hint}", name)
            if meant:  # what stands below is checked as what was meant
                self._read_section(name, value, meant)

    def _read_section(self, name: str, table: Mapping[str, Any], meant: str) -> None:
        for inner, value in table.items():
            key = f"{meant}.{inner}"
            if key not in settings():
                self._refuse(f"unknown key {name}.{inner}{_suggest_key(key)}", name, inner)
            elif name == meant or key not in self.source.given:
                self._add_setting(key, value, name, inner)

    def _add_setting(self, key: str, value: Any, *path: str) -> None:
        if isinstance(value, dict):
            self._refuse(f"{key} is a setting, not a section; write {path[-1]} = …", *path)
            return
        line = line_of(self._lines, path)
        self.source.given[key] = _Given(value, self._place, self._place, line)

    def _refuse(self, text: str, *path: str) -> None:
        fault = SettingFault("", self._place, line_of(self._lines, path), text)
        self.source.faults.append(fault)


def _suggest_key(key: str) -> str:
    """Return the end of a sentence about an unknown key: where its name belongs, or a like one."""
    section, _, name = key.rpartition(".")
    if section and name in settings():
        return f"; {name} stands above all sections"
    names = {known: known.rpartition(".")[2] for known in settings()}
    within = [names[known] for known in settings() if known.rpartition(".")[0] == section]
    if section and (similar := nearest(name, within)):
        return f"; did you mean {section}.{similar}?"
    homes = [known for known in settings() if names[known] == name]
    if homes:
        return f"; did you mean {' or '.join(homes)}?"
    return did_you_mean(key, settings())


def _convert(key: str, value: Any) -> Any:
    """Return a value as its setting's type; text, as the environment has it, is parsed.

    Raises:
        ValueError: The value is of another type; the message says what is accepted.
    """
    kind = settings()[key].type
    try:
        if kind not in _KINDS:
            return _strings(value)
        if isinstance(value, str):
            return {"true": True, "false": False}[value.lower()] if kind is bool else kind(value)
        # bool is an int in Python, but true does not mean 1 in a configuration.
        if type(value) is kind or (kind is float and type(value) is int):
            return kind(value)
    except (ValueError, KeyError, TypeError, OverflowError):
        pass
    quoted = "the value" if key in SECRET_SETTINGS else shown(value)
    raise ValueError(f"{quoted} is not {_KINDS.get(kind, 'a list of strings')}")


def _strings(value: Any) -> tuple[str, ...]:
    """Return a list of strings; as text it is separated by commas."""
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    if not isinstance(value, list | tuple) or not all(isinstance(part, str) for part in value):
        raise TypeError
    return tuple(value)
