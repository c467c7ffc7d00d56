from tart.alerting.rules.channel_types import CHANNEL_TYPES, COMMON_KEYS, SMTP_PORTS


def test_keys_of_a_kind_of_channel_are_distinct_and_none_is_a_key_of_every_channel():
    for kind in CHANNEL_TYPES.values():
        keys = [key for setting in kind.settings for key in setting.keys]
        assert len({*keys, *COMMON_KEYS}) == len(keys) + len(COMMON_KEYS), kind.name


def test_a_secret_is_given_in_four_forms_and_has_no_default():
    token = CHANNEL_TYPES["telegram"].setting("token")
    assert token.keys == ("token", "token_file", "token_env", "token_credential")
    assert CHANNEL_TYPES["telegram"].setting("chat_id").keys == ("chat_id",)
    for kind in CHANNEL_TYPES.values():
        for setting in kind.settings:
            assert not (setting.is_secret and setting.default is not None)


def test_every_form_of_tls_has_a_port():
    assert tuple(SMTP_PORTS) == CHANNEL_TYPES["email"].setting("tls").choices


def test_descriptions_are_sentences():
    for kind in CHANNEL_TYPES.values():
        for text in (kind.description, *(setting.description for setting in kind.settings)):
            assert text[0].isupper() or text[0] == "'"
            assert text.endswith(".")
