"""Selectors that jamtart's dashboards and tools read, asked of a running tart.

``selectors.tsv`` has them as data: version of jamtart, dashboard or tool, panel, route, root
selector, and the columns with their types. They are facts about paritytech/jamtart: of February
2026 its dashboards and tools at commit b7b26ba9, of August 2026 its dashboards at the commits
07f4a6b5, 2ebd134f, 4fbda4a4, 14eeb322 and bbfc0513, whichever is the newest of each that could be
read.

``python -m tests.jamtart.selectors`` plays a simulated network into a tart, asks for every
selector, and writes the table of ``docs/jamtart.md``.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from tart.query.core.rfc3339 import server_time
from tart.query.core.windows import time_us
from tart.units import HOUR_US
from tests.running import System

HERE = Path(__file__).parent
DOCUMENT = HERE.parents[1] / "docs" / "jamtart.md"
BEGIN, END = "<!-- selectors: begin -->", "<!-- selectors: end -->"
GRAFANA = "/api/grafana/"
ON_CHAIN = ("onchain/cores", "onchain/validators")
EMPTY = "empty: not in the telemetry"


class Panel(NamedTuple):
    """A panel, or a tool, and what it reads.

    Attributes:
        version: Year and month of jamtart's version.
        source: The dashboard or the tool.
        panel: The panel's title.
        route: Path and query; ``T`` is the window of the dashboard, ``I`` its interval.
        root: The root selector; ``*`` is every element or member.
        columns: Selectors with their types: ``number``, ``string``, ``boolean``, ``timestamp``,
            ``object``, ``list``; with ``?`` also null, with ``-`` also absent, and with ``!``
            in no answer of jamtart: its dashboard reads what its API does not have.
    """

    version: str
    source: str
    panel: str
    route: str
    root: str
    columns: tuple[tuple[str, str], ...]


def panels() -> list[Panel]:
    """Return the panels of ``selectors.tsv``."""
    lines = (HERE / "selectors.tsv").read_text().splitlines()
    found = []
    for line in lines:
        *words, columns = line.split("\t")
        pairs = (column.rpartition(":") for column in columns.split(" "))
        found.append(Panel(*words, tuple((name, kind) for name, _, kind in pairs)))
    return found


class Subjects(NamedTuple):
    """What stands for the variables of dashboards."""

    node: str
    core: str = "0"
    service: str = ""


def subjects(system: System) -> Subjects:
    """Return a node that sent events, a core, and a service of a running tart."""
    nodes = system.get("/api/nodes")["nodes"]
    busiest = max(nodes, key=lambda node: node["event_count"])["node_id"]
    services = system.get(f"{GRAFANA}services", **window())
    return Subjects(busiest, "0", "{" + ",".join(row["service_id"] for row in services) + "}")


def window() -> dict[str, str]:
    """Return the window of a dashboard about the last hours, as Grafana writes it."""
    now = time.time_ns() // 1000
    ends = {"start": now - 5 * HOUR_US, "end": now + HOUR_US}
    return {name: f"{server_time(at)[:-4]}Z" for name, at in ends.items()}


def ask(system: System, panel: Panel, variables: Subjects) -> Any:
    """Return the answer that a panel gets."""
    path, _, query = panel.route.partition("?")
    for name, value in variables._asdict().items():
        alone = value.strip("{}").split(",")[0]
        path = path.replace(f"{{{name}}}", alone)
        query = query.replace(f"{{{name}}}", value)
    parameters: dict[str, str] = {}
    for part in filter(None, query.split("&")):
        name, _, value = part.partition("=")
        match part:
            case "T":
                parameters |= window()
            case "I":
                parameters["interval"] = "30s"
            case _:
                parameters[name] = value
    return system.get(path if path.startswith("/") else GRAFANA + path, **parameters)


def rows_at(body: Any, root: str) -> list[Any]:
    """Return the rows that a root selector selects, as Grafana's Infinity data source does."""
    values = [body]
    for name in filter(None, root.split(".")):
        if name == "*":
            values = [item for value in values for item in _items(value)]
        else:
            values = [value[name] for value in values]
    return [row for value in values for row in (value if isinstance(value, list) else [value])]


def _items(value: Any) -> list[Any]:
    return list(value.values()) if isinstance(value, Mapping) else list(value)


MISSING = object()


