"""``tart/config/schema.py``: the table itself; how values are found is in ``test_config``."""

import pytest

from tart.cli.render.config_text import config_toml
from tart.config.schema import SECTIONS, Config, key_of, settings, values, variable_of


@pytest.mark.parametrize(("key", "reason"), [(key, why) for key, (_, _, why) in settings().items()])
def test_every_setting_has_a_reason_that_fits_a_line(key, reason):
    assert 10 < len(reason) <= 98, key
    assert reason.endswith(".")


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
