"""``tart dash``: the terminal dashboard, a reader of the public HTTP API. Needs ``tart[dash]``."""
