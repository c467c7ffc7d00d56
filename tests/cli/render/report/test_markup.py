"""``tart/cli/render/report/markup.py``: escaping, numbers, tables."""

from __future__ import annotations

from tart.cli.render.report.markup import Html, Table, bullets, escape, number, percent, table, tag


def test_text_is_escaped_once_and_html_is_not() -> None:
    assert escape('<a href="x">&') == "&lt;a href=&quot;x&quot;&gt;&amp;"
    assert escape(Html("<b>")) == "<b>"
    assert escape("a\x1b[31mb") != "a\x1b[31mb"
    assert tag("p", "<", title='"') == '<p title="&quot;">&lt;</p>'


def test_numbers_are_short_and_carry_the_exact_value() -> None:
    assert number(1234567) == '<data value="1234567">1,234,567</data>'
    assert number(24.2453) == '<data value="24.2453">24.2</data>'
    assert number("99999999999999999999").endswith(">99,999,999,999,999,999,999</data>")
    assert number(12345.678).endswith(">12,346</data>")
    assert number(0.0) == '<data value="0.0">0</data>'
    assert "data" not in number(None)
    assert percent(0.0276) == '<data value="0.0276">2.76 %</data>'


def test_a_table_has_headings_by_row_and_column_and_groups() -> None:
    content = Table("Title", ("Name", "#Count"), [("a", 1), ("b", None)], [(0, "first"), (1, "x")])
    text = table(content)
    assert text.count("<tbody>") == text.count("</tbody>") == 2
    assert '<th scope="col" class="n">Count</th>' in text
    assert '<th scope="row">a</th><td class="n"><data value="1">1</data></td>' in text
    assert '<th colspan="2" scope="rowgroup">first</th>' in text
    assert text.startswith('<div class="t" tabindex="0" role="region" aria-label="Title">')


def test_without_rows_there_is_a_sentence() -> None:
    assert table(Table("Alerts that fired", ("A",), [])) == "<p>Alerts that fired: none.</p>"
    assert bullets([]) == ""
