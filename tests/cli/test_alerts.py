from importlib import import_module

import pytest

from tart.cli.alerts import VERBS
from tart.cli.main import main


def test_every_verb_has_its_help(capsys):
    for name, verb in VERBS.items():
        assert callable(getattr(import_module(verb.module), verb.function))
        with pytest.raises(SystemExit) as ended:
            main(["alerts", name, "--help"])
        assert ended.value.code == 0
        assert f"tart alerts {name}" in capsys.readouterr().out
