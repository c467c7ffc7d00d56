"""Reading of ``[[channel]]`` of the rule file. Pure."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Mapping
from typing import Any

from tart.alerting.rules.channel_types import (
    CHANNEL_TYPES,
    COMMON_KEYS,
    SECRET_SUFFIXES,
    SMTP_PORTS,
    ChannelSetting,
    ChannelType,
    ValueType,
)
from tart.alerting.rules.model import SEVERITIES, Channel, Secret
from tart.alerting.rules.secrets import variables_of
from tart.alerting.rules.table_reader import TableReader, either, shown
from tart.alerting.rules.templates import check_template
from tart.suggestions import did_you_mean
from tart.units import MINUTE_US, SECOND_US

# The texts of a message that a channel may override.
TEMPLATES = ("title", "text")

# An attempt that takes longer keeps the channel's other messages waiting.
_MAX_TIMEOUT_US = 5 * MINUTE_US
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_MEANT = {
    "severity": "min_severity",
    "webhook_url": "url",
    "template": "templates = {title = …, text = …}",
    "headers": "a command or a proxy, if the receiver needs further headers",
}


def read_channel(reader: TableReader, directory: str) -> Channel | None:
    """Return a channel; ``None`` if it has no name or no known type.

    Args:
        reader: Of its table; takes the mistakes.
        directory: What relative paths of secrets start from.
    """
    name = reader.text("name")
    if "name" not in reader:
        reader.refuse("", "a channel needs a name, by which rules refer to it")
    kind = _read_type(reader)
    send_resolved = reader.boolean("send_resolved")
    min_severity = reader.choice("min_severity", SEVERITIES)
    templates = _read_templates(reader)
    if kind is None:
        return None
    keys = [key for setting in kind.settings for key in setting.keys]
    reader.refuse_unknown((*COMMON_KEYS, *keys), _MEANT)
    settings: dict[str, Any] = {}
    secrets: dict[str, Secret] = {}
    for setting in kind.settings:
        if setting.is_secret:
            secret = _read_secret(reader, setting, directory)
            if secret is not None:
                secrets[setting.name] = secret
        else:
            value = either(_read_setting(reader, setting, directory), setting.default)
            if value is not None:
                settings[setting.name] = value
    if kind.name == "email":
        settings.setdefault("port", SMTP_PORTS.get(settings["tls"], 25))
    _check_login(reader, kind)
    return Channel(
        name=name or "",
        type=kind.name,
        settings=settings,
        secrets=secrets,
        send_resolved=either(send_resolved, True),
        min_severity=either(min_severity, "info"),
        templates=templates,
        line=reader.table.line,
    )


def _read_type(reader: TableReader) -> ChannelType | None:
    if "type" not in reader:
        reader.refuse("", f"a channel needs a type: {', '.join(CHANNEL_TYPES)}")
    name = reader.text("type")
    if name is None:
        return None
    if name not in CHANNEL_TYPES:
        hint = did_you_mean(name, CHANNEL_TYPES) or f"; there are {', '.join(CHANNEL_TYPES)}"
        reader.refuse("type", f"there is no kind of channel {shown(name)}{hint}")
    return CHANNEL_TYPES.get(name)


def _read_templates(reader: TableReader) -> Mapping[str, str]:
    templates = reader.text_table("templates") or {}
    for name, text in templates.items():
        if name not in TEMPLATES:
            hint = did_you_mean(name, TEMPLATES) or f"; there are {', '.join(TEMPLATES)}"
            reader.refuse(f"templates.{name}", f"there is no such text{hint}", _line(reader))
        for sentence in check_template(text, None):
            reader.refuse(f"templates.{name}", sentence, _line(reader))
    return templates


def _line(reader: TableReader) -> int:
    return reader.table.line_of("templates")


# --- Settings ------------------------------------------------------------------------


def _read_setting(reader: TableReader, setting: ChannelSetting, directory: str) -> Any:
    name = setting.name
    if name not in reader:
        if setting.is_required:
            reader.refuse("", f"it needs {name}: {_lower(setting.description)}")
        return None
    if setting.choices:
        return reader.choice(name, setting.choices)
    value = _READERS[setting.type](reader, name)
    if value is None:
        return None
    if setting.type == "path":
        return posixpath.join(directory, value)
    check = _CHECKS.get(name)
    if check is not None and (sentence := check(value)) is not None:
        reader.refuse(name, sentence)
    return value


def _read_list(reader: TableReader, name: str) -> tuple[str, ...] | None:
    values = reader.texts(name)
    if values == ():
        reader.refuse(name, "it is empty")
    if name == "to":
        for value in values or ():
            if (sentence := _check_address(value)) is not None:
                reader.refuse(name, sentence)
    return values


def _read_port(reader: TableReader, name: str) -> int | None:
    value = reader.value(name)
    if value is None:
        return None
    if type(value) is not int or not 1 <= value <= 65535:
        reader.refuse(name, f"{shown(value)} is not a port: a whole number from 1 to 65535")
        return None
    return value


def _read_whole_number(reader: TableReader, name: str) -> int | None:
    value = reader.value(name)
    if value is None:
        return None
    if type(value) is not int or value < 1:
        reader.refuse(name, f"{shown(value)} is not a whole number above 0")
        return None
    return value


def _read_text_or_number(reader: TableReader, name: str) -> str | None:
    value = reader.value(name)
    return str(value) if type(value) is int else reader.text(name)


def _read_timeout(reader: TableReader, name: str) -> float | None:
    duration_us = reader.duration(name, shortest_us=1)
    if duration_us is None:
        return None
    if duration_us > _MAX_TIMEOUT_US:
        reader.refuse(name, "it is longer than 5m")
        return None
    return duration_us / SECOND_US


def _check_address(value: str) -> str | None:
    """Return what is wrong with an e-mail address, of which only the form is known."""
    if re.fullmatch(r"[^\s@]+@[^\s@]+|[^<>\r\n]*<[^\s@<>]+@[^\s@<>]+>", value):
        return None
    return f"{shown(value)} is not an address such as alerts@example.org"


def _check_api_url(value: str) -> str | None:
    if value.startswith(("http://", "https://")):
        return None
    return f"{shown(value)} does not begin with https:// or http://"


_READERS: Mapping[ValueType, Callable[[TableReader, str], Any]] = {
    "text": TableReader.text,
    "text or number": _read_text_or_number,
    "whole number": _read_whole_number,
    "port": _read_port,
    "list of text": _read_list,
    "path": TableReader.text,
    "duration": _read_timeout,
}
_CHECKS: Mapping[str, Callable[[str], str | None]] = {
    "from": _check_address,
    "api_url": _check_api_url,
}


def _check_login(reader: TableReader, kind: ChannelType) -> None:
    """Refuse a name without a password, and a password without a name."""
    keys = {setting.name: setting.keys for setting in kind.settings}
    has_password = any(key in reader for key in keys.get("password", ()))
    has_name = "username" in keys and "username" in reader
    if has_name and not has_password:
        reader.refuse("username", "it needs a password beside it, such as password_file")
    if has_password and not has_name:
        reader.refuse("", "it has a password and no username")


# --- Secrets -------------------------------------------------------------------------


def _read_secret(reader: TableReader, setting: ChannelSetting, directory: str) -> Secret | None:
    keys = [key for key in setting.keys if key in reader]
    if not keys:
        if setting.is_required:
            forms = " or ".join(setting.keys)
            reader.refuse("", f"it needs {forms}: {_lower(setting.description)}")
        return None
    if len(keys) > 1:
        reader.refuse(keys[1], f"{' and '.join(keys)} say the same; give one of them")
    (key, *_) = keys
    # The value is not shown: it may be the secret.
    value = reader.value(key)
    if value is None:
        return None
    if not isinstance(value, str) or not value.strip():
        reader.refuse(
            key, "it is not text in quotes" if not isinstance(value, str) else "it is empty"
        )
        return None
    source = SECRET_SUFFIXES[key.removeprefix(setting.name)]
    sentence = _check_secret(setting.name, source, value)
    if sentence is not None:
        reader.refuse(key, sentence)
    if source == "file":
        value = posixpath.join(directory, value)
    return Secret(source, value)


def _check_secret(name: str, source: str, value: str) -> str | None:
    """Return what is wrong with a secret or its source, without the secret."""
    if source == "environment" and not _VARIABLE.fullmatch(value):
        return "it is not the name of a variable; for the secret itself leave out _env"
    if source == "credential" and "/" in value:
        return "it is not the name of a credential of systemd; a path is given as _file"
    if source != "value":
        return None
    if not all(_VARIABLE.fullmatch(variable) for variable in variables_of(value)):
        return "${…} in it has no name of a variable"
    if name == "url" and "://" not in value and not value.startswith("${"):
        return "it is not a URL: it does not begin with https:// or a like scheme"
    return None


def _lower(sentence: str) -> str:
    """Return a description as the end of a sentence."""
    first = sentence.rstrip(".").split(". ")[0]
    is_word = len(first) > 1 and first[1].islower()
    return first[0].lower() + first[1:] if is_word else first
