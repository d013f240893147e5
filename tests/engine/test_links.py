"""Links: one number for each payment a quarter may know, and every way to add them up."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cardhouse.engine.arrays import NO_CLAIM
from cardhouse.engine.chain import Chain, compile_chain
from cardhouse.engine.drivers import neutral
from cardhouse.engine.links import FLOW_KINDS, KIND, NONE, Links, summed
from cardhouse.engine.simulate import simulate
from cardhouse.model.vocabulary import ContractKind as K
from cardhouse.model.world import Contract, Debt, Firm, Plant, Pool, Round, World
from strategies import Recipe, hand_made, rich_recipes

VALUES = np.array([[1.0, 2.0, 4.0, 8.0, 16.0]])


def five() -> Links:
    """Return five links of two firms, a segment and an account; the second firm sells line 1."""
    columns = {
        "kind": [KIND["sale"], KIND["sale"], KIND["input"], KIND["cost"], KIND["cost"]],
        "payer": [2, 2, 0, 0, 1],
        "payee": [0, 1, 1, 3, 3],
        "buyer_line": [NONE, NONE, 0, 0, 1],
        "seller_line": [0, 1, 1, NONE, NONE],
        "loan": [NONE] * 5,
        "contract": [0, 1, 2, 3, NONE],
        "seniority": [NO_CLAIM, NO_CLAIM, 3, 0, 0],
    }
    arrays = {name: np.array(values, dtype=np.int64) for name, values in columns.items()}
    groups = {"sale": slice(0, 2), "input": slice(2, 3), "cost": slice(3, 5), "tax": slice(5, 5)}
    return Links(**arrays, groups=groups, nodes=4, firms=2, lines=2)


# --- adding up ----------------------------------------------------------------------------------


def test_a_group_is_a_slice_and_an_empty_book_has_a_place_for_each_link() -> None:
    links = five()
    assert links.count == 5
    assert VALUES[0, links.of("cost")].tolist() == [8.0, 16.0]
    assert VALUES[0, links.of("tax")].tolist() == []
    assert links.empty(3).shape == (3, 5)
    assert not links.empty(3).any()


def test_firms_pay_and_receive_in_all_kinds_or_some() -> None:
    links = five()
    assert links.paid(VALUES).tolist() == [[4.0 + 8.0, 16.0]]
    assert links.paid(VALUES, "cost").tolist() == [[8.0, 16.0]]
    assert links.paid(VALUES, "input", "tax").tolist() == [[4.0, 0.0]]
    assert links.received(VALUES).tolist() == [[1.0, 2.0 + 4.0]]
    assert links.received(VALUES, "sale").tolist() == [[1.0, 2.0]]
    assert links.by_firm.tolist() == [False, False, True, True, True]
    assert links.to_firm.tolist() == [True, True, True, False, False]
    assert links.kinds("input", "cost").tolist() == [False, False, True, True, True]


def test_lines_bill_their_customers() -> None:
    links = five()
    assert links.line_revenue(VALUES).tolist() == [[1.0, 2.0 + 4.0]]
    expected = np.zeros((1, 4, 2))
    expected[0, 2], expected[0, 0, 1] = [1.0, 2.0], 4.0
    np.testing.assert_array_equal(links.by_line(VALUES), expected)


def test_the_dense_view_has_every_dollar_at_its_kind_and_ends() -> None:
    dense = five().dense(VALUES)
    assert dense.shape == (1, len(FLOW_KINDS), 4, 4)
    assert dense.sum() == VALUES.sum()
    assert dense[0, KIND["cost"], 1, 3] == 16.0
    assert dense[0, KIND["sale"], 2].tolist() == [1.0, 2.0, 0.0, 0.0]


def test_paths_are_added_up_on_their_own() -> None:
    links = five()
    two = np.concatenate([VALUES, 10.0 * VALUES])
    np.testing.assert_array_equal(links.paid(two), [[12.0, 16.0], [120.0, 160.0]])
    np.testing.assert_array_equal(links.dense(two)[1], 10.0 * links.dense(two)[0])
    np.testing.assert_array_equal(links.by_line(two)[1], 10.0 * links.by_line(two)[0])
    found = summed(two, np.array([1, 1, 3, 0, 1]), 4)
    assert found.tolist() == [[8.0, 19.0, 0.0, 4.0], [80.0, 190.0, 0.0, 40.0]]


# --- the links of a world -----------------------------------------------------------------------


def everything() -> World:
    """Return a world with a contract of every kind, on each of which row 0 paid something."""
    rows = [
        (K.SALE, "users", "chat", 20.0),
        (K.SALE, "guests", "chat", 0.0, {"pays": 0.0, "volume": 2.0}),
        (K.SALE, "users", "compute", 9.0),
        (K.INPUT, "chat", "compute", 5.0, {"notice": 1.0}),
        (K.INPUT, "chat", "compute", 0.5),
        (K.COST, "chat", "labour", 1.0),
        (K.COST, "chat", "labour", 0.25, {"fixed": 1.0}),
        (K.PROGRAM, "lab", "compute", 2.0),
        (K.PROGRAM, "lab", "labour", 0.5),
        (K.CAPEX, "compute", "chips", 1.5, {"leased": 0.5}),
        (K.CAPEX, "compute", "energy", 0.75),
        (K.REVENUE_SHARE, "chat", "cloud", 1.25),
        (K.OTHER_BUSINESS, "other_business", "cloud", 3.0),
        (K.OTHER_BUSINESS, "lab", "other_business", 0.5),
        (K.INTEREST, "lab", "bank", 0.3),
        (K.REPAYMENT, "lab", "bank", 0.4),
        (K.TAX, "cloud", "tax", 0.7),
        (K.PAYOUT, "cloud", "shareholders", 0.8),
        (K.DEBT_DRAWN, "bank", "lab", 0.9),
        (K.EQUITY, "fund", "lab", 1.1),
        (K.EQUITY, "maker", "lab", 0.6, {"in_step": 0.1}),
        (K.OTHER_CASH, "other_business", "maker", 0.2),
        (K.LEASE, "chat", "landlord", 0.45),
    ]
    pools = [Pool("bank", "debt", rate=0.02), Pool("fund", "equity"), Pool("landlord", "debt")]
    world = hand_made(
        rows,
        lines={"chat": "lab", "compute": "cloud", "chips": "maker"},
        terms_of_lines={"compute": {"plant": Plant(gross=24.0, net=12.5, depreciation=1.0)}},
        firms=[
            Firm("lab", 6.0, access=("bank", "fund")),
            Firm("cloud", 1.0),
            Firm("maker", 9.0),
        ],
        pools=pools,
        debts=[
            Debt("lab", "bank", 10.0, 0.01, 40.0),
            Debt("lab", "bank", 4.0, 0.02, 3.0, bullet=True),
        ],
    )
    more = (
        Contract(K.BUY_BACK, "maker", "compute", 0.35, committed=5.0),
        Contract(K.GUARANTEE, "cloud", "bank", 0.15, committed=2.0, party="lab"),
    )
    return replace(world, contracts=(*world.contracts, *more))


def assert_row_0_adds_up(chain: Chain) -> None:
    """Check what row 0 paid by kind and ends against the world's contracts."""
    world, names = chain.world, chain.node_ids
    place = {name: number for number, name in enumerate(names)}
    expected = np.zeros((len(FLOW_KINDS), len(names), len(names)))
    for one in world.contracts:
        ends = (place[world.purse_of(end)] for end in (one.payer, one.payee))
        if one.kind is not K.CREDIT_LINE:
            expected[(KIND[one.kind.value], *ends)] += one.amount
    np.testing.assert_allclose(chain.flows, expected, rtol=1e-12, atol=0.0)


