"""Which rows of the shipped economies, and which claims, pick a fact."""

from __future__ import annotations

import pytest

from cardhouse.accounts import known_economies, read_definition
from cardhouse.facts import FactTable, load_facts
from cardhouse.studies.fact_uses import Use, uses_of


@pytest.fixture(scope="module")
def facts() -> FactTable:
    return load_facts()


def uses(fact_id: str, facts: FactTable) -> list[Use]:
    return uses_of(facts.by_id[fact_id], facts)


def test_an_observation_that_reads_it(facts: FactTable) -> None:
    found = uses("05285fb730", facts)
    assert {use.table for use in found} == {"observations.csv", "claims.csv"}
    assert all(use.tells for use in found)


def test_a_commitment_that_names_it(facts: FactTable) -> None:
    named = {
        row.text("fact"): row.text("contract")
        for economy in known_economies()
        for row in read_definition(economy).rows("commitments")
    }
    assert named
    for fact_id, contract in named.items():
        assert contract in {use.tells for use in uses(fact_id, facts)}


def test_every_round_has_a_fact(facts: FactTable) -> None:
    rows = [row for economy in known_economies() for row in read_definition(economy).rows("rounds")]
    metrics = {(row.text("entity"), row.text("metric")) for row in rows}
    candidates = (fact for fact in facts if (fact.entity, fact.metric) in metrics)
    picked = {
        use.row for fact in candidates for use in uses_of(fact, facts) if use.table == "rounds.csv"
    }
    assert picked == {row.text("id") for row in rows}


def test_a_claim_that_shows_it(facts: FactTable) -> None:
    peak = next(
        fact
        for fact in facts.find("sp500", "price_to_book")
        if str(fact.period_end) == "2000-03-31"
    )
    assert "claims.csv" in {use.table for use in uses_of(peak, facts)}


def test_another_item_or_counterparty_is_another_thing(facts: FactTable) -> None:
    (other,) = (f for f in facts.find("amazon", "free_cash_flow") if f.item)
    assert uses_of(other, facts) == []
    (plain, *_) = facts.find("amazon", "free_cash_flow", "")
    assert uses_of(plain, facts)


def test_a_duplicate_is_not_used(facts: FactTable) -> None:
    assert all(uses(twice, facts) == [] for twice in facts.duplicates)
