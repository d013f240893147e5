"""What the page believes about the API is what the API says about itself."""

from __future__ import annotations

import gzip
import json
import runpy
import shutil
import subprocess
from pathlib import Path

import pytest

FRONTEND = Path(__file__).parents[2] / "frontend"


def test_the_page_was_typed_from_the_api_as_it_is() -> None:
    pytest.importorskip("cardhouse.web.app", reason="the web room is not there")
    script = FRONTEND / "api.py"
    if not script.is_file():
        pytest.skip("no frontend/ beside the tests")
    written = json.loads((FRONTEND / "openapi.json").read_text(encoding="utf-8"))
    now = runpy.run_path(str(script))["document"]()
    assert written == now, "the API changed: run `python frontend/api.py`, then `npm run check`"


def test_the_lock_names_no_address_to_fetch_from() -> None:
    if not FRONTEND.is_dir():
        pytest.skip("no frontend/ beside the tests")
    lock = json.loads((FRONTEND / "package-lock.json").read_text(encoding="utf-8"))
    assert [name for name, one in lock["packages"].items() if "resolved" in one] == []
    assert all("integrity" in one for name, one in lock["packages"].items() if name)


@pytest.mark.parametrize(("part", "budget"), [("page", 120), ("notebook", 60)])
def test_what_is_built_keeps_within_its_budget(part: str, budget: int) -> None:
    """A page that a newsroom embeds is small: so many KB as it travels; so is a notebook's part."""
    script = FRONTEND / "build.py"
    if not script.is_file():
        pytest.skip("no frontend/ beside the tests")
    build = runpy.run_path(str(script))
    if not build["is_built"]():
        pytest.skip("the page is not built from these sources; run `make web` first")
    static = Path(build["STATIC"])
    inside = set((static / "notebook").rglob("*"))
    files = inside if part == "notebook" else set(static.rglob("*")) - inside
    sizes = [len(gzip.compress(path.read_bytes(), 9)) for path in files if path.is_file()]
    assert 10 * 1024 < sum(sizes) <= budget * 1024


def test_the_pages_own_tests_pass() -> None:
    if not (FRONTEND / "node_modules").is_dir() or not shutil.which("node"):
        pytest.skip("the page's tools are not installed; run `make web` first")
    vitest = FRONTEND / "node_modules" / "vitest" / "vitest.mjs"
    told = subprocess.run(
        ["node", str(vitest), "run"], cwd=FRONTEND, capture_output=True, text=True, check=False
    )
    assert told.returncode == 0, told.stdout[-4000:] + told.stderr[-2000:]
