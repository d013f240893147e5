"""What users pay of a dollar of cost: a chain worked by hand, and what holds in any economy."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings

from cardhouse.analysis.books import Books
from cardhouse.analysis.ledger import sold_use_subsidy, subsidy_ledger
from cardhouse.analysis.parts import LineCosts
from cardhouse.analysis.use_cost import (
    UseCost,
    own_use_shares,
    plant_sellers,
    use_cost,
    use_shares,
)
from cardhouse.engine.chain import compile_chain
from cardhouse.engine.drivers import neutral
from cardhouse.engine.simulate import simulate
from cardhouse.model.vocabulary import ContractKind as K
from cardhouse.model.vocabulary import EntityKind as E
from cardhouse.model.world import Contract, Entity, Firm, Line, Plant, World
from strategies import Recipe, recipes


def books_of(world: World, quarters: int = 3) -> Books:
    chain = compile_chain(world)
    return Books(simulate(chain, neutral(chain, quarters)))


def cost_of(world: World) -> UseCost:
    books = books_of(world, 1)
    return use_cost(books, LineCosts(books))


@given(recipes())
@settings(max_examples=25)
def test_shares_are_shares(recipe: Recipe) -> None:
    books = books_of(recipe.world())
    costs = LineCosts(books)
    ends = use_shares(books, costs)
    parts = np.stack([ends.sold, ends.own, ends.programs])
    assert (parts >= 0).all()
    assert (ends.all_ <= 1 + 1e-12).all()


@given(recipes())
@settings(max_examples=25)
def test_without_plant_all_that_the_chain_pays_to_others_is_cost_of_use(recipe: Recipe) -> None:
    world = replace(recipe, plant=False).world()
    found = cost_of(world)
    outside = [one.amount for one in world.contracts if one.kind in (K.COST, K.INTEREST)]
    paid = [one.amount for one in world.contracts if one.kind is K.SALE]
    assert found.with_programs[0] == pytest.approx(sum(outside), rel=1e-9)
    assert found.receipts[0] == pytest.approx(sum(paid), rel=1e-12)


def by_hand(**changes: float) -> World:
    """Users pay a lab 4; it pays a cloud 6 for service and 2 for training, wages 1.

    The cloud pays power 2 and wears plant of 3 a quarter; it buys plant of 8 from a chip maker
    whose wages are 2 and which also sells 5 to a buyer outside the chain.
    """
    amount = {"service": 6.0, "training": 2.0, **changes}
    firms = {"lab": "labs", "cloud": "clouds", "maker": "chips"}
    entities = [Entity("users", "Users", E.SEGMENT, "users")]
    entities += [Entity("others", "Others", E.SEGMENT, "users")]
    for name, tier in firms.items():
        entities.append(Entity(name, name, E.FIRM, tier))
        entities.append(Entity(f"{name}.ai", name, E.LINE, tier, parent=name))
    outside = ("labour", "energy", "tax", "shareholders", "default_costs", "other_business")
    entities += [Entity(name, name, E.OUTSIDE, "outside") for name in outside]
    return World(
        economy="worked",
        base="2025Q2",
        as_of="2025-09-30",
        entities=tuple(entities),
        lines=(
            Line("lab.ai", "subscription"),
            Line("cloud.ai", "compute", plant=Plant(72.0, 60.0, 3.0)),
            Line("maker.ai", "accelerator", price_follows_cost=False),
        ),
        firms=tuple(Firm(name, cash=50.0) for name in firms),
        pools=(),
        contracts=(
            Contract(K.SALE, "users", "lab.ai", 4.0),
            Contract(K.INPUT, "lab.ai", "cloud.ai", amount["service"]),
            Contract(K.PROGRAM, "lab", "cloud.ai", amount["training"]),
            Contract(K.COST, "lab.ai", "labour", 1.0),
            Contract(K.COST, "cloud.ai", "energy", 2.0),
            Contract(K.CAPEX, "cloud.ai", "maker.ai", 8.0),
            Contract(K.COST, "maker.ai", "labour", 2.0),
            Contract(K.SALE, "others", "maker.ai", 5.0),
        ),
    )


def test_a_chain_worked_by_hand() -> None:
    """Cost of use: wages 1, power 2, wear 3; without training three quarters of the cloud's."""
    found = cost_of(by_hand())
    assert found.receipts[0] == pytest.approx(4.0)
    assert found.with_programs[0] == pytest.approx(1.0 + 2.0 + 3.0)
    assert found.without_programs[0] == pytest.approx(1.0 + 0.75 * (2.0 + 3.0))
    assert found.cash[0] == pytest.approx(1.0 + 2.0 + 8.0)
    assert found.paid_per_dollar("with_programs")[0] == pytest.approx(4.0 / 6.0)


