from tart import __version__
from tart.cli.main import main


def test_the_version_is_printed(capsys):
    assert main(["version"]) == 0
    assert capsys.readouterr() == (f"tart {__version__}\n", "")
