"""The build of the wheel: compiles the native kernel where there is a C compiler.

Without one, or with ``TART_KERNEL=python`` in the environment, the wheel has the Python kernel
alone and runs everywhere (``py3-none-any``); with it the wheel is for this platform, but for any
Python: the kernel has no Python ABI. A library that needs nothing but glibc makes it a
``manylinux`` wheel of the oldest glibc that has the symbols it asks for (PEP 600).
"""

from __future__ import annotations

import os
import re
import runpy
import sysconfig
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

# The oldest glibc that a Python of `requires-python` is built for (PEP 599).
_OLDEST_GLIBC = (2, 17)
_VERSION = re.compile(rb"\0GLIBC_(\d+)\.(\d+)")
_LIBRARY = re.compile(rb"\0((?:lib|ld-)[\w+.-]*\.so(?:\.[\d.]+)?)(?=\0)")
_LIBC = frozenset([b"libc.so.6", b"libm.so.6"])


class KernelBuildHook(BuildHookInterface):
    """Builds ``tart/native/kernel.so`` and puts it into the wheel."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile the library (called by hatchling)."""
        if os.environ.get("TART_KERNEL") == "python":
            return
        building = runpy.run_path(str(Path(self.root, "tart/native/build.py")))
        try:
            building["build"]()
        except building["NoCompilerError"] as error:
            building["LIBRARY"].unlink(missing_ok=True)
            self.app.display_warning(f"the Python kernel will run: {error}")
            return
        build_data["pure_python"] = False
        build_data["tag"] = f"py3-none-{platform_tag(building['LIBRARY'].read_bytes())}"
        build_data["artifacts"].append("tart/native/kernel.so")


def platform_tag(library: bytes) -> str:
    """Return the platform tag of a wheel with a shared library.

    Args:
        library: The content of the library, an ELF file.
    """
    platform = sysconfig.get_platform().replace("-", "_").replace(".", "_")
    versions = [(int(major), int(minor)) for major, minor in _VERSION.findall(library)]
    if not platform.startswith("linux_") or not versions:
        return platform
    if set(_LIBRARY.findall(library)) - _LIBC:
        return platform  # It needs a library that other machines may not have.
    major, minor = max(_OLDEST_GLIBC, *versions)
    return platform.replace("linux_", f"manylinux_{major}_{minor}_", 1)
