"""Taking a table in: what is new is added, what is known stays, what changes is asked about."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cardhouse.errors import FactError, InputError
from cardhouse.facts import Fact, FactTable, load_facts, read_facts
from cardhouse.facts.own_table import accept, table_text
from cardhouse.facts.schema import id_of


@pytest.fixture(scope="module")
def shipped() -> FactTable:
    return load_facts(tables=("market_gauges.csv",))


@pytest.fixture(scope="module")
def some(shipped: FactTable) -> list[Fact]:
    return list(shipped)[:8]


def by(fact: Fact, source: str, **changes: object) -> Fact:
    made = dataclasses.replace(fact, source=source, **changes)  # type: ignore[arg-type]
    return dataclasses.replace(made, id=id_of(made.key))


def test_new_rows_are_added_and_known_ones_left(
    shipped: FactTable, some: list[Fact], tmp_path: Path
) -> None:
    own = tmp_path / "mine.csv"
    done = accept([some[0], by(some[1], "me")], own, shipped, replace=False)
    assert [fact.source for fact in done.added] == ["me"]
    assert done.left == (some[0],)
    own.write_text(done.text, encoding="utf-8")
    again = accept([by(some[1], "me")], own, shipped, replace=False)
    assert (again.added, again.replaced) == ((), ())
    assert again.text == done.text
    assert load_facts([own]).by_id[done.added[0].id].source == "me"


def test_what_a_row_replaces_is_kept(shipped: FactTable, some: list[Fact], tmp_path: Path) -> None:
    own = tmp_path / "mine.csv"
    own.write_text(table_text([by(some[0], "me", replaces=some[0].id)]), encoding="utf-8")
    assert load_facts([own]).by_id[some[0].id].source == "me"
    own.write_text(accept([by(some[1], "me")], own, shipped, replace=False).text, encoding="utf-8")
    after = load_facts([own])
    assert after.by_id[some[0].id].source == "me"
    assert len(after) == len(load_facts()) + 1


@pytest.mark.parametrize("where", ["shipped", "own"])
def test_a_row_that_changes_what_is_known_is_refused_unless_asked_for(
    where: str, shipped: FactTable, some: list[Fact], tmp_path: Path
) -> None:
    own = tmp_path / "mine.csv"
    before = some[0] if where == "shipped" else by(some[0], "me")
    if where == "own":
        own.write_text(table_text([before]), encoding="utf-8")
    rows = [dataclasses.replace(before, value=before.number + 1), by(some[1], "you")]
    with pytest.raises(InputError, match="1 row would change what is known") as told:
        accept(rows, own, shipped, replace=False)
    assert f"{before.value} becomes {rows[0].value}" in str(told.value)
    assert own.exists() == (where == "own")
    replaced = accept(rows, own, shipped, replace=True)
    assert [(old.value, new.value) for old, new in replaced.replaced] == [
        (before.value, rows[0].value)
    ]
    assert len(replaced.added) == 1
    new = accept(rows, own, shipped, replace=False, new_only=True)
    assert (len(new.added), new.replaced, new.left) == (1, (), (rows[0],))
    own.write_text(replaced.text, encoding="utf-8")
    assert load_facts([own]).by_key[before.key].value == rows[0].value


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=20)
@given(drawn=st.lists(st.tuples(st.integers(0, 7), st.floats(1, 9)), unique_by=lambda one: one[0]))
def test_taking_in_twice_is_taking_in_once(
    drawn: list[tuple[int, float]], shipped: FactTable, some: list[Fact], tmp_path: Path
) -> None:
    own = tmp_path / "own.csv"
    own.unlink(missing_ok=True)
    rows = [by(some[at], "me", value=value, low=None, high=None) for at, value in drawn]
    if not rows:
        return
    first = accept(rows, own, shipped, replace=False)
    own.write_text(first.text, encoding="utf-8")
    assert {fact.key for fact in read_facts(own).everything()} == {fact.key for fact in rows}
    second = accept(rows, own, shipped, replace=True)
    assert (second.added, second.replaced, second.text) == ((), (), first.text)


def test_an_own_table_that_is_broken_is_told(
    shipped: FactTable, some: list[Fact], tmp_path: Path
) -> None:
    own = tmp_path / "mine.csv"
    own.write_text("", encoding="utf-8")
    with pytest.raises(FactError, match="empty"):
        accept([some[0]], own, shipped, replace=False)
    own.write_text("entity,value\n", encoding="utf-8")
    with pytest.raises(FactError):
        accept([some[0]], own, shipped, replace=False)
