"""Formats of SQL results: names, media types, and the way in which an incomplete result ends.

Pure. ``SQL_FORMATS`` is the only list; the route, the sandbox, the command ``tart sql`` and the
documentation derive from it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from tart.errors import BadQuery

# Bytes of the end marker of an Arrow IPC stream, and of the magic number that ends a Parquet file.
_ARROW_END_BYTES = 8
_PARQUET_END_BYTES = 4


@dataclass(frozen=True)
class SqlFormat:
    """One format of a result.

    Attributes:
        media_type: Also selects the format in an Accept header.
        description: Of the format, for the documentation.
        end_bytes: The bytes at its end that an incomplete result lacks, so that no reader takes
            it for a complete one.
    """

    media_type: str
    description: str
    end_bytes: int = 0


SQL_FORMATS: Mapping[str, SqlFormat] = MappingProxyType(
    {
        "json": SqlFormat(
            "application/json",
            "One object: columns with their types, rows as arrays, row_count. A JSON column is "
            "JSON, bytes are 0x and hex, times are RFC 3339 in UTC, and "
            "floating-point numbers that JSON lacks are the text NaN, Infinity and -Infinity.",
        ),
        "ndjson": SqlFormat(
            "application/x-ndjson", "One JSON object per row and line, with the column names."
        ),
        "csv": SqlFormat(
            "text/csv; charset=utf-8",
            "RFC 4180 with a header line. NULL is an empty cell; text that a spreadsheet would "
            "run as a formula has an apostrophe in front, unless api.csv_formulas is set.",
        ),
        "markdown": SqlFormat(
            "text/markdown; charset=utf-8",
            "A table of GitHub's Markdown, numbers to the right, NULL as NULL.",
        ),
        "arrow": SqlFormat(
            "application/vnd.apache.arrow.stream",
            "An Arrow IPC stream with native types. HUGEINT, the type of sums, is "
            "decimal128(38, 0); larger values are refused by a sentence. UHUGEINT, BIGNUM, BIT, "
            "TIME WITH TIME ZONE and UNION are text.",
            _ARROW_END_BYTES,
        ),
        "parquet": SqlFormat(
            "application/vnd.apache.parquet",
            "A Parquet file with the types of arrow.",
            _PARQUET_END_BYTES,
        ),
    }
)
_ANY = ("*/*", "text/*", "application/*")
_LESS = 1e-6
# Spellings that people use: names of formats, and media types in an Accept header.
ALIASES: Mapping[str, str] = MappingProxyType(
    {
        "jsonl": "ndjson",
        "jsonlines": "ndjson",
        "md": "markdown",
        "feather": "arrow",
        "application/ndjson": "ndjson",
        "application/jsonl": "ndjson",
        "application/x-parquet": "parquet",
        "application/parquet": "parquet",
    }
)
_BY_MEDIA_TYPE = {form.media_type.partition(";")[0]: name for name, form in SQL_FORMATS.items()} | {
    name: form for name, form in ALIASES.items() if "/" in name
}


def accepted_format(accept: str | None, formats: Sequence[str], route: str) -> str:
    """Return the format that an Accept header prefers (RFC 9110, 12.5.1).

    Args:
        accept: The header.
        formats: The formats of the route; the first one is sent without a preference.
        route: The path of the route, for the message.

    Raises:
        BadQuery: The header names formats of other routes alone.
    """
    weights: dict[str, float] = {}
    refused = []
    for item in (accept or "*/*").lower().split(","):
        kind, *parameters = (part.strip() for part in item.split(";"))
        form = formats[0] if kind in _ANY else _BY_MEDIA_TYPE.get(kind)
        if form is not None and form in formats:
            # "*/*" comes after what is named: it is for what else there may be.
            weight = _quality(parameters) - _LESS * (kind in _ANY)
            weights[form] = max(weights.get(form, weight), weight)
        elif form is not None:
            refused.append(form)
    weights = {form: weight for form, weight in weights.items() if weight > 0}
    if refused and not weights:
        raise BadQuery(
            f"{route} does not have {refused[0]}; Accept must allow {', '.join(formats)}", "Accept"
        )
    return max(weights, key=lambda form: weights[form], default=formats[0])


def _quality(parameters: list[str]) -> float:
    text = next((each[2:] for each in parameters if each.startswith("q=")), "1")
    try:
        return float(text)
    except ValueError:
        return 0.0


def cut_off(data: bytes, form: str, reason: str) -> bytes:
    """Return a result that lacks rows, without the end of a complete one.

    Text says what is missing in its last line; a binary format has no place for it, so that its
    last bytes are withheld. The connection is closed before the end of the response as well.

    Args:
        data: The result, complete in its format.
        form: One of ``SQL_FORMATS`` except JSON, which has members for what is missing.
        reason: The missing part, in words.
    """
    if end := SQL_FORMATS[form].end_bytes:
        return data[:-end]
    if form == "ndjson":
        error = {"error": {"code": "incomplete", "message": reason}}
        return data + json.dumps(error).encode() + b"\n"
    text = f"# incomplete: {reason}"
    if form == "csv":
        quoted = text.replace('"', '""')
        return data + f'"{quoted}"\r\n'.encode()
    return data + f"\n{text[2:]}\n".encode()
