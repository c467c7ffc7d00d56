"""``tart/alerting/messages/signature.py``, against the vectors of Standard Webhooks."""

from __future__ import annotations

import base64

import pytest

from tart.alerting.messages.signature import signature_headers, signing_keys

# Of the tests of https://github.com/standard-webhooks/standard-webhooks/tree/main/libraries.
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
ID, SECONDS, BODY = "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}'
SIGNATURE = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_the_signature_is_that_of_the_reference():
    assert signature_headers(signing_keys(SECRET), ID, SECONDS, BODY) == {
        "webhook-id": ID,
        "webhook-timestamp": "1614265330",
        "webhook-signature": SIGNATURE,
    }


def test_each_key_signs_while_one_replaces_another():
    other = base64.b64encode(bytes(32)).decode()
    keys = signing_keys(f"{SECRET}\n{other}\n")
    signatures = signature_headers(keys, ID, SECONDS, BODY)["webhook-signature"].split(" ")
    assert signatures[0] == SIGNATURE
    assert len(set(signatures)) == 2


def test_without_a_key_there_is_no_signature_but_the_id():
    assert signature_headers((), "a.b", 1, b"") == {"webhook-id": "a-b", "webhook-timestamp": "1"}


@pytest.mark.parametrize("secret", ["whsec_???", base64.b64encode(bytes(23)).decode()])
def test_a_secret_that_is_none_is_refused_without_its_text(secret):
    with pytest.raises(ValueError, match=r"base64|24 to 64 bytes") as refusal:
        signing_keys(secret)
    assert secret not in str(refusal.value)
