"""The handlers of ``contract_sessions``: connections and conformance."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from tart.gateway.api.rule_pages import index, page_of
from tart.gateway.fanout.queries import Coverage, Questions, now_us, together
from tart.gateway.handlers.windows import asked
from tart.gateway.http.responses import Answer
from tart.query.answers.sessions import Sessions
from tart.query.core import cursor as cursors
from tart.query.core.cursor import Cursor
from tart.query.core.sessions import session_json
from tart.query.core.windows import Window
from tart.query.topics import conformance as judged
from tart.units import HOUR_US

Values = Mapping[str, Any]
Handler = Callable[[Questions, Values], Awaitable[Answer]]


async def sessions(questions: Questions, values: Values) -> Answer:
    """``/api/sessions``."""
    return await _sessions(questions, values, None)


async def node_sessions(questions: Questions, values: Values) -> Answer:
    """``/api/nodes/{id}/sessions``."""
    answer, _ = await together(
        _sessions(questions, values, values["id"]), questions.node(values["id"])
    )
    found: Answer = answer
    return found


async def conformance(questions: Questions, values: Values) -> Answer:
    """``/api/conformance``."""
    window = asked(values).open(HOUR_US, ends=True)
    (nodes, seen), (material, also) = await together(
        questions.nodes(), _material(questions, window, None)
    )
    return Answer(judged.network_conformance(nodes, material), seen & also)


async def node_conformance(questions: Questions, values: Values) -> Answer:
    """``/api/nodes/{id}/conformance``."""
    window = asked(values).open(HOUR_US, ends=True)
    (node, seen), (material, also) = await together(
        questions.node(values["id"]), _material(questions, window, values["id"])
    )
    return Answer(judged.node_conformance(node, material), seen & also)


async def rules(questions: Questions, values: Values) -> Answer:
    """``/api/docs/rules``."""
    return Answer(index().encode())


async def rule(questions: Questions, values: Values) -> Answer:
    """``/api/docs/rules/{code}``."""
    return Answer(page_of(values["code"]).encode())


async def _sessions(questions: Questions, values: Values, node: str | None) -> Answer:
    place = values["cursor"]
    window = asked(values).open(place=place and place.window)
    place = place or Cursor(now_us(), window)
    page, seen = await questions.sessions(values["limit"], place, node)
    body: Sessions = {
        "sessions": [session_json(row) for row in page.events],
        "has_more": page.has_more,
    }
    if page.has_more:
        body["next_cursor"] = cursors.encode(page.cursor)
    return Answer(body, seen)


async def _material(
    questions: Questions, window: Window, node: str | None
) -> tuple[judged.ConformanceInput, Coverage]:
    where = {} if node is None else {"node": [node]}
    counted, spoken, clocks, events, status, examples = await together(
        questions.summed("conformance", window, by=["node", "rule"], where=where),
        questions.spoken(window, now_us(), node),
        questions.summed("clocks", window, by=["bucket", "node"], where=where, step_us=HOUR_US),
        questions.summed("counts", window, by=["node"], where=where),
        questions.summed("counts", window, by=["node"], where={**where, "type": [judged.STATUS]}),
        questions.examples(window, judged.EXAMPLES, node),
    )
    every = (counted, spoken, clocks, events, status, examples)
    seen = counted[1]
    for _, each in every:
        seen = seen & each
    return judged.ConformanceInput(*(rows for rows, _ in every)), seen


SESSION_HANDLERS: Mapping[str, Handler] = {
    each.__name__: each
    for each in (sessions, node_sessions, conformance, node_conformance, rules, rule)
}