def test_row_0_of_the_links_adds_up_to_the_contracts() -> None:
    chain = compile_chain(everything())
    assert_row_0_adds_up(chain)
    paid = {FLOW_KINDS[kind] for kind in chain.links.kind[chain.opening > 0].tolist()}
    assert paid == set(K) - {K.CREDIT_LINE}


@given(rich_recipes())
def test_row_0_of_any_world_adds_up(recipe: Recipe) -> None:
    chain = compile_chain(recipe.world())
    assert_row_0_adds_up(chain)
    sold = chain.links.by_line(chain.opening[None])[0]
    np.testing.assert_allclose(sold, chain.sales_by_line, rtol=1e-12, atol=1e-15 * recipe.scale)


@given(rich_recipes())
def test_groups_part_the_links_and_no_two_links_are_the_same(recipe: Recipe) -> None:
    links = compile_chain(recipe.world()).links
    ends = [(group.start, group.stop) for group in links.groups.values()]
    assert ends == sorted(ends)
    assert [start for start, _ in ends] == [0, *(stop for _, stop in ends[:-1])]
    assert ends[-1][1] == links.count
    trade = links.kinds("input", "program", "capex")
    columns = (links.kind, links.payer, links.payee, links.buyer_line, links.seller_line)
    columns = (*columns, links.loan, np.where(trade, NONE, links.contract))
    rows = np.stack(columns, axis=1)[~links.kinds("sale")]
    assert max(Counter(map(tuple, rows.tolist())).values(), default=1) == 1
    assert (links.payer != links.payee).all()


