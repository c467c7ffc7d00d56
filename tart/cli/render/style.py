"""Colours of the commands: ``tart.style``, which the log uses, too."""

from tart.style import PLAIN, Style, style_for

__all__ = ["PLAIN", "Style", "style_for"]
