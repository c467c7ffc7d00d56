"""Signatures of webhooks by Standard Webhooks: HMAC-SHA256 of id, time and body.

Pure. https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md.
A receiver recomputes a signature of the body as received, and refuses times that are more than
five minutes away.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac

_PREFIX = "whsec_"
# The specification's range of key lengths; a shorter one could be guessed.
MIN_KEY_BYTES, MAX_KEY_BYTES = 24, 64


def signing_keys(secret: str) -> tuple[bytes, ...]:
    """Return the keys of a setting: several, separated by white space, while one replaces another.

    Raises:
        ValueError: One is not base64 of 24 to 64 bytes; the text does not have it.
    """
    return tuple(_key(part) for part in secret.split())


def _key(text: str) -> bytes:
    try:
        key = base64.b64decode(text.removeprefix(_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("it is not base64, with or without whsec_ before it") from None
    if not MIN_KEY_BYTES <= len(key) <= MAX_KEY_BYTES:
        raise ValueError(
            f"it has {len(key)} bytes; a key of {MIN_KEY_BYTES} to {MAX_KEY_BYTES} bytes is needed"
        )
    return key


def signature_headers(
    keys: tuple[bytes, ...], message_id: str, seconds: int, body: bytes
) -> dict[str, str]:
    """Return the three headers of a signed webhook.

    Args:
        keys: Each gives one signature; a receiver accepts any that it knows.
        message_id: The same for each attempt; a receiver recognises repetitions by it.
        seconds: The time of this attempt, Unix seconds.
        body: The bytes that are sent.
    """
    # A dot separates the parts that are signed.
    message_id = message_id.replace(".", "-")
    content = b".".join((message_id.encode(), str(seconds).encode(), body))
    signatures = (
        base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode() for key in keys
    )
    headers = {"webhook-id": message_id, "webhook-timestamp": str(seconds)}
    if keys:
        headers["webhook-signature"] = " ".join(f"v1,{signature}" for signature in signatures)
    return headers
