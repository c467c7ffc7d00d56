"""Errors of the operating system in plain words: ``tart.os_errors``, which all layers use."""

from tart.os_errors import reason

__all__ = ["reason"]