def value_at(row: Any, selector: str) -> Any:
    """Return the value of a dotted selector; ``MISSING`` if the row has none."""
    for name in selector.split("."):
        if not isinstance(row, Mapping) or name not in row:
            return MISSING
        row = row[name]
    return row


def fits(value: Any, kind: str) -> bool:
    """Return whether a value has a type of ``Panel.columns``."""
    if value is None or value is MISSING:
        return kind.endswith("?" if value is None else ("-", "!"))
    match kind.rstrip("?-!"):
        case "number":
            return isinstance(value, int | float) and not isinstance(value, bool)
        case "string":
            return isinstance(value, str)
        case "boolean":
            return isinstance(value, bool)
        case "timestamp":
            return isinstance(value, str) and time_us(value, "timestamp") >= 0
        case "object":
            return isinstance(value, Mapping)
        case "list":
            return isinstance(value, list)
    raise ValueError(kind)


def faults(system: System, panel: Panel, variables: Subjects) -> Iterator[str]:
    """Yield what is wrong with a panel's answer; nothing if every selector resolves."""
    rows = rows_at(ask(system, panel, variables), panel.root)
    if not rows:
        yield "no rows"
    for selector, kind in panel.columns:
        values = [value_at(row, selector) for row in rows]
        wrong = [value for value in values if not fits(value, kind)]
        if wrong:
            shown = "nothing" if wrong[0] is MISSING else repr(wrong[0])[:60]
            yield f"{selector} is {shown}, not {kind}"


def table(statuses: Mapping[Panel, str]) -> str:
    """Return the table of the document: route, selectors, status, by version of jamtart."""
    lines: list[str] = []
    for version in sorted({panel.version for panel in statuses}, reverse=True):
        lines += [f"\n### jamtart of {version}\n", "| route | selectors | read by | status |"]
        lines.append("|---|---|---|---|")
        routes: dict[tuple[str, str], list[Panel]] = {}
        for panel in statuses:
            if panel.version == version:
                path = panel.route.partition("?")[0]
                path = path if path.startswith("/") else GRAFANA + path
                routes.setdefault((path, panel.root), []).append(panel)
        for (path, root), readers in routes.items():
            selectors = dict.fromkeys(name for panel in readers for name, _ in panel.columns)
            where = f"`{root}`: " if root else ""
            # What one panel lacks says more than that the others resolve.
            status = sorted(dict.fromkeys(statuses[panel] for panel in readers), key=len)
            if len(status) > 1 and status[1].startswith(status[0]):
                status = status[1:]
            lines.append(
                f"| `{path}` | {where}{', '.join(selectors)} | "
                f"{', '.join(dict.fromkeys(panel.source for panel in readers))} | "
                f"{'; '.join(status)} |"
            )
    return "\n".join(lines).strip()


def status_of(system: System, panel: Panel, variables: Subjects) -> str:
    """Return ``resolves``, perhaps with what jamtart's own API lacks, or the first fault.

    Statistics of the chain are in no telemetry, so these routes have no rows that could lack any.
    """
    if panel.route.startswith(ON_CHAIN) and not rows_at(ask(system, panel, variables), panel.root):
        return EMPTY
    lacking = [name for name, kind in panel.columns if kind.endswith("!")]
    fine = (
        f"resolves, but for {' and '.join(lacking)}, which jamtart does not have either"
        if lacking
        else "resolves"
    )
    return next(faults(system, panel, variables), fine)


def document(statuses: Mapping[Panel, str]) -> str:
    """Return the document with the table of these statuses."""
    head, _, rest = DOCUMENT.read_text().partition(BEGIN)
    _, _, tail = rest.partition(END)
    return f"{head}{BEGIN}\n\n{table(statuses)}\n\n{END}{tail}"


def main() -> None:
    """Ask for every selector, and write the document."""
    from tests.e2e.truth import told

    with (
        tempfile.TemporaryDirectory() as directory,
        told(Path(directory) / "data", 2, restarted=False) as truth,
    ):
        variables = subjects(truth.system)
        statuses = {}
        for panel in panels():
            statuses[panel] = status_of(truth.system, panel, variables)
            if not statuses[panel].startswith(("resolves", EMPTY)):
                print(panel.source, panel.panel, panel.route, statuses[panel], sep=" | ")  # noqa: T201
    DOCUMENT.write_text(document(statuses))


if __name__ == "__main__":
    main()
