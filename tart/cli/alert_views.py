"""The verbs of ``tart alerts`` that show something of a running server."""

from __future__ import annotations

import argparse
import os
import re
import shutil
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from tart.alerting.rules.durations import parse_duration
from tart.alerting.rules.matchers import Matcher, Operator, match_all, parse_matcher
from tart.cli.arguments import add_client, add_config
from tart.cli.http_client import Server, connect
from tart.cli.http_errors import describe_other_answer
from tart.cli.json_output import add_json, print_json
from tart.cli.render import alert_tables
from tart.cli.render.alert_tables import Screen
from tart.cli.streams import print_note
from tart.config.load import load
from tart.errors import BadQuery, ConfigError, StartupError
from tart.query.core.rfc3339 import server_time
from tart.style import is_terminal, style_for
from tart.suggestions import did_you_mean

Json = dict[str, Any]

# As of ``tart status``: degraded, unhealthy.
NONE_FIRES, ONE_FIRES, CRITICAL_FIRES = 0, 3, 4
_STATES = ("firing", "pending", "resolved")
_SEVERITIES = ("critical", "warning", "info")
_ALERTS, _RULES = "/api/alerts", "/api/alerts/rules"
_HISTORY, _SILENCES = "/api/alerts/history", "/api/alerts/silences"
_DELIVERIES = "/api/alerts/deliveries"
# What a document raises that has not the form of tart's.
_UNREADABLE = (LookupError, TypeError, ValueError, AttributeError)


# --- Arguments -----------------------------------------------------------------------


