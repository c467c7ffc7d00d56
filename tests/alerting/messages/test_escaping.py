"""``tart/alerting/messages/escaping.py``: no escape is cut, no limit exceeded."""

from __future__ import annotations

import html
import re

from hypothesis import given
from hypothesis import strategies as st

from tart.alerting.messages.escaping import (
    DISCORD,
    ELLIPSIS,
    HTML,
    NONE,
    SLACK,
    TELEGRAM,
    UNKNOWN,
    fit,
    length,
    take_blocks,
)
from tests.alerting.messages.examples import TEXTS
from tests.cases import all_cases, examples


@examples(0.4)
@given(TEXTS, st.integers(1, 400), st.sampled_from([NONE, SLACK, TELEGRAM, DISCORD, HTML, UNKNOWN]))
def test_a_text_fits_and_is_a_beginning_of_the_escaped_one(text, limit, table):
    fitted = fit(text, limit, table)
    whole = text.translate(table)
    assert length(fitted) <= limit
    if fitted != whole:
        assert fitted.endswith(ELLIPSIS)
        assert whole.startswith(fitted.removesuffix(ELLIPSIS))
        # A text that fits is not shortened.
        assert length(whole) > limit


@examples(0.4)
@given(TEXTS, st.integers(1, 400))
def test_no_entity_is_cut_in_two(text, limit):
    fitted = fit(text, limit, TELEGRAM)
    assert re.fullmatch(r'(?:[^&<>"]|&(?:amp|lt|gt|quot);)*', fitted)
    shown = html.unescape(fitted).removesuffix(ELLIPSIS).replace("\u2060", "")
    assert text.replace("\u2060", "").startswith(shown)


@all_cases(
    ("text", "table", "escaped"),
    [
        ("<!channel>", SLACK, "&lt;!channel&gt;"),
        ("@everyone", DISCORD, "@\u2060everyone"),
        ("[a](b)", DISCORD, r"\[a\]\(b\)"),
        ("<b>&", TELEGRAM, "&lt;b&gt;&amp;"),
        ("<@U1>", UNKNOWN, "‹@\u2060U1›"),
    ],
)
def test_commands_of_a_service_become_text(text, table, escaped):
    assert fit(text, 100, table) == escaped


def test_a_character_beyond_16_bits_counts_twice():
    assert length("a🦊") == 3
    assert fit("🦊🦊🦊", 5) == "🦊🦊…"


@given(st.lists(st.text(max_size=20)), st.integers(0, 100))
def test_blocks_are_taken_whole_in_order_until_one_does_not_fit(blocks, limit):
    taken, left = take_blocks(blocks, limit, "\n\n")
    assert taken == blocks[: len(blocks) - left]
    assert length("\n\n".join(taken)) <= limit
    if left:
        assert length("\n\n".join(blocks[: len(taken) + 1])) > limit
