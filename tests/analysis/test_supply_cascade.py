"""Supply cascades on generated networks: the laws, plain rounds, a linear programme, bad inputs."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import networkx as nx
import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.optimize import linprog

from cardhouse.analysis import supply_cascade
from cardhouse.analysis.supply_cascade import (
    Cascade,
    SupplyNetwork,
    cascade,
    read_supply_network,
    systemic_importance,
)
from cardhouse.errors import InputError

CHANNELS = ("supply", "demand", "level")


@dataclass(frozen=True)
class Made:
    """A network and what two shocks leave of its firms, the second nowhere more."""

    network: SupplyNetwork
    initial: np.ndarray
    lower: np.ndarray

    @property
    def firms(self) -> int:
        return self.initial.size

    def run(self) -> Cascade:
        return cascade(self.network, self.initial)


@st.composite
def networks(draw: st.DrawFn) -> Made:
    """Networks thin and thick, with and without circles, with few and many types."""
    n, types = draw(st.integers(1, 9)), draw(st.integers(1, 4))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    flows = rng.random((n, n)) * (rng.random((n, n)) < draw(st.sampled_from([0.1, 0.4, 0.9])))
    np.fill_diagonal(flows, 0.0)
    if draw(st.booleans()):
        flows = np.triu(flows)
    final = rng.random(n) * (rng.random(n) < draw(st.sampled_from([0.1, 0.9])))
    essential = rng.random((n, types)) < draw(st.sampled_from([0.0, 0.5, 1.0]))
    network = read_supply_network(flows, rng.integers(0, types, n), final, essential)
    hit = rng.random(n) < draw(st.sampled_from([0.2, 0.6]))
    initial = np.where(hit, draw(st.sampled_from([rng.random(n), np.zeros(n)])), 1.0)
    return Made(network, initial, initial * rng.random(n))


def rounds(made: Made, initial: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Return supply and demand levels after plain rounds, written out firm by firm."""
    network, supply, demand = made.network, initial, initial
    for _ in range(count):
        supply = np.minimum(
            initial, [_made_from(network, supply, firm) for firm in range(made.firms)]
        )
        demand = np.minimum(
            initial, [_sold_to(network, demand, firm) for firm in range(made.firms)]
        )
    return supply, demand


def _made_from(network: SupplyNetwork, levels: np.ndarray, buyer: int) -> float:
    bought = network.flows[:, buyer]
    allowed, missing = [1.0], 0.0
    for type_ in range(network.essential.shape[1]):
        of_type = np.where(network.type_of == type_, bought, 0.0)
        if not of_type.any():
            continue
        if network.essential[buyer, type_]:
            allowed.append(of_type @ levels / of_type.sum())
        else:
            missing += float(of_type @ (1.0 - levels))
    return min(*allowed, 1.0 - missing / (bought.sum() or 1.0))


def _sold_to(network: SupplyNetwork, levels: np.ndarray, seller: int) -> float:
    sold, final = network.flows[seller], network.final_sales[seller]
    return (sold @ levels + final) / (sold.sum() + final) if sold.any() else 1.0


# --- laws ------------------------------------------------------------------------------------


@given(networks())
def test_levels_are_shares_and_at_most_the_initial_ones(made: Made) -> None:
    found = made.run()
    for channel in CHANNELS:
        levels = getattr(found, channel)
        assert levels.shape == made.initial.shape
        assert (levels >= 0.0).all()
        assert (levels <= made.initial).all()


@given(networks())
def test_without_a_shock_nothing_changes(made: Made) -> None:
    whole = np.ones(made.firms)
    for channel in CHANNELS:
        np.testing.assert_array_equal(getattr(cascade(made.network, whole), channel), whole)


@given(networks())
def test_a_larger_shock_raises_no_level(made: Made) -> None:
    found, worse = made.run(), cascade(made.network, made.lower)
    for channel in CHANNELS:
        assert (getattr(worse, channel) <= getattr(found, channel) + 1e-10).all()


@given(networks())
def test_more_final_sales_lower_no_level(made: Made) -> None:
    safer = replace(made.network, final_sales=made.network.final_sales + 0.5)
    found = cascade(safer, made.initial)
    assert (found.demand >= made.run().demand - 1e-10).all()
    np.testing.assert_array_equal(found.supply, made.run().supply)


@given(networks(), st.randoms(use_true_random=False))
def test_reordering_firms_reorders_levels(made: Made, rng: Any) -> None:
    order, network = np.array(rng.sample(range(made.firms), made.firms)), made.network
    moved = read_supply_network(
        network.flows[np.ix_(order, order)],
        network.type_of[order],
        network.final_sales[order],
        network.essential[order],
    )
    again = cascade(moved, made.initial[order])
    for channel in CHANNELS:
        np.testing.assert_allclose(
            getattr(again, channel), getattr(made.run(), channel)[order], rtol=0, atol=1e-10
        )


