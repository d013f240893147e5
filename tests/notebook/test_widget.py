"""The widget's traits: what is sent, what is heard, and what is refused."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import cardhouse as ch
from cardhouse.errors import InputError

pytest.importorskip("anywidget", reason="the extra 'notebook' is not installed")

import comm

from cardhouse.model.world import World
from cardhouse.notebook import widget as widgets
from notebooks import Line

SCRIPT = "export default { render() {} }"


@pytest.fixture(scope="module")
def world() -> World:
    return ch.open("ride-hailing")


@pytest.fixture
def make(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Return how a widget is made that talks to the test, with a script that need not be built."""
    monkeypatch.setattr(comm, "create_comm", Line)
    monkeypatch.setattr(widgets, "module_text", lambda: SCRIPT)
    return ch.money_flow


@pytest.fixture
def flow(world: World, make: Callable[..., Any]) -> Any:
    return make(ch.run(world, "capital-freeze", quarters=3))


def test_everything_that_is_drawn_is_sent_when_it_opens(flow: Any) -> None:
    sent = flow.comm.take()
    assert sent["_esm"] == SCRIPT
    assert sent["quarter"] == flow.run.document["quarters"][0]
    assert sent["stage"]["quarters"] == flow.run.document["quarters"]
    assert sent["view"]["scenario"] == "capital-freeze"
    assert (sent["money"], sent["theme"], sent["ghost"]) == ("paid", "auto", True)


def test_another_run_sends_its_numbers_alone(flow: Any, world: World) -> None:
    flow.comm.take()
    other = ch.run(world, "price-war", quarters=3)
    flow.show(other)
    assert flow.run is other
    sent = flow.comm.take()
    assert set(sent) == {"view"}
    assert sent["view"]["scenario"] == "price-war"
    flow.show(ch.run(world, quarters=3))
    assert flow.comm.take() == {"view": None}


def test_what_the_picture_says_is_heard(flow: Any) -> None:
    last = flow.run.document["quarters"][-1]
    seen: list[str] = []
    flow.observe(lambda change: seen.append(change["new"]), "quarter")
    flow.comm.hear({"quarter": last, "playing": True, "money": "committed"})
    assert (flow.quarter, flow.playing, flow.money) == (last, True, "committed")
    assert seen == [last]


@pytest.mark.parametrize(
    ("trait", "value", "told"),
    [
        ("quarter", "2035Q9", "2035Q9.*This run has"),
        ("theme", "blue", "auto, light, dark"),
        ("money", "owed", "paid, committed"),
    ],
)
def test_a_value_that_is_none_is_refused_in_one_sentence(
    flow: Any, trait: str, value: str, told: str
) -> None:
    before = getattr(flow, trait)
    with pytest.raises(InputError, match=told):
        setattr(flow, trait, value)
    assert getattr(flow, trait) == before


def test_numbers_cannot_be_set_by_hand(flow: Any) -> None:
    with pytest.raises(Exception, match="read-only"):
        flow.view = {}


def test_wrong_arguments_are_refused(world: World, make: Callable[..., Any]) -> None:
    run = ch.run(world, quarters=1)
    with pytest.raises(InputError, match="kept is -1"):
        make(run, kept=-1)
    with pytest.raises(InputError, match="This run has"):
        make(run, quarter="1999Q1")


def test_without_the_extra_it_says_what_to_install(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == "anywidget" else found(name)
    )
    with pytest.raises(InputError, match=r"pip install 'cardhouse\[notebook\]'"):
        ch.money_flow(ch.run(world, quarters=1))


def test_without_the_built_script_it_says_how_to_build_it(
    world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(
        "cardhouse.notebook.drawn.module_text.__defaults__", (tmp_path / "none.js",)
    )
    with pytest.raises(InputError, match="make web"):
        ch.money_flow(ch.run(world, quarters=1))
