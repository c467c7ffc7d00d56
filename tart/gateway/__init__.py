"""The gateway process: the HTTP and WebSocket API over all shards.

Folders, top to bottom: ``live``, ``handlers``, ``observability``, ``http``, ``fanout``,
``api``. ``codegen`` writes the Python client from the declarations in ``api``.
"""
