"""A shard's worker alone: ``python -m tests.shard.worker DATA SHARD COUNT SETTINGS``.

Instead of a supervisor there is a named pipe ``DATA/run/lifeline`` that somebody holds
open for writing. ``SETTINGS`` is JSON: section to settings.
"""

from __future__ import annotations

import json
import os
import socket
import sys
from dataclasses import replace
from pathlib import Path

from tart.config.schema import Config, ServerConfig, StorageConfig, TelemetryConfig
from tart.errors import TartError
from tart.process_handle import ProcessHandle
from tart.shard.worker import run_shard


def say(text):
    os.write(1, f"{text}\n".encode())


def main(data, shard, count, settings):
    sections = json.loads(settings)
    config = replace(
        Config(),
        server=ServerConfig(data_dir=data),
        storage=StorageConfig(**sections.get("storage", {})),
        telemetry=TelemetryConfig(**sections.get("telemetry", {})),
    )
    lifeline = os.open(Path(data, "run", "lifeline"), os.O_RDONLY)
    # Holds the port without accepting on it, as the supervisor does.
    with socket.socket() as holder:
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        holder.bind(("127.0.0.1", 0))
        port = holder.getsockname()[1]
        startup = ProcessHandle(lambda: say(f"accepts on {port}"), lifeline)
        try:
            return run_shard(int(shard), int(count), config, "127.0.0.1", port, startup)
        except TartError as error:
            say(f"{type(error).__name__}: {error}")
            return 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