@given(networks(), st.randoms(use_true_random=False))
def test_renumbering_types_changes_nothing(made: Made, rng: Any) -> None:
    types = made.network.essential.shape[1]
    order = np.array(rng.sample(range(types), types))
    renamed = read_supply_network(
        made.network.flows,
        np.argsort(order)[made.network.type_of],
        made.network.final_sales,
        made.network.essential[:, order],
    )
    again = cascade(renamed, made.initial)
    for channel in CHANNELS:
        np.testing.assert_allclose(
            getattr(again, channel), getattr(made.run(), channel), rtol=0, atol=1e-10
        )


@given(networks(), st.sampled_from([1e-12, 1e-3, 1e3, 1e12]))
def test_the_unit_of_money_has_no_bearing(made: Made, unit: float) -> None:
    flows, final = unit * made.network.flows, unit * made.network.final_sales
    again = cascade(replace(made.network, flows=flows, final_sales=final), made.initial)
    for channel in CHANNELS:
        np.testing.assert_allclose(
            getattr(again, channel), getattr(made.run(), channel), rtol=0, atol=1e-10
        )


@given(networks(), st.integers(0, 8))
def test_two_identical_halves_are_one_firm(made: Made, which: int) -> None:
    firm, n = which % made.firms, made.firms
    flows = np.zeros((n + 1, n + 1))
    flows[:n, :n] = made.network.flows
    flows[firm] /= 2
    flows[:, firm] /= 2
    flows[n], flows[:, n] = flows[firm], flows[:, firm]
    final = np.append(made.network.final_sales, 0.0)
    final[[firm, n]] = made.network.final_sales[firm] / 2
    type_of = np.append(made.network.type_of, made.network.type_of[firm])
    essential = np.vstack([made.network.essential, made.network.essential[firm]])
    split = read_supply_network(flows, type_of, final, essential)
    again = cascade(split, np.append(made.initial, made.initial[firm]))
    for channel in CHANNELS:
        levels = getattr(made.run(), channel)
        np.testing.assert_allclose(
            getattr(again, channel), np.append(levels, levels[firm]), rtol=0, atol=1e-10
        )


@given(networks())
def test_levels_are_fixed_points(made: Made) -> None:
    found = made.run()
    supply = [_made_from(made.network, found.supply, firm) for firm in range(made.firms)]
    demand = [_sold_to(made.network, found.demand, firm) for firm in range(made.firms)]
    for levels, again in ((found.supply, supply), (found.demand, demand)):
        np.testing.assert_allclose(levels, np.minimum(made.initial, again), rtol=0, atol=1e-12)


@given(networks())
def test_plain_rounds_come_down_and_without_circles_end_there(made: Made) -> None:
    found, graph = made.run(), nx.from_numpy_array(made.network.flows, create_using=nx.DiGraph)
    few, many = (rounds(made, made.initial, count) for count in (3, 100))
    for levels, after_few, after_many in zip((found.supply, found.demand), few, many, strict=True):
        assert (after_few >= after_many - 1e-12).all()
        assert (after_many >= levels - 1e-12).all()
        if nx.is_directed_acyclic_graph(graph):
            np.testing.assert_allclose(levels, after_many, rtol=0, atol=1e-12)


@given(networks())
def test_a_linear_programme_leaves_as_much(made: Made) -> None:
    """The highest levels within the initial ones and within what inputs and customers allow."""
    found = made.run()
    for channel, levels in (
        (supply_cascade._supply_channel(made.network), found.supply),
        (supply_cascade._demand_channel(made.network), found.demand),
    ):
        rows = channel.shares.toarray()
        least = linprog(
            np.ones(made.firms),
            A_ub=rows - np.eye(made.firms)[channel.of],
            b_ub=np.zeros(channel.of.size),
            bounds=list(zip(1.0 - made.initial, np.ones(made.firms), strict=True)),
        )
        assert (1.0 - levels).sum() == pytest.approx(least.fun, abs=1e-6)


@given(networks())
def test_rows_of_a_channel_add_to_one(made: Made) -> None:
    for channel in (
        supply_cascade._supply_channel(made.network),
        supply_cascade._demand_channel(made.network),
    ):
        total = channel.shares.sum(axis=1) + channel.spared
        np.testing.assert_allclose(total, 1.0, rtol=0, atol=1e-14)
        assert (np.diff(channel.of) >= 0).all()


