"""The money flow in a browser: one dollar is one height, in every scenario."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

STATE = """() => {
    const svg = document.querySelector('.flow svg')
    const scale = Number(svg.dataset.scale)
    const paths = [...svg.querySelectorAll('path[data-amount]')]
    const zoom = svg.getBoundingClientRect().width / svg.viewBox.baseVal.width
    const tall = svg.classList.contains('tall')
    const outlines = paths.filter(path => path.classList.contains('ribbon'))
    // an outline goes there along one edge and ends where the other one began
    const thickness = path => {
        const numbers = path.getAttribute('d').match(/-?[\\d.]+/g).map(Number)
        return tall ? numbers.at(-2) - numbers[0] : numbers.at(-1) - numbers[1]
    }
    const off = path => Math.abs(thickness(path) - scale * Number(path.dataset.amount))
    const across = tall ? 'width' : 'height'
    return {
        scale,
        zoom,
        digest: svg.dataset.digest,
        worst: Math.max(...outlines.map(off)),
        outlines: outlines.length,
        lines: paths.filter(path => path.classList.contains('way'))
            .map(path => [Number(path.dataset.amount), Number(path.getAttribute('stroke-width'))]),
        boxes: [...svg.querySelectorAll('rect.box')].map(
            box => [Number(box.dataset.amount), box.getBoundingClientRect()[across] / zoom]),
        order: [...svg.querySelectorAll('.node')].map(node => node.dataset.node),
    }
}"""
WRITTEN = 0.0101
"""px: paths are written in hundredths."""
ASK = """question => {
    history.pushState(null, '', `/?quarters=12&${question}#flows/2027Q2`)
    dispatchEvent(new PopStateEvent('popstate'))
}"""
NEW = "digest => document.querySelector('.flow svg').dataset.digest !== digest"


@pytest.fixture(scope="module")
def scenarios(address: str) -> list[str]:
    """Return twenty questions: the shipped scenarios, then some levers."""
    answer = httpx.get(f"{address}/api/v1/scenarios", timeout=60).json()
    shipped = [f"scenario={one['id']}" for one in answer["scenarios"] if one["id"] != "baseline"]
    levers = [
        "set=venture_supply%3D0.2",
        "set=capex_plan%3D0.5",
        "set=user_price%3D2",
        "set=demand_growth%3D1.5",
    ]
    return [*shipped, *levers][:20]


def test_every_box_and_ribbon_is_as_thick_as_its_dollars_in_twenty_scenarios(
    opened: Any, scenarios: list[str]
) -> None:
    opened.go("/?quarters=12#flows/2027Q2")
    first = before = opened.page.evaluate(STATE)
    for question in scenarios:
        opened.page.evaluate(ASK, question)
        opened.page.wait_for_function(NEW, arg=before["digest"])
        now = before = opened.page.evaluate(STATE)
        assert now["scale"] == first["scale"], question
        assert now["zoom"] == pytest.approx(1.0), question
        assert now["outlines"] > 50, question
        assert now["worst"] <= WRITTEN, question
        for amount, drawn in now["boxes"]:
            assert drawn == pytest.approx(amount * now["scale"], abs=0.05), question
        for amount, width in now["lines"]:
            assert width == pytest.approx(max(amount * now["scale"], 0.8)), question
        known = [node for node in now["order"] if node in first["order"]]
        assert known == [node for node in first["order"] if node in known], question
