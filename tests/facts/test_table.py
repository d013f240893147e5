"""A table of facts: found by what they say, cut at a date, the same in any order of rows."""

from __future__ import annotations

import csv
import dataclasses
import datetime as dt
import io
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardhouse.errors import FactError
from cardhouse.facts import COLUMNS, Fact, FactTable, load_dictionaries, load_facts
from cardhouse.facts.rows import read_fact
from cardhouse.facts.text import parse_table


@pytest.fixture(scope="module")
def facts() -> FactTable:
    return load_facts()


def written(facts: list[Fact], columns: list[str]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, columns)
    writer.writeheader()
    writer.writerows(fact.cells() for fact in facts)
    return text.getvalue()


def read(text: str) -> FactTable:
    known = load_dictionaries()
    rows = parse_table(text, "mine.csv", COLUMNS).rows
    facts = [read_fact(row, known)[0] for row in rows]
    return FactTable(fact for fact in facts if fact is not None)


class TestFind:
    def test_quarter_of_the_chip_maker(self, facts: FactTable) -> None:
        quarter = [
            fact
            for fact in facts.find("nvidia", "revenue")
            if fact.period_end == dt.date(2025, 7, 27)
        ]
        assert {fact.number for fact in quarter} == {46.743}
        assert {fact.grade for fact in quarter} == {"A"}

    def test_item_and_counterparty_narrow(self, facts: FactTable) -> None:
        plans = facts.find("cursor", "price_per_month")
        assert len(plans) > len(facts.find("cursor", "price_per_month", "pro")) > 0
        towards = facts.find("microsoft", "supplier_payment", counterparty="nvidia")
        assert towards
        assert {fact.counterparty for fact in towards} == {"nvidia"}
        assert facts.find("microsoft", "supplier_payment", counterparty="") == []

    def test_what_is_not_there_is_empty(self, facts: FactTable) -> None:
        assert facts.find("nobody", "revenue") == []


class TestVintage:
    def test_holds_what_was_public_and_nothing_later(self, facts: FactTable) -> None:
        day = dt.date(2025, 8, 21)
        then = facts.known_at(day)
        assert 0 < len(then) < len(facts)
        assert then.newest_known_from() <= day
        assert {f.id for f in facts.everything() if f.known_from <= day} == set(then.by_id)

    def test_of_the_last_day_is_everything(self, facts: FactTable) -> None:
        assert facts.known_at(facts.newest_known_from()).digest == facts.digest

    def test_before_the_first_is_refused_where_a_day_is_asked_for(self, facts: FactTable) -> None:
        before = facts.known_at(dt.date(1900, 1, 1))
        assert len(before) == 0
        with pytest.raises(FactError, match="later one"):
            before.newest_known_from()


class TestDigest:
    def test_is_64_hex_digits_and_repeats(self, facts: FactTable) -> None:
        assert len(facts.digest) == 64
        assert load_facts().digest == facts.digest

    @pytest.mark.parametrize("column", ["value", "note", "known_from", "grade"])
    def test_moves_with_every_cell(self, facts: FactTable, column: str) -> None:
        changes = {
            "value": 47.0, "note": "another", "known_from": dt.date(2031, 1, 1), "grade": "A",
        }  # fmt: skip
        first = next(iter(facts))
        changed = dataclasses.replace(first, **{column: changes[column]})
        assert facts.with_rows([changed]).digest != facts.digest

    @given(order=st.randoms(use_true_random=False))
    def test_does_not_hang_on_the_order_of_rows_or_columns(self, order: random.Random) -> None:
        sample = load_sample()
        shuffled, columns = list(sample), list(COLUMNS)
        order.shuffle(shuffled)
        order.shuffle(columns)
        again = read(written(shuffled, columns))
        assert again.digest == sample.digest
        assert list(again) == list(sample)


class TestRefusals:
    def test_two_facts_with_one_id(self, facts: FactTable) -> None:
        first, second, *_ = facts
        with pytest.raises(FactError, match=first.id):
            FactTable([first, dataclasses.replace(second, id=first.id)])

    def test_two_facts_with_one_key(self, facts: FactTable) -> None:
        first = next(iter(facts))
        with pytest.raises(FactError, match="key"):
            FactTable([first, dataclasses.replace(first, id="0000000000")])


SAMPLE = load_facts()


def load_sample() -> FactTable:
    """Return every fiftieth shipped fact."""
    return FactTable(list(SAMPLE)[::50])
