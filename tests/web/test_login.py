"""Login in a browser: a server that needs keys, below a prefix of nginx, over TLS."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
import trustme
from playwright.sync_api import Browser, Page, expect

from tart.access.keys import new_key
from tart.access.roles import ROLES
from tart.cli.main import main
from tart.control_store import open_store
from tests.browser import Faults, new_page
from tests.e2e.test_proxies import PREFIX, nginx
from tests.running import free_port, running_system, wait_for
from tests.web.conftest import PATIENT, alerting
from tests.web.looking import axe, is_scrolled_sideways

REFUSED = re.compile("status of 401|HTTP Authentication failed")


@dataclass
class Site:
    """A server behind nginx.

    Attributes:
        url: Of the page, with the prefix.
        keys: A key of each role.
        data: The server's data directory.
    """

    url: str
    keys: dict[str, str]
    data: Path


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Return a server that needs keys, below a prefix of nginx."""
    if shutil.which("nginx") is None:
        pytest.skip("needs nginx; as root `make test` installs it (Debian: nginx-light)")
    directory = tmp_path_factory.mktemp("login")
    issued = trustme.CA().issue_cert("127.0.0.1")
    issued.private_key_pem.write_to_path(directory / "key.pem")
    issued.cert_chain_pems[0].write_to_path(directory / "chain.pem")
    data, port = directory / "data", free_port()
    with open_store(data / "control.sqlite") as store:
        made = {name: new_key(name, role, 1) for name, role in ROLES.items()}
        for key, _ in made.values():
            store.add(key)
    with (
        running_system(data, shards=1, environ=PATIENT | alerting(directory)) as system,
        nginx(directory, port, system.api.removeprefix("http://"), PREFIX),
    ):
        keys = {name: text for name, (_, text) in made.items()}
        yield Site(f"https://127.0.0.1:{port}{PREFIX}", keys, data)


Visitor = Callable[..., Page]


@pytest.fixture
def visit(browser: Browser, site: Site) -> Iterator[Visitor]:
    """Return a function that opens a page in a browser of its own; faults fail the test.

    That a request or a WebSocket is refused with status 401 is no fault here.
    """
    with visitor(browser, site) as visit:
        yield visit


@contextmanager
def visitor(browser: Browser, site: Site) -> Iterator[Visitor]:
    opened: list[tuple[Page, Faults]] = []

    def visit(path: str = "/", scheme: str = "light", width: int = 1440) -> Page:
        page, faults = new_page(
            browser,
            site.url,
            ignore_https_errors=True,
            color_scheme=scheme,
            viewport={"width": width, "height": 900},
        )
        opened.append((page, faults))
        page.goto(f"{site.url}{path}")
        return page

    yield visit
    for page, faults in opened:
        page.context.close()
        assert [fault for fault in faults if not REFUSED.search(fault)] == []


def log_in(page: Page, key: str) -> None:
    page.get_by_label("API key").fill(key)
    page.keyboard.press("Enter")


def test_a_page_asks_for_a_key_and_then_shows_itself(visit: Visitor, site: Site) -> None:
    # Without the slash, and at an address with parameters, as somebody sent it.
    page = visit("#/nodes?sort=lag")
    field = page.get_by_label("API key")
    expect(field).to_be_focused()
    expect(page.get_by_text("not logged in")).to_be_visible()
    for text, told in (
        (site.keys["viewer"][:-3], "part of it is missing"),
        (new_key("k", ROLES["viewer"], 1)[1], "not known to this server"),
    ):
        log_in(page, text)
        expect(page.get_by_role("alert")).to_contain_text(told)
        expect(field).to_be_focused()
    log_in(page, site.keys["viewer"])
    expect(page.get_by_role("heading", level=1)).to_have_text("Nodes")
    expect(page).to_have_url(f"{site.url}/#/nodes?sort=lag")
    (cookie,) = page.context.cookies(f"{site.url}/api/nodes")
    assert (cookie["path"], cookie["sameSite"]) == (f"{PREFIX}/api", "Strict")
    assert cookie["httpOnly"]
    assert cookie["secure"]
    assert page.evaluate("document.cookie") == ""
    # A WebSocket has the cookie, too; the policy permits it.
    first = page.evaluate(
        """() => new Promise((resolve) => {
          const socket = new WebSocket(new URL("api/ws", document.baseURI));
          socket.onmessage = (event) => resolve(JSON.parse(event.data).type);
          socket.onclose = () => resolve("closed");
        })"""
    )
    assert first == "connected"
    # Another tab needs no key; logging out ends both.
    other = page.context.new_page()
    other.goto(f"{site.url}/#/login")
    expect(other.locator("[data-role]")).to_have_text("viewer")
    page.get_by_title("Logged in: viewer, viewer").click()
    page.get_by_role("menuitem", name="Log out").click()
    expect(field).to_be_visible()
    other.reload()
    expect(other.get_by_label("API key")).to_be_visible()


