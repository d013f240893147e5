"""The vocabulary: one table for every word, without gaps."""

from __future__ import annotations

import pytest

from cardhouse.model.vocabulary import (
    ENDS,
    TERMS,
    ContractKind,
    EntityKind,
    Term,
    terms_of,
)


def test_every_kind_of_contract_has_ends() -> None:
    assert ENDS.keys() == set(ContractKind)
    for payers, payees in ENDS.values():
        assert payers
        assert payees
        assert EntityKind.DIVISION not in (*payers, *payees), "the parent is the purse"


@pytest.mark.parametrize("term", TERMS, ids=lambda term: f"{term.kind}-{term.name}")
def test_a_terms_default_is_in_its_range(term: Term) -> None:
    assert term.low <= term.default <= term.high
    assert term.meaning
    assert terms_of(term.kind)[term.name] is term


def test_words_are_used_once() -> None:
    terms = [(term.kind, term.name) for term in TERMS]
    assert len(terms) == len(set(terms))


def test_kinds_without_terms_have_none() -> None:
    assert terms_of(ContractKind.TAX) == {}
