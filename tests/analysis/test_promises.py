"""Promises: what is committed beside what is paid, letters by their odds, loops they close."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cardhouse.analysis.books import Books
from cardhouse.analysis.promises import FIRM, LETTER, UNPROMISED, committed_loops, list_promises
from cardhouse.analysis.round_trips import round_trips
from cardhouse.engine.chain import compile_chain
from cardhouse.engine.drivers import neutral
from cardhouse.engine.simulate import simulate
from cardhouse.model.vocabulary import ContractKind as K
from cardhouse.model.world import Contract, Round, World
from strategies import Recipe


@pytest.fixture(scope="module")
def world() -> World:
    """firm0 promises firm1 equity, which is bound to buy of firm2, which buys plant of firm0."""
    made = Recipe(firms=3, seed=2, stationary=False, debt=True).world()
    kept = tuple(
        one
        for one in made.contracts
        if not (one.payer.startswith("line") and one.payee.startswith("line"))
        and not (one.kind is K.PROGRAM and one.payee.startswith("line"))
    )
    terms = {"commit_start": 2.0, "commit_quarters": 8.0, "take_or_pay": 0.5}
    letter = {"letter": 1.0}
    return replace(
        made,
        contracts=(
            *kept,
            Contract(K.PROGRAM, "firm1", "line2", 0.1, terms, committed=40.0),
            Contract(K.PROGRAM, "firm2", "line0", 0.0, letter, committed=15.0),
            Contract(K.CREDIT_LINE, "lender", "firm1", 0.0, {"quarters": 6.0}, committed=3.0),
            Contract(K.GUARANTEE, "firm0", "lender", 0.0, {}, committed=2.0, party="firm1"),
        ),
        rounds=(
            Round("first", "firm0", "firm1", 10.0, 2, probability=0.3, condition="when built"),
            Round("second", "firm0", "firm1", 5.0, 3, facts=("abc",)),
            Round("fund", "venture", "firm1", 7.0, 1, probability=0.5),
        ),
    )


@pytest.fixture(scope="module")
def books(world: World) -> Books:
    chain = compile_chain(world)
    return Books(simulate(chain, neutral(chain, 3)))


def test_all_are_listed_the_largest_first(world: World) -> None:
    found = list_promises(world)
    assert [(one.id, one.amount) for one in found] == [
        ("firm1>line2>program", 40.0),
        ("firm2>line0>program", 15.0),
        ("first", 10.0),
        ("fund", 7.0),
        ("second", 5.0),
        ("lender>firm1>credit_line", 3.0),
        ("firm0>lender>guarantee", 2.0),
    ]
    by_id = {one.id: one for one in found}
    assert by_id["firm1>line2>program"].paid == 0.1
    assert by_id["firm1>line2>program"].binding == 20.0
    assert (by_id["firm1>line2>program"].first, by_id["firm1>line2>program"].last) == (2, 9)
    assert by_id["lender>firm1>credit_line"].last == 6
    assert by_id["firm0>lender>guarantee"].last is None
    assert by_id["firm0>lender>guarantee"].condition == "if firm1 does not pay"
    assert by_id["second"].facts == ("abc",)


def test_letters_count_by_their_odds(world: World) -> None:
    sure = {one.id: (one.strength, one.expected) for one in list_promises(world)}
    assert sure["first"] == (LETTER, pytest.approx(3.0))
    assert sure["fund"] == (FIRM, pytest.approx(3.5))
    assert sure["second"] == (FIRM, 5.0)
    assert sure["firm2>line0>program"] == (LETTER, 0.0)
    assert sure["firm1>line2>program"] == (FIRM, 40.0)


def test_the_loop_that_promises_close(books: Books) -> None:
    """15 of equity (10 by letter), 40 of purchases, 15 of purchases by letter: 15 runs round."""
    found, labels = committed_loops(books)
    assert [trip.entities for trip in found.trips] == [("firm0", "firm1", "firm2")]
    (loop,) = found.trips
    assert loop.amount == pytest.approx(15.0)
    assert loop.is_financial
    legs = [{labels[name]: amount for name, amount in leg.kinds.items()} for leg in loop.legs]
    assert legs[0] == {
        ("equity", LETTER): pytest.approx(10.0),
        ("equity", FIRM): pytest.approx(5.0),
    }
    assert legs[1] == {("program", FIRM): pytest.approx(15.0)}
    assert legs[2] == {("program", LETTER): pytest.approx(15.0)}


def test_a_leg_without_a_promise_is_what_the_run_pays(world: World) -> None:
    contracts = tuple(
        replace(one, committed=0.0, amount=0.2, terms={})
        if one.payee == "line0" and one.committed
        else one
        for one in world.contracts
    )
    chain = compile_chain(replace(world, contracts=contracts))
    books = Books(simulate(chain, neutral(chain, 3)))
    found, labels = committed_loops(books)
    (loop,) = found.trips
    strengths = [{labels[name][1] for name in leg.kinds} for leg in loop.legs]
    assert strengths == [{LETTER, FIRM}, {FIRM}, {UNPROMISED}]
    later = sum(books.flows(at)[:, 2, 0].sum() for at in range(1, books.rows))
    assert loop.amount == pytest.approx(later)


def test_an_economy_without_promises_has_no_such_loops() -> None:
    world = replace(Recipe(firms=4, seed=1, stationary=False).world(), rounds=())
    chain = compile_chain(world)
    books = Books(simulate(chain, neutral(chain, 1)))
    assert list_promises(world) == []
    assert round_trips(books).trips
    assert committed_loops(books)[0].trips == ()
