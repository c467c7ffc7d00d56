"""The ``tart`` command with toy parts: run as ``python -m tests.cli.toy_tart ARGUMENTS``.

Everything but what shard and gateway do is real. A toy part listens like the real one and
tells whoever connects its name and process id.
"""

from __future__ import annotations

import logging
import os
import selectors
import signal
import socket
import sys
from types import ModuleType

from tart.cli.main import main


def run_shard(index, count, config, host, port, startup):
    return answer(f"shard {index} of {count}", host, port, startup)


def run_gateway(count, config, host, port, startup):
    return answer(f"gateway of {count}", host, port, startup)


def answer(name, host, port, startup):
    heard, hears = os.pipe()
    os.set_blocking(hears, False)
    signal.set_wakeup_fd(hears)
    signal.signal(signal.SIGTERM, lambda *_: None)
    server = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    server.bind((host, port))
    server.listen()
    selector = selectors.DefaultSelector()
    for each in (heard, startup.lifeline, server):
        selector.register(each, selectors.EVENT_READ)
    startup.ready()
    while True:
        for key, _ in selector.select():
            if key.fileobj == heard:
                number = os.read(heard, 1)[0]
                logging.getLogger().debug("toy heard %s", signal.Signals(number).name)
                if number == signal.SIGTERM:
                    return 0
            elif key.fileobj == startup.lifeline:
                return 0
            else:
                connection, _ = server.accept()
                connection.sendall(f"{name} {os.getpid()}".encode())
                connection.close()


def put_toys():
    """In place of the real modules, which are imported only after the fork."""
    shard = ModuleType("tart.shard.worker")
    shard.run_shard = run_shard
    gateway = ModuleType("tart.gateway.process")
    gateway.run_gateway = run_gateway
    sys.modules |= {each.__name__: each for each in (shard, gateway)}


if __name__ == "__main__":
    put_toys()
    sys.exit(main())
