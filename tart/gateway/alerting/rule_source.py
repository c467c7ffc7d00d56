"""The rules in force: read when the gateway starts, and again on SIGHUP or by the API."""

from __future__ import annotations

import asyncio
import logging

from tart.alert_rules import has_rule_file, read_configured_rules
from tart.alerting.rules.builtin_rules import BUILTIN_RULES
from tart.alerting.rules.model import RuleFile
from tart.alerting.rules.rule_file import RuleFileError, default_rule_file
from tart.config.schema import Config
from tart.errors import ConfigError
from tart.gateway.fanout.queries import now_us

log = logging.getLogger(__name__)


class RuleSource:
    """Holds the rules in force.

    Args:
        config: Names the rule file.

    Attributes:
        rules: The rules, channels and maintenance windows in force.
        loaded_us: When they were read, Unix microseconds.
        errors: The mistakes of the file as it was read last, a sentence each, without its
            directory: the rules in force are then those of before.
    """

    def __init__(self, config: Config) -> None:
        self._config = config
        self.loaded_us = now_us()
        self.errors: tuple[str, ...] = ()
        try:
            self.rules = read_configured_rules(config)
        except ConfigError as error:
            # ``tart serve`` refused the file; it was changed since, and this process restarted.
            self.rules = _usable(error)
            self.errors = self._shorten(error)
            for sentence in error.sentences:
                log.error("alert rules: %s; what has no mistake is in force", sentence)

    @property
    def path(self) -> str | None:
        """The rule file; ``None`` if there is none."""
        return str(self._config.alerts_path) if has_rule_file(self._config) else None

    async def reload(self) -> bool:
        """Read the rule file again; return whether its rules are in force now."""
        try:
            rules = await asyncio.to_thread(read_configured_rules, self._config)
        except ConfigError as error:
            self.errors = self._shorten(error)
            for sentence in error.sentences:
                log.error("alert rules not reloaded, those in force stay: %s", sentence)
            return False
        self.rules, self.errors, self.loaded_us = rules, (), now_us()
        log.info(
            "alert rules reloaded: rules=%d channels=%d file=%s",
            len(rules.enabled_rules),
            len(rules.channels),
            self.path or "none",
        )
        return True

    def _shorten(self, error: ConfigError) -> tuple[str, ...]:
        directory = f"{self._config.alerts_path.parent}/"
        return tuple(sentence.replace(directory, "") for sentence in error.sentences)


def _usable(error: ConfigError) -> RuleFile:
    if isinstance(error, RuleFileError):
        return error.usable
    return default_rule_file(BUILTIN_RULES)
