"""``tart/gateway/api/sql_page.py``: the page of SQL."""

from __future__ import annotations

import re

from tart.gateway.api.sql_page import sql_page
from tart.query.sql.tables import TABLES


def test_the_page_has_every_table_and_loads_nothing() -> None:
    page = sql_page()
    for name in TABLES:
        assert f"<code>{name}</code>" in page or f'id="{name}"' in page, name
    assert not re.search(r"<(script|img|link|iframe)|src=|https?://(?!127)", page)
    links = re.findall(r'href="([^"]+)"', page)
    anchors = set(re.findall(r'id="([^"]+)"', page))
    assert {link[1:] for link in links if link.startswith("#")} <= anchors
    assert "../docs" in links


def test_text_is_escaped() -> None:
    assert "-&gt;'Authored'-&gt;" in sql_page()
