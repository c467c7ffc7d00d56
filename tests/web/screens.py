"""Takes a picture of every page over a simulated network: ``python -m tests.web.screens FOLDER``.

For the eye test, and for docs/screens (``make screens``). Each page is taken in both schemes, at
1,440 and 390 pixels, unless ``--docs`` asks for the few pictures of the documentation.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import quote

from playwright.sync_api import Browser

from tests.browser import chromium, new_page
from tests.running import System, free_port, running_system, wait_for
from tests.supervisor.process import Process
from tests.web.looking import settled

SIZES = {1440: 900, 390: 844}
# Name of the file, page, scheme, height.
DOCS = (
    ("network", "", "light", 1200),
    ("slot", "slot", "dark", 1000),
    ("journey", "journey", "light", 900),
    ("inspector", "inspector", "dark", 900),
    ("nodes", "nodes", "light", 900),
    ("sql", "sql", "dark", 900),
    ("comparison", "comparison", "light", 1000),
    ("chain", "chain", "dark", 900),
    ("reconcile", "chain-reconcile", "light", 900),
)
# One implementation imports slower than the others, and two nodes lie.
NETWORK_OPTIONS = (
    *("--difference", "sim-beta:import=1.5", "--host-spread", "0.03"),
    *("--lie", "hides-guarantees:5", "--lie", "claims-assurances:17"),
)
STATEMENT = (
    "SELECT time_bucket(INTERVAL 5 SECONDS, received_at) AS moment, count(*) AS events FROM events "
    "GROUP BY moment ORDER BY moment"
)


def paths(system: System) -> dict[str, str]:
    """Return the path of each page, those about one thing with the newest of their kind."""
    slots = [slot for slot in system.get("/api/slots")["slots"] if slot["blocks"]]
    package = system.get("/api/events", event_types="GuaranteeBuilt", limit=1)["events"][0]
    trace = system.get(f"/api/events/{package['id']}/trace")["events"]
    hashes = [event["context"]["hash"] for event in trace if event["context"]["hash"]]
    event = system.get("/api/events", event_types="Authored", limit=1)["events"][0]
    node = system.get("/api/nodes")["nodes"][0]["node_id"]
    plain = (
        *(
            "nodes",
            "blocks",
            "chain",
            "chain/reconcile",
            "chain/finality",
            "work",
            "cores",
            "availability",
            "preimages",
            "events",
        ),
        *("failures", "conformance", "implementations", "topology", "alerts", "server", "design"),
    )
    failure = system.get("/api/failures", limit=1)["failures"][0]["fingerprint"]
    return {
        "": "",
        **{name.replace("/", "-"): name for name in plain},
        "comparison": "implementations?tab=compare",
        "sql": f"sql?view=chart&q={quote(STATEMENT)}",
        **{f"alerts-{tab}": f"alerts?tab={tab}" for tab in ("history", "silences", "rules")},
        "failure": f"failures/{failure}",
        "node": f"nodes/{node}",
        "slot": f"slots/{slots[-3]['slot']}",
        "journey": f"work/{hashes[0]}",
        "core": "cores/0",
        "inspector": f"events/{event['id']}",
    }


def take(
    browser: Browser, system: System, path: str, scheme: str, size: tuple[int, int], file: Path
) -> None:
    """Write a picture of a page once it has what it asked for."""
    viewport = {"width": size[0], "height": size[1]}
    page, faults = new_page(browser, system.api, color_scheme=scheme, viewport=viewport)
    page.goto(f"/#/{path}")
    if path == "design":
        # It shows skeletons as examples.
        page.locator("figure canvas").first.wait_for()
    else:
        settled(page, faults)
    if path.startswith("sql"):
        page.locator(".cm-content").wait_for()
        page.get_by_role("button", name="Run", exact=True).click()
        page.locator("figure canvas").first.wait_for()
    # Canvases are drawn in the frames after the answers.
    page.wait_for_timeout(500)
    page.screenshot(path=file)
    page.context.close()
    for fault in faults:
        print(f"{file.name}: {fault}")


@contextmanager
def network(folder: Path, *options: str, seconds: float) -> Iterator[System]:
    """Run a server with a simulated network, and let it go on for a while."""
    with ExitStack() as stack:
        rpc = [f"127.0.0.1:{free_port()}" for _ in range(2)]
        urls = {"TART_RPC_URLS": ",".join(f"ws://{address}" for address in rpc)}
        system = stack.enter_context(running_system(folder / "data", environ=urls))
        options = (
            "--target",
            ":".join(map(str, system.telemetry)),
            "--rpc",
            ",".join(rpc),
            *options,
        )
        stack.enter_context(Process("tart", "simulate", *options, cwd=folder))
        newest = {"event_types": "GuaranteeBuilt", "limit": 1}
        wait_for(lambda: system.get("/api/events", **newest)["events"], "a guarantee")
        time.sleep(seconds)
        yield system


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(description="Take pictures of the web page.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--docs", action="store_true", help="only those of the documentation")
    parser.add_argument("--troubled", action="store_true", help="much goes wrong in the network")
    parser.add_argument("--nodes", default="24")
    parser.add_argument("--cores", default="8")
    parser.add_argument("--seconds", type=float, default=480.0, help="age of the network")
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    options = ["--nodes", arguments.nodes, "--cores", arguments.cores, *NETWORK_OPTIONS]
    if arguments.troubled:
        options.append("--troubled")
    with (
        tempfile.TemporaryDirectory() as folder,
        network(Path(folder), *options, seconds=arguments.seconds) as system,
        chromium() as browser,
    ):
        found = paths(system)
        if arguments.docs:
            for name, page, scheme, height in DOCS:
                file = arguments.folder / f"{name}.png"
                take(browser, system, found[page], scheme, (1440, height), file)
            return
        for name, path in found.items():
            for scheme in ("light", "dark"):
                for size in SIZES.items():
                    file = arguments.folder / f"{name or 'network'}-{scheme}-{size[0]}.png"
                    take(browser, system, path, scheme, size, file)


if __name__ == "__main__":
    main()
