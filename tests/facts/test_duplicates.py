"""What stands in two tables under two names counts once, and both rows stay to be shown."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from cardhouse.errors import FactError
from cardhouse.facts import (
    Fact,
    FactTable,
    load_dictionaries,
    load_facts,
    load_reasons,
    to_accounts_unit,
)
from cardhouse.facts import duplicates as room
from cardhouse.facts.text import CsvRow

WriteTable = Callable[..., Path]
SHIPPED = room.load_duplicates()
TWICE = "d2849f6727"
"""One payment of a lab to its cloud, in the table of clouds; `KEPT` is it in the labs' table."""
KEPT = "0606318e13"


@pytest.fixture(scope="module")
def facts() -> FactTable:
    return load_facts()


def owners(fact: Fact) -> set[str]:
    """Return the purses at the two ends of a fact: a division's is its parent's."""
    entities = load_dictionaries().entities
    ends = {fact.entity, fact.counterparty} - {""}
    return {entities[end].parent or end for end in ends}


class TestShipped:
    @pytest.mark.parametrize("twice", sorted(SHIPPED))
    def test_pairs_say_the_same_within_two_percent(self, twice: str, facts: FactTable) -> None:
        one, other = facts.by_id[twice], facts.by_id[SHIPPED[twice]]
        (first, *_, kind), (second, *_, other_kind) = map(to_accounts_unit, (one, other))
        assert kind == other_kind
        assert first == pytest.approx(second, rel=0.02)

    @pytest.mark.parametrize("twice", sorted(SHIPPED))
    def test_pairs_are_about_the_same_purses_and_times(self, twice: str, facts: FactTable) -> None:
        one, other = facts.by_id[twice], facts.by_id[SHIPPED[twice]]
        assert owners(one) & owners(other)
        assert one.period_start <= other.period_end
        assert other.period_start <= one.period_end

    def test_each_has_a_reason(self) -> None:
        reasons = load_reasons()
        assert set(reasons) == set(SHIPPED)
        assert all(len(reason) > 15 for reason in reasons.values())

    def test_the_known_pairs_of_the_two_chain_tables_are_there(self, facts: FactTable) -> None:
        places = {
            frozenset(facts.by_id[name].place.partition(":")[0] for name in pair)
            for pair in SHIPPED.items()
        }
        assert frozenset({"upper_chain.csv", "lower_chain.csv"}) in places
        assert len(SHIPPED) >= 29


class TestCounting:
    def test_find_and_going_through_leave_the_duplicate_out(self, facts: FactTable) -> None:
        twice, kept = facts.by_id[TWICE], facts.by_id[KEPT]
        found = facts.find(twice.entity, twice.metric, counterparty=twice.counterparty)
        assert kept in found
        assert twice not in found
        assert twice not in set(facts)
        assert twice in facts.everything()
        assert facts.said_again_by(KEPT) == [twice]

    def test_it_counts_where_the_other_is_not_read(self) -> None:
        alone = load_facts(tables=("lower_chain.csv",))
        assert TWICE not in alone.duplicates
        assert alone.by_id[TWICE] in set(alone)

    def test_a_vintage_before_the_other_was_public_counts_it(self, facts: FactTable) -> None:
        earlier = [
            twice
            for twice, kept in facts.duplicates.items()
            if facts.by_id[twice].known_from < facts.by_id[kept].known_from
        ]
        assert earlier
        for twice in earlier:
            then = facts.known_at(facts.by_id[twice].known_from)
            assert then.by_id[twice] in set(then)

    def test_a_row_of_ones_own_in_its_place_counts(
        self, facts: FactTable, write_table: WriteTable
    ) -> None:
        cells = {**facts.by_id[TWICE].cells(), "value": "1.5", "low": "", "high": ""}
        mine = load_facts([write_table(cells)])
        assert TWICE not in mine.duplicates
        assert mine.by_id[TWICE] in set(mine)

    def test_the_digest_tells_what_counts(self, facts: FactTable) -> None:
        assert FactTable(facts.everything()).digest != facts.digest


class TestRefusals:
    def test_a_chain_of_duplicates(self) -> None:
        with pytest.raises(FactError, match="Name 'c', the fact that counts"):
            room._check_chains({"a": "b", "b": "c"})

    def test_a_row_without_reason(self) -> None:
        row = CsvRow("duplicates.csv:2", {"fact": "a", "duplicate_of": "b", "reason": ""})
        with pytest.raises(FactError, match=r"duplicates\.csv:2: reason is empty"):
            room._check_row(row, {})

    def test_a_fact_that_stands_twice(self) -> None:
        row = CsvRow("duplicates.csv:3", {"fact": "a", "duplicate_of": "b", "reason": "same"})
        with pytest.raises(FactError, match=r"duplicates\.csv:3: fact 'a' stands twice"):
            room._check_row(row, {"a": "c"})
