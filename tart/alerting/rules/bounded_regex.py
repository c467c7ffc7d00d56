r"""Regular expressions whose matching takes a bounded time.

Pure. Python's ``re`` tries all ways in which an expression may match, and their number can grow
exponentially: one silence could stop the gateway. So an expression is parsed before it is
compiled, in the syntax that RE2 and ``re`` share: literals, ``.``, classes, groups, alternatives,
repetitions, and ``\d \w \s``. The number of ways is the product of the choices of all repetitions
and the sum of those of alternatives; it must not exceed ``MAX_WAYS``. Nothing that has a choice in
it may be repeated without limit. A text of more than ``MAX_TEXT`` characters does not match.
"""

from __future__ import annotations

import re
import warnings
from functools import lru_cache

MAX_TEXT = 128
MAX_WAYS = 5_000_000
_MAX_REPETITIONS = 1000
_MAX_DEPTH = 20
_BOUNDS = re.compile(r"\{(\d{1,4})(?:(,)(\d{0,4}))?\}")
_CLASS = re.compile(r"\[\^?\]?(?:\\.|[^\]\\])*\]", re.DOTALL)
_IGNORE_CASE = "(?i)"


class RegexError(ValueError):
    """An expression that is not valid or might take too long; the text says why."""


def full_match(expression: str, text: str) -> bool:
    """Return whether an expression matches a whole text.

    Raises:
        RegexError: See ``check_regex``.
    """
    return len(text) <= MAX_TEXT and _compile(expression).fullmatch(text) is not None


def check_regex(expression: str) -> None:
    """Check that an expression is valid and bounded.

    Raises:
        RegexError: It is not.
    """
    _compile(expression)


@lru_cache(maxsize=512)
def _compile(expression: str) -> re.Pattern[str]:
    ways = _Parser(expression.removeprefix(_IGNORE_CASE)).count_ways()
    if ways > MAX_WAYS:
        raise RegexError("it has too many repetitions: at most three of * and + in a row of terms")
    try:
        with warnings.catch_warnings():
            # Of "[[]": Python may read it otherwise some day, RE2 does not.
            warnings.simplefilter("ignore", FutureWarning)
            return re.compile(expression, re.DOTALL)
    except (re.error, OverflowError, RecursionError) as error:
        raise RegexError(str(error)) from None


class _Parser:
    """Counts the ways in which an expression may match a text of ``MAX_TEXT`` characters."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._position = 0
        self._depth = 0

    def count_ways(self) -> int:
        """Return the number of ways."""
        ways = self._alternatives()
        if self._position < len(self._text):
            raise RegexError("a parenthesis is closed that was not opened")
        return ways

    def _alternatives(self) -> int:
        ways = self._terms()
        while self._take("|"):
            ways += self._terms()
        return ways

    def _terms(self) -> int:
        ways = 1
        while (character := self._peek()) and character not in "|)":
            # Bounded, so that the product does not grow without limit.
            ways = min(ways * self._repeated_term(), MAX_WAYS + 1)
        return ways

    def _repeated_term(self) -> int:
        ways = self._term()
        least, most = self._repetitions()
        if self._peek() in ("*", "+", "?") or _BOUNDS.match(self._text, self._position):
            raise RegexError("a repetition is repeated")
        if least == most:
            return min(int(ways ** min(least, 30)), MAX_WAYS + 1)
        if (least, most) == (0, 1):
            return ways + 1
        if ways > 1:
            raise RegexError(
                "a group with alternatives or repetitions in it is repeated; write a class such as "
                "[ab]* instead of (a|b)*"
            )
        return most - least + 1

    def _repetitions(self) -> tuple[int, int]:
        """Return how often the term before may occur, at least and at most."""
        sign = self._peek()
        bounds = _BOUNDS.match(self._text, self._position)
        if bounds is not None:
            self._position = bounds.end()
            least = int(bounds[1])
            most = least if bounds[2] is None else int(bounds[3] or MAX_TEXT)
            if max(least, most) > _MAX_REPETITIONS:
                raise RegexError(f"more than {_MAX_REPETITIONS} repetitions")
        elif sign and sign in "*+?":
            self._position += 1
            least, most = int(sign == "+"), 1 if sign == "?" else MAX_TEXT
        else:
            return 1, 1
        self._take("?")
        return least, most

    def _term(self) -> int:
        if self._take("("):
            return self._group()
        if self._peek() == "[":
            match = _CLASS.match(self._text, self._position)
            if match is None:
                raise RegexError("a class [ is not closed")
            self._position = match.end()
        elif self._take("\\"):
            escaped = self._peek()
            if not escaped or (escaped.isalnum() and escaped not in "dDwWsSnt"):
                raise RegexError(f"the escape \\{escaped} is not supported")
            self._position += 1
        elif self._peek() in ("*", "+", "?"):
            raise RegexError("there is nothing to repeat")
        elif self._peek() == "{":
            # RE2 takes it as it is, ``re`` may take it for a repetition: {,5} or {10000}.
            raise RegexError("a { that begins no repetition such as {2,5} must be written \\{")
        else:
            self._position += 1
        return 1

    def _group(self) -> int:
        if self._take("?") and not self._take(":"):
            raise RegexError("of the forms (?…), only (?:…) is supported")
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            raise RegexError(f"groups are nested more than {_MAX_DEPTH} deep")
        ways = self._alternatives()
        if not self._take(")"):
            raise RegexError("a parenthesis is not closed")
        self._depth -= 1
        return ways

    def _peek(self) -> str:
        return self._text[self._position : self._position + 1]

    def _take(self, character: str) -> bool:
        if self._peek() != character:
            return False
        self._position += 1
        return True