def test_a_payment_can_be_followed_to_its_contract() -> None:
    chain = compile_chain(everything())
    links, contracts = chain.links, chain.world.contracts
    for link in np.flatnonzero((links.contract != NONE) & (chain.opening > 0)).tolist():
        one = contracts[links.contract[link]]
        assert one.kind == FLOW_KINDS[links.kind[link]]
        ends = [chain.node_ids.index(chain.world.purse_of(end)) for end in (one.payer, one.payee)]
        assert [links.payer[link], links.payee[link]] == ends


def test_what_a_crisis_knows_has_links_that_row_0_did_not_use() -> None:
    chain = compile_chain(everything())
    links, node = chain.links, chain.node_ids.index
    for group in ("shortfall", "arrears", "liquidation", "default_costs"):
        assert links.of(group).stop > links.of(group).start
        assert chain.opening[links.of(group)].sum() == 0.0
    sold, burned = links.of("liquidation"), links.of("default_costs")
    assert links.payee[sold].tolist() == links.payer[burned].tolist() == [0, 1, 2]
    assert set(links.payer[sold].tolist()) == {node("other_business")}
    assert set(links.payee[burned].tolist()) == {node("default_costs")}
    at = links.of("arrears")
    pairs = set(zip(links.payer[at].tolist(), links.payee[at].tolist(), strict=True))
    owed = links.by_firm & (links.seniority != NO_CLAIM)
    owed[at] = False
    pays = set(zip(links.payer[owed].tolist(), links.payee[owed].tolist(), strict=True))
    assert pairs == pays
    assert len(pairs) == at.stop - at.start


# --- closed under substitution ------------------------------------------------------------------


def rivals() -> World:
    """Return buyers of compute, chips and training, each with rivals to what they buy."""
    rows = [
        (K.SALE, "users", "chat", 20.0),
        (K.SALE, "users", "alpha", 3.0),
        (K.SALE, "users", "beta", 2.0),
        (K.SALE, "users", "gamma", 1.0),
        (K.SALE, "users", "chips", 4.0),
        (K.SALE, "users", "boards", 4.0),
        (K.INPUT, "chat", "alpha", 5.0),
        (K.PROGRAM, "lab", "alpha", 2.0),
        (K.CAPEX, "alpha", "chips", 1.0),
        (K.CAPEX, "alpha", "energy", 1.0),
    ]
    clouds = {"alpha": "first", "beta": "second", "gamma": "lab"}
    return hand_made(
        rows,
        lines={"chat": "lab", **clouds, "chips": "maker", "boards": "other"},
        markets={**dict.fromkeys(clouds, "compute"), "chips": "chips", "boards": "chips"},
        terms_of_lines={"alpha": {"plant": Plant(gross=48.0, net=25.0, depreciation=2.0)}},
        firms=[Firm(name, 50.0) for name in ("lab", "first", "second", "maker", "other")],
        rounds=[Round("in kind", "maker", "second", 1.0, 1, earmark="chips")],
    )


