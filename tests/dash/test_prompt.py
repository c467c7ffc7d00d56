"""The prompt; ``test_app`` uses it for filters and views."""

import pytest
from textual.app import App

from tart.dash.prompt import Prompt

pytestmark = pytest.mark.anyio

WORDS = ["node 3f2a", "node 3f7b", "nodes"]


class Asking(App):
    def __init__(self):
        super().__init__()
        self.prompt = Prompt(lambda text: [word for word in WORDS if word.startswith(text)])
        self.candidates = []
        self.left = 0

    def compose(self):
        yield self.prompt

    def on_prompt_candidates(self, event):
        self.candidates.append((event.text, event.candidates))

    def on_prompt_left(self, event):
        self.left += 1


async def test_tab_completes_as_far_as_it_is_certain():
    app = Asking()
    async with app.run_test() as pilot:
        app.prompt.focus()
        await pilot.press("n", "tab")
        assert app.prompt.value == "node"
        await pilot.press("space", "tab", "7", "tab")
        assert app.prompt.value == "node 3f7b"
        assert app.candidates == [
            ("node", WORDS),
            ("node 3f", WORDS[:2]),
            ("node 3f7b", WORDS[1:2]),
        ]


async def test_escape_leaves():
    app = Asking()
    async with app.run_test() as pilot:
        app.prompt.focus()
        await pilot.press("x", "escape")
        assert app.left == 1
