"""Laws are compiled by several processes, and by one where the others fail."""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from cardhouse.engine.kernel import crew, machine, quarter

NAMES = ("one", "two")


def spoken(name: str) -> Any:
    """Return what stands for a law: it has a name."""
    return SimpleNamespace(py_func=SimpleNamespace(__name__=name))


def test_each_law_is_taken_once_the_slowest_first(tmp_path: Path) -> None:
    laws = [spoken(name) for name in ("begin", "another", "clear", "make")]
    mine, theirs = (crew.taken_in_turn(laws, tmp_path) for _ in range(2))
    taken = [crew.name_of(next(turn)) for turn in (mine, theirs, mine)]
    assert taken == ["clear", "make", "begin"]
    assert [crew.name_of(one) for one in theirs] == ["another"]
    assert list(mine) == []


def test_every_law_has_a_place_in_the_order() -> None:
    names = {crew.name_of(one) for step in machine.STEPS for one in step}
    assert set(crew.SLOWEST_FIRST) < names


@pytest.mark.parametrize(("kept", "processors", "expected"), [(True, 3, 2), (False, 3, 0)])
def test_there_is_a_child_for_each_other_processor_where_code_is_kept(
    kept: bool, processors: int, expected: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[Any] = []

    def start(_: Path, names: tuple[str, ...], one_path: bool) -> Any:
        started.append((names, one_path))
        return Child()

    monkeypatch.setattr(crew, "processors", lambda: processors)
    monkeypatch.setattr(crew, "child", start)
    with crew.crew(NAMES, one_path=True, kept=kept) as claims:
        assert claims.is_dir()
    assert started == [(NAMES, True)] * expected
    assert not claims.exists()


class Child:
    """A child that is done."""

    def wait(self, _: float | None = None) -> int:
        return 0

    def kill(self) -> None:
        pass


def test_a_child_that_fails_leaves_all_to_its_parent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crew, "MAIN", "raise SystemExit(3)")
    monkeypatch.setattr(crew, "processors", lambda: 2)
    with crew.crew(NAMES, one_path=False, kept=True) as claims:
        left = [crew.name_of(one) for one in crew.taken_in_turn([spoken("clear")], claims)]
    assert left == ["clear"]
    child = crew.child(tmp_path, NAMES, one_path=False)
    assert child.wait(60) == 3


@pytest.mark.parametrize("one_path", [False, True])
def test_a_child_compiles_what_is_free(
    one_path: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[tuple[Any, ...]] = []
    monkeypatch.setattr(machine, "compile_free", lambda *asked: done.append(asked))
    monkeypatch.setattr(crew, "MAIN", "")
    crew.child(tmp_path, NAMES, one_path).wait(60)
    monkeypatch.setattr(sys, "argv", ["-c", str(tmp_path)])
    machine.child_main()
    assert done == [(NAMES, one_path, tmp_path)]


def test_an_application_that_holds_python_gets_no_children() -> None:
    assert crew.is_python("/usr/bin/python3.11")
    assert crew.is_python(sys.executable)
    assert not crew.is_python("/opt/paint/paint")
    assert not crew.is_python("")
    assert not crew.is_python(None)


def test_a_record_is_spelled_as_ever_after_compiling() -> None:
    signature = machine.signature_for(NAMES)
    before = repr(signature.args[0])
    with machine.quietly():
        assert repr(signature.args[0]) == before
    assert type(signature.args[0]).__repr__.__name__ == "__repr__"
    assert quarter.TRADE
