"""``python -m loadtest.alerts``: the CPU time of an evaluation of alerting rules.

A large network sends to a real server (``loadtest.chain``). Stretches with fifty rules and
stretches without a rule take turns; the CPU seconds of the gateway and of the shards in the one,
less those in the other, are what the evaluations cost. Everything else costs the same in both.
"""

from __future__ import annotations

import argparse
import os
import signal
import statistics
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from loadtest import measure
from loadtest.bench import RESULTS, save
from loadtest.dialogue import Broken, Json, Part
from loadtest.server import Server
from tart.alerting.rules.builtin_rules import BUILTIN_RULES
from tart.alerting.rules.figures import FIGURES

# The bar for fifty rules over 1,023 nodes.
TARGET_MS = 200.0
_CONNECTING_SECONDS = 60.0
_RELOADING_SECONDS = 20.0
_NAMES = {"gateway": "gateway", "shards": "shards", "total": "together"}
_WITHOUT_RULES = 'disable = "*"\n'


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark; return 1 if rules were not evaluated."""
    given = _parser().parse_args(arguments)
    parameters = ("nodes", "cores", "rate", "rules", "interval", "pairs")
    result: Json = {
        "scenario": "alerts",
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "parameters": {name: getattr(given, name) for name in parameters},
        "seconds": given.seconds,
        "machine": measure.machine(),
        "figures": {},
        "broken": [],
    }
    given.results.mkdir(parents=True, exist_ok=True)
    file = given.results / f"alerts-{given.nodes}.toml"
    file.write_text(_WITHOUT_RULES)
    settings = {
        "TART_ALERTS_FILE": str(file.resolve()),
        "TART_ALERTS_EVALUATION_SECONDS": str(given.interval),
    }
    with Server(given.shards, settings) as server:
        options = {"host": server.host, "port": server.port, "nodes": given.nodes}
        options |= {"cores": given.cores, "rate": given.rate}
        options["seconds"] = given.warm_up + 2 * given.pairs * (given.seconds + 5.0) + 30.0
        with Part("loadtest.chain", options) as chain:
            chain.receive(_CONNECTING_SECONDS)
            server.wait(lambda now: now.connections >= given.nodes, _CONNECTING_SECONDS)
            chain.command("go")
            time.sleep(given.warm_up)
            pairs = [_pair(server, file, given) for _ in range(given.pairs)]
    file.unlink()
    figures = {
        f"{name}_ms": round(statistics.median(pair[name] for pair in pairs), 1) for name in _NAMES
    }
    result["figures"] = figures | {"pairs": pairs}
    result["broken"] = [pair["broken"] for pair in pairs if "broken" in pair]
    for name, label in _NAMES.items():
        spread = ", ".join(f"{pair[name]:.1f}" for pair in pairs)
        print(f"{label:>9} {figures[f'{name}_ms']:8.1f} ms of CPU for an evaluation ({spread})")
    print(f"target    {TARGET_MS:8.1f} ms; saved as {save(result, given.results)}")
    for error in result["broken"]:
        print(f"BROKEN: {error}")
    return int(bool(result["broken"]))


def rule_file(count: int) -> str:
    """Return a rule file with a number of enabled rules: all built-in ones, then others.

    The others have windows of their own, so that they share no query with the built-in ones.
    """
    lines = ['enable = "*"']
    lines += [f"\n[[rule]]\n{rule}" for rule in _others(count - len(BUILTIN_RULES))]
    return "\n".join(lines) + "\n"


def _others(count: int) -> Iterator[str]:
    """Yield rules: figures with windows, by each of its labels and in several windows."""
    made = 0
    for minutes in (7, 12, 20, 45, 60):
        for figure in FIGURES.values():
            window = figure.window
            if (
                window is None
                or not window.shortest_us <= minutes * 60_000_000 <= window.longest_us
            ):
                continue
            for by in figure.by or (None,):
                if made >= count:
                    return
                made += 1
                label = "" if by is None else f'by = "{by}"\n'
                above = 0.99 if figure.highest <= 1 else 99
                yield (
                    f'alert = "Own{made}"\nfigure = "{figure.name}"\n{label}'
                    f'window = "{minutes}m"\nabove = {above}\n'
                )


def _pair(server: Server, file: Path, given: argparse.Namespace) -> Json:
    """Return the CPU milliseconds of an evaluation, from a stretch with rules and one without."""
    _reload(server, file, rule_file(given.rules))
    busy = _use_over(server, given.seconds)
    _reload(server, file, _WITHOUT_RULES)
    idle = _use_over(server, given.seconds)
    turns = busy["turns"]
    if not turns:
        return dict.fromkeys(_NAMES, 0.0) | {"broken": "no rule was evaluated"}
    pair = {name: (busy[name] - idle[name]) * 1000 / turns for name in ("gateway", "shards")}
    return pair | {"total": sum(pair.values()), "turns": turns}


def _reload(server: Server, file: Path, text: str) -> None:
    """Let the server read another rule file, and wait until it has."""
    before = server.http.get("/api/alerts/rules").json()["loaded_at"]
    file.write_text(text)
    os.kill(server.pid, signal.SIGHUP)
    ends = time.monotonic() + _RELOADING_SECONDS
    while time.monotonic() < ends:
        answer = server.http.get("/api/alerts/rules").json()
        if answer["errors"]:
            raise Broken(f"the rules were not loaded: {answer['errors']}")
        if answer["loaded_at"] != before:
            # A turn with the rules before may be running.
            time.sleep(2.5)
            return
        time.sleep(0.1)
    raise Broken("the rules were not loaded")


def _use_over(server: Server, seconds: float) -> Json:
    """Return CPU seconds and evaluations of a time."""
    shards, gateway = server.processes()
    began = _sample(server, shards, gateway)
    time.sleep(seconds)
    ended = _sample(server, shards, gateway)
    return {name: ended[name] - began[name] for name in began}


def _sample(server: Server, shards: list[int], gateway: int) -> Json:
    turns = 0.0
    for line in server.http.get("/metrics").text.splitlines():
        if line.startswith("tart_alert_evaluations_total "):
            turns = float(line.split()[1])
    return {
        "turns": turns,
        "gateway": measure.thread_seconds([gateway]),
        "shards": measure.thread_seconds(shards),
    }


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m loadtest.alerts", description="The CPU time of an evaluation of rules."
    )
    parser.add_argument("--nodes", type=int, default=1023, help="connected nodes")
    parser.add_argument("--cores", type=int, default=341, help="cores of the network")
    parser.add_argument("--rate", type=float, default=2000, help="events per second")
    parser.add_argument("--rules", type=int, default=50, help="rules that are evaluated")
    parser.add_argument("--interval", type=float, default=2.0, help="seconds of an evaluation")
    parser.add_argument("--seconds", type=float, default=20, help="duration of each stretch")
    parser.add_argument("--pairs", type=int, default=3, help="stretches with rules and without")
    parser.add_argument("--warm-up", type=float, default=60, help="seconds before measuring")
    parser.add_argument("--shards", type=int, default=0, help="worker processes; 0: one per CPU")
    parser.add_argument("--results", type=Path, default=RESULTS, help="directory for the results")
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
