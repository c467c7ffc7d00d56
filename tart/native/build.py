"""Compiles the native kernel: ``python -m tart.native.build``.

Only the standard library, and nothing of tart: a build of the wheel runs this file before
anything is installed. ``tart --version`` imports it for the hash of the source, so what only a
build needs is imported by the build.
"""

from __future__ import annotations

import hashlib
import os
import sys
from pathlib import Path

SOURCE = Path(__file__).with_name("kernel.c")
LIBRARY = Path(__file__).with_name("kernel.so")
_FLAGS = ("-std=c99", "-O3", "-fPIC", "-shared", "-fvisibility=hidden", "-Wall", "-Wextra")


class NoCompilerError(Exception):
    """The machine has no C compiler, or it fails."""


def source_hash(source: Path = SOURCE) -> str:
    """Return the hash that a library has of the source that it is made of."""
    return hashlib.sha256(source.read_bytes()).hexdigest()[:16]


def build(library: Path = LIBRARY, *flags: str) -> Path:
    """Compile the library; return its path.

    Args:
        library: The file to write; processes that use an older one are not disturbed.
        flags: Further flags of the compiler, such as those of sanitizers.

    Raises:
        NoCompilerError: There is no compiler (``CC``, else ``cc`` or ``gcc``), or it fails.
    """
    import shutil
    import subprocess
    import tempfile

    named = os.environ.get("CC", "").split()
    compiler = named or [each for each in ("cc", "gcc", "clang") if shutil.which(each)][:1]
    if not compiler:
        hint = "cc, gcc or clang; Debian: apt-get install gcc libc6-dev"
        raise NoCompilerError(f"no C compiler ({hint})")
    defined = f'-DKERNEL_SOURCE="{source_hash()}"'
    with tempfile.TemporaryDirectory(dir=library.parent) as scratch:
        draft = Path(scratch) / library.name
        command = [*compiler, *_FLAGS, *flags, defined, str(SOURCE), "-o", str(draft)]
        try:
            subprocess.run(command, check=True, capture_output=True, text=True)
        except (OSError, subprocess.CalledProcessError) as error:
            output = (getattr(error, "stderr", "") or "it does not run").strip()
            message = f"{compiler[0]} cannot compile the kernel: {output}"
            raise NoCompilerError(message) from None
        draft.replace(library)
    return library


def main() -> int:
    """Compile the library unless it is up to date; return the exit code."""
    import argparse

    parser = argparse.ArgumentParser(description="Compile tart's native kernel.")
    parser.add_argument(
        "--required", action="store_true", help="fail if there is no compiler or it fails"
    )
    required = parser.parse_args().required
    if LIBRARY.exists() and source_hash().encode() in LIBRARY.read_bytes():
        return 0
    try:
        build()
    except NoCompilerError as error:
        sys.stderr.write(f"the Python kernel will run: {error}\n")
        return int(required)
    return 0


if __name__ == "__main__":
    sys.exit(main())
