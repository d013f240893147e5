"""What the page believes about the API is what the API says about itself."""

from __future__ import annotations

import json
import runpy
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
