"""The application on a fake API: keys, failures, and what a user sees of them."""

import os
import signal

import pytest

from tart.client.core.request import ApiError, ApiUnreachable
from tart.dash.app import DashApp
from tart.dash.core.model import Cell, Column, Figure, Page, Place, Request, Row, Table, View
from tart.dash.core.views import table as view_table
from tart.dash.source import Source
from tart.dash.widgets import Lines
from tests.dash.pilot import URL, FakeApi, fake_dash

pytestmark = pytest.mark.anyio

COLUMNS = (Column("name", "Name"), Column("rate", "Rate", "right", descending=True))


def numbers(place, answers, now):
    rows = tuple(
        Row(name, (Cell(name, name), Cell(str(rate), rate)), Place("thing", name))
        for name, rate in answers["rows"].items()
    )
    return Page(
        f"Numbers {place.argument or ''}".strip(),
        figures=(Figure("Rows", str(len(rows)), len(rows)),),
        tables=(Table("Rows", COLUMNS, rows, "" if rows else "none", ("rate", True)),),
    )


def broken(place, answers, now):
    raise KeyError("a member that is missing")


def crooked(place, answers, now):
    row = Row("x", (Cell("one cell too few", 1),))
    return Page("Crooked", tables=(Table("t", COLUMNS, (row,)),))


def view(name, page, **options):
    return View(name, (), name.title(), lambda place: (Request("rows", "rows"),), page, **options)


VIEWS = (
    view("numbers", numbers),
    view("broken", broken),
    view("crooked", crooked),
    view("thing", numbers, argument="NAME", argument_required=True),
    view_table.BY_NAME["help"],
)


@pytest.fixture(autouse=True)
def _views(monkeypatch):
    """Other views than those of tart: one of them has a fault."""
    by_name = {it.name: it for it in VIEWS}
    for name, value in {"VIEWS": VIEWS, "BY_NAME": by_name, "_BY_ANY_NAME": by_name}.items():
        monkeypatch.setattr(view_table, name, value)
    for module in ("app", "core.navigation"):
        for name in ("VIEWS", "BY_NAME"):
            monkeypatch.setattr(
                f"tart.dash.{module}.{name}", getattr(view_table, name), raising=False
            )


def rows(count=3):
    return {f"n{number:03}": number for number in range(count)}


async def test_a_page_is_shown_and_kept_fresh():
    api = FakeApi(rows=rows())
    async with fake_dash(api, "numbers") as dash:
        await dash.shows("tart 127.0.0.1:8080", "network healthy", "Rows 3", "n002")
        api.answers["rows"] = rows(5)
        await dash.shows("n004")
    assert api.is_closed


async def test_cursor_sort_and_filter():
    async with fake_dash(FakeApi(rows=rows(60)), "numbers") as dash:
        await dash.shows("n059")
        await dash.press("down", "j", "k")
        assert dash.app.listing.row.key == "n058"
        await dash.press("G")
        assert dash.app.listing.row.key == "n000"
        await dash.press("g")
        assert dash.app.listing.row.key == "n059"
        await dash.press("pagedown")
        await dash.press("N")
        assert "Name↑" in dash.screen
        await dash.press("r")
        assert "Name↓" in dash.screen
        await dash.press("greater_than_sign")
        assert "↓Rate" in dash.screen
        await dash.press("less_than_sign", "X")
        assert "no column begins with X" in dash.screen
        await dash.press("g")
        await dash.type("/!n00")
        await dash.press("enter")
        await dash.shows("50 of 60 with /!n00")
        await dash.press("escape")
        await dash.shows("Rows  60")
        await dash.type("/n007")
        await dash.shows("1 of 60 with /n007")
        await dash.press("escape")
        await dash.shows("Rows  60")


async def test_enter_opens_and_escape_goes_back_and_never_quits():
    async with fake_dash(FakeApi(rows=rows()), "numbers") as dash:
        await dash.shows("n002")
        await dash.press("down", "enter")
        await dash.shows("Numbers n001")
        await dash.press("escape")
        assert dash.app.place == Place("numbers")
        assert dash.app.listing.row.key == "n001"
        await dash.press("escape", "escape")
        assert "this is the first view; q quits" in dash.screen
        assert dash.app.is_running


async def test_tabs_and_digits_change_the_view():
    async with fake_dash(FakeApi(rows=rows()), "numbers") as dash:
        await dash.shows("n002")
        await dash.press("tab")
        assert dash.app.place.view == "broken"
        await dash.press("shift+tab")
        assert dash.app.place.view == "numbers"
        await dash.press("3")
        assert dash.app.place.view == "crooked"
        await dash.press("9")
        assert dash.app.place.view == "crooked"


async def test_a_colon_jumps_and_tab_completes():
    async with fake_dash(FakeApi(rows=rows()), "numbers") as dash:
        await dash.shows("n002")
        await dash.type(":thi")
        await dash.press("tab")
        await dash.type(" n")
        await dash.press("tab")
        await dash.shows("thing n000  thing n001  thing n002")
        await dash.type("2")
        await dash.press("backspace")
        await dash.type("1")
        await dash.press("enter")
        assert dash.app.place == Place("thing", "n001")
        await dash.type(":numbrs")
        await dash.press("enter")
        assert "no view is called numbrs; did you mean numbers?" in dash.screen
        await dash.type(":")
        await dash.press("escape")
        assert dash.app.place == Place("thing", "n001")
        await dash.type(":q")
        await dash.press("enter")
        await dash.until(lambda: not dash.app.is_running, "the end")
    assert dash.app.return_code == 0


