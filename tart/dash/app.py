"""The textual application: keys, widgets and the present page. What they show is in ``core``."""

from __future__ import annotations

import asyncio
import signal
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from types import FrameType
from typing import ClassVar

from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.events import Resize
from textual.widgets import Input

from tart.dash.core.bars import Connection, header_line, hints_line, tabs_line
from tart.dash.core.keys import ALL, COLUMN_LETTERS, DIGITS
from tart.dash.core.lines import Line, line, note_lines
from tart.dash.core.listing import Listing
from tart.dash.core.model import Collector, Page, Place, UnknownPlace
from tart.dash.core.navigation import QUIT, History, completions
from tart.dash.core.views.table import BY_NAME, parse_place, tabs
from tart.dash.prompt import Prompt
from tart.dash.refresh import Failure, Refresher
from tart.dash.source import LoadError, Source
from tart.dash.terminal import LastResort
from tart.dash.widgets import Lines

# Places whose cursor, sort and filter are remembered.
_MAX_LISTINGS = 32
_MESSAGE_SECONDS = 6.0
_HELP = Place("help")
# Exit codes are those of shells: 128 and the signal's number.
_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT)


@dataclass(frozen=True, slots=True)
class Loaded:
    """The result of one refresh.

    Attributes:
        page: The page.
        health: Health of the network; empty if it is not known.
    """

    page: Page
    health: str


def _binding(keys: Iterable[str], action: str) -> Binding:
    # Priority: it acts before the next key is read, so that ":nodes" may come in one piece.
    return Binding(",".join(keys), f"app.{action}", show=False, priority=True)


class PageView(Lines, can_focus=True):
    """The page; it has the focus, and with it the keys."""

    DEFAULT_CSS = "PageView { height: 1fr; }"
    BINDINGS: ClassVar[list[BindingType]] = [
        *(_binding(key.keys, key.action) for key in ALL if key.action),
        *(_binding(digit, f"choose_tab({index})") for index, digit in enumerate(DIGITS)),
        *(_binding(letter, f"sort_by_letter('{letter}')") for letter in COLUMN_LETTERS),
    ]


