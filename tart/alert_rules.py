"""Reading of the rule file that the settings name, together with the built-in rules."""

from __future__ import annotations

import os
from pathlib import Path

from tart.alerting.rules.builtin_rules import BUILTIN_RULES
from tart.alerting.rules.model import Channel, RuleFile
from tart.alerting.rules.rule_file import default_rule_file, parse_rule_file
from tart.config.schema import Config
from tart.errors import ConfigError, SettingFault
from tart.os_errors import reason

# A longer file is refused unread.
_MAX_BYTES = 1 << 20


def has_rule_file(config: Config) -> bool:
    """Return whether the settings name a rule file, or there is one in its usual place."""
    return bool(config.alerts.file) or os.path.lexists(config.alerts_path)


def read_configured_rules(config: Config) -> RuleFile:
    """Return the rules in force: of the rule file, or the built-in ones if there is none.

    Raises:
        ConfigError: The file cannot be read or has mistakes; it has all of them.
    """
    if not has_rule_file(config):
        return default_rule_file(BUILTIN_RULES)
    try:
        return read_rule_file(config.alerts_path)
    except OSError as error:
        text = f"{config.alerts_path} cannot be read: {reason(error)}"
        raise ConfigError(faults=[config.fault("alerts.file", text)]) from None


def find_unusable(rules: RuleFile, place: str) -> list[SettingFault]:
    """Return what keeps channels from sending: files that this user cannot use, and wrong keys.

    Args:
        rules: The rules.
        place: Of the rule file, for messages.
    """
    faults = []
    for channel in rules.channels:
        for name, secret in channel.secrets.items():
            path = secret.name
            if secret.source == "file" and not os.access(path, os.R_OK, effective_ids=True):
                text = f"the channel sends nothing while {path} cannot be read"
                setting = f"{channel.name}.{name}_file"
                faults.append(SettingFault(setting, place, channel.line, text))
        if (reason := _wrong_key(channel)) is not None:
            text = f"the channel sends nothing: {reason}"
            faults.append(SettingFault(f"{channel.name}.secret", place, channel.line, text))
        program = str((channel.settings.get("argv") or ("",))[0])
        if program.startswith("/") and not os.access(program, os.X_OK, effective_ids=True):
            text = f"the channel sends nothing while {program} cannot be executed"
            if " " in program:
                text += "; its arguments are further texts of the list"
            faults.append(SettingFault(f"{channel.name}.argv", place, channel.line, text))
    return faults


def _wrong_key(channel: Channel) -> str | None:
    """Return why the key in the file itself cannot sign the messages of a webhook."""
    secret = channel.secrets.get("secret")
    if channel.type != "webhook" or secret is None or secret.source != "value":
        return None
    # Imported here: few rule files have a key, and every start reads them.
    from tart.alerting.messages.signature import signing_keys

    if "${" in secret.name:  # of the server's environment
        return None
    try:
        signing_keys(secret.name)
    except ValueError as error:
        return str(error)
    return None


def read_rule_file(path: Path) -> RuleFile:
    """Return what a rule file declares, together with the built-in rules.

    Raises:
        ConfigError: The file has mistakes; it has all of them.
        OSError: The file cannot be read.
    """
    with path.open("rb") as opened:
        content = opened.read(_MAX_BYTES + 1)
    place = str(path)
    if len(content) > _MAX_BYTES:
        text = f"it is longer than {_MAX_BYTES >> 20} MiB"
        raise ConfigError(faults=[SettingFault("", place, None, text)])
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        fault = SettingFault("", place, line, "not valid TOML: it is not UTF-8 text")
        raise ConfigError(faults=[fault]) from None
    directory = str(path.absolute().parent)
    return parse_rule_file(text, place=place, builtin=BUILTIN_RULES, directory=directory)