async def test_the_help_is_a_page_also_without_a_server():
    api = FakeApi(rows=ApiUnreachable("gone"))
    async with fake_dash(api, "numbers") as dash:
        await dash.shows("reconnecting in")
        await dash.press("question_mark")
        await dash.shows("PageDown Ctrl-F", "screen down")
        await dash.type("/pause")
        await dash.press("enter")
        assert dash.app.listing.row.key == "p"
        await dash.press("question_mark", "question_mark", "escape")
        await dash.press("escape")
        assert dash.app.place == Place("numbers")


async def test_a_pause_keeps_the_page():
    api = FakeApi(rows=rows())
    async with fake_dash(api, "numbers") as dash:
        await dash.shows("n002")
        await dash.press("p")
        await dash.shows("paused")
        calls = len(api.calls)
        api.answers["rows"] = rows(9)
        for _ in range(10):
            await dash.pilot.pause(0.02)
        assert len(api.calls) <= calls + 1
        assert "n008" not in dash.screen
        await dash.press("p")
        await dash.shows("n008")
        assert "paused" not in dash.screen


async def test_a_view_at_fault_costs_itself_alone():
    async with fake_dash(FakeApi(rows=rows()), "broken") as dash:
        await dash.shows("the view broken has a fault: KeyError", "a member that is missing")
        await dash.press("1")
        await dash.shows("n002")
        assert "fault" not in dash.screen
        await dash.press("3")
        await dash.shows("the view crooked has a fault: IndexError")
        await dash.press("1")
        await dash.shows("n002")


async def test_a_failure_is_told_and_the_last_page_stays():
    api = FakeApi(rows=rows())
    async with fake_dash(api, "numbers", size=(140, 24)) as dash:
        await dash.shows("n002")
        api.answers["rows"] = ApiError(503, "no_shard", "no shard answers")
        await dash.shows("trying again in", "503: no shard answers", "shown: 0 s ago", "n002")
        api.answers["rows"] = rows(4)
        await dash.press("ctrl+r")
        await dash.shows("n003")
        await dash.press("p", "ctrl+r")
        await dash.shows("paused; p goes on")
        await dash.press("p")
        assert "trying again" not in dash.screen


async def test_a_server_that_is_gone_is_reconnected_to():
    api = FakeApi(rows=ApiUnreachable("the server does not answer: gone"))
    async with fake_dash(api, "numbers", size=(140, 24)) as dash:
        await dash.shows("reconnecting in", "the server does not answer: gone")
        api.answers["rows"] = rows()
        await dash.shows("n002")
        assert "reconnecting" not in dash.screen


@pytest.mark.parametrize(
    ("status", "sentence"),
    [
        (401, "a key is required; put the key into TART_KEY, or into a file named by --key-file"),
        (403, "the key may not read this: a key is required"),
    ],
)
async def test_a_key_that_is_refused_is_not_tried_at_full_speed(status, sentence):
    api = FakeApi(rows=ApiError(status, "unauthorized", "a key is required"))
    async with fake_dash(api, "numbers", size=(160, 24), interval_seconds=0.1) as dash:
        await dash.shows("trying again in 30 s", sentence)
        calls = api.calls.count("rows")
        for _ in range(20):
            await dash.pilot.pause(0.02)
        assert api.calls.count("rows") == calls


async def test_the_screen_may_change_its_size():
    async with fake_dash(FakeApi(rows=rows(60)), "numbers") as dash:
        await dash.shows("n059")
        assert "n030" not in dash.screen
        await dash.pilot.resize_terminal(120, 60)
        await dash.shows("n030")
        for size in ((1, 1), (5, 3), (12, 8), (30, 12)):
            await dash.pilot.resize_terminal(*size)
        await dash.shows("n059")


async def test_after_the_shell_everything_is_drawn_again(monkeypatch):
    async with fake_dash(FakeApi(rows=rows()), "numbers", interval_seconds=60) as dash:
        await dash.shows("n002")
        drawn = []
        monkeypatch.setattr(Lines, "refresh", lambda self, *regions: drawn.append(self.id))
        dash.app.app_resume_signal.publish(dash.app)
        await dash.until(lambda: {"header", "tabs", "page", "hints"} <= set(drawn), "all lines")


async def test_q_quits():
    async with fake_dash(FakeApi(rows=rows()), "numbers") as dash:
        await dash.shows("n002")
        await dash.press("q")
        await dash.until(lambda: not dash.app.is_running, "the end")
    assert dash.app.return_code == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT])
async def test_a_signal_before_the_first_page_ends_it_in_order(number, monkeypatch):
    app = DashApp(Source(FakeApi()), url=URL, place=Place("help"), interval_seconds=1)
    monkeypatch.setattr(app, "run", lambda **options: os.kill(os.getpid(), number))
    before = signal.getsignal(number)
    app.run_until_signal()
    assert signal.getsignal(number) == before
    async with app.run_test():
        pass
    assert app.return_code == 128 + number
