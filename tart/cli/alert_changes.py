"""The verbs of ``tart alerts`` that change something in a running server, or send a message."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import quote

from tart.cli.alert_views import open_server, read_duration, read_matchers
from tart.cli.arguments import add_client, add_config
from tart.cli.http_client import RequestRefused, Server, parse_object
from tart.cli.http_errors import describe_other_answer
from tart.cli.json_output import add_json, print_json
from tart.cli.render.documents import EndedSilencesDocument
from tart.cli.streams import print_note
from tart.errors import BadQuery, ConfigError, SettingFault, StartupError
from tart.printable import replace_unprintable
from tart.query.core.windows import time_us
from tart.suggestions import did_you_mean
from tart.units import SECOND_US

Json = dict[str, Any]

_SILENCES = "/api/alerts/silences"
_DEFAULT_DURATION = "1h"
_FORBIDDEN = 403


# --- Arguments -----------------------------------------------------------------------


def add_silence(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``silence``."""
    parser.add_argument(
        "matchers",
        nargs="+",
        metavar="MATCHER",
        help="all must match: node=ab12…, severity!=critical, alertname=~'Node.*'; NAME alone is "
        "the rule's",
    )
    parser.add_argument(
        "--reason", required=True, metavar="TEXT", help="why; shown with the alerts"
    )
    end = parser.add_mutually_exclusive_group()
    end.add_argument(
        "--for",
        dest="duration",
        metavar="DURATION",
        help=f"how long, such as 30m or 1d (default {_DEFAULT_DURATION})",
    )
    end.add_argument("--until", metavar="TIME", help="when it ends, such as 2026-12-01T06:00:00Z")
    parser.add_argument("--from", dest="start", metavar="TIME", help="when it begins (default now)")
    parser.add_argument("--author", metavar="NAME", help="who (default: the name of the API key)")
    _add_common(parser, silence)


def add_unsilence(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``unsilence``."""
    parser.add_argument(
        "ids", nargs="+", metavar="ID", help="id of a silence; 'tart alerts silences' lists them"
    )
    _add_common(parser, unsilence)


def add_retry(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``retry``."""
    parser.add_argument(
        "id", metavar="ID", help="id of a dead message; 'tart alerts deliveries' lists them"
    )
    _add_common(parser, retry)


def add_send_test(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``send-test``."""
    parser.add_argument("channel", metavar="CHANNEL", help="name of a channel of the rule file")
    _add_common(parser, send_test)


def add_reload(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``reload``."""
    _add_common(parser, reload)


def _add_common(parser: argparse.ArgumentParser, run: Callable[[argparse.Namespace], int]) -> None:
    add_json(parser)
    add_config(parser)
    add_client(parser)
    parser.set_defaults(run=run)


# --- Verbs ---------------------------------------------------------------------------


def silence(arguments: argparse.Namespace) -> int:
    """Create a silence and print its id.

    Raises:
        ConfigError: An argument is not valid.
        StartupError: No server answers, or it refuses.
    """
    body: Json = {
        "matchers": [str(matcher) for matcher in read_matchers(arguments.matchers)],
        "reason": arguments.reason,
    }
    if not arguments.reason.strip():
        raise ConfigError("--reason is empty; who reads it at night?")
    if arguments.author is not None:
        body["author"] = arguments.author
    if arguments.start is not None:
        body["starts_at"] = _check_time(arguments.start, "--from")
    if arguments.until is not None:
        body["ends_at"] = _check_time(arguments.until, "--until")
    else:
        duration_us = read_duration(arguments.duration or _DEFAULT_DURATION, "--for")
        body["duration"] = f"{max(1, duration_us // SECOND_US)}s"
    server = open_server(arguments)
    answer = _post(server, _SILENCES, body, "ends_at")
    if arguments.json:
        print_json(answer)
        return 0
    print(replace_unprintable(str(answer["id"])))
    count = answer.get("alerts")
    if count == 0:
        silenced = f"it matches no alert now{_unknown_rule(server, arguments.matchers)}"
    else:
        silenced = f"alerts that it matches now: {count}"
    print_note(f"silenced until {answer['ends_at']}; {silenced}")
    return 0


def _unknown_rule(server: Server, matchers: Sequence[str]) -> str:
    """Return the end of a sentence about a name that no rule has: it will match no alert."""
    names = [
        matcher.value
        for matcher in read_matchers(matchers)
        if (matcher.label, matcher.operator) == ("alertname", "=")
    ]
    if not names:
        return ""
    known = [str(rule["alert"]) for rule in server.get("/api/alerts/rules")["rules"]]
    for name in names:
        if name not in known:
            return f", and there is no rule {name}{did_you_mean(name, known)}"
    return ""


def unsilence(arguments: argparse.Namespace) -> int:
    """End silences.

    Raises:
        StartupError: No server answers, or it refuses: those before it have ended.
    """
    server = open_server(arguments)
    ended: list[str] = []
    for number in arguments.ids:
        server.delete(f"{_SILENCES}/{quote(number, safe='')}")
        ended.append(number)
        if not arguments.json:
            print_note(f"the silence {number} has ended")
    if arguments.json:
        document: EndedSilencesDocument = {"ended": ended}
        print_json(document)
    return 0


def retry(arguments: argparse.Namespace) -> int:
    """Send a dead message again."""
    path = f"/api/alerts/deliveries/{quote(arguments.id, safe='')}/retry"
    answer = _post(open_server(arguments), path, {}, "queued")
    if arguments.json:
        print_json(answer)
    else:
        print_note(f"the message {arguments.id} is sent again; 'tart alerts deliveries' follows it")
    return 0


def send_test(arguments: argparse.Namespace) -> int:
    """Send a message to a channel; the exit code is 1 if it was not delivered."""
    body = {"channel": arguments.channel}
    answer = _post(open_server(arguments), "/api/alerts/send-test", body, "delivered")
    if not answer["delivered"]:
        raise StartupError(f"{arguments.channel} did not take the message: {answer['error']}")
    if arguments.json:
        print_json(answer)
    else:
        print_note(f"{arguments.channel} took the message in {answer['elapsed_ms']:.0f} ms")
    return 0


def reload(arguments: argparse.Namespace) -> int:
    """Read the rule file again; its mistakes are a sentence each, with exit code 2."""
    try:
        answer = _post(open_server(arguments), "/api/alerts/rules/reload", {}, "reloaded")
    except RequestRefused as error:
        if error.http_status != _FORBIDDEN:
            raise
        text = f"{error}; on the server's machine 'systemctl reload tart', or SIGHUP, does the same"
        raise StartupError(text) from None
    if not answer["reloaded"]:
        mistakes = [SettingFault("", "", None, str(error)) for error in answer["errors"]]
        raise ConfigError(faults=mistakes)
    if arguments.json:
        print_json(answer)
    else:
        print_note(f"rules in force: {answer['rules']}, channels: {answer['channels']}")
    return 0


def _post(server: Server, path: str, body: Json, member: str) -> Json:
    """Return the answer of a route.

    Raises:
        StartupError: No server answers, it refuses, or it is no tart.
    """
    answer = parse_object(server.post(path, body))
    if answer is None or member not in answer:
        raise StartupError(describe_other_answer(server.url, path))
    return answer


def _check_time(text: str, flag: str) -> str:
    try:
        time_us(text, flag)
    except BadQuery as error:
        raise ConfigError(str(error)) from None
    return text
