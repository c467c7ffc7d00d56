"""Lines on the screen: only what changed is drawn."""

import pytest
from textual.app import App

from tart.dash.core.lines import Line, line
from tart.dash.widgets import Lines

pytestmark = pytest.mark.anyio


class Shown(App):
    def __init__(self):
        super().__init__(ansi_color=True)
        self.lines = Lines("lines")
        self.lines.styles.height = 3
        self.drawn = []
        refresh = self.lines.refresh
        self.lines.refresh = lambda *regions, **options: (  # type: ignore[method-assign]
            self.drawn.extend(region.y for region in regions),
            refresh(*regions, **options),
        )[1]

    def compose(self):
        yield self.lines


def styles(widget, y):
    return [(segment.text, segment.style) for segment in widget.render_line(y)]


async def test_lines_that_did_not_change_are_not_drawn_again():
    app = Shown()
    async with app.run_test(size=(20, 5)) as pilot:
        app.lines.set_lines([line(("a", "")), line(("b", "bad"))])
        app.drawn.clear()
        app.lines.set_lines([line(("a", "")), line(("c", "bad"))])
        assert app.drawn == [1]
        app.lines.set_lines([line(("a", ""))])
        assert app.drawn == [1, 1]
        app.lines.set_lines([line(("a", ""))], is_stale=True)
        assert app.drawn == [1, 1, 0]
        await pilot.pause()
        assert app.lines.text == "a"


async def test_paints_are_the_terminal_s_colours():
    app = Shown()
    async with app.run_test(size=(20, 5)):
        app.lines.set_lines([line(("bad", "bad")), Line(line(("x", "")).spans, is_cursor=True)])
        (text, style), *_ = styles(app.lines, 0)
        assert (text, style.color.name, style.bold) == ("bad", "red", True)
        assert all(style.reverse for _, style in styles(app.lines, 1))
        assert app.lines.render_line(0).cell_length == 20
        app.lines.set_lines([line(("bad", "bad"))], is_stale=True)
        assert styles(app.lines, 0)[0][1].dim


async def test_without_colours_text_keeps_its_weight(monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    app = Shown()
    async with app.run_test(size=(20, 5)):
        app.lines.set_lines([line(("bad", "bad"))])
        assert app.no_color
        filtered = app.lines.render_line(0).apply_filter(
            app._filters[-1], app.screen.background_colors[1]
        )
        (segment, *_) = filtered
        assert segment.style.color.is_default
        assert segment.style.bold
