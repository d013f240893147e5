"""The picture in a notebook: the built module beside a model that carries what both sides say."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

import cardhouse as ch

pytest.importorskip("anywidget", reason="the extra 'notebook' is not installed")

import comm

from cardhouse.model.world import World
from cardhouse.notebook import drawn as drawings
from cardhouse.notebook import widget as widgets
from notebooks import Line

QUESTION = "quarters=6&set=venture_supply%3D0.2"
MODEL = """state => {
    const heard = new Map(), waiting = {}
    const tell = name => (heard.get(`change:${name}`) ?? []).forEach(one => one())
    window.said = []
    window.model = {
        get: name => state[name],
        set: (name, value) => { state[name] = waiting[name] = value; tell(name) },
        save_changes: () => { said.push({ ...waiting }); for (const one in waiting) delete waiting[one] },
        on: (event, one) => heard.set(event, [...(heard.get(event) ?? []), one]),
        off: (event, one) => heard.set(event, (heard.get(event) ?? []).filter(any => any !== one)),
        hear: news => { Object.assign(state, news); Object.keys(news).forEach(tell) },
        listeners: () => [...heard.values()].reduce((sum, all) => sum + all.length, 0),
    }
}"""  # noqa: E501
RENDER = """async () => {
    const script = new Blob([model.get('_esm')], { type: 'text/javascript' })
    const { default: widget } = await import(URL.createObjectURL(script))
    document.body.innerHTML = '<div id="cell"></div>'
    const el = document.querySelector('#cell')
    window.leave = await widget.render({ model, el })
    window.root = el.firstElementChild.shadowRoot
}"""
MARKS = """root => ({
    moves: [...root.querySelectorAll('.flow path[data-amount]')]
        .map(one => [one.getAttribute('class'), Number(one.dataset.amount)]),
    boxes: [...root.querySelectorAll('.node')]
        .map(one => [one.getAttribute('aria-label'), Number(one.querySelector('.box').dataset.amount)]),
    digest: root.querySelector('.flow svg').dataset.digest,
    title: root.querySelector('.figure h2').textContent,
    lede: root.querySelector('.lede').textContent,
    ghosts: root.querySelectorAll('.ghost').length,
})"""  # noqa: E501


@dataclass
class Cell:
    """A notebook's cell with a widget in it."""

    page: Any
    flow: Any
    asked: list[str] = field(default_factory=list)

    def render(self) -> None:
        self.page.evaluate(MODEL, self.flow.comm.take())
        self.page.evaluate(RENDER)
        self.page.wait_for_function("() => root.querySelector('.flow svg .node')")

    def marks(self) -> dict[str, Any]:
        """Return what is drawn."""
        return self.page.evaluate(f"() => ({MARKS})(root)")

    def carry(self) -> None:
        """Bring what each side has said to the other."""
        for state in self.page.evaluate("() => said.splice(0)"):
            self.flow.comm.hear(state)
        self.page.evaluate("news => model.hear(news)", self.flow.comm.take())


@pytest.fixture(scope="module")
def world() -> World:
    return ch.open("ai")


@pytest.fixture
def make(built_page: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Return how a widget is made whose messages the test carries."""
    script = (built_page / "notebook" / "money-flow.js").read_text(encoding="utf-8")
    monkeypatch.setattr(comm, "create_comm", Line)
    monkeypatch.setattr(widgets, "module_text", lambda: script)
    assert drawings.MODULE.name == "money-flow.js"
    return ch.money_flow


@pytest.fixture
def cell(opened: Any, make: Callable[..., Any], world: World) -> Iterator[Cell]:
    run = ch.run(world, quarters=6, levers={"venture_supply": 0.2})
    one = Cell(opened.page, make(run, quarter="2027Q2"), opened.asked)
    one.render()
    yield one
    assert opened.said == []


def test_it_draws_the_same_amounts_as_the_page_and_asks_nobody(opened: Any, cell: Cell) -> None:
    here = cell.marks()
    assert [url for url in opened.asked if not url.startswith("blob:")] == []
    opened.go(f"/?{QUESTION}#flows/2027Q2")
    page = opened.page
    page.wait_for_function(
        "digest => document.querySelector('.flow svg')?.dataset.digest === digest",
        arg=here["digest"],
    )
    there = page.evaluate(f"() => ({MARKS})(document)")
    assert len(there["moves"]) > 100
    assert sorted(here["moves"]) == sorted(there["moves"])
    assert sorted(here["boxes"]) == sorted(there["boxes"])
    assert (here["title"], here["lede"]) == (there["title"], there["lede"])


def test_both_sides_follow_each_other(cell: Cell, world: World) -> None:
    page, flow = cell.page, cell.flow
    before = cell.marks()
    page.locator("#quarter").press("End")
    cell.carry()
    assert flow.quarter == "2027Q3"
    assert "2027Q3" in cell.marks()["title"]
    flow.quarter = "2026Q2"
    cell.carry()
    assert "2026Q2" in cell.marks()["title"]
    page.get_by_text("Committed", exact=True).click()
    cell.carry()
    assert flow.money == "committed"
    flow.money = "paid"
    cell.carry()
    flow.show(ch.run(world, "capital-freeze", quarters=6))
    cell.carry()
    assert cell.marks()["digest"] != before["digest"]
    assert cell.marks()["lede"].startswith("Capital stops")


def test_it_plays_and_says_where_it_is(cell: Cell) -> None:
    cell.flow.quarter = "2026Q1"
    cell.flow.playing = True
    cell.carry()
    cell.page.wait_for_function("() => said.some(one => one.playing === false)")
    cell.carry()
    assert (cell.flow.quarter, cell.flow.playing) == ("2027Q3", False)


def test_the_baseline_is_a_ghost_that_can_be_left_out(cell: Cell, world: World) -> None:
    cell.flow.show(ch.run(world, quarters=6, levers={"capex_plan": 0.3}))
    cell.carry()
    assert cell.marks()["ghosts"] > 0
    cell.flow.ghost = False
    cell.carry()
    assert cell.marks()["ghosts"] == 0
    cell.flow.ghost = True
    cell.flow.show(ch.run(world, quarters=6))
    cell.carry()
    assert cell.marks()["ghosts"] == 0


def test_it_is_as_light_as_its_notebook_or_as_it_was_told(cell: Cell) -> None:
    ground = "() => getComputedStyle(root.querySelector('.figure')).backgroundColor"
    light = cell.page.evaluate(ground)
    cell.page.evaluate("() => { document.body.dataset.jpThemeLight = 'false' }")
    cell.page.wait_for_function(f"light => ({ground})() !== light", arg=light)
    cell.flow.theme = "light"
    cell.carry()
    assert cell.page.evaluate(ground) == light


def test_it_leaves_nothing_behind(cell: Cell) -> None:
    cell.page.evaluate("() => leave()")
    assert cell.page.evaluate("() => model.listeners()") == 0
    assert cell.page.evaluate("() => document.querySelector('#cell').childElementCount") == 0
