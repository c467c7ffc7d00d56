"""The command line: ``tart serve``, ``simulate``, ``demo``, ``sql``, ``verify``, ``config``, ….

Parses, calls, and turns the outcome into words and an exit code: 0 done, 1 the machine or a
process refuses, 2 the command line or the settings are wrong. An error somebody can mend is
one sentence on stderr; a traceback is a fault of tart. What a command needs is imported when
it is called, because ``serve`` must fork before anything large is loaded.

argparse, not click or typer: six commands with a dozen flags need no dependency, and the
supervisor's process stays as small as the standard library.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeAlias

from tart import __version__
from tart.errors import ConfigError, TartError

_Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"

_INTERRUPTED = 130  # what shells report for a command that ended by SIGINT

# Flag of ``tart serve`` to the setting it overrides.
_SERVE_FLAGS = {
    "telemetry_bind": "telemetry.bind",
    "api_bind": "api.bind",
    "data_dir": "data_dir",
    "shards": "shards",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; ``arguments`` default to the process' own. Returns the exit code."""
    given = _parser().parse_args(arguments)
    command: Callable[[argparse.Namespace], int] = given.command
    try:
        return command(given)
    except ConfigError as error:
        print(f"tart: {error}", file=sys.stderr)
        return 2
    except TartError as error:
        print(f"tart: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return _INTERRUPTED


def _serve(given: argparse.Namespace) -> int:
    from tart.cli.serve import serve

    return serve(given.config, {key: getattr(given, flag) for flag, key in _SERVE_FLAGS.items()})


def _simulate(given: argparse.Namespace) -> int:
    from tart.cli.simulate import simulate

    return simulate(given)


def _record(given: argparse.Namespace) -> int:
    from tart.cli.record import record

    return record(given)


def _replay(given: argparse.Namespace) -> int:
    from tart.cli.replay import replay

    return replay(given)


def _demo(given: argparse.Namespace) -> int:
    from tart.cli.demo import demo

    return demo(given.config)


def _check(given: argparse.Namespace) -> int:
    from tart.cli.check import check

    return check(given)


def _verify(given: argparse.Namespace) -> int:
    from tart.cli.verify import verify

    return verify(given.config, given.data_dir, deep=given.deep)


def _sql(given: argparse.Namespace) -> int:
    from tart.cli.sql import sql

    return sql(
        given.config,
        given.statement,
        given.reduce,
        url=given.url,
        key_file=given.key_file,
        data_dir=given.data_dir,
        form=given.format,
    )


def _backup(given: argparse.Namespace) -> int:
    from tart.cli.backup import backup

    return backup(given.config, given.data_dir, given.target)


def _restore(given: argparse.Namespace) -> int:
    from tart.cli.backup import restore

    return restore(given.config, given.data_dir, given.source)


def _status(given: argparse.Namespace) -> int:
    from tart.cli.status import status

    return status(given.config, given.url, given.key_file)


def _install(given: argparse.Namespace) -> int:
    from tart.cli.install import install

    return install(given.root, uninstall=given.uninstall, dry_run=given.dry_run)


def _keys_create(given: argparse.Namespace) -> int:
    from tart.cli.keys import create

    return create(given.config, given.data_dir, given.name, given.role)


def _keys_list(given: argparse.Namespace) -> int:
    from tart.cli.keys import show

    return show(given.config, given.data_dir)


def _keys_revoke(given: argparse.Namespace) -> int:
    from tart.cli.keys import revoke

    return revoke(given.config, given.data_dir, given.id)


def _config_check(given: argparse.Namespace) -> int:
    from tart.config.load import load

    load(given.config, environ=os.environ)
    print("configuration is valid")
    return 0


def _config_show(given: argparse.Namespace) -> int:
    from tart.cli.render.config_text import shown
    from tart.config.load import load

    print(shown(load(given.config, environ=os.environ)), end="")
    return 0


def _config_default(given: argparse.Namespace) -> int:
    from tart.cli.render.config_text import config_toml

    print(config_toml(), end="")
    return 0


def _version(given: argparse.Namespace) -> int:
    print(f"tart {__version__}")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="tart", description="Telemetry backend for JAM networks.")
    parser.add_argument("--version", action="version", version=f"tart {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_serve(commands)
    _add_simulate(commands)
    _add_record(commands)
    _add_replay(commands)
    _add_config(commands)
    demo = commands.add_parser("demo", help="serve and simulate together, until Ctrl-C")
    _add_config_file(demo)
    demo.set_defaults(command=_demo)
    _add_check(commands)
    _add_status(commands)
    _add_sql(commands)
    _add_verify(commands)
    _add_backup(commands)
    _add_keys(commands)
    _add_install(commands)
    version = commands.add_parser("version", help="print the version")
    version.set_defaults(command=_version)
    return parser


def _add_serve(commands: _Commands) -> None:
    serve = commands.add_parser("serve", help="run the server until it is told to stop")
    _add_config_file(serve)
    bind = "HOST:PORT, [HOST]:PORT for IPv6; port 0 takes a free one"
    serve.add_argument("--telemetry-bind", metavar="ADDRESS", help=f"for nodes; {bind}")
    serve.add_argument("--api-bind", metavar="ADDRESS", help=f"for HTTP and WebSocket; {bind}")
    serve.add_argument("--data-dir", metavar="DIR", help="where shards keep their files")
    serve.add_argument("--shards", metavar="N", help="worker processes; 0: one per CPU")
    serve.set_defaults(command=_serve)


def _add_simulate(commands: _Commands) -> None:
    simulate = commands.add_parser("simulate", help="play a JAM network that sends telemetry")
    add = simulate.add_argument
    add("--target", default="127.0.0.1:9000", metavar="HOST:PORT", help="the telemetry port")
    add("--nodes", type=int, default=6, metavar="V", help="validators (default 6)")
    add("--cores", type=int, default=2, metavar="C", help="cores (default 2)")
    add("--speed", type=float, default=1.0, metavar="X", help="times real time (default 1)")
    add("--duration", type=float, metavar="S", help="seconds to run; without it until Ctrl-C")
    add("--seed", type=int, default=0, metavar="N", help="same seed, same network (default 0)")
    add("--protocol", type=int, choices=(0, 1), help="JIP-3 version (default 1)")
    add("--troubled", action="store_true", help="much goes wrong, and both versions are spoken")
    add("--truth", type=Path, metavar="FILE", help="write what really happens, as NDJSON")
    simulate.set_defaults(command=_simulate)


def _add_record(commands: _Commands) -> None:
    record = commands.add_parser("record", help="write what nodes send into a capture")
    add = record.add_argument
    where = record.add_mutually_exclusive_group(required=True)
    where.add_argument("--listen", metavar="[HOST:]PORT", help="for nodes; alone on 127.0.0.1")
    where.add_argument("--url", metavar="URL", help="of a running tart, to take from its log")
    add("--target", metavar="HOST:PORT", help="pass everything on to that telemetry port")
    add("--for", metavar="TIME", help="such as 60s or 1h; without it until Ctrl-C")
    _add_key_file(record)
    add("--from", metavar="TIME", help="first time of receipt, such as 2026-11-20T12:00:00Z")
    add("--to", metavar="TIME", help="last time of receipt")
    add("--duration", metavar="TIME", help="the last 15m, 1h, …")
    add("--node", metavar="ID", help="only of this node")
    add("--types", metavar="N,N", help="only events of these numbers")
    add("file", metavar="FILE", help="is written anew; - is stdout")
    record.set_defaults(command=_record)


def _add_replay(commands: _Commands) -> None:
    replay = commands.add_parser("replay", help="send what a capture has, byte for byte")
    add = replay.add_argument
    add("file", metavar="FILE", help="a capture; - is stdin")
    add("--target", default="127.0.0.1:9000", metavar="HOST:PORT", help="the telemetry port")
    add("--speed", default="1", metavar="X", help="times as recorded (default 1); max: no waits")
    replay.set_defaults(command=_replay)


def _add_check(commands: _Commands) -> None:
    check = commands.add_parser("check", help="judge what a node sends, live or from a capture")
    add = check.add_argument
    source = check.add_mutually_exclusive_group(required=True)
    source.add_argument("file", nargs="?", metavar="FILE", help="a capture; -: standard input")
    source.add_argument("--listen", metavar="[HOST:]PORT", help="take telemetry here; 0: any port")
    add("--for", dest="duration", metavar="TIME", help="listen so long, such as 60s or 5m")
    add("--once", action="store_true", help="listen until the node's connection is over")
    add("--partial", action="store_true", help="FILE lacks messages: judge each by itself")
    formats = ("text", "json", "junit")
    add("--format", choices=formats, default="text", help="of the report (default text)")
    add("--output", type=Path, metavar="FILE", help="write the report there")
    add("--strict", action="store_true", help="warnings are failures, too")
    add("--max-findings", type=int, metavar="N", help="shown of each rule and node (default 3)")
    check.set_defaults(command=_check)


def _add_status(commands: _Commands) -> None:
    status = commands.add_parser("status", help="say on one screen how a running tart is")
    _add_config_file(status)
    _add_server(status)
    _add_key_file(status)
    status.set_defaults(command=_status)


def _add_server(parser: argparse._ActionsContainer) -> None:
    parser.add_argument("--url", metavar="URL", help="of a running tart (default: api.bind)")


def _add_key_file(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--key-file",
        type=Path,
        metavar="FILE",
        help="holds a key (default: TART_KEY_FILE names it)",
    )


def _add_sql(commands: _Commands) -> None:
    sql = commands.add_parser("sql", help="run one SELECT over the events that are kept")
    _add_config_file(sql)
    sql.add_argument("statement", metavar="SQL", help="runs on every shard")
    sql.add_argument("--reduce", metavar="SQL", help="runs over what they found, table partials")
    where = sql.add_mutually_exclusive_group()
    _add_server(where)
    where.add_argument("--data-dir", metavar="DIR", help="read a stopped tart's files instead")
    _add_key_file(sql)
    formats = ("table", "json", "csv")
    sql.add_argument("--format", choices=formats, default="table", help="(default table)")
    sql.set_defaults(command=_sql)


def _add_verify(commands: _Commands) -> None:
    verify = commands.add_parser("verify", help="check the files of a stopped server")
    _add_config_file(verify)
    verify.add_argument("--data-dir", metavar="DIR", help="where shards keep their files")
    verify.add_argument("--deep", action="store_true", help="decode every event, not a sample")
    verify.set_defaults(command=_verify)


def _add_install(commands: _Commands) -> None:
    install = commands.add_parser("install", help="set tart up as a service of systemd")
    add = install.add_argument
    add("--dry-run", action="store_true", help="only show what would be done")
    add("--uninstall", action="store_true", help="undo it; data and changed settings stay")
    add("--root", type=Path, default=Path("/"), metavar="DIR", help="below DIR, not in /")
    install.set_defaults(command=_install)


def _add_backup(commands: _Commands) -> None:
    backup = commands.add_parser("backup", help="copy all data, also while tart runs")
    restore = commands.add_parser("restore", help="put a backup where there is no data")
    backup.add_argument("target", type=Path, metavar="DIR", help="gets a directory of its moment")
    restore.add_argument("source", type=Path, metavar="BACKUP", help="one of those")
    for parser, command in ((backup, _backup), (restore, _restore)):
        _add_config_file(parser)
        parser.add_argument("--data-dir", metavar="DIR", help="where shards keep their files")
        parser.set_defaults(command=command)


def _add_keys(commands: _Commands) -> None:
    keys = commands.add_parser("keys", help="make, list and revoke keys of the API")
    verbs = keys.add_subparsers(required=True, metavar="VERB")
    create = verbs.add_parser("create", help="make a key and print it, this once")
    show = verbs.add_parser("list", help="show all keys there are and were")
    revoke = verbs.add_parser("revoke", help="end a key, at once")
    roles = ("viewer", "operator", "admin")
    create.add_argument("--name", required=True, help="whose it is, in your words")
    create.add_argument("--role", choices=roles, default="viewer", help="(default viewer)")
    revoke.add_argument("id", metavar="ID", help="eight hex digits, as tart keys list shows")
    for verb, command in ((create, _keys_create), (show, _keys_list), (revoke, _keys_revoke)):
        _add_config_file(verb)
        verb.add_argument("--data-dir", metavar="DIR", help="where shards keep their files")
        verb.set_defaults(command=command)


def _add_config(commands: _Commands) -> None:
    config = commands.add_parser("config", help="check, show or write settings")
    verbs = config.add_subparsers(required=True, metavar="VERB")
    check = verbs.add_parser("check", help="say whether the settings can be used")
    show = verbs.add_parser("show", help="print each setting in use and where it came from")
    default = verbs.add_parser("default", help="print a file with every setting at its default")
    _add_config_file(check)
    _add_config_file(show)
    check.set_defaults(command=_config_check)
    show.set_defaults(command=_config_show)
    default.set_defaults(command=_config_default)


def _add_config_file(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--config",
        type=Path,
        metavar="FILE",
        help="settings; without it config.toml of the working directory, if there",
    )
