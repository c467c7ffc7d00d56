"""The SQL page: results equal the API's, errors are sentences, a statement can be cancelled."""

from __future__ import annotations

import re
from urllib.parse import quote

from playwright.sync_api import Page, expect

from tests.browser import Faults
from tests.running import System
from tests.web.conftest import Opener


def open_statement(open_page: Opener, text: str) -> Page:
    page = open_page(f"#/sql?q={quote(text)}")
    page.locator(".cm-content").wait_for()
    return page


def test_a_result_is_that_of_the_api(live_system: System, open_page: Opener) -> None:
    statement = "SELECT node_id, implementation_name FROM nodes ORDER BY node_id"
    page = open_statement(open_page, statement)
    page.get_by_role("button", name="Run", exact=True).click()
    rows = page.locator("table[aria-label=Result] tbody tr")
    expect(rows).to_have_count(6)
    shown = rows.evaluate_all(
        "(rows) => rows.map((row) => [...row.cells].slice(1).map((cell) => cell.innerText))"
    )
    response = live_system.http.post("/api/sql", json={"query": statement}).json()
    assert shown == response["rows"]
    expect(page.get_by_text("6 rows")).to_be_visible()
    # The statement is in the address, so the view is one link.
    expect(page).to_have_url(re.compile(r"q=SELECT\+node_id"))


def test_integers_have_all_their_digits(open_page: Opener) -> None:
    page = open_statement(open_page, "SELECT 18446744073709551615::UBIGINT AS n")
    page.get_by_role("button", name="Run", exact=True).click()
    expect(page.locator("table[aria-label=Result] tbody td").nth(1)).to_have_text(
        "18446744073709551615"
    )


def test_a_mistake_is_a_sentence_and_the_last_result_stays(
    open_page: Opener, faults: list[Faults]
) -> None:
    page = open_statement(open_page, "SELECT 7 AS seven")
    faults[0].allow("status of 422 .*/api/sql")
    page.get_by_role("button", name="Run", exact=True).click()
    expect(page.get_by_text("1 row,")).to_be_visible()
    page.get_by_role("button", name="New", exact=True).click()
    page.locator(".cm-content").click()
    page.keyboard.type("SELECT * FROM athored")
    expect(page.locator(".cm-content")).to_have_text("SELECT * FROM athored")
    page.keyboard.press("Escape")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("alert")).to_contain_text("authored")
    expect(page.locator("table[aria-label=Result]")).to_contain_text("7")


def test_a_statement_that_is_cancelled_ends(open_page: Opener) -> None:
    page = open_statement(open_page, "SELECT count(*) FROM events a, events b, events c, events d")
    page.get_by_role("button", name="Run", exact=True).click()
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("alert")).to_contain_text("cancelled")
    expect(page.get_by_role("button", name="Run", exact=True)).to_be_enabled()


def test_tables_and_columns_are_inserted_where_the_cursor_is(open_page: Opener) -> None:
    page = open_statement(open_page, "SELECT count(*) FROM ")
    page.get_by_label("Filter tables and columns").fill("connected_in")
    page.locator(".cm-content").click()
    page.keyboard.press("Control+End")
    page.get_by_role("button", name="connected_in", exact=True).click()
    expect(page.locator(".cm-content")).to_have_text("SELECT count(*) FROM connected_in")


def test_a_result_is_saved_as_csv(open_page: Opener, live_system: System) -> None:
    page = open_statement(open_page, "SELECT node_id FROM nodes ORDER BY node_id")
    page.get_by_role("button", name="Save result as").click()
    with page.expect_download() as saved:
        page.get_by_role("menuitem", name="CSV").click()
    lines = saved.value.path().read_text().split()
    nodes = sorted(node["node_id"] for node in live_system.get("/api/nodes")["nodes"])
    assert lines == ["node_id", *nodes]


def test_a_result_with_numbers_has_a_chart(open_page: Opener) -> None:
    page = open_statement(open_page, "SELECT 'a' AS name, 3 AS n UNION ALL SELECT 'b', 4")
    page.get_by_role("button", name="Run", exact=True).click()
    page.get_by_role("tab", name="Chart").click()
    expect(page.get_by_role("list", name="n by name")).to_contain_text("a")
    expect(page).to_have_url(re.compile("view=chart"))


def test_a_whole_number_has_all_its_digits_in_a_copied_table(open_page: Opener) -> None:
    statement = "SELECT 9007199254740993 AS n UNION ALL SELECT 9007199254740992 ORDER BY n DESC"
    page = open_statement(open_page, statement)
    page.get_by_role("button", name="Run", exact=True).click()
    expect(page.get_by_text("2 rows")).to_be_visible()
    with page.expect_download() as saved:
        page.get_by_role("button", name="Save as CSV").click()
    lines = saved.value.path().read_text().split()
    assert lines == ["#,n", "1,9007199254740993", "2,9007199254740992"]


def test_no_letter_that_is_typed_is_taken_for_a_key_of_the_page(open_page: Opener) -> None:
    page = open_statement(open_page, "")
    page.locator(".cm-content").click()
    # Every key of the page, g with a letter among them; what the editor adds is not asked for.
    text = "gd ge copy group typical ? / c p y x [ ]"
    page.keyboard.press("Control+A")
    page.keyboard.press("Delete")
    page.keyboard.type(text)
    expect(page.locator(".cm-content")).to_have_text(text)
    assert "#/sql" in page.url
    assert "pause=" not in page.url


def test_two_windows_do_not_lose_the_statements_of_each_other(open_page: Opener) -> None:
    first = open_statement(open_page, "SELECT 1")
    second = first.context.new_page()
    second.goto("/#/sql")
    second.locator(".cm-content").wait_for()
    second.get_by_role("button", name="New", exact=True).click()
    second.locator(".cm-content").click()
    second.keyboard.type("SELECT 2 AS two, 'typed fast' AS how", delay=0)
    tabs = first.locator(".sql-sheets [role=tab]")
    expect(tabs).to_have_count(3)
    # What is in front stays in front.
    expect(first.locator(".cm-content")).to_have_text("SELECT 1")
    first.locator(".cm-content").click()
    first.keyboard.press("Control+End")
    first.keyboard.type(" AS one")
    tabs.last.click()
    expect(first.locator(".cm-content")).to_have_text("SELECT 2 AS two, 'typed fast' AS how")
    second.locator(".sql-sheets [role=tab]").nth(1).click()
    expect(second.locator(".cm-content")).to_have_text("SELECT 1 AS one")
