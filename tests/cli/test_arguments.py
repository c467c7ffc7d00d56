import argparse
from pathlib import Path

from tart.cli.arguments import add_config, add_data_dir, add_key_file, add_url


def test_shared_arguments_are_optional_and_typed():
    parser = argparse.ArgumentParser()
    for add in (add_config, add_data_dir, add_key_file, add_url):
        add(parser)
    assert set(vars(parser.parse_args([])).values()) == {None}
    given = parser.parse_args(["--config", "c", "--data-dir", "d", "--key-file", "k", "--url", "u"])
    assert vars(given) == {
        "config": Path("c"),
        "data_dir": "d",
        "key_file": Path("k"),
        "url": "u",
    }
