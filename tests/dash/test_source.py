"""Requests of a page: side by side, within a deadline, and what their failures are called."""

import asyncio
import itertools

import httpx
import pytest

from tart.client.core.request import ApiError, ApiUnreachable
from tart.dash.core.model import Page, Place, Request, View
from tart.dash.source import LoadError, Source
from tests.dash.pilot import FakeApi

pytestmark = pytest.mark.anyio

PLACE = Place("x")


def view(*requests, page=lambda place, answers, now: Page(str(dict(answers)))):
    return View("x", (), "X", lambda place: requests, page)


async def test_requests_are_made_side_by_side():
    both = asyncio.Barrier(2)

    class Api(FakeApi):
        async def first(self):
            await both.wait()
            return 1

        second = first

    source = Source(Api())
    requests = (Request("first", "first"), Request("second", "second"))
    answers, notes = await source.answers(requests)
    assert (dict(answers), notes) == ({"first": 1, "second": 1}, ())


@pytest.mark.parametrize("answer", [[], None, "x", 3, {}, {"overall_health": "\x1b[2J"}])
async def test_a_health_that_is_none_of_tarts_ends_nothing(answer):
    shown = await Source(FakeApi(network_health=answer)).network_health()
    assert shown in ("", "\ufffd[2J")


async def test_a_fault_quotes_little_of_an_answer():
    def page(place, answers, now):
        raise ValueError("x" * 10_000)

    with pytest.raises(LoadError) as raised:
        await Source(FakeApi()).load(view(page=page), PLACE)
    assert len(str(raised.value)) < 300


async def test_arguments_reach_the_method():
    source = Source(FakeApi(events=lambda limit: [limit]))
    answers, _ = await source.answers((Request("events", "events", {"limit": 7}),))
    assert answers == {"events": [7]}


async def test_an_optional_answer_that_is_missing_is_a_note():
    source = Source(FakeApi(log=ApiError(403, "forbidden", "needs an admin"), rows=1))
    page = await source.load(
        view(Request("log", "log", optional=True), Request("rows", "rows")), PLACE
    )
    assert page.title == "{'log': None, 'rows': 1}"
    assert page.notes == ("log: the key may not read this: needs an admin",)


@pytest.mark.parametrize(
    ("error", "cause", "message"),
    [
        (ApiError(503, "no_shard", "no shard answers"), "failed", "the server answers 503: no"),
        (ApiError(401, "unauthorized", "no key"), "refused", "no key; put the key into TART_KEY"),
        (ApiError(403, "forbidden", "no"), "refused", "the key may not read this: no"),
        (ApiUnreachable("it was cut short"), "unreachable", "it was cut short"),
        (ApiError(400, "bad_parameter", "no type Authord"), "refused", "no type Authord"),
        (ApiError(409, "ambiguous", "e is several nodes"), "refused", "e is several nodes"),
        (ApiError(404, "", "<html>"), "failed", "the server answers 404, and not as tart does"),
        (ValueError("no JSON"), "failed", "the answer cannot be read, perhaps of another program"),
        (ApiError(500, "x", "\x1b[2J"), "failed", "the server answers 500: \ufffd[2J"),
    ],
)
async def test_failures_are_sentences(error, cause, message):
    source = Source(FakeApi(rows=error))
    with pytest.raises(LoadError) as raised:
        await source.load(view(Request("rows", "rows")), PLACE)
    assert raised.value.cause == cause
    assert str(raised.value).startswith(message)


def chained(*errors):
    for outer, inner in itertools.pairwise(errors):
        outer.__cause__ = inner
    return errors[0]


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (
            chained(ApiUnreachable("x"), httpx.ConnectError("x"), ConnectionRefusedError(111, "x")),
            "connection refused, so nothing listens there",
        ),
        (chained(ApiUnreachable("x"), httpx.ReadTimeout("")), "no answer in time"),
    ],
)
async def test_the_system_s_reason_is_told(error, message):
    with pytest.raises(LoadError, match=message):
        await Source(FakeApi(rows=error)).answers((Request("rows", "rows"),))


async def test_a_request_has_a_deadline():
    class Api(FakeApi):
        async def rows(self):
            await asyncio.Event().wait()

    source = Source(Api(), deadline_seconds=0.01)
    with pytest.raises(LoadError, match=r"no answer within 0\.01 s"):
        await source.answers((Request("rows", "rows"),))


async def test_an_answer_is_used_again_for_its_time():
    now = [0.0]
    api = FakeApi(rows=1)
    source = Source(api, clock=lambda: now[0])
    request = Request("rows", "rows", every_seconds=5)
    for moment in (0.0, 4.9, 5.0):
        now[0] = moment
        await source.answers((request,))
    assert api.calls == ["rows", "rows"]


async def test_the_answers_that_are_held_are_bounded():
    api = FakeApi(rows=lambda number: number)
    source = Source(api)
    for number in [*range(200), 0]:
        await source.answers((Request("r", "rows", {"number": number}, every_seconds=60),))
    assert len(api.calls) == 201
    assert len(source._stored) == 64


async def test_a_view_at_fault_is_named():
    def raising(*arguments):
        raise KeyError("best")

    for faulty in (view(page=raising), View("x", (), "X", raising, raising)):
        with pytest.raises(LoadError, match="the view x has a fault: KeyError: 'best'") as raised:
            await Source(FakeApi()).load(faulty, PLACE)
        assert raised.value.cause == "fault"


async def test_a_collector_makes_requests_and_holds_what_came():
    class Sum:
        def __init__(self):
            self.total = 0

        def requests(self):
            return (Request("rows", "rows", {"since": self.total}),)

        def collect(self, answers):
            self.total += answers["rows"]
            return {"total": self.total}

    source, collector = Source(FakeApi(rows=lambda since: since + 1)), Sum()
    for total in (1, 3):
        page = await source.load(view(Request("never", "called")), PLACE, collector)
        assert page.title == f"{{'total': {total}}}"


async def test_the_health_of_the_network_is_one_word():
    assert await Source(FakeApi()).network_health() == "healthy"
    assert await Source(FakeApi(network_health=ApiError(503, "x", "y"))).network_health() == ""


async def test_an_answer_that_lacks_a_shard_is_a_note():
    source = Source(FakeApi(rows={"shards": {"answered": 1, "total": 2}}))
    page = await source.load(view(Request("rows", "rows")), PLACE)
    assert page.notes[0].startswith("Partial: 1 of 2 shards answered")