class DashApp(App[None]):
    """The dashboard.

    Args:
        source: Loads pages.
        url: Address of the server, for the header.
        place: The first place.
        interval_seconds: Time between two refreshes.

    Attributes:
        fault: The exception that ended it, if one did.
    """

    ENABLE_COMMAND_PALETTE = False
    CSS = """
    Screen { background: ansi_default; layout: vertical; overflow: hidden; }
    #prompt-line { height: 1; display: none; }
    #prompt-mark { width: 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+c", "quit", "quit", show=False, priority=True),
        Binding("ctrl+q", "quit", "quit", show=False, priority=True),
    ]

    def __init__(self, source: Source, *, url: str, place: Place, interval_seconds: float) -> None:
        super().__init__(ansi_color=True)
        self.fault: Exception | None = None
        # The first signal that ends it; and the loop, while there is something to end.
        self._ending_signal = 0
        self._ending_loop: asyncio.AbstractEventLoop | None = None
        self._last_resort: LastResort | None = None
        # Held here: a query looks at the screen on top, which may be the help.
        self._header, self._tabs, self._view = Lines("header"), Lines("tabs"), PageView("page")
        self._hints, self._prompt_mark = Lines("hints"), Lines("prompt-mark")
        self._prompt_line = Horizontal(id="prompt-line")
        self._prompt = Prompt(self._completions, id="prompt")
        self._source = source
        self._url = url
        self._history = History(place)
        self._listings: OrderedDict[Place, Listing] = OrderedDict()
        self._loaded_at: dict[Place, float] = {}
        self._collectors: dict[Place, Collector] = {}
        self._is_paused = False
        self._health = ""
        self._failure: Failure | None = None
        self._message = ""
        self._message_until = 0.0
        self._prompt_kind = ""
        # Completions, which stand in the place of the tabs, and the text that they complete.
        self._candidates, self._completed = "", ""
        self._refresher = Refresher[Loaded](
            self._load, self._take_page, self._take_failure, interval_seconds=interval_seconds
        )

    # The application.

    def compose(self) -> ComposeResult:
        """Return the widgets."""
        yield self._header
        yield self._tabs
        yield self._view
        yield self._hints
        with self._prompt_line:
            yield self._prompt_mark
            yield self._prompt

    def on_mount(self) -> None:
        """Begin to load."""
        self.screen.set_focus(self._view)
        self._ending_loop = asyncio.get_running_loop()
        if self._ending_signal:
            self._end()
        self.set_interval(1.0, self._draw_bars)
        self.app_resume_signal.subscribe(self, lambda _: self._draw_again())
        self._refresher.show(self._history.place)
        self.run_worker(self._refresher.run(), exit_on_error=True)

    async def on_unmount(self) -> None:
        """Close the connections."""
        self._ending_loop = None
        await self._source.close()

    def run_until_signal(self) -> None:
        """Run in the terminal, which every end gives back as it was, also one by a signal.

        The handlers stand before the terminal is changed, and until it is as before.
        """
        self._last_resort = LastResort()
        before = {number: signal.signal(number, self._take_signal) for number in _SIGNALS}
        try:
            # Without mouse reports a terminal selects and copies text as everywhere else.
            self.run(mouse=False)
        finally:
            self._last_resort.cancel()
            for number, handler in before.items():
                signal.signal(number, handler)

    def _take_signal(self, number: int, frame: FrameType | None) -> None:
        self._ending_signal = self._ending_signal or number
        if self._last_resort is not None:
            self._last_resort.begin(128 + self._ending_signal)
        if self._ending_loop is not None:
            self._ending_loop.call_soon_threadsafe(self._end)

    def _end(self) -> None:
        self.exit(return_code=128 + self._ending_signal)

    def _handle_exception(self, error: Exception) -> None:
        """Keep the exception: who runs the application reports it in one sentence."""
        self.fault = self.fault or error
        super()._handle_exception(error)

    def _print_error_renderables(self) -> None:
        """Print no traceback: it is for us, not for who reads a dashboard."""
        self._exit_renderables.clear()

    def on_resize(self, event: Resize) -> None:
        """Draw for the new size, once the widgets have it."""
        self.call_after_refresh(self._draw)

    # Loading.

    async def _load(self, place: Place) -> Loaded:
        if place == _HELP:
            # At once, also where no server answers.
            return Loaded(await self._source.load(BY_NAME[place.view], place), self._health)
        page, health = await asyncio.gather(
            self._source.load(BY_NAME[place.view], place, self._collector(place)),
            self._source.network_health(),
        )
        return Loaded(page, health)

    def _collector(self, place: Place) -> Collector | None:
        """Return the memory of a place's view, which goes on while the place is remembered."""
        make = BY_NAME[place.view].collector
        if make is not None and place not in self._collectors:
            self._collectors[place] = make(place)
        return self._collectors.get(place)

    def _take_page(self, place: Place, loaded: Loaded) -> None:
        self._health = loaded.health
        self._failure = None
        if self._is_paused and self._listing(place).page is not None:
            # What a collector has while the page is paused.
            self._draw_bars()
            return
        try:
            self._listing(place).show(loaded.page)
        except Exception as error:
            fault = LoadError(
                "fault",
                f"the view {place.view} has a fault: {type(error).__name__}: {error}",
            )
            retry_at = time.monotonic() + self._refresher.interval_seconds
            self._take_failure(place, Failure(fault, retry_at))
            return
        self._loaded_at[place] = time.monotonic()
        self._draw()

    def _take_failure(self, place: Place, failure: Failure) -> None:
        self._failure = failure
        self._draw()

    def _listing(self, place: Place) -> Listing:
        listing = self._listings.get(place)
        if listing is None:
            listing = self._listings[place] = Listing()
        self._listings.move_to_end(place)
        while len(self._listings) > _MAX_LISTINGS:
            forgotten, _ = self._listings.popitem(last=False)
            self._loaded_at.pop(forgotten, None)
            self._collectors.pop(forgotten, None)
        return listing

    @property
    def listing(self) -> Listing:
        """The present page on the screen."""
        return self._listing(self._history.place)

    @property
    def place(self) -> Place:
        """The present place."""
        return self._history.place

    # Drawing.

    def _draw(self) -> None:
        """Draw the page and the lines around it."""
        listing = self.listing
        listing.resize(self._view.size.width, self._view.size.height)
        if listing.page is None:
            self._view.set_lines(self._lines_before_the_page(self._view.size.width))
        else:
            self._view.set_lines(listing.lines(), is_stale=self._stale_seconds() is not None)
        self._draw_bars()

    def _lines_before_the_page(self, width: int) -> list[Line]:
        if self._failure is None:
            return [line(("loading …", "dim"))]
        return note_lines(str(self._failure.error), width)

    def _draw_again(self) -> None:
        """Draw everything, after the shell had the terminal."""
        for widget in self.screen.query(Lines):
            widget.refresh()
        self._draw()

    def _draw_bars(self) -> None:
        """Draw the lines around the page."""
        width = self.size.width
        page = self.listing.page
        title = page.title if page else str(self.place)
        now = time.monotonic()
        if now >= self._message_until:
            self._message = ""
        self._header.set_lines([header_line(self._connection(now), width)])
        completing = line((self._candidates, "dim")) if self._candidates else None
        self._tabs.set_lines([completing or tabs_line(tabs(), self.place.view, title, width)])
        hints = line((self._message, "warning")) if self._message else hints_line(width)
        self._hints.set_lines([hints])

    def _connection(self, now: float) -> Connection:
        failure, collector = self._failure, self._collectors.get(self.place)
        return Connection(
            url=self._url,
            health=self._health,
            interval_seconds=self._refresher.interval_seconds,
            is_paused=self._is_paused,
            waiting=collector.waiting() if collector and self._is_paused else "",
            failure=str(failure.error) if failure else "",
            retry_seconds=max(0.0, failure.retry_at - now) if failure else 0.0,
            is_unreachable=failure is not None and failure.error.cause == "unreachable",
            stale_seconds=self._stale_seconds(),
        )

    def _stale_seconds(self) -> float | None:
        """Return the age of the page that is shown if it is not kept fresh; else ``None``."""
        if self._failure is None and not self._is_paused:
            return None
        loaded_at = self._loaded_at.get(self.place)
        return None if loaded_at is None else time.monotonic() - loaded_at

    def _say(self, message: str) -> None:
        self._message = message
        self._message_until = time.monotonic() + _MESSAGE_SECONDS
        self._draw_bars()

    # Going to other places.

    def _go(self, move: Callable[[Place], None], place: Place) -> None:
        move(place)
        self._failure = None
        self._hold()
        self._refresher.show(place)
        self._draw()

    def action_choose_tab(self, index: int) -> None:
        """Go to the tab at a position, if there is one."""
        if index < len(tabs()):
            self._go(self._history.switch, Place(tabs()[index].name))

    def action_next_view(self, step: int) -> None:
        """Go to the next or the previous tab."""
        self._go(self._history.switch, self._history.neighbour(step))

    def action_open(self) -> None:
        """Open the place of the row under the cursor."""
        row = self.listing.row
        if row is not None and row.opens is not None:
            self._go(self._history.open, row.opens)
        elif row is not None:
            self._say("this row opens nothing")

    def action_go_back(self) -> None:
        """Clear the filter; without one go back; at the first place stay."""
        if self.listing.filter.text:
            self.listing.set_filter("")
            self._draw()
        elif self._history.back():
            self._go(lambda _: None, self._history.place)
        else:
            self._say("this is the first view; q quits")

    # The cursor and the sort.

    def action_move(self, step: int) -> None:
        """Move the cursor by rows."""
        self.listing.move(step)
        self._draw()

    def action_move_page(self, direction: int) -> None:
        """Move the cursor by a screen."""
        self.listing.move_page(direction)
        self._draw()

    def action_move_table(self, step: int) -> None:
        """Move to the next or the previous table."""
        self.listing.move_table(step)
        self._draw()

    def action_move_home(self) -> None:
        """Move to the first row."""
        self.listing.move_home()
        self._draw()

    def action_move_end(self) -> None:
        """Move to the last row."""
        self.listing.move_end()
        self._draw()

    def action_sort_by_letter(self, letter: str) -> None:
        """Sort by the column that begins with a letter."""
        if self.listing.sort_by_letter(letter):
            self._draw()
        else:
            self._say(f"no column begins with {letter}")

    def action_sort_neighbour(self, step: int) -> None:
        """Sort by the column to the left or to the right."""
        self.listing.sort_by_neighbour(step)
        self._draw()

    def action_reverse_sort(self) -> None:
        """Reverse the order."""
        self.listing.reverse_sort()
        self._draw()

    # Refreshes and help.

    def action_pause(self) -> None:
        """Pause, or go on."""
        self._is_paused = not self._is_paused
        self._hold()
        self._refresher.refresh()
        self._draw()

    def _hold(self) -> None:
        """Stop the refreshes of a paused page; a collector goes on to collect, and counts."""
        collector = self._collectors.get(self.place)
        self._refresher.pause(self._is_paused and BY_NAME[self.place.view].collector is None)
        if self._is_paused and collector is not None:
            collector.hold()

    def action_refresh(self) -> None:
        """Refresh now, also after a failure; a paused page stays."""
        if self._is_paused:
            self._say("paused; p goes on")
        self._refresher.refresh()

    def action_help(self) -> None:
        """Show the help, or leave it."""
        if self.place == _HELP:
            self.action_go_back()
        else:
            self._go(self._history.open, _HELP)

    # The prompt.

    def action_filter(self) -> None:
        """Write a filter."""
        self._open_prompt("/", self.listing.filter.text)

    def action_jump(self) -> None:
        """Write the name of a view."""
        self._open_prompt(":", "")

    def _open_prompt(self, kind: str, text: str) -> None:
        self._prompt_kind = kind
        self._prompt_mark.set_lines([line((kind, "strong"))])
        self._show_prompt(True)
        self._prompt.value = text
        self._prompt.cursor_position = len(text)
        # At once: what is typed next is for the prompt already.
        self.screen.set_focus(self._prompt)

    def _close_prompt(self) -> None:
        self._prompt_kind = ""
        self._candidates = ""
        self._show_prompt(False)
        self.screen.set_focus(self._view)
        self._draw()

    def _show_prompt(self, shown: bool) -> None:
        self._prompt_line.display = shown
        self._hints.display = not shown

    def _completions(self, text: str) -> list[str]:
        if self._prompt_kind != ":":
            return []
        page = self.listing.page
        rows = (row for table in page.tables for row in table.rows) if page else ()
        arguments = (row.opens.argument for row in rows if row.opens is not None)
        return completions(text, (argument for argument in arguments if argument))

    def on_input_changed(self, event: Input.Changed) -> None:
        """Filter while the filter is written."""
        if self._prompt.value != self._completed:
            self._candidates = ""
            self._draw_bars()
        if self._prompt_kind == "/":
            self.listing.set_filter(event.value)
            self._draw()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Take the filter, or go to the view."""
        kind, text = self._prompt_kind, event.value.strip()
        self._close_prompt()
        if kind == ":" and text:
            self._jump(text)

    def on_prompt_left(self, event: Prompt.Left) -> None:
        """Leave the prompt; a filter is cleared."""
        if self._prompt_kind == "/":
            self.listing.set_filter("")
        self._close_prompt()

    def on_prompt_candidates(self, event: Prompt.Candidates) -> None:
        """Show completions in the place of the tabs."""
        self._candidates = "  ".join(event.candidates) or "nothing begins so"
        self._completed = event.text
        self._draw_bars()

    def _jump(self, text: str) -> None:
        if text in QUIT:
            self.exit()
            return
        try:
            place = parse_place(text)
        except UnknownPlace as error:
            self._say(str(error))
        else:
            self._go(self._history.open, place)
