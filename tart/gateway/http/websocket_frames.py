"""WebSocket frames of a server (RFC 6455, 5.2).

Pure. Sanic's own ``send`` would encode each message again for every client; a live event is
framed once for all. The frames are not compressed: no extension is negotiated
(``sanic_adapter``).
"""

from __future__ import annotations

_TEXT = b"\x81"  # the final frame of a text message
_LENGTH_16, _LENGTH_64 = b"\x7e", b"\x7f"


def text_frame(payload: bytes) -> bytes:
    """Return a text message as one unmasked frame."""
    size = len(payload)
    if size < 126:
        return _TEXT + size.to_bytes() + payload
    if size < 1 << 16:
        return _TEXT + _LENGTH_16 + size.to_bytes(2, "big") + payload
    return _TEXT + _LENGTH_64 + size.to_bytes(8, "big") + payload