def test_a_buyer_has_a_link_to_every_other_seller_of_its_market_but_itself() -> None:
    chain = compile_chain(rivals())
    links = chain.links

    def pairs(group: str) -> list[tuple[str, str]]:
        at = links.of(group)
        buyers = links.buyer_line[at] if group != "program" else links.payer[at]
        names = chain.line_ids if group != "program" else chain.firm_ids
        return [
            (names[buyer], chain.line_ids[seller])
            for buyer, seller in zip(buyers.tolist(), links.seller_line[at].tolist(), strict=True)
        ]

    assert pairs("input") == [("chat", "alpha"), ("chat", "beta")]
    assert pairs("capex") == [("alpha", "chips"), ("alpha", "boards")]
    assert sorted(pairs("program")) == [
        ("lab", "alpha"),
        ("lab", "beta"),
        ("second", "boards"),
        ("second", "chips"),
    ]
    for group in ("input", "capex", "program"):
        at = links.of(group)
        sellers = chain.firm_of_line[links.seller_line[at]]
        assert links.payee[at].tolist() == sellers.tolist()


@given(rich_recipes())
def test_links_are_closed_under_substitution(recipe: Recipe) -> None:
    chain = compile_chain(recipe.world())
    links, market = chain.links, chain.market_of_line
    for group in ("input", "capex", "program"):
        at = links.of(group)
        buyers = links.payer[at] if group == "program" else links.buyer_line[at]
        found = set(zip(buyers.tolist(), links.seller_line[at].tolist(), strict=True))
        for buyer, seller in found:
            firm = buyer if group == "program" else chain.firm_of_line[buyer]
            others = np.flatnonzero((market == market[seller]) & (chain.firm_of_line != firm))
            assert found >= {(buyer, other) for other in others.tolist()}


def test_custom_of_the_dead_is_paid_to_survivors_on_links_of_their_own() -> None:
    chain = compile_chain(rivals())
    drivers = neutral(chain, 3)
    removed = drivers.removed.copy()
    removed[1, [1, 3]] = True
    still = {"price_speed": 0.0, "price_pull": 0.0, "program_speed": 0.0, "substitution": 0.5}
    found = simulate(chain, replace(drivers, removed=removed), parameters=still)
    paid = found.of_record("paid")[2]
    assert paid[chain.links.of("input")].tolist() == pytest.approx([0.0, 5.0]), "in full"
    program = chain.links.of("program")
    of_lab = chain.links.payer[program] == 0
    assert paid[program][of_lab].tolist() == pytest.approx([0.0, 1.0]), "half of it"


SHOCKED = st.tuples(st.integers(1, 5), st.integers(0, 7), st.sampled_from([0.3, 1.0, 3.0]))


@given(rich_recipes(stationary=False), SHOCKED)
@settings(max_examples=40)
def test_nothing_is_delivered_without_a_bill(recipe: Recipe, shock: tuple[int, int, float]) -> None:
    """What lines bill is their paid volume at the price charged, and what was not taken."""
    quarter, firm, level = shock
    chain = compile_chain(recipe.world())
    drivers = neutral(chain, 8)
    removed, demand = drivers.removed.copy(), drivers.demand_level.copy()
    removed[quarter, firm % recipe.firms] = True
    demand[quarter:] = level
    found = simulate(chain, replace(drivers, removed=removed, demand_level=demand))
    links = chain.links
    short = np.zeros(links.count, dtype=bool)
    short[links.of("shortfall")] = True
    for state, record in zip(found.states[1:], found.records[1:], strict=True):
        lives = state.alive[:, chain.firm_of_line]
        billed = links.line_revenue(np.where(short, 0.0, record.bought))
        expected = state.paid_volume * state.charged
        most = expected.max(initial=0.0)
        np.testing.assert_allclose(billed * lives, expected * lives, rtol=1e-9, atol=1e-12 * most)
