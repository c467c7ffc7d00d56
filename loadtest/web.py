"""``python -m loadtest.web``: the benchmark of the web page.

A large network sends to a real server (``loadtest.chain``), and a real Chromium shows the page.
Measured are the script time of each frame that ran script (by the browser's trace), the heap after
a garbage collection, over time, and the bytes of the first load.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import time
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, CDPSession, Page, Request, sync_playwright

from loadtest import measure, report
from loadtest.bench import RESULTS, save
from loadtest.dialogue import Json, Part
from loadtest.server import Server

# The whole browser if it is there: that is what people have.
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-headless-shell")
PAGES = {"network": "", "nodes": "nodes"}
# Beside each other, for a table that is scrolled.
_SCROLLED = ("nodes",)
_SCROLL_SECONDS = 5.0
_SCROLL_PIXELS = 240
_SWITCHES = ("--no-sandbox", "--disable-gpu", "--no-first-run", "--enable-precise-memory-info")
_CATEGORIES = "devtools.timeline,disabled-by-default-devtools.timeline"
# Slices of the trace in which script runs, and the one that hands a frame to the compositor.
_SCRIPT = frozenset(
    ("EvaluateScript", "FunctionCall", "RunMicrotasks", "TimerFire", "FireAnimationFrame")
)
_FRAME = "Commit"
_TRACED_SECONDS = 60.0
_HEAP_SECONDS = 5.0
_CONNECTING_SECONDS = 60.0
_MIB = 1 << 20
_FIGURES = (
    ("frames", "frames with script", ""),
    ("frame_p50_ms", "script of a frame, median", "ms"),
    ("frame_p99_ms", "script of a frame, p99", "ms"),
    ("frame_max_ms", "script of a frame, at most", "ms"),
    ("script_share", "of the time script runs", ""),
    ("heap_mib", "heap, median", "MiB"),
    ("heap_growth_mib", "heap, last quarter − first quarter", "MiB"),
    ("asset_bytes", "first load: files", "bytes"),
    ("answer_bytes", "first load: answers", "bytes"),
    ("load_ms", "first load: until the heading", "ms"),
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark; return 1 if the page reported an error."""
    given = _parser().parse_args(arguments)
    result: Json = {
        "scenario": "web",
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "parameters": {name: getattr(given, name) for name in ("nodes", "cores", "rate")},
        "seconds": given.seconds,
        "machine": measure.machine(),
        "figures": {},
        "broken": [],
    }
    with Server(given.shards, {}) as server:
        options = {"host": server.host, "port": server.port, **result["parameters"]}
        options["seconds"] = len(PAGES) * (given.seconds + given.warm_up + 30.0)
        with Part("loadtest.chain", options) as chain:
            chain.receive(_CONNECTING_SECONDS)
            server.wait(lambda now: now.connections >= given.nodes, _CONNECTING_SECONDS)
            chain.command("go")
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path=CHROMIUM, args=_SWITCHES)
                # So that the first page has blocks to show.
                time.sleep(given.warm_up)
                before = server.scrape().received
                began = time.monotonic()
                for name, path in PAGES.items():
                    errors: list[str] = []
                    url = f"{server.api}/#/{path}"
                    figures = _page(browser, url, given, errors, scrolled=name in _SCROLLED)
                    result["figures"][name] = figures
                    result["broken"] += [f"{name}: {error}" for error in errors]
                    print(f"\n{name}\n{_table(figures)}", flush=True)
                rate = (server.scrape().received - before) / (time.monotonic() - began)
                browser.close()
    result["rate_reached"] = round(rate)
    print(f"\nmeanwhile {rate:,.0f} events/s; saved as {save(result, given.results)}")
    for error in result["broken"]:
        print(f"BROKEN: {error}")
    return int(bool(result["broken"]))