def test_plant_at_its_sellers_cost() -> None:
    """The maker keeps 11 of 13, so wear of 3 cost it 3 x 2/13."""
    found = cost_of(by_hand())
    assert found.at_plant_cost[0] == pytest.approx(1.0 + 2.0 + 3.0 * 2.0 / 13.0)


def test_the_seller_of_plant_is_told_by_what_becomes_of_its_sales() -> None:
    assert plant_sellers(compile_chain(by_hand())).tolist() == [False, False, True]


def test_use_by_the_sellers_own_parent_can_be_left_out() -> None:
    world = by_hand()
    own = Contract(K.SALE, "others", "cloud.ai", 0.0, {"pays": 0.0, "own_use": 1.0, "volume": 8.0})
    found = cost_of(replace(world, contracts=(*world.contracts, own)))
    assert found.with_programs[0] == pytest.approx(6.0)
    assert found.sold_use[0] == pytest.approx(1.0 + 0.5 * (2.0 + 3.0))


def with_own_use(world: World, volume: float) -> World:
    """Let the cloud's parent use some of its output itself, beside the 8 that it sells."""
    terms = {"pays": 0.0, "own_use": 1.0, "volume": volume}
    own = Contract(K.SALE, "others", "cloud.ai", 0.0, terms)
    return replace(world, contracts=(*world.contracts, own))


def test_own_use_is_a_share_of_output() -> None:
    shares = own_use_shares(books_of(with_own_use(by_hand(), 8.0), 1))[0]
    assert shares == pytest.approx([0.0, 0.5, 0.0])


def test_the_subsidy_without_own_use_worked_by_hand() -> None:
    """The cloud sells 8 at a cost of 5: no subsidy. The lab pays 1 + 6 + 2 and takes 4."""
    books = books_of(with_own_use(by_hand(), 8.0), 1)
    assert sold_use_subsidy(books, LineCosts(books))[0] == pytest.approx([5.0, 0.0, 0.0])


def test_a_parent_that_sells_nothing_is_not_subsidised_without_its_own_use() -> None:
    world = by_hand()
    kept = [one for one in world.contracts if one.kind not in (K.INPUT, K.PROGRAM)]
    books = books_of(with_own_use(replace(world, contracts=tuple(kept)), 8.0), 1)
    costs = LineCosts(books)
    cloud = books.chain.firm_ids.index("cloud")
    assert subsidy_ledger(books, costs).subsidy[0, cloud] == pytest.approx(5.0)
    assert sold_use_subsidy(books, costs)[0, cloud] == pytest.approx(0.0)


@given(recipes())
@settings(max_examples=25)
def test_leaving_own_use_out_never_adds_to_a_subsidy(recipe: Recipe) -> None:
    books = books_of(recipe.world())
    costs = LineCosts(books)
    whole, left = subsidy_ledger(books, costs).subsidy, sold_use_subsidy(books, costs)
    assert (left >= 0).all()
    assert (left <= whole * (1 + 1e-12) + 1e-12).all()
    shares = own_use_shares(books)
    assert ((shares >= 0) & (shares <= 1 + 1e-12)).all()
    if not shares.any():
        assert left == pytest.approx(whole)


def test_an_economy_without_ai_costs_nothing() -> None:
    world = by_hand()
    lines = tuple(replace(line, is_ai=False) for line in world.lines)
    found = cost_of(replace(world, lines=lines))
    assert found.paid_per_dollar("with_programs") == [None, None]
    assert not np.array([found.receipts, found.cash]).any()
