"""Routes of single traces in OpenTelemetry's JSON, as the exporter sends them. Pure."""

from __future__ import annotations

from tart.gateway.api.parameters import Hash, Parameter
from tart.gateway.api.route import SHARD_ERRORS, Route
from tart.gateway.api.routes.packages import PACKAGE_PATH
from tart.query.answers.otlp import OtlpTraces
from tart.tracing.spans import MAX_SPANS

_OTLP = (
    "The answer is an ExportTraceServiceRequest in the JSON mapping of OTLP, which receivers such "
    "as Jaeger and Tempo accept. Ids are made of hashes, so that a trace is the same each time it "
    "is exported. Times are by the server's clock; the attributes jam.clock.* have those of the "
    f"node. A trace has at most {MAX_SPANS} spans; jam.trace.cut_spans of the root counts those "
    "left out. docs/traces.md describes the spans."
)

TRACE_ROUTES: tuple[Route, ...] = (
    Route(
        "package_trace",
        "/api/workpackages/{hash}/trace.otlp.json",
        "Get the trace of one work-package for OpenTelemetry",
        f"The attempts of all guarantors with their steps, and the way on chain. {_OTLP} If "
        "several connections gave the id to different packages, the answer is 409 with "
        "candidates.",
        parameters=PACKAGE_PATH,
        answer=OtlpTraces,
        errors=(404, 409, *SHARD_ERRORS),
    ),
    Route(
        "block_trace",
        "/api/blocks/{hash}/trace.otlp.json",
        "Get the trace of one block for OpenTelemetry",
        f"Authoring, and the import at each node with verification and execution. {_OTLP}",
        parameters=(Parameter("hash", Hash(), "Hash of the header.", where="path"),),
        answer=OtlpTraces,
        errors=(404, *SHARD_ERRORS),
    ),
)