def test_a_role_sees_the_pages_that_it_may_use(visit: Visitor, site: Site) -> None:
    page = visit("/#/login")
    rail = page.get_by_role("navigation", name="Pages")
    for role, sees in (("viewer", False), ("operator", True), ("admin", True)):
        log_in(page, site.keys[role])
        expect(page).to_have_url(f"{site.url}/#/")
        expect(page.get_by_title(f"Logged in: {role}, {role}")).to_be_visible()
        expect(rail.get_by_role("link", name="SQL")).to_have_count(int(sees))
        page.goto(f"{site.url}/#/sql")
        refused = page.get_by_text("This page needs a key with the role operator.")
        expect(refused).to_have_count(int(not sees))
        page.goto(f"{site.url}/#/login?back=%23%2F")


def test_a_revoked_key_and_an_expiry_end_the_login_on_the_screen(
    visit: Visitor, site: Site
) -> None:
    with open_store(site.data / "control.sqlite") as store:
        key, text = new_key("short", ROLES["viewer"], 1)
        store.add(key)
    page = visit("/#/blocks")
    wait_until_known(site, text)
    log_in(page, text)
    expect(page.get_by_role("heading", level=1)).to_have_text("Blocks")
    assert main(["keys", "revoke", key.id, "--data-dir", str(site.data)]) == 0
    expect(page.get_by_text("The login has ended")).to_be_visible()
    log_in(page, site.keys["viewer"])
    expect(page.get_by_role("heading", level=1)).to_have_text("Blocks")
    # Half a day later a browser has dropped the cookie; the page notices without a request.
    page.clock.install()
    page.reload()
    expect(page.get_by_title("Logged in: viewer, viewer")).to_be_visible()
    page.context.clear_cookies()
    page.clock.fast_forward("12:00:05")
    expect(page.get_by_label("API key")).to_be_visible()


def wait_until_known(site: Site, key: str) -> None:
    """Wait until the server has read a key that was created beside it."""
    with httpx.Client(verify=False, trust_env=False) as client:
        headers = {"Authorization": f"Bearer {key}"}
        wait_for(
            lambda: client.get(f"{site.url}/api/session", headers=headers).json()["role"], "the key"
        )


@pytest.mark.parametrize(("scheme", "width"), [("light", 1440), ("dark", 390)])
def test_the_login_is_well_made_and_the_documentation_is_open(
    visit: Visitor, site: Site, scheme: str, width: int
) -> None:
    page = visit("/#/login", scheme, width)
    expect(page.get_by_label("API key")).to_be_visible()
    assert not is_scrolled_sideways(page)
    assert axe(page) == []
    page.get_by_role("link", name="rules").click()
    expect(page).to_have_url(re.compile(r"/tart/api/docs/rules$"))
    expect(page.get_by_role("heading", level=1)).to_be_visible()


def test_the_watch_below_a_prefix_as_each_role_may_use_it(visit: Visitor, site: Site) -> None:
    page = visit("#/alerts?rule=FewNodes")
    log_in(page, site.keys["viewer"])
    expect(page.get_by_text("Silencing needs a key with the role operator")).to_be_visible()
    assert page.get_by_role("button", name="Silence", exact=True).count() == 0
    assert page.get_by_role("tab", name="Messages").count() == 0
    page = visit("#/alerts?tab=messages")
    log_in(page, site.keys["admin"])
    channel = page.get_by_role("grid", name="Channels").locator('tr[data-key="ops"]')
    channel.get_by_role("button", name="Send a test").click()
    # Nothing listens there: the reason is said, and the messages wait.
    expect(channel.get_by_role("status")).to_contain_text("connection refused")
    expect(page.get_by_role("grid", name="Messages").locator("tbody tr").first).to_be_visible()
    assert axe(page) == []
