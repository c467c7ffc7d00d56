"""The build of the wheel: compiles the native kernel where there is a C compiler.

Without one the wheel has the Python kernel alone and runs everywhere; with it the wheel is for
this platform, but for any Python: the kernel has no Python ABI.
"""

from __future__ import annotations

import runpy
import sysconfig
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class KernelBuildHook(BuildHookInterface):
    """Builds ``tart/native/kernel.so`` and puts it into the wheel."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile the library (called by hatchling)."""
        building = runpy.run_path(str(Path(self.root, "tart/native/build.py")))
        try:
            building["build"]()
        except building["NoCompilerError"] as error:
            building["LIBRARY"].unlink(missing_ok=True)
            self.app.display_warning(f"the Python kernel will run: {error}")
            return
        platform = sysconfig.get_platform().replace("-", "_").replace(".", "_")
        build_data["pure_python"] = False
        build_data["tag"] = f"py3-none-{platform}"
        build_data["artifacts"].append("tart/native/kernel.so")
