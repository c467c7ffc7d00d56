"""The table of commands: name, group, summary, description, examples, exit codes and module.

Help, completion and man pages derive from this table and from the arguments that each command's
module adds to its parser.

The rows are a plain class: the module ``dataclasses`` would take a quarter of the start time of
``tart --help``.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Final

RUN, LOOK, CAPTURES, DATA, SET_UP = (
    "Run",
    "Look",
    "Nodes and captures",
    "Data",
    "Set up",
)
# Commands of this group are left out of ``tart --help``: tools of those who package tart.
PACKAGING = "Packaging"
GROUPS = (RUN, LOOK, CAPTURES, DATA, SET_UP)


class Example:
    """One command line, and what it does.

    Attributes:
        line: The command line.
        text: What it does, without a period.
    """

    __slots__ = ("line", "text")

    def __init__(self, line: str, text: str) -> None:
        self.line: Final = line
        self.text: Final = text


class Command:
    """One command.

    Attributes:
        name: The command word.
        group: The group that lists it, one of ``GROUPS`` or ``PACKAGING``.
        summary: One line of help, without a period.
        module: The module whose ``add_arguments(parser)`` adds the arguments and sets ``run``, the
            function that takes the parsed arguments and returns the exit code.
        description: Sentences; paragraphs are separated by an empty line.
        examples: Command lines that work.
        exit_codes: Code to meaning, where they differ from ``EXIT_CODES``.
    """

    __slots__ = ("description", "examples", "exit_codes", "group", "module", "name", "summary")

    def __init__(
        self,
        name: str,
        group: str,
        summary: str,
        *,
        module: str,
        description: str,
        examples: Sequence[Example],
        exit_codes: Mapping[int, str] | None = None,
    ) -> None:
        self.name: Final = name
        self.group: Final = group
        self.summary: Final = summary
        self.module: Final = module
        self.description: Final = description
        self.examples: Final = tuple(examples)
        self.exit_codes: Final = dict(exit_codes or {})


# The exit codes of every command.
EXIT_CODES = {
    0: "done",
    1: "the machine, a server or a process refuses",
    2: "the command line, the settings or a named file are wrong; nothing was done",
    130: "interrupted with Ctrl-C",
}

_TABLE = (
    Command(
        "serve",
        RUN,
        "run the server until it is stopped",
        module="tart.cli.serve",
        description=(
            "Receive the telemetry of JAM nodes (JIP-3), store it, and answer over HTTP, WebSocket "
            "and a web page. Settings come from --config FILE, from variables such as "
            "TART_API_BIND, and from flags, of which the last is the strongest.\n\n"
            "SIGTERM or Ctrl-C stops it: what was received is written first. Another one within "
            "5 s changes nothing, a later one kills what still runs. SIGHUP applies changes of "
            "[log], of the alert rules and a renewed certificate at once; the log names changes "
            "that need a restart."
        ),
        examples=(
            Example("tart serve", "data in ./shards, telemetry on port 9000, API on 8080"),
            Example("tart serve --config /etc/tart/config.toml", "with the settings of a file"),
            Example("tart serve --data-dir /srv/tart --shards 4", "four worker processes"),
        ),
        exit_codes={
            0: "stopped by a signal",
            1: "the machine refused, a process kept ending, or one had to be killed",
        },
    ),
    Command(
        "demo",
        RUN,
        "run a server and a simulated network until Ctrl-C",
        module="tart.cli.demo",
        description=(
            "Start a server and a simulated network of six validators that sends to it, and print "
            "where to look. It is what 'tart serve' and 'tart simulate' do in two terminals. The "
            "events are in a temporary directory, unless --data-dir or the settings name one."
        ),
        examples=(
            Example("tart demo", "look around without a node"),
            Example("tart demo --port 8090 --nodes 100 --cores 8", "larger, beside another server"),
        ),
    ),
    Command(
        "status",
        LOOK,
        "show the status of a running server",
        module="tart.cli.status",
        description=(
            "Show nodes, blocks, events, storage and memory of a running server on one screen, "
            "and what is wrong with it. The exit code is the state, so a script need not read "
            "the text.\n\n"
            "With --watch it is shown again and again, in place on a terminal; it goes on while "
            "the server is away, and Ctrl-C ends it with the exit code of the last status."
        ),
        examples=(
            Example("tart status", "the server of this machine"),
            Example("tart status --watch", "every two seconds until Ctrl-C"),
            Example("tart status --json", "one JSON document; with --watch one a line"),
            Example("tart status --url https://tart.example --key-file key", "another one"),
        ),
        exit_codes={
            0: "Healthy",
            1: "no server answers, or it refuses",
            3: "Degraded",
            4: "Unhealthy",
        },
    ),
    Command(
        "dash",
        LOOK,
        "show a network live in the terminal",
        module="tart.cli.dash",
        description=(
            "Show a network and its server live in the terminal: nodes, blocks, work, events, "
            "alerts. ? lists the keys, q quits. It reads the public API, so the server may be "
            "anywhere. With --once it prints one page and ends, for scripts.\n\n"
            "The one file and the Debian package have what it needs; a wheel is installed with its "
            "extra, as 'tart-VERSION.whl[dash]'."
        ),
        examples=(
            Example("tart dash", "the server of this machine"),
            Example("tart dash nodes --url https://tart.example --key-file key", "another one"),
            Example("tart dash nodes --once --json", "one page as JSON"),
        ),
    ),
    Command(
        "alerts",
        LOOK,
        "show alerts, silence them, check rules",
        module="tart.cli.alerts",
        description=(
            "Show the alerts, rules, silences and messages of a running server, silence alerts "
            "for a time, and try whether messages arrive. Rule files are checked, and written for "
            "Prometheus, without a server.\n\n"
            "Viewers may list, operators silence and send; only admins reload the rule file."
        ),
        examples=(
            Example("tart alerts list", "what fires, the worst first"),
            Example("tart alerts list --exit-code --severity critical", "for a script"),
            Example("tart alerts rules NodeSilent", "a rule with its last values"),
            Example("tart alerts silence node=ab12cd --for 2h --reason 'new disk'", "its id"),
            Example("tart alerts send-test ops", "whether the channel's messages arrive"),
            Example("tart alerts check alerts.toml", "before a reload"),
            Example("tart alerts test alerts.toml --capture night", "what rules would have done"),
            Example("tart alerts prometheus > rules.yml", "for Prometheus"),
        ),
        exit_codes={
            1: "no server answers, it refuses, a message was not delivered, or test found other "
            "alerts than are expected",
            3: "list --exit-code: an alert fires",
            4: "list --exit-code: a critical alert fires",
        },
    ),
    Command(
        "sql",
        LOOK,
        "run one SELECT over the server's tables",
        module="tart.cli.sql",
        description=(
            "Run one SELECT over the tables of a running server, or with --data-dir over the "
            "files of a stopped one, and print the result. Without a statement the tables are "
            "listed. No statement can change data."
        ),
        examples=(
            Example("tart sql", "list the tables"),
            Example("tart sql --describe events", "the columns of a table"),
            Example("tart sql 'SELECT count(*) FROM events'", "a result as a table"),
            Example("tart sql -f query.sql -o result.parquet", "from a file, into a file"),
        ),
    ),
    Command(
        "report",
        LOOK,
        "write a report of a window as one HTML file",
        module="tart.cli.report",
        description=(
            "Write what a server knows of a window as one HTML file, such as for a test campaign: "
            "implementations side by side, what differs significantly, blocks, failures, "
            "conformance, work-packages, the chain, alerts, and what data is missing. The file "
            "needs no network and no script, and prints well."
        ),
        examples=(
            Example("tart report > report.html", "the last 24 hours"),
            Example("tart report --from -90m -o report.html", "the last 90 minutes"),
            Example(
                "tart report --from 2026-11-20T08:00:00Z --to 2026-11-20T18:00:00Z -o day.html",
                "a test campaign",
            ),
            Example("tart report --by version -o upgrade.html", "each version with the one before"),
        ),
        exit_codes={1: "no server answers, it refuses, or the report is incomplete"},
    ),
    Command(
        "simulate",
        CAPTURES,
        "simulate a JAM network that sends telemetry",
        module="tart.cli.simulate",
        description=(
            "Simulate a JAM network whose nodes send telemetry to a server. Equal seeds give "
            "equal networks. It runs until --duration is over or until Ctrl-C, then prints "
            "how much was sent."
        ),
        examples=(
            Example("tart simulate", "six nodes send to 127.0.0.1:9000"),
            Example("tart simulate --nodes 1023 --cores 341 --duration 60", "a full network"),
            Example("tart simulate --troubled --truth truth.ndjson", "with faults, written down"),
            Example("tart simulate --rpc 127.0.0.1:19800", "with the RPC of a node"),
            Example("tart simulate --nodes 40 --difference sim-beta:import=1.2", "one is slower"),
        ),
        exit_codes={1: "no node could connect"},
    ),
    Command(
        "record",
        CAPTURES,
        "record telemetry into a capture file",
        module="tart.cli.record",
        description=(
            "Record telemetry into a capture file. With --listen nodes connect to this command, "
            "which forwards their bytes to --target or only records them; with --url the capture "
            "comes from the events of a running server."
        ),
        examples=(
            Example("tart record --listen 9001 --target 127.0.0.1:9000 hour.capture", "as a proxy"),
            Example("tart record --url http://127.0.0.1:8080 --duration 1h hour.capture", "export"),
            Example("tart record --listen 9000 --for 60s - | tart check -", "check while it runs"),
        ),
    ),
    Command(
        "replay",
        CAPTURES,
        "send a capture file to a server, byte for byte",
        module="tart.cli.replay",
        description=(
            "Send a capture to a telemetry port, byte for byte: each session has a connection of "
            "its own, at the recorded times unless --speed says otherwise."
        ),
        examples=(
            Example("tart replay hour.capture", "to 127.0.0.1:9000, as fast as recorded"),
            Example("tart replay --speed max hour.capture", "as fast as the server reads"),
        ),
    ),
    Command(
        "check",
        CAPTURES,
        "validate a node's telemetry against JIP-3",
        module="tart.cli.check",
        description=(
            "Validate telemetry against JIP-3, from a capture file or live from nodes that "
            "connect to --listen, and report each broken rule."
        ),
        examples=(
            Example("tart check hour.capture", "a capture"),
            Example("tart check --listen 9000 --once", "one node, until it disconnects"),
            Example("tart check --format junit --output report.xml hour.capture", "for CI"),
        ),
        exit_codes={
            0: "no error found; with --strict no warning either",
            1: "an error found, or nothing received",
            2: "the input could not be checked",
        },
    ),
    Command(
        "verify",
        DATA,
        "check the files of a stopped server",
        module="tart.cli.verify",
        description=(
            "Check the files of a stopped server: digests, order, and a sample of the events, or "
            "with --deep each one. Each finding is one line."
        ),
        examples=(
            Example("tart verify --data-dir /var/lib/tart", "as root or as the user tart"),
            Example("tart verify --deep", "decode every event"),
        ),
        exit_codes={0: "no finding", 1: "findings, or the server is running"},
    ),
    Command(
        "backup",
        DATA,
        "back up all data, also of a running server",
        module="tart.cli.backup",
        description=(
            "Create a backup in a new directory below DIR, named after the time. It is complete "
            "in itself; files that an earlier backup in DIR has are hard-linked, so that sealed "
            "days take their space once. The server may be running."
        ),
        examples=(
            Example("tart backup /srv/backups", "the path of the backup is printed"),
            Example("tart backup --copy /mnt/disk", "whole, without hard links"),
        ),
    ),
    Command(
        "restore",
        DATA,
        "restore a backup into an empty data directory",
        module="tart.cli.restore",
        description=(
            "Copy a backup into the data directory, which must be empty or not exist. Digests "
            "are compared. A restore that fails leaves nothing; one that was killed is run again."
        ),
        examples=(
            Example(
                "tart restore /srv/backups/20261120T120000Z --data-dir /srv/tart",
                "into an empty directory",
            ),
        ),
    ),
    Command(
        "config",
        SET_UP,
        "check, show or print settings",
        module="tart.cli.config",
        description=(
            "Check the settings, show those in use with the source of each, or print a file "
            "with every setting at its default. The check finds all for which the server would "
            "not start: directories, ports, keys, the certificate. Without --config and without "
            "a config.toml in the working directory it is about the installed server."
        ),
        examples=(
            Example("tart config default > tart.toml", "a file to begin with"),
            Example("tart config check --config tart.toml", "before a restart"),
            Example("tart config show", "the settings in use and where they came from"),
        ),
        exit_codes={
            1: "the machine refuses the settings, or the certificate is not valid now",
            2: "settings are wrong",
        },
    ),
    Command(
        "keys",
        SET_UP,
        "create, list and revoke API keys",
        module="tart.cli.keys",
        description=(
            "Create, list and revoke the keys of the API, with the server running or stopped. "
            "Only root and the user that tart runs as can. The secret of a new key goes to "
            "stdout alone, and is shown once."
        ),
        examples=(
            Example("tart keys create --name alice", "may read"),
            Example("tart keys create --name alice --new", "before the first start"),
            Example("tart keys create --name ci --role operator > key", "into a file"),
            Example("tart keys list", "also revoked ones"),
        ),
        exit_codes={1: "no active key has that id, or the machine refuses"},
    ),
    Command(
        "grafana",
        SET_UP,
        "write Grafana's dashboards and their provisioning",
        module="tart.cli.grafana",
        description=(
            "Write the Grafana dashboards, and the files that provision them, into DIR. "
            "Restart Grafana afterwards, or import the dashboards on its page."
        ),
        examples=(Example("tart grafana /etc/grafana/provisioning", "as root"),),
    ),
    Command(
        "skill",
        SET_UP,
        "print a guide to a server for AI agents",
        module="tart.cli.skill",
        description=(
            "Print a skill file (SKILL.md) for AI agents: what a tart server knows and which "
            "route answers which question. The server need not be running."
        ),
        examples=(Example("tart skill --url https://tart.example > SKILL.md", "a skill file"),),
    ),
    Command(
        "completion",
        SET_UP,
        "print a script that lets the shell complete commands",
        module="tart.cli.completion",
        description=(
            "Print a script with which a shell completes commands, verbs, flags, choices and "
            "the names of files. 'tart install' installs it for all users; for yourself, save "
            "it where your shell finds it and open a new shell. bash needs the package "
            "bash-completion; without it, put 'source <(tart completion bash)' into ~/.bashrc. "
            "zsh needs the directory in fpath before compinit."
        ),
        examples=(
            Example(
                "tart completion bash > ~/.local/share/bash-completion/completions/tart", "bash"
            ),
            Example("tart completion zsh > ~/.zfunc/_tart", "zsh, with fpath+=~/.zfunc"),
            Example("tart completion fish > ~/.config/fish/completions/tart.fish", "fish"),
        ),
    ),
    Command(
        "install",
        SET_UP,
        "install tart as a systemd service",
        module="tart.cli.install",
        description=(
            "Install tart as a systemd service, with its manual pages and with completion for "
            "bash, zsh and fish, or remove all of it with --uninstall. A second run "
            "changes nothing; a run of a newer release replaces the program. Settings are written "
            "once and never overwritten; data is never touched."
        ),
        examples=(
            Example("tart install --dry-run", "what it would do"),
            Example("sudo tart install", "then: systemctl enable --now tart"),
        ),
    ),
    Command(
        "man",
        PACKAGING,
        "write the manual pages",
        module="tart.cli.man",
        description=(
            "Write the manual pages into DIR/man1 and DIR/man5, for those who package tart; "
            "'tart install' does it for one machine. The same release writes the same bytes."
        ),
        examples=(Example("tart man ./man", "then: man -M ./man tart"),),
    ),
    Command(
        "version",
        SET_UP,
        "print the version",
        module="tart.cli.version",
        description="Print the version, and which kernel runs.",
        examples=(Example("tart version", "the same as tart --version"),),
    ),
)

COMMANDS: Mapping[str, Command] = {command.name: command for command in _TABLE}

# What ``tart --help`` shows.
EXAMPLES = (
    Example("tart demo", "a server with a simulated network, to look around"),
    Example("tart serve --data-dir /srv/tart", "receive telemetry on port 9000, serve on 8080"),
    Example("tart status", "nodes, blocks, events and storage of the server"),
    Example("tart dash", "the network live in the terminal"),
    Example("tart sql 'SELECT count(*) FROM events'", "any question, in SQL"),
    Example("tart check --listen 9000", "validate a node's telemetry as it arrives"),
)
