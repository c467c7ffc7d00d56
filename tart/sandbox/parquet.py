"""The process that makes a Parquet file of an Arrow stream: ``python -m tart.sandbox.parquet``.

DuckDB writes Parquet into files only, and a sandbox that runs a user's statement can open none.
So the statement's result leaves its sandbox as Arrow, and this process, which gets no statement,
writes it to a file in memory (``memfd_create``) and from there to stdout. No module imports it.
"""

from __future__ import annotations

import os
import resource
import sys

import duckdb
import nanoarrow as na

from tart.process_title import set_title

_CHUNK_BYTES = 1 << 20
_CPU_SECONDS = 60


def main() -> None:
    """Read an Arrow stream from stdin, write a Parquet file to stdout."""
    set_title("sandbox", "writes Parquet")
    resource.setrlimit(resource.RLIMIT_CPU, (_CPU_SECONDS, _CPU_SECONDS + 1))
    data = sys.stdin.buffer.read()
    file = os.memfd_create("parquet")
    connection = duckdb.connect(":memory:", config={"threads": 1, "memory_limit": "512MiB"})
    connection.execute("SET TimeZone = 'UTC'")
    connection.register("result", na.ArrayStream.from_readable(data).read_all())
    connection.execute(
        f"COPY result TO '/proc/self/fd/{file}' "
        "(FORMAT parquet, COMPRESSION zstd, USE_TMP_FILE false)"
    )
    position = 0
    while chunk := os.pread(file, _CHUNK_BYTES, position):
        sys.stdout.buffer.write(chunk)
        position += len(chunk)
    sys.stdout.buffer.flush()
    # No clean-up is necessary.
    os._exit(0)


if __name__ == "__main__":
    main()
