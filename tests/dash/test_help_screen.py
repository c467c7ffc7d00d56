"""The help on a screen of any height; ``test_app`` opens it by its key."""

import pytest
from textual.app import App

from tart.dash.core.keys import help_lines
from tart.dash.core.views.table import VIEWS, tabs
from tart.dash.help_screen import HelpScreen
from tart.dash.widgets import Lines

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("height", [5, 24, 100])
async def test_every_line_can_be_reached(height):
    app = App()
    async with app.run_test(size=(80, height)) as pilot:
        await app.push_screen(HelpScreen())
        shown = app.screen.query_one("#help", Lines)
        every = [line.text.rstrip() for line in help_lines(VIEWS, tabs())]
        seen = set(shown.text.splitlines())
        for key in ["down", "j"] * len(every):
            await pilot.press(key)
            seen |= set(shown.text.splitlines())
        assert set(every) <= seen
        await pilot.press("pageup", "up", "k")
        await pilot.press("x")
        assert not isinstance(app.screen, HelpScreen)
