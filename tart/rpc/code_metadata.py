"""Metadata at the beginning of a service's code, which names it.

Pure. Source: crate jam-program-blob-common, ``ConventionalMetadata``. The preimage of an account's
code hash begins with the length of its metadata, a natural; then follow a kind, 0, the name, the
version and the licence as texts, and the authors, a list of texts. Other code has other metadata or
none, so what cannot be read is None and no error.
"""

from __future__ import annotations

from typing import NamedTuple

from tart.errors import DecodeError
from tart.protocol.byte_reader import Reader, read_natural

_KIND = 0
# What is read of metadata that an adversary may have written.
MAX_METADATA_BYTES = 4096
MAX_AUTHORS = 32


class CodeMetadata(NamedTuple):
    """Metadata of a service's code, as its authors wrote it."""

    name: str
    version: str
    licence: str
    authors: tuple[str, ...]


def read_code_metadata(code: bytes) -> CodeMetadata | None:
    """Return the metadata of code; None if it has none of this kind.

    Args:
        code: The preimage of the account's code hash, or its first ``MAX_METADATA_BYTES``.
    """
    reader = Reader(code[:MAX_METADATA_BYTES])
    try:
        metadata = Reader(reader.take(read_natural(reader)))
        if metadata.take(1)[0] != _KIND:
            return None
        name, version, licence = (_read_text(metadata) for _ in range(3))
        count = read_natural(metadata)
        if count > MAX_AUTHORS:
            return None
        authors = tuple(_read_text(metadata) for _ in range(count))
    except (DecodeError, UnicodeDecodeError):
        return None
    return CodeMetadata(name, version, licence, authors) if not metadata.remaining else None


def _read_text(reader: Reader) -> str:
    return reader.take(read_natural(reader)).decode()
