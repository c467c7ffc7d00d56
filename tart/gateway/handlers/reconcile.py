"""The handler of ``api.routes.reconcile``: telemetry against the chain."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from tart.aggregate.core.tables import TICK_US
from tart.errors import BadQuery
from tart.gateway.fanout.queries import QueryClient, now_us
from tart.gateway.fanout.reconcile_queries import MAX_WINDOW_US, epoch_window, read_inputs
from tart.gateway.handlers.windows import Handler, Values, request_window, timestamped_answer
from tart.gateway.http.responses import Answer
from tart.query.reconcile.comparison import reconcile_answer


async def chain_reconcile(queries: QueryClient, values: Values) -> Answer:
    """Answer ``/api/chain/reconcile``."""
    now = now_us()
    epoch = values["epoch"]
    if epoch is not None:
        window = request_window(values).open(place=await epoch_window(queries, epoch, now))
    else:
        if request_window(values).length_us() > MAX_WINDOW_US:
            raise BadQuery("the window is longer than a day; ask for at most 24h", "duration")
        window = request_window(values).whole(TICK_US)
    read = await read_inputs(queries, window, now, epoch)
    body = partial(reconcile_answer, read.inputs, values["node_id"], values["limit"])
    return timestamped_answer(body, (None, read.coverage))


RECONCILE_HANDLERS: Mapping[str, Handler] = {"chain_reconcile": chain_reconcile}
