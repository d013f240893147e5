"""Two tables, or two days of knowledge: what came, what went, what changed."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Callable
from pathlib import Path

import pytest

from cardhouse.errors import FactError
from cardhouse.facts import FactTable, compare, load_facts, read_facts

WriteTable = Callable[..., Path]


@pytest.fixture(scope="module")
def facts() -> FactTable:
    return load_facts()


def test_a_table_against_itself_is_empty(facts: FactTable) -> None:
    found = compare(facts, facts)
    assert len(found) == 0
    assert (found.added, found.dropped, found.changed) == ((), (), ())


def test_each_kind_of_difference_is_told(facts: FactTable) -> None:
    first, second, third, *_ = facts
    changed = dataclasses.replace(second, value=2.5, low=None, high=None, grade="C")
    found = compare(FactTable([first, second]), FactTable([changed, third]))
    assert (found.added, found.dropped, len(found)) == ((third,), (first,), 3)
    (change,) = found.changed
    assert (change.before, change.after) == (second, changed)
    assert "value" in change.columns
    assert "id" not in change.columns


def test_the_other_way_round_added_and_dropped_swap(facts: FactTable) -> None:
    then, later = (facts.known_at(day) for day in (dt.date(2024, 6, 30), dt.date(2025, 6, 30)))
    forth, back = compare(then, later), compare(later, then)
    assert forth.added
    assert forth.added == back.dropped
    assert forth.dropped == back.added


def test_what_is_dropped_between_two_days_counts_under_another_name(facts: FactTable) -> None:
    then, later = (facts.known_at(day) for day in (dt.date(2024, 6, 30), dt.date(2026, 11, 1)))
    assert {fact.id for fact in compare(then, later).dropped} <= set(facts.duplicates)


def test_tables_are_read_alone(write_table: WriteTable) -> None:
    old = write_table({}, {"metric": "gross_profit"}, name="old.csv")
    new = write_table({"value": "50.5"}, name="new.csv")
    found = compare(read_facts(old), read_facts(new))
    assert [one.columns for one in found.changed] == [("value",)]
    assert [fact.metric for fact in found.dropped] == ["gross_profit"]


def test_a_bad_table_is_refused(write_table: WriteTable) -> None:
    with pytest.raises(FactError, match=r"mine\.csv:2: "):
        read_facts(write_table({"grade": "D"}))
