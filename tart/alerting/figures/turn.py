"""The computation of one condition's figure at one time. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias, TypeVar

from tart.alerting.figures.inputs import Question

# By the label's value, ``None`` without a label: the figure's value, ``None`` if it is not known.
Values: TypeAlias = Mapping[str | None, float | None]
Kind = TypeVar("Kind", bound=Question)


@dataclass(frozen=True)
class Turn:
    """A figure and the window that it is of.

    Attributes:
        figure: Its name.
        by: The label that distinguishes its values; ``None`` for one value.
        start_us: First microsecond of the window; of figures of the present the end.
        end_us: Last microsecond of the window.
        window_us: The length that the rule asks for; 0 for figures of the present.
    """

    figure: str
    by: str | None
    start_us: int
    end_us: int
    window_us: int

    def question(self, kind: type[Kind], lookback_us: int = 0) -> Kind:
        """Return a question about the window.

        Args:
            kind: The question.
            lookback_us: The time before the window that it is about, too.
        """
        return kind(self.start_us - lookback_us, self.end_us)
