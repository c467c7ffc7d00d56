import json

import pytest

from tart import __version__
from tart.cli.main import main
from tart.cli.render.documents import VersionDocument
from tart.native import library


@pytest.fixture(params=["python", "native"])
def expected(request, monkeypatch):
    """The line of each kernel."""
    loaded = {"python": (None, "not compiled"), "native": (object(), "")}[request.param]
    monkeypatch.setattr(library, "_load", lambda: loaded)
    kernel = {"python": "Python kernel: not compiled", "native": "native kernel"}[request.param]
    return f"tart {__version__} ({kernel})\n"


def test_the_version_is_printed_with_the_kernel(capsys, expected):
    assert main(["version"]) == 0
    assert capsys.readouterr() == (expected, "")


def test_the_flag_prints_the_same(capsys, expected):
    assert main(["--version"]) == 0
    assert capsys.readouterr() == (expected, "")


def test_the_version_is_a_document(capsys, expected):
    assert main(["version", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document.keys() == VersionDocument.__annotations__.keys()
    reason = document["reason"]
    kernel = "native kernel" if document["kernel"] == "native" else f"Python kernel: {reason}"
    assert f"tart {document['version']} ({kernel})\n" == expected
    assert (reason is None) == (document["kernel"] == "native")
