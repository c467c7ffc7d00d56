"""The views on a screen of 80 by 24, from made answers: hostile text, nothing, and much."""

import pytest

from tart.dash.core.views.table import BY_NAME
from tart.text_width import display_width
from tests.dash.core.views.samples import SAMPLES, hostile
from tests.dash.pilot import FakeApi, fake_dash

pytestmark = pytest.mark.anyio


def api_of(name, answers):
    """An API that gives these answers to the requests of a view."""
    place, _ = SAMPLES[name]
    methods = {request.method: request.name for request in BY_NAME[name].requests(place)}
    return FakeApi(**{method: answers[answer] for method, answer in methods.items()})


@pytest.mark.parametrize("name", SAMPLES)
async def test_a_hostile_network_neither_moves_the_cursor_nor_breaks_the_table(name):
    place, answers = SAMPLES[name]
    async with fake_dash(api_of(name, hostile(answers())), str(place)) as dash:
        await dash.until(lambda: dash.page, "the page")
        lines = dash.screen.split("\n")
        assert dash.page.tables[0].name in dash.screen
        assert [line for line in lines if not line.isprintable()] == []
        assert [line for line in lines if display_width(line) > 80] == []
        # As many lines as the terminal has, and the mark of the prompt: none was wrapped.
        assert len(lines) == 25


async def test_markup_is_shown_as_text():
    answers = hostile(SAMPLES["alerts"][1]())
    async with fake_dash(api_of("alerts", answers), "alerts") as dash:
        await dash.shows("[bold]x[/]")


async def test_a_network_that_lacks_a_shard_is_partial():
    answers = SAMPLES["work"][1]()
    answers["packages"]["shards"] = {"answered": 1, "total": 2}
    async with fake_dash(api_of("work", answers), "work") as dash:
        await dash.shows("Partial: 1 of 2 shards answered")


async def test_a_paused_list_of_events_says_how_many_wait():
    _, made = SAMPLES["events"]
    api = api_of("events", made())
    async with fake_dash(api, "events") as dash:
        await dash.shows("Authored")
        await dash.press("p")
        await dash.shows("paused")
        events = made()["events"]
        newer = {**events["events"][0], "id": 1024, "data": {"Importing": {}}}
        api.answers["events"] = {**events, "events": [newer, *events["events"]]}
        await dash.shows("paused", "1 new event")
        assert "Importing" not in dash.screen
        await dash.press("p")
        await dash.shows("Importing", "Authored")
        assert "new event" not in dash.screen
