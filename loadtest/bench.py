"""``python -m loadtest.bench``: benchmarks of the whole server, by scenario.

Starts the real server and a load generator, measures both from outside, stops the server and
counts the events in its files. Prints and saves the figures.

The exit code is 1 if events were lost or a part failed, never for a figure that is too high:
benchmarks are not timed tests.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from loadtest import measure, report, runs
from loadtest.dialogue import Broken, Json
from loadtest.scenarios import SCENARIOS, Scenario

RESULTS = Path(__file__).parent / "results"
_PARAMETERS = ("connections", "rate", "seconds", "shards", "nodes", "cores", "write_interval")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code."""
    given = _parser().parse_args(arguments)
    results: dict[str, Json] = {}
    for name in given.scenarios:
        scenario = _with(SCENARIOS[name], given)
        result = run(scenario)
        results[name] = result
        saved = save(result, given.results)
        print(f"\n{report.summary(result)}\nsaved as {saved}\n", flush=True)
    print(report.bars(results))
    print("(✓) and (✗): under another load than that of the target")
    return int(any(each["broken"] for each in results.values()))


def run(scenario: Scenario) -> Json:
    """Run one scenario; failures are in the result."""
    began = datetime.now(UTC)
    result: Json = {
        "scenario": scenario.name,
        "date": began.isoformat(timespec="seconds"),
        "parameters": {name: getattr(scenario, name) for name in _PARAMETERS},
        "settings": dict(scenario.settings),
        "altered": replace(scenario, files=None) != SCENARIOS[scenario.name],
        "machine": measure.machine(),
        "figures": {},
        "broken": [],
    }
    try:
        runs.play(scenario, result, _progress)
    except Broken as error:
        result["broken"].append(str(error))
    figures = result["figures"]
    for name in ("lost", "sessions_with_gaps", "undecodable"):
        if figures.get(name):
            result["broken"].append(f"{name}: {figures[name]}")
    return result


def save(result: Json, directory: Path) -> Path:
    """Save a result as JSON."""
    directory.mkdir(parents=True, exist_ok=True)
    moment = result["date"].split("+")[0].replace(":", "")
    path = directory / f"{result['scenario']}-{moment}.json"
    path.write_text(json.dumps(_finite(result), indent=2, ensure_ascii=False) + "\n")
    return path


def _finite(value: Any) -> Any:
    """Replace infinities, which JSON does not have."""
    if isinstance(value, dict):
        return {key: _finite(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_finite(each) for each in value]
    return "inf" if isinstance(value, float) and math.isinf(value) else value


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m loadtest.bench",
        description="Benchmarks of the whole server.",
        epilog="scenarios: " + "; ".join(f"{e.name}: {e.summary}" for e in SCENARIOS.values()),
    )
    parser.add_argument("scenarios", nargs="+", choices=SCENARIOS, metavar="SCENARIO")
    parser.add_argument("--connections", type=int, help="number of nodes")
    parser.add_argument("--rate", type=float, help="events per second over all nodes")
    parser.add_argument("--seconds", type=float, help="duration of the load")
    parser.add_argument("--shards", type=int, help="worker processes; 0: one per CPU")
    parser.add_argument("--nodes", type=int, help="validators of the recorded network")
    parser.add_argument("--cores", type=int, help="cores of the recorded network")
    parser.add_argument("--write-interval", type=float, help="seconds between a node's writes")
    parser.add_argument(
        "--growth-millions", type=float, help="millions of events to store, for growth"
    )
    parser.add_argument("--floor-seconds", type=float, help="duration of the floor's measurement")
    parser.add_argument(
        "--files", type=Path, help="directory for the server's files, which are removed otherwise"
    )
    parser.add_argument("--results", type=Path, default=RESULTS, help="directory for the results")
    return parser


def _with(scenario: Scenario, given: argparse.Namespace) -> Scenario:
    """Return the scenario with the given parameters."""
    names = [*_PARAMETERS, "growth_millions", "floor_seconds", "files"]
    values = {name: getattr(given, name) for name in names}
    return replace(scenario, **{key: value for key, value in values.items() if value is not None})


def _progress(text: str) -> None:
    print(f"  {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    raise SystemExit(main())