@given(networks(), st.sampled_from([0, 1, 3]))
def test_how_many_plain_rounds_come_first_has_no_bearing(made: Made, sweeps: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(supply_cascade, "SWEEPS", sweeps)
        found = made.run()
    for channel in CHANNELS:
        np.testing.assert_allclose(
            getattr(found, channel), getattr(made.run(), channel), rtol=0, atol=1e-10
        )


@given(networks())
def test_cases_beside_one_another_do_not_meet(made: Made) -> None:
    both = np.stack([made.initial, made.lower])
    found = cascade(made.network, both)
    for case, initial in enumerate(both):
        alone = cascade(made.network, initial)
        for channel in CHANNELS:
            np.testing.assert_array_equal(getattr(found, channel)[case], getattr(alone, channel))


@given(networks())
def test_a_removed_firm_is_felt_downstream_and_upstream_and_nowhere_else(made: Made) -> None:
    graph = nx.from_numpy_array(made.network.flows, create_using=nx.DiGraph)
    for channel, felt_by in (
        (supply_cascade._supply_channel(made.network), nx.descendants),
        (supply_cascade._demand_channel(made.network), nx.ancestors),
    ):
        losses = supply_cascade._least_losses(channel, np.eye(made.firms))
        for gone, lost in enumerate(losses):
            assert set(np.flatnonzero(lost).tolist()) == felt_by(graph, gone) | {gone}


# --- importance ------------------------------------------------------------------------------


@given(networks())
def test_importance_is_the_sales_lost_when_one_firm_goes(made: Made) -> None:
    network = made.network
    assume(network.final_sales.any())
    total = network.final_sales + network.flows.sum(axis=1)
    final, all_sales = systemic_importance(network), systemic_importance(network, "total")
    for gone in range(made.firms):
        left = cascade(network, 1.0 - np.eye(made.firms)[gone])
        lost = network.final_sales @ (1.0 - left.supply) / network.final_sales.sum()
        assert final[gone] == pytest.approx(lost, abs=1e-12)
        assert all_sales[gone] == pytest.approx(total @ (1.0 - left.level) / total.sum(), abs=1e-12)


@given(networks())
def test_importance_lies_between_a_firms_own_sales_and_all(made: Made) -> None:
    assume(made.network.final_sales.any())
    own = made.network.final_sales / made.network.final_sales.sum()
    found = systemic_importance(made.network)
    assert (found >= own - 1e-12).all()
    assert (found <= 1.0).all()


def test_a_firm_whose_other_customers_are_gone_still_serves_its_final_ones() -> None:
    pair = read_supply_network([[0, 10], [0, 0]], [0, 1], [5, 20])
    assert systemic_importance(pair)[1] == pytest.approx(20 / 25)
    assert systemic_importance(pair, "total")[1] == pytest.approx(30 / 35)


# --- circles ---------------------------------------------------------------------------------


@pytest.mark.parametrize("leak", [0.5, 1e-3, 1e-9, 1e-12])
def test_a_circle_that_leaks_at_all_empties(leak: float) -> None:
    """Of what the first firm needs a share comes from outside and has stopped.

    Plain rounds would need some multiple of 1 / leak.
    """
    flows = np.zeros((3, 3))
    flows[1, 0], flows[2, 0], flows[0, 1] = 1.0 - leak, leak, 1.0
    network = read_supply_network(flows, [0, 1, 1], [1.0, 0.0, 0.0])
    np.testing.assert_allclose(cascade(network, [1, 1, 0]).supply, 0.0, atol=1e-12)


@pytest.mark.parametrize("share", [0.5, 1e-3, 1e-9])
def test_a_circle_held_up_by_an_input_that_is_not_essential_keeps_its_part(share: float) -> None:
    """a = 1 - share/2 (1 - b) - share/2 gone, b = a: a = 1 - (share/2) / (1 - share/2)."""
    flows = np.zeros((4, 4))
    flows[1, 0], flows[2, 0], flows[3, 0] = share / 2, share / 2, 1.0 - share
    flows[0, 1] = 1.0
    essential = np.ones((4, 3), dtype=bool)
    essential[0, 1] = False
    network = read_supply_network(flows, [0, 1, 1, 2], [1, 0, 0, 0], essential)
    lost = (share / 2) / (1.0 - share / 2)
    found = cascade(network, [1, 1, 0, 1]).supply
    np.testing.assert_allclose(1.0 - found, [lost, lost, 1.0, 0.0], rtol=1e-6, atol=1e-15)


@pytest.mark.parametrize("sweeps", [0, 128])
def test_a_closed_circle_keeps_what_the_shock_left(
    sweeps: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Three firms that live on one another alone: all end with the lowest, in both channels."""
    monkeypatch.setattr(supply_cascade, "SWEEPS", sweeps)
    ring = read_supply_network(np.roll(np.eye(3), 1, axis=1), [0, 1, 2], [0, 0, 0])
    found = cascade(ring, [1.0, 0.25, 0.5])
    assert found.supply.tolist() == [0.25, 0.25, 0.25]
    assert found.demand.tolist() == [0.25, 0.25, 0.25]


def test_a_tie_between_a_circle_and_an_outside_input_ends() -> None:
    """Both firms may blame the outside supplier or each other for the same loss."""
    flows = np.zeros((3, 3))
    flows[2, 0] = flows[2, 1] = flows[0, 1] = flows[1, 0] = 1.0
    network = read_supply_network(flows, [0, 1, 2], [1, 1, 0])
    assert cascade(network, [1.0, 1.0, 0.25]).supply.tolist() == [0.25, 0.25, 0.25]


def test_a_firm_alone_keeps_its_level() -> None:
    alone = read_supply_network([[0.0]], [0], [3.0])
    found = cascade(alone, [0.4])
    assert (found.supply.tolist(), found.demand.tolist()) == ([0.4], [0.4])
    assert systemic_importance(alone).tolist() == [1.0]


def test_no_cases_leave_no_levels() -> None:
    pair = read_supply_network([[0, 1], [0, 0]], [0, 1], [0, 1])
    assert cascade(pair, np.zeros((0, 2))).level.shape == (0, 2)


def test_types_need_no_supplier_and_their_number_may_be_large() -> None:
    pair = read_supply_network([[0, 1], [0, 0]], [0, 1_000_000_000], [0, 1])
    assert cascade(pair, [0, 1]).level.tolist() == [0, 0]


# --- bad inputs ------------------------------------------------------------------------------

PAIR: dict[str, Any] = {"flows": [[0, 1], [0, 0]], "type_of": [0, 1], "final_sales": [0, 1]}


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"flows": [[0, 1]]}, r"flows has shape \(1, 2\); expected as many rows as columns"),
        ({"flows": [[0, -1], [0, 0]]}, r"flows\[0, 1\] is -1; expected a finite number, not neg"),
        ({"flows": [[0, np.nan], [0, 0]]}, r"flows\[0, 1\] is nan; expected a finite number"),
        ({"flows": [[0, 1], [0, 3]]}, r"flows\[1, 1\] is 3; expected 0: no firm deals with itself"),
        ({"flows": "sales"}, r"flows is not an array of numbers"),
        ({"type_of": [0, 0.5]}, r"type_of\[1\] is 0\.5; expected the number of a type"),
        ({"type_of": [0, -1]}, r"type_of\[1\] is -1; expected a finite number, not negative"),
        ({"type_of": [0, 1e18]}, r"type_of\[1\] is 1e\+18; expected the number of a type"),
        ({"type_of": [0]}, r"type_of has shape \(1,\); expected \(2,\)"),
        ({"type_of": ["chips", "cloud"]}, r"type_of is not an array of numbers"),
        ({"final_sales": [0, -2]}, r"final_sales\[1\] is -2; expected a finite number"),
        ({"final_sales": [0, 1, 2]}, r"final_sales has shape \(3,\); expected \(2,\)"),
        ({"essential": [[1, 0], [0, 1]]}, r"essential is not an array of true and false"),
        ({"essential": [[True], [True]]}, r"essential has shape \(2, 1\); expected \(2, 2 or more"),
        ({"essential": [True, True]}, r"essential has shape \(2,\); expected \(2, 2 or more\)"),
    ],
)
def test_bad_networks_get_a_sentence(changes: dict[str, Any], sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        read_supply_network(**{**PAIR, **changes})


@pytest.mark.parametrize(
    ("initial", "sentence"),
    [
        ([0, 1.5], r"initial\[1\] is 1\.5; a share lies between 0 and 1"),
        ([0, np.nan], r"initial\[1\] is nan; expected a finite number"),
        ([[0, 1], [-1, 1]], r"initial\[1, 0\] is -1; expected a finite number"),
        ([0, 1, 1], r"initial has shape \(3,\); expected \(2,\) or \(cases, 2\)"),
    ],
)
def test_bad_levels_get_a_sentence(initial: Any, sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        cascade(read_supply_network(**PAIR), initial)


def test_unknown_sales_get_a_hint() -> None:
    with pytest.raises(InputError, match=r"sales is 'finals'.* Did you mean 'final'\?"):
        systemic_importance(read_supply_network(**PAIR), "finals")


def test_without_sales_there_is_no_importance() -> None:
    idle = read_supply_network([[0, 1], [0, 0]], [0, 1], [0, 0])
    with pytest.raises(InputError, match="final sales are all 0; at least one firm has to count"):
        systemic_importance(idle)
    assert systemic_importance(idle, "total").tolist() == [1.0, 1.0]


def test_inputs_are_left_as_they_were() -> None:
    network, initial = read_supply_network(**PAIR), np.array([[0.0, 1.0], [1.0, 0.0]])
    before = (network.flows.copy(), network.final_sales.copy(), initial.copy())
    cascade(network, initial)
    systemic_importance(network)
    for now, then in zip((network.flows, network.final_sales, initial), before, strict=True):
        np.testing.assert_array_equal(now, then)