def _page(
    browser: Browser, url: str, given: argparse.Namespace, errors: list[str], *, scrolled: bool
) -> Json:
    """Return the figures of one page, opened in an empty browser."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    context.on("console", lambda message: message.type == "error" and errors.append(message.text))
    context.on("weberror", lambda error: errors.append(str(error.error)))
    requests: list[Request] = []
    context.on("requestfinished", lambda request: requests.append(request))
    page = context.new_page()
    began = time.monotonic()
    page.goto(url)
    page.locator("h1").first.wait_for()
    figures: Json = {"load_ms": (time.monotonic() - began) * 1000}
    page.wait_for_timeout(given.warm_up * 1000)
    figures |= _loaded(requests)
    session = context.new_cdp_session(page)
    session.send("Performance.enable")
    session.send("HeapProfiler.enable")
    heap: list[float] = []
    end = time.monotonic() + given.seconds
    traced = min(_TRACED_SECONDS, given.seconds)
    figures |= frame_figures(_traced(session, traced, lambda: _wait(page, traced)))
    while (now := time.monotonic()) < end or len(heap) < 4:
        heap.append(_heap(session))
        page.wait_for_timeout(max(0.0, min(_HEAP_SECONDS, end - now)) * 1000)
    quarter = max(1, len(heap) // 4)
    figures["heap_mib"] = statistics.median(heap)
    growth = statistics.median(heap[-quarter:]) - statistics.median(heap[:quarter])
    figures["heap_growth_mib"] = growth
    if scrolled:
        moved = frame_figures(_traced(session, _SCROLL_SECONDS, lambda: _scroll(page)))
        figures |= {f"scrolled_{name}": value for name, value in moved.items()}
    context.close()
    return figures


def _loaded(requests: Iterable[Request]) -> Json:
    """Return the bytes on the wire of the first load."""
    sizes = {"asset_bytes": 0, "answer_bytes": 0}
    for request in requests:
        kind = "answer_bytes" if "/api/" in request.url else "asset_bytes"
        size = request.sizes()
        sizes[kind] += size["responseBodySize"] + size["responseHeadersSize"]
    return sizes


def _heap(session: CDPSession) -> float:
    """Return the heap in use after a garbage collection, in MiB."""
    session.send("HeapProfiler.collectGarbage")
    metrics = session.send("Performance.getMetrics")["metrics"]
    used = {metric["name"]: metric["value"] for metric in metrics}["JSHeapUsedSize"]
    return float(used) / _MIB


def _wait(page: Page, seconds: float) -> None:
    page.wait_for_timeout(seconds * 1000)


def _scroll(page: Page) -> None:
    """Scroll a page's table down and up, as somebody does who looks for a row."""
    page.mouse.move(700, 500)
    end, step = time.monotonic() + _SCROLL_SECONDS, _SCROLL_PIXELS
    turn = 0
    while time.monotonic() < end:
        page.mouse.wheel(0, step if turn % 60 < 30 else -step)
        turn += 1
        page.wait_for_timeout(16)


def _traced(session: CDPSession, seconds: float, act: Callable[[], None]) -> Json:
    """Return the browser's trace of what happens meanwhile."""
    events: list[Json] = []
    done: list[bool] = []
    session.on("Tracing.dataCollected", lambda data: events.extend(data["value"]))
    session.on("Tracing.tracingComplete", lambda _: done.append(True))
    session.send("Tracing.start", {"categories": _CATEGORIES, "transferMode": "ReportEvents"})
    act()
    session.send("Tracing.end")
    deadline = time.monotonic() + 60.0
    while not done and time.monotonic() < deadline:
        session.send("Performance.getMetrics")
    return {"events": events, "seconds": seconds}


def frame_figures(trace: Json) -> Json:
    """Return the script time of the frames of a trace.

    Script counts for the frame that ends after it. Frames without script do not count, so that a
    page that mostly waits does not look better than it is.
    """
    threads: dict[tuple[int, int], list[Json]] = {}
    for event in trace["events"]:
        if event["name"] == _FRAME or (event["name"] in _SCRIPT and event["ph"] == "X"):
            threads.setdefault((event["pid"], event["tid"]), []).append(event)
    # The page's thread is the one that makes frames.
    events = max(threads.values(), key=lambda some: sum(e["name"] == _FRAME for e in some))
    frames, script, busy_until = [], 0.0, 0.0
    for event in sorted(events, key=lambda event: event["ts"]):
        if event["name"] == _FRAME:
            frames.append(script)
            script = 0.0
            continue
        # A slice within another one is counted once.
        end = event["ts"] + event.get("dur", 0)
        script += max(0.0, end - max(event["ts"], busy_until)) / 1000
        busy_until = max(busy_until, end)
    busy = sorted(frame for frame in [*frames, script] if frame > 0)
    return {
        "frames": len(busy),
        "frame_p50_ms": report.percentile(busy, 0.5),
        "frame_p99_ms": report.percentile(busy, 0.99),
        "frame_max_ms": busy[-1] if busy else None,
        "script_share": sum(busy) / 1000 / trace["seconds"],
    }


def _table(figures: Json) -> str:
    rows = []
    for prefix, words in (("", ""), ("scrolled_", "while scrolled: ")):
        for key, meaning, unit in _FIGURES:
            value: Any = figures.get(prefix + key)
            if value is not None:
                rows.append((words + meaning, report.number(value), unit))
    return report.table(("", "", ""), rows)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m loadtest.web", description="The benchmark of the web page."
    )
    parser.add_argument("--nodes", type=int, default=1023, help="connected nodes")
    parser.add_argument("--cores", type=int, default=341, help="cores of the network")
    parser.add_argument("--rate", type=float, default=2000, help="events per second")
    parser.add_argument("--seconds", type=float, default=60, help="duration for each page")
    parser.add_argument("--warm-up", type=float, default=20, help="seconds before measuring")
    parser.add_argument("--shards", type=int, default=0, help="worker processes; 0: one per CPU")
    parser.add_argument("--results", type=Path, default=RESULTS, help="directory for the results")
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
