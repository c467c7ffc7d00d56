"""The checks of values: which settings have the fault, and what is left out."""

from dataclasses import replace

from tart.config.checks import check_values
from tart.config.schema import ApiConfig, Config, RpcConfig, TelemetryConfig

SAME = "127.0.0.1:9"


def faulty_keys(config, wrong=()):
    return [key for key, _ in check_values(config, wrong)]


def texts_of(urls):
    return [text for _, text in check_values(Config(rpc=RpcConfig(urls=urls)))]


def test_the_defaults_are_right():
    assert faulty_keys(Config()) == []


def test_of_settings_that_contradict_each_other_the_one_that_was_given_has_the_fault():
    config = Config(api=ApiConfig(bind=SAME), telemetry=TelemetryConfig(bind=SAME))

    assert faulty_keys(config) == ["api.bind"]
    assert faulty_keys(replace(config, origins={"telemetry.bind": "x"})) == ["telemetry.bind"]
    origins = {"telemetry.bind": "x", "api.bind": "y"}
    assert faulty_keys(replace(config, origins=origins)) == ["api.bind"]


def test_a_setting_that_is_wrong_by_itself_is_compared_with_no_other():
    frames = TelemetryConfig(max_frame_bytes=0, partial_frame_bytes=-1)

    assert faulty_keys(Config(telemetry=frames)) == [
        "telemetry.max_frame_bytes",
        "telemetry.partial_frame_bytes",
    ]
    config = Config(api=ApiConfig(max_connections=10))
    assert faulty_keys(config) == ["api.max_connections"]
    assert faulty_keys(config, wrong=("api.max_subscribers",)) == []
    assert faulty_keys(config, wrong=("api.max_connections",)) == []


def test_each_wrong_element_of_a_list_is_named():
    telemetry = TelemetryConfig(allow=("x", "::1", "y"), deny=("z",), peer_ids=("1", "2"))

    texts = [text for _, text in check_values(Config(telemetry=telemetry))]

    assert len(texts) == 5
    assert all(any(f"'{name}'" in text for text in texts) for name in "xyz12")


def test_an_endpoint_may_be_named_once_however_it_is_written():
    urls = ("ws://a:80/", "ws://me:secret@A", "ws://b:1", "ws://b:2")
    assert texts_of(urls) == ["'ws://a:80/' is there more than once"]


def test_the_number_of_endpoints_is_limited():
    urls = tuple(f"ws://a:{port}" for port in range(1, 18))
    (text,) = texts_of(urls)
    assert text.startswith("has 17 URLs; name at most 16")
    assert texts_of(urls[:16]) == []
