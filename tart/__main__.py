"""``python -m tart``: the same as the ``tart`` command."""

from __future__ import annotations

import sys

from tart.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
