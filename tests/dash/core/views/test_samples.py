"""All views with made answers: hostile text, missing answers, rows of the width of their table."""

import json

import pytest

from tart.dash.core.model import page_values
from tart.dash.core.views.table import BY_NAME
from tests.dash.core.views.samples import NOW, SAMPLES, hostile


def page_of(name, answers):
    return BY_NAME[name].page(SAMPLES[name][0], answers, NOW)


def all_texts(page):
    yield page.title
    yield from page.notes
    yield from (figure.text for figure in page.figures)
    for table in page.tables:
        yield table.note
        yield from (cell.text for row in table.rows for cell in row.cells)


@pytest.mark.parametrize("name", SAMPLES)
def test_rows_have_a_cell_for_each_column_and_keys_of_their_own(name):
    page = page_of(name, SAMPLES[name][1]())
    assert page.tables
    for table in page.tables:
        assert len({column.key for column in table.columns}) == len(table.columns)
        assert {len(row.cells) for row in table.rows} <= {len(table.columns)}
        assert len({row.key for row in table.rows}) == len(table.rows)
    labels = [figure.label for figure in page.figures]
    assert len(set(labels)) == len(labels)
    assert json.loads(json.dumps(page_values(page))) == page_values(page)


@pytest.mark.parametrize("name", SAMPLES)
def test_a_request_names_what_the_page_reads(name):
    place, answers = SAMPLES[name]
    assert {request.name for request in BY_NAME[name].requests(place)} == set(answers())


@pytest.mark.parametrize("name", SAMPLES)
def test_a_page_does_without_its_optional_answers(name):
    place, answers = SAMPLES[name]
    optional = {it.name: None for it in BY_NAME[name].requests(place) if it.optional}
    page = page_of(name, answers() | optional)
    assert page_values(page)


@pytest.mark.parametrize("name", SAMPLES)
def test_no_text_of_a_node_reaches_the_terminal_as_a_command(name):
    answers = hostile(SAMPLES[name][1]())
    page = page_of(name, answers)
    assert [text for text in all_texts(page) if not text.isprintable()] == []


def test_markup_of_a_node_stays_text():
    page = page_of("blocks", hostile(SAMPLES["blocks"][1]()))
    (name, *_) = [text for text in all_texts(page) if "日本" in text]
    assert "[bold]x[/]" in name


@pytest.mark.parametrize("name", SAMPLES)
def test_every_row_opens_a_place_that_exists(name):
    page = page_of(name, SAMPLES[name][1]())
    for place in (row.opens for table in page.tables for row in table.rows if row.opens):
        if place.view in BY_NAME:
            assert BY_NAME[place.view].requests(place)
        else:
            assert place.view == "node"
