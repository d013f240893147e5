"""The notebook's tutorial runs from top to bottom: what is printed and what is drawn."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("anywidget", reason="the extra 'notebook' is not installed")

import comm

from cardhouse.notebook import widget as widgets
from notebooks import Line

PAGE = Path(__file__).parents[2] / "docs" / "tutorials" / "notebook.md"
BLOCK = re.compile(r"^```(?:\{executed\} )?python\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def test_its_blocks_run_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    if not PAGE.is_file():
        pytest.skip("no docs/ beside the tests")
    monkeypatch.setattr(comm, "create_comm", Line)
    monkeypatch.setattr(widgets, "module_text", lambda: "export default {}")
    names: dict[str, Any] = {}
    blocks = BLOCK.findall(PAGE.read_text(encoding="utf-8"))
    assert len(blocks) == 8
    for block in blocks:
        exec(compile(block, PAGE.name, "exec"), names)
    flow, slider = names["flow"], names["slider"]
    assert flow.quarter == "2027Q1"
    assert flow.run is names["halved"]
    slider.value = 0.4
    assert flow.run.scenario.levers == {"capex_plan": 0.4}