def add_list(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``list``."""
    parser.add_argument(
        "matchers",
        nargs="*",
        metavar="MATCHER",
        help="only alerts whose labels match, such as node=~'ab.*'; NAME alone is the rule's",
    )
    parser.add_argument("--state", choices=_STATES, help="only alerts in this state")
    parser.add_argument("--severity", choices=_SEVERITIES, help="only alerts of this severity")
    parser.add_argument("--node", metavar="ID", help="only alerts of this node; a prefix of its id")
    parser.add_argument(
        "--exit-code",
        action="store_true",
        help="exit with 3 if an alert that is shown fires, with 4 if a critical one does; silenced "
        "and inhibited alerts do not count",
    )
    _add_common(parser, list_alerts)


def add_rules(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``rules``."""
    parser.add_argument("rule", nargs="?", metavar="NAME", help="show one rule with its values")
    _add_common(parser, list_rules)


def add_history(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``history``."""
    _add_limit(parser, "changes")
    parser.add_argument("--alert", metavar="NAME", help="only of the rule with this name")
    parser.add_argument("--node", metavar="ID", help="only of this node; a prefix of its id")
    parser.add_argument(
        "--since", metavar="DURATION", help="only changes of the last DURATION, such as 6h"
    )
    _add_common(parser, list_history)


def add_silences(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``silences``."""
    parser.add_argument("--expired", action="store_true", help="also those that have ended")
    _add_common(parser, list_silences)


def add_deliveries(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``deliveries``."""
    _add_limit(parser, "messages")
    parser.add_argument("--channel", metavar="NAME", help="only to this channel")
    parser.add_argument(
        "--state",
        choices=("queued", "delivered", "dead", "superseded"),
        help="only messages in this state; a newer message replaced superseded ones",
    )
    _add_common(parser, list_deliveries)


def _add_limit(parser: argparse.ArgumentParser, noun: str) -> None:
    parser.add_argument(
        "--limit", type=int, default=50, metavar="N", help=f"the number of {noun} (default 50)"
    )


def _add_common(parser: argparse.ArgumentParser, run: Callable[[argparse.Namespace], int]) -> None:
    parser.add_argument("--wide", action="store_true", help="cut no value, whatever the width")
    add_json(parser)
    add_config(parser)
    add_client(parser)
    parser.set_defaults(run=run)


def open_server(arguments: argparse.Namespace) -> Server:
    """Return the server that the arguments name.

    Raises:
        ConfigError: The settings or a file cannot be used.
    """
    return connect(arguments, load(arguments.config, environ=os.environ))


# --- Verbs ---------------------------------------------------------------------------


def list_alerts(arguments: argparse.Namespace) -> int:
    """Print the alerts; the exit code is 0 unless ``--exit-code`` asks for the state."""
    matchers = read_matchers(arguments.matchers)
    parameters = {
        "state": arguments.state,
        "severity": arguments.severity,
        "node": arguments.node,
    }
    server = open_server(arguments)
    answer = _get(server, _ALERTS, "alerts", parameters)
    try:
        answer["alerts"] = [
            alert for alert in answer["alerts"] if match_all(matchers, alert["labels"])
        ]
        code = _exit_code(answer["alerts"]) if arguments.exit_code else NONE_FIRES
        is_filtered = bool(matchers or any(parameters.values()))
        _print(
            arguments,
            answer,
            lambda screen: alert_tables.render_alerts(answer, screen, is_filtered=is_filtered),
        )
    except _UNREADABLE:
        raise StartupError(describe_other_answer(server.url, _ALERTS)) from None
    return code


def list_rules(arguments: argparse.Namespace) -> int:
    """Print the rules, or one with its values."""
    server = open_server(arguments)
    answer = _get(server, _RULES, "rules")
    name = arguments.rule
    try:
        if name is None:
            _print(arguments, answer, lambda screen: alert_tables.render_rules(answer, screen))
            return 0
        rules = {rule["alert"]: rule for rule in answer["rules"]}
        if name not in rules:
            hint = did_you_mean(name, rules) or "; 'tart alerts rules' lists them"
            raise ConfigError(f"there is no rule {name}{hint}")
        rule = rules[name]
        _print(arguments, rule, lambda screen: alert_tables.render_rule(rule, screen))
    except _UNREADABLE:
        raise StartupError(describe_other_answer(server.url, _RULES)) from None
    return 0


def list_history(arguments: argparse.Namespace) -> int:
    """Print changes of alerts."""
    parameters = {
        "limit": _limit(arguments),
        "alert": arguments.alert,
        "node": arguments.node,
        "start": _start(arguments.since),
    }
    return _list(arguments, _HISTORY, "history", parameters, alert_tables.render_history)


def list_silences(arguments: argparse.Namespace) -> int:
    """Print silences."""

    def render(answer: Json, screen: Screen) -> Iterable[str]:
        return alert_tables.render_silences(answer, screen, expired=arguments.expired)

    return _list(arguments, _SILENCES, "silences", {}, render)


def list_deliveries(arguments: argparse.Namespace) -> int:
    """Print messages to channels."""
    parameters = {
        "limit": _limit(arguments),
        "channel": arguments.channel,
        "state": arguments.state,
    }
    return _list(arguments, _DELIVERIES, "deliveries", parameters, alert_tables.render_deliveries)


def read_matchers(texts: Sequence[str]) -> tuple[Matcher, ...]:
    """Return matchers of the command line.

    A name alone is that of a rule, as with amtool; the beginning of a node's id stands for the
    node, as everywhere in tart.

    Raises:
        ConfigError: A text is not a matcher.
    """
    matchers = []
    for text in texts:
        is_name = not any(sign in text for sign in "=~!")
        try:
            matcher = Matcher("alertname", "=", text) if is_name else parse_matcher(text)
        except BadQuery as error:
            raise ConfigError(str(error)) from None
        matchers.append(_complete(matcher))
    return tuple(matchers)


def _complete(matcher: Matcher) -> Matcher:
    """Return the matcher of all ids of nodes that begin with a part of one."""
    operators: Mapping[str, Operator] = {"=": "=~", "!=": "!~"}
    is_prefix = re.fullmatch(r"[0-9a-f]{4,63}", matcher.value) is not None
    if matcher.label != "node" or not is_prefix or matcher.operator not in operators:
        return matcher
    return Matcher("node", operators[matcher.operator], f"{matcher.value}.*")


def read_duration(text: str, flag: str) -> int:
    """Return a duration in microseconds.

    Raises:
        ConfigError: It is not one, or it is nothing.
    """
    try:
        duration_us = parse_duration(text)
    except ValueError as error:
        raise ConfigError(f"{flag}: {error}") from None
    if duration_us == 0:
        raise ConfigError(f"{flag}: it must be longer than nothing")
    return duration_us


# --- Parts ---------------------------------------------------------------------------


def _list(
    arguments: argparse.Namespace,
    path: str,
    member: str,
    parameters: Json,
    render: Callable[[Json, Screen], Iterable[str]],
) -> int:
    server = open_server(arguments)
    answer = _get(server, path, member, parameters)
    try:
        _print(arguments, answer, lambda screen: render(answer, screen))
    except _UNREADABLE:
        raise StartupError(describe_other_answer(server.url, path)) from None
    return 0


def _get(server: Server, path: str, member: str, parameters: Json | None = None) -> Json:
    """Return the answer of a route, which has a member that is a list.

    Raises:
        StartupError: No server answers, it refuses, or it is no tart.
    """
    given = {name: value for name, value in (parameters or {}).items() if value is not None}
    query = f"?{urlencode(given)}" if given else ""
    answer: Json = server.get(path + query)
    if not isinstance(answer.get(member), list):
        raise StartupError(describe_other_answer(server.url, path))
    return answer


def _print(
    arguments: argparse.Namespace, answer: Json, render: Callable[[Screen], Iterable[str]]
) -> None:
    if arguments.json:
        print_json(answer)
        return
    cut = is_terminal(sys.stdout) and not arguments.wide
    screen = Screen(
        style=style_for(sys.stdout, os.environ),
        width=shutil.get_terminal_size().columns if cut else None,
        now=time.time(),
    )
    lines = list(render(screen))  # whole, or not at all
    for line in lines:
        print(line)
    for problem in answer.get("problems", ()) or answer.get("errors", ()):
        print_note(alert_tables.problem_line(problem, style_for(sys.stderr, os.environ)))


def _exit_code(alerts: Sequence[Json]) -> int:
    severities = {
        alert["severity"]
        for alert in alerts
        if alert["state"] == "firing" and not alert["silenced_by"] and not alert["inhibited_by"]
    }
    if "critical" in severities:
        return CRITICAL_FIRES
    return ONE_FIRES if severities else NONE_FIRES


def _limit(arguments: argparse.Namespace) -> int:
    limit: int = arguments.limit
    if limit < 1:
        raise ConfigError(f"--limit: {limit} is below 1")
    return limit


def _start(since: str | None) -> str | None:
    if since is None:
        return None
    return server_time(time.time_ns() // 1000 - read_duration(since, "--since"))
