"""``tart/config/schema.py``: the table; resolution is tested in ``test_load``."""

import pytest

from tart.cli.render.config_text import config_toml
from tart.config.schema import SECTIONS, Config, key_of, settings, values, variable_of


@pytest.mark.parametrize("key", settings())
def test_every_setting_is_described_in_sentences_of_at_most_two_lines(key):
    description = settings()[key].description
    assert 30 < len(description) <= 2 * 98
    assert description.endswith((".", ")."))


@pytest.mark.parametrize("key", [key for key in settings() if "_seconds" in key])
def test_the_description_of_a_duration_names_its_unit(key):
    assert "second" in settings()[key].description


@pytest.mark.parametrize("key", [key for key in settings() if "_bytes" in key])
def test_the_description_of_a_size_names_its_unit(key):
    assert "in bytes" in settings()[key].description


@pytest.mark.parametrize("key", [key for key, row in settings().items() if row.choices])
def test_the_description_of_a_choice_names_every_value(key):
    setting = settings()[key]
    assert setting.default in setting.choices
    assert all(choice in setting.description for choice in setting.choices)


def test_keys_and_variables_are_unique():
    assert len({variable_of(key) for key in settings()}) == len(settings())
    assert key_of("server", "shards") == "shards"
    assert key_of("api", "bind") == "api.bind"


def test_the_file_of_the_repository_is_the_table(pytestconfig):
    assert (pytestconfig.rootpath / "config.toml").read_text() == config_toml()


def test_values_are_those_of_the_sections():
    config = Config()
    assert list(values(config)) == list(settings())
    assert values(config)["api.bind"] == config.api.bind
    assert set(SECTIONS) <= set(vars(config))
