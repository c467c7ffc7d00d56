"""Routes of the web page: its document and the files that it loads. Pure."""

from __future__ import annotations

from tart.access.roles import Role
from tart.gateway.api.parameters import FileName, Parameter
from tart.gateway.api.route import HTML, Cache, Route

_NO_KEY = "No key is needed: it contains no data."

WEB_PAGE_ROUTES: tuple[Route, ...] = (
    Route(
        "web_page",
        "/",
        "Get the web page",
        "One document for all pages: what it shows is in the fragment of its URL, and its data "
        f"comes from this API. Its links are relative, so any path prefix works. {_NO_KEY}",
        media_type=HTML,
        errors=(503,),
        scattered=False,
        role=Role.ANYONE,
        in_clients=False,
    ),
    Route(
        "web_asset",
        "/assets/{file}",
        "Get a file of the web page",
        "A script, a style or an image. A name with a hash of the content never gets another "
        f"content, so clients may keep the file. {_NO_KEY}",
        parameters=(Parameter("file", FileName(), "Name of the file.", where="path"),),
        media_type="application/octet-stream",
        errors=(404,),
        cache=Cache.IMMUTABLE,
        scattered=False,
        role=Role.ANYONE,
        in_clients=False,
    ),
)
