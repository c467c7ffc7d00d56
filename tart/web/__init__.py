"""The web page: sources in ``app/``, built files in ``static/``. No Python code.

``app/`` has the ES modules and styles, ``build.mjs`` bundles them with esbuild (``make web``).
``static/`` has the built files, which the gateway serves at ``/`` and ``/assets/``
(``gateway.handlers.web_page``). They are committed: an installation needs no Node.
"""
