"""The answer about the figures that alerting rules compare. Pure."""

from __future__ import annotations

from typing import Annotated, Literal, TypedDict

from msgspec import Meta

from tart.query.answers.common import Number


class FigureWindow(TypedDict):
    """The lengths that a window may have, in seconds."""

    default: Number
    shortest: Number
    longest: Number


class AlertFigure(TypedDict):
    """A figure of the catalogue."""

    name: Annotated[str, Meta(description="figure of a rule.")]
    unit: str
    description: Annotated[str, Meta(description="Of what it is, and when it has no value.")]
    subject: Literal["network", "server", "member"]
    by: Annotated[
        list[str],
        Meta(description="Labels that a rule may name in by, the default first; may be empty."),
    ]
    window: Annotated[FigureWindow | None, Meta(description="Null for figures of the present.")]
    comparable: Annotated[
        bool, Meta(description="Whether a rule may compare it with an earlier window (against).")
    ]
    lowest: Annotated[Number | None, Meta(description="Lowest value; null without one.")]
    highest: Annotated[Number | None, Meta(description="Highest value; null without one.")]
    builtin_rules: Annotated[list[str], Meta(description="Names of the built-in rules with it.")]


class AlertFigures(TypedDict):
    """The catalogue of figures."""

    figures: list[AlertFigure]
