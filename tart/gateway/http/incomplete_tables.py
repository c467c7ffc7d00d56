"""The end of a response that lacks data in a format without a place to tell so.

JSON has members for what it lacks. Text says it in its last line, and in every such format the
connection is closed before the end of the response, so that no client takes a part for the whole.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

from tart.errors import Incomplete
from tart.gateway.http.responses import Answer, lacks_of, render
from tart.query.sql.formats import cut_off


async def cut_off_incomplete(answer: Answer) -> Answer:
    """Return the answer with a stream that ends early, if it is a table that lacks data."""
    if answer.form is None or answer.coverage is None:
        return answer
    lacks = lacks_of(answer.coverage)
    if not lacks:
        return answer
    sent = _send_part(await render(answer), answer.form, Incomplete(lacks))
    return replace(answer, stream=sent)


async def _send_part(data: bytes, form: str, lacking: Incomplete) -> AsyncIterator[bytes]:
    yield cut_off(data, form, str(lacking))
    raise lacking
