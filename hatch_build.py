"""Compile ``fairaudit/scoring/_kernel.c`` and ``fairaudit/cohorts/_trees.c`` into the wheel, if there is a C compiler.

Without one, the wheel is pure Python: slower, with the same results. ``FAIRAUDIT_KERNEL=off`` builds the pure wheel
anyway, and with ``FAIRAUDIT_KERNEL=require`` a kernel that cannot be compiled is an error.
"""

from __future__ import annotations

import os
import sys
import sysconfig
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

MODULES = ("fairaudit.scoring._kernel", "fairaudit.cohorts._trees")
#: Fused operations would round once where the Python code rounds twice.
FLAGS = [] if os.name == "nt" else ["-ffp-contract=off"]
#: One wheel for Python 3.11 and later, by the limited API.
LIMITED_API = "0x030B0000"
PYTHON_TAG = "cp311-abi3"


class KernelHook(BuildHookInterface):
    """Adds the kernel to wheels. In an editable install, it is compiled beside its source."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile the kernel, or say why the wheel is without it."""
        choice = os.environ.get("FAIRAUDIT_KERNEL") or "auto"
        if self.target_name != "wheel" or choice == "off":
            return
        try:
            kernels = self._compile(inplace=version == "editable")
        except Exception as error:  # whatever a compiler or its absence may raise
            if choice == "require":
                raise
            self.app.display_warning(f"fairaudit is built without its compiled kernel ({error}); it works, but slower")
            return
        platform = sysconfig.get_platform().replace("-", "_").replace(".", "_")
        build_data["pure_python"] = False
        build_data["tag"] = f"{PYTHON_TAG}-{platform}"
        for kernel, module in zip(kernels, MODULES, strict=True):
            build_data["force_include"][str(kernel)] = f"{_source(module).parent.as_posix()}/{kernel.name}"

    def _compile(self, *, inplace: bool) -> list[Path]:
        if sys.implementation.name != "cpython" or sysconfig.get_config_var("Py_GIL_DISABLED"):
            raise RuntimeError("this Python has no limited API")
        from setuptools import Distribution, Extension
        from setuptools.command.build_ext import build_ext

        macros = [("Py_LIMITED_API", LIMITED_API)]
        extensions = [
            Extension(
                module, [str(_source(module))], define_macros=macros, extra_compile_args=FLAGS, py_limited_api=True
            )
            for module in MODULES
        ]
        command = build_ext(Distribution({"name": "fairaudit", "ext_modules": extensions}))
        self._folder = tempfile.TemporaryDirectory()  # removed with this object, when the wheel is written
        command.build_temp = self._folder.name
        command.build_lib = self.root if inplace else self._folder.name
        command.ensure_finalized()
        command.run()
        return [Path(kernel) for kernel in command.get_outputs()]


def _source(module: str) -> Path:
    return Path(f"{module.replace('.', '/')}.c")
