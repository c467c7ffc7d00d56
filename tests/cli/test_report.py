"""``tart report``: its window, what a refusal leaves out, which slots are read."""

from __future__ import annotations

from typing import Any

import pytest

from tart.cli.http_client import RequestRefused
from tart.cli.report import Reading, read_window
from tart.cli.server_api import ServerApi
from tart.errors import ConfigError, StartupError
from tests.cli.render.report.sample import ALPHA, END, START, block, report, slot

NOW_US = 1_795_262_400_000_000
HOUR_US = 3_600_000_000


def test_a_window_is_of_times_or_of_how_long_ago() -> None:
    assert read_window("-24h", None, NOW_US) == (NOW_US - 24 * HOUR_US, NOW_US)
    assert read_window("-2h", "-90m", NOW_US) == (NOW_US - 2 * HOUR_US, NOW_US - 3 * HOUR_US // 2)
    assert read_window("2026-11-20T12:00:00Z", "2026-11-20T14:00:00+01:00", NOW_US) == (
        1_795_176_000_000_000,
        1_795_179_600_000_000,
    )


def test_an_end_in_the_future_is_now() -> None:
    assert read_window("-1h", "2999-01-01T00:00:00Z", NOW_US)[1] == NOW_US


@pytest.mark.parametrize(
    ("start", "end", "said"),
    [
        ("24h", None, "--from 24h: must be"),
        ("-0m", None, "--from -0m: must be"),
        ("-1h", "soon", "--to soon: must be"),
        ("-1h", "-2h", "--to -2h: does not lie after --from, -1h"),
        ("2999-01-01T00:00:00Z", None, "lies in the future"),
    ],
)
def test_what_is_no_window_is_refused(start: str, end: str | None, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        read_window(start, end, NOW_US)


class Answers(ServerApi):
    """A server whose answers are those of the sample, or refusals."""

    def __init__(self, refused: dict[str, int] | None = None, pages: Any = ()) -> None:
        self.refused = refused or {}
        self.pages = list(pages)
        self.before: list[Any] = []
        self.asked: list[str] = []
        self.queries: dict[str, Any] = {}

    def _ask(self, call: Any) -> Any:
        name = call.template
        self.asked.append(name)
        self.queries[name] = call.query
        if name in self.refused:
            raise RequestRefused(self.refused[name], f"no {name}")
        if name == "/api/health":
            return {"version": "0.1.0"}
        if name == "/api/slots":
            self.before.append(call.query["before"])
            return {"slots": self.pages.pop(0) if self.pages else []}
        if name == "/api/metrics/timeseries":
            return {"interval_minutes": 1, "data": [{"max_slot": 900}, {"max_slot": None}]}
        return dict.fromkeys(("window", "read"), name)


def read(api: Answers) -> Any:
    steps: list[float] = []
    reading = Reading(api, START, END, "version", pause=lambda seconds: None)
    found = reading.read("http://tart", steps.append)
    return found, len(steps)


def test_every_answer_becomes_a_member_of_the_report() -> None:
    found, steps = read(Answers())
    members = {name for name, value in vars(found).items() if isinstance(value, dict)}
    expected = set(vars(report())) - {"url", "version", "start", "end", "slots", "slots_cut"}
    assert members == expected
    assert steps == len(members)  # a step for the slots, none for the refusals


def test_a_refusal_leaves_out_a_part_and_is_said() -> None:
    api = Answers({"/api/chain/reconcile": 503, "/api/finality": 404})
    found, _ = read(api)
    assert found.chain is None
    assert found.refused == {
        "chain": "no /api/chain/reconcile",
        "finality": "no /api/finality",
    }
    # What may pass is asked for once more.
    assert api.asked.count("/api/chain/reconcile") == 2
    assert api.asked.count("/api/finality") == 1


def test_the_chain_is_asked_for_a_window_that_does_not_grow() -> None:
    # One without an end has got longer than a day by the time that it is asked for.
    api = Answers()
    reading = Reading(api, START, END, "version", until_now=True, pause=lambda seconds: None)
    reading.read("http://tart", lambda count: None)
    asked = {name: api.queries[f"/api/{name}"] for name in ("chain/reconcile", "finality")}
    assert asked["chain/reconcile"]["end"] == END
    assert asked["finality"].get("end") is None


def test_a_refusal_that_passes_leaves_nothing_out() -> None:
    api = Answers({"/api/finality": 503})
    reading = Reading(api, START, END, "version", pause=lambda seconds: api.refused.clear())
    found = reading.read("http://tart", lambda amount: None)
    assert found.finality is not None
    assert found.refused == {}


def test_a_window_until_now_has_no_end() -> None:
    assert Reading(Answers(), START, END, "version", until_now=True).window == {"start": START}
    assert Reading(Answers(), START, END, "version").window == {"start": START, "end": END}


def test_without_a_key_or_without_shards_there_is_no_report() -> None:
    with pytest.raises(RequestRefused):
        read(Answers({"/api/failures": 401}))
    with pytest.raises(StartupError, match="http://tart: no /api/implementations"):
        read(Answers({"/api/implementations": 503}))


def test_slots_are_read_backwards_until_one_is_before_the_window() -> None:
    early = "2026-11-20T11:00:00.000000Z"
    pages = [
        [slot(n, block(ALPHA, END)) for n in range(900, 902)],
        [slot(898, block(ALPHA, early)), slot(899, block(ALPHA, START))],
        [slot(1, block(ALPHA, early))],
    ]
    api = Answers(pages=pages)
    found, _ = read(api)
    assert [each["slot"] for each in found.slots] == [899, 900, 901]
    assert not found.slots_cut
    assert api.before == [1500, 900]


def test_the_slots_that_are_read_are_bounded() -> None:
    pages = [[slot(9000 - n, block(ALPHA, END))] for n in range(50)]
    api = Answers(pages=pages)
    found, _ = read(api)
    assert (len(found.slots), found.slots_cut, len(api.before)) == (20, True, 20)
