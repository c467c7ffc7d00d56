"""A server without sockets: shards and the queries to them in one process, at a simulated time.

Events are received, counted and queried by the code of ``tart.shard`` and ``tart.gateway``; the
present is what the caller says. So alerting rules are tested on captures and on simulated
networks, many times faster than in real time.
"""
