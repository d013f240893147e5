"""A table beside what is known: by what is said, whoever says it."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardhouse.facts import Fact, FactTable, load_facts, read_facts
from cardhouse.facts.schema import id_of
from cardhouse.facts.statements import ALIKE, SAYS, statements


@pytest.fixture(scope="module")
def known() -> FactTable:
    return load_facts()


@pytest.fixture(scope="module")
def one(known: FactTable) -> Fact:
    """Return NVIDIA's sales of the first quarter of 2026, which one source tells."""
    return known.by_id["bdd7184b76"]


def other(fact: Fact, **changes: object) -> Fact:
    """Return a fact like another one, by another source unless that is told."""
    made = dataclasses.replace(fact, **{"source": "somebody", **changes})  # type: ignore[arg-type]
    return dataclasses.replace(made, id=id_of(made.key))


def says(known: FactTable, fact: Fact) -> str:
    (found,) = statements(known, [fact])
    return found.says


def test_every_shipped_fact_is_known_to_itself(known: FactTable) -> None:
    some = list(known)[::37]
    assert {found.says for found in statements(known, some)} == {"known"}


@given(away=st.floats(-0.2, 0.2))
def test_another_source_agrees_within_half_a_per_cent(
    away: float, known: FactTable, one: Fact
) -> None:
    (found,) = statements(known, [other(one, value=one.number * (1 + away))])
    assert found.beside[0].id == one.id
    assert found.distance == pytest.approx(away, abs=1e-9)
    if abs(abs(away) - ALIKE) > 1e-3:
        assert found.says == ("agrees" if abs(away) < ALIKE else "differs")


def test_the_same_source_with_another_figure_changes(known: FactTable, one: Fact) -> None:
    (found,) = statements(known, [dataclasses.replace(one, value=one.number + 1)])
    assert found.says == "changes"
    assert found.before is one
    assert found.distance == pytest.approx(1 / one.number)
    assert says(known, dataclasses.replace(one, note="fetched on another day")) == "known"


def test_nobody_spoke_of_it(known: FactTable, one: Fact) -> None:
    later = one.period_end.replace(year=2031)
    assert says(known, other(one, period_start=later, period_end=later)) == "new"
    assert says(known, other(one, unit="ratio")) == "new"


def test_fiscal_and_calendar_quarters_within_a_week_are_the_same(
    known: FactTable, one: Fact
) -> None:
    near = one.period_end.replace(day=one.period_end.day - 5)
    assert says(known, other(one, period_end=near)) == "agrees"


def test_what_matters_most_comes_first(known: FactTable, one: Fact) -> None:
    rows = [
        one, other(one), other(one, value=1.0, source="b"),
        dataclasses.replace(one, value=2.0),
    ]  # fmt: skip
    order = [found.says for found in statements(known, rows)]
    assert order == sorted(order, key=SAYS.index)
    assert order == ["changes", "differs", "agrees", "known"]


def test_a_table_is_read_as_strictly_as_any(tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    path.write_text("id,entity\n", encoding="utf-8")
    with pytest.raises(Exception, match="column"):
        read_facts(path)
