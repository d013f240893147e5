"""The journal names each payment once, with contract and law; the cascade tells how firms fell."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cardhouse.analysis.journal import (
    AT_WILL,
    COMMITTED,
    DUE,
    FORCES,
    LAWS,
    RECEIPT,
    cascade,
    journal,
)
from cardhouse.engine.chain import FLOW_KINDS, compile_chain
from cardhouse.engine.drivers import neutral
from cardhouse.engine.simulate import Trajectory, simulate
from cardhouse.model.vocabulary import ContractKind as K
from cardhouse.model.world import Contract, Debt, Firm, Pool, World
from strategies import Recipe, hand_made, rich_recipes

QUARTERS = 6


def run(world: World, *, removed: tuple[int, int] | None = None) -> Trajectory:
    chain = compile_chain(world)
    drivers = neutral(chain, QUARTERS)
    gone = drivers.removed.copy()
    if removed is not None:
        gone[removed] = True
    return simulate(chain, replace(drivers, removed=gone))


@given(rich_recipes(most=5), st.booleans())
@settings(max_examples=25)
def test_every_dollar_paid_stands_in_the_journal_once(recipe: Recipe, shock: bool) -> None:
    found = run(recipe.world(), removed=(2, 0) if shock else None)
    scale = recipe.scale
    for quarter, record in enumerate(found.records):
        rows = list(journal(found, quarter))
        assert sum(row.paid for row in rows) == pytest.approx(
            record.paid.sum(), rel=1e-6 + 1e-9 / scale
        )
        assert {row.kind for row in rows} <= set(FLOW_KINDS)
        assert {row.force for row in rows} <= set(FORCES)
        assert all(row.paid <= row.owed * (1.0 + 1e-9) + 1e-12 * scale for row in rows)


@given(rich_recipes(most=5))
@settings(max_examples=25)
def test_a_payment_s_contract_is_between_its_ends(recipe: Recipe) -> None:
    world = recipe.world()
    found = run(world)
    for quarter in (0, 1, QUARTERS):
        for row in journal(found, quarter):
            if row.contract < 0:
                continue
            contract = world.contracts[row.contract]
            assert world.purse_of(row.payee) == world.purse_of(contract.payee)
            lessor = row.kind == "capex" and row.force == RECEIPT
            if not lessor:
                assert world.purse_of(row.payer) == world.purse_of(contract.payer)


def test_the_base_quarter_has_no_law_but_the_accounts() -> None:
    found = run(Recipe(firms=3, seed=1, stationary=False, extras=True).world())
    assert {row.law for row in journal(found, 0)} == {"accounts"}
    for row in journal(found, 2):
        assert row.law == LAWS[row.kind]


def committed_lab() -> World:
    rows = [
        (K.SALE, "users", "chat", 6.0),
        (K.SALE, "users", "compute", 1.0),
        (K.INPUT, "chat", "compute", 2.0),
        (K.COST, "chat", "labour", 1.0),
        (K.TAX, "lab", "tax", 0.5),
        (K.PAYOUT, "lab", "shareholders", 0.3),
        (K.INTEREST, "lab", "bank", 0.1),
        (K.REPAYMENT, "lab", "bank", 0.2),
    ]
    world = hand_made(
        rows,
        lines={"chat": "lab", "compute": "cloud"},
        firms=[Firm("lab", 9.0)],
        pools=[Pool("bank", "debt")],
        debts=[Debt("lab", "bank", 4.0, 0.025, 20.0)],
    )
    bound = [
        replace(one, committed=40.0) if one.kind is K.INPUT else one for one in world.contracts
    ]
    return replace(world, contracts=tuple(bound))


def test_how_free_a_payer_was_is_told() -> None:
    rows = {(row.kind, row.payer): row for row in journal(run(committed_lab()), 1)}
    assert rows["input", "chat"].force == COMMITTED
    assert rows["cost", "chat"].force == DUE
    assert rows["interest", "lab"].force == COMMITTED
    assert rows["payout", "lab"].force == AT_WILL
    assert rows["sale", "users"].force == RECEIPT
    assert rows["sale", "users"].payee in ("chat", "compute")
    assert rows["input", "chat"].payee == "compute", "lines are told, not only their firms"


def chain_of_debtors() -> World:
    """Return a buyer whose failure leaves a supplier unable to pay its bank, which has a surety."""
    rows = [
        (K.SALE, "users", "shop", 5.0),
        (K.INPUT, "shop", "parts", 4.0),
        (K.INPUT, "parts", "metal", 3.0),
        (K.COST, "metal", "labour", 2.9),
        (K.COST, "parts", "labour", 1.0),
    ]
    return hand_made(
        rows,
        lines={"shop": "buyer", "parts": "maker", "metal": "mine"},
        firms=[Firm("buyer", 0.0), Firm("maker", 0.05), Firm("mine", 9.0)],
    )


def test_a_cascade_is_followed_link_by_link() -> None:
    found = run(chain_of_debtors(), removed=(2, 0))
    falls = cascade(found, 2)
    assert falls[0].firm == "buyer"
    assert falls[0].cause == "forced by the scenario"
    assert all(fall.outcome == "liquidated" for fall in falls)
    order = [fall.round for fall in falls]
    assert order == sorted(order)
    assert cascade(found, 1) == []


@given(rich_recipes(stationary=False, most=6), st.integers(0, 5))
@settings(max_examples=25)
def test_what_falls_leave_is_what_was_lost(recipe: Recipe, firm: int) -> None:
    world = recipe.world()
    found = run(world, removed=(2, min(firm, len(world.firms) - 1)))
    for quarter in range(1, QUARTERS + 1):
        lost: dict[str, float] = defaultdict(float)
        for fall in cascade(found, quarter):
            assert fall.round >= 1
            assert fall.cause
            assert fall.outcome in ("liquidated", "restructured")
            for holder, amount in fall.leaves:
                lost[holder] += amount
        total = found.records[quarter].lost.sum()
        assert sum(lost.values()) == pytest.approx(total, rel=1e-6, abs=1e-6)
        assert np.count_nonzero(found.records[quarter].failed) == len(cascade(found, quarter))


def test_contracts_that_nobody_signed_are_told_as_none() -> None:
    rows = [
        (K.SALE, "users", "app", 3.0),
        (K.INPUT, "app", "api", 1.0),
        (K.SALE, "users", "other", 1.0),
        (K.SALE, "users", "api", 1.0),
    ]
    world = hand_made(
        rows,
        lines={"app": "apps", "api": "lab", "other": "rival"},
        firms=[Firm("apps", 5.0)],
        markets={"api": "models", "other": "models"},
    )
    found = run(world, removed=(1, 1))
    moved = [row for row in journal(found, 2) if row.payee == "other" and row.payer == "app"]
    assert len(moved) == 1
    assert moved[0].contract == -1
    assert isinstance(world.contracts[0], Contract)
