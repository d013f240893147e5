"""Tracing, bounds and loops on generated payments: the laws, other people's answers, bad inputs."""

from __future__ import annotations

from typing import Any

import networkx as nx
import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from cardhouse.analysis.tracing import (
    circular_part,
    composition,
    decompose_loops,
    forward_trace,
    loops_of,
    max_flow,
    own_money,
    own_money_round_trip,
    payment_bounds,
    source_bounds,
    trace_ends,
    trace_payments,
    trace_shares,
)
from cardhouse.engine.absorbing import (
    exit_shares,
    exit_shares_compiled,
    exit_shares_of_each,
    stationary,
    visits,
)
from cardhouse.errors import InputError
from cardhouse.studies.kernels import trace_flows
from payments import Payments, payments


def named(flows: np.ndarray) -> list[tuple[str, str, float]]:
    return [(f"e{i}", f"e{j}", float(flows[i, j])) for i, j in np.argwhere(flows > 0.0)]


# --- shares ----------------------------------------------------------------------------------


@given(payments())
def test_shares_are_shares(made: Payments) -> None:
    trace = trace_shares(made.flows, made.source_of, made.opening)
    for shares, lost in (
        (trace.mix, trace.mix_untraced),
        (trace.receipts, trace.receipts_untraced),
    ):
        assert (shares >= 0.0).all()
        assert (lost >= 0.0).all()
        np.testing.assert_allclose(shares.sum(axis=1) + lost, 1.0, rtol=0, atol=1e-12)


@given(payments())
def test_shares_solve_the_mixing_equation(made: Payments) -> None:
    trace = trace_shares(made.flows, made.source_of, made.opening)
    for purse in np.flatnonzero(made.source_of < 0):
        came = made.opening[purse] + made.flows[:, purse] @ trace.mix
        total = made.opening[purse].sum() + made.flows[:, purse].sum()
        np.testing.assert_allclose(total * trace.mix[purse], came, rtol=0, atol=1e-12)


@given(payments())
def test_a_plain_linear_solve_agrees(made: Payments) -> None:
    total = made.flows.sum(axis=0) + made.opening.sum(axis=1)
    purses = np.flatnonzero(made.source_of < 0)
    assume((total[purses] > 0.0).all())
    moves = made.flows[np.ix_(purses, purses)].T / total[purses, None]
    givers = made.flows[: made.sources, purses].T
    exits = (givers + made.opening[purses]) / total[purses, None]
    system = np.eye(purses.size) - moves
    assume(np.linalg.cond(system) < 1e6)
    trace = trace_shares(made.flows, made.source_of, made.opening)
    np.testing.assert_allclose(trace.mix[purses], np.linalg.solve(system, exits), rtol=0, atol=1e-9)


@given(payments())
def test_outside_dollars_in_are_outside_dollars_out(made: Payments) -> None:
    """By source: paid in plus opening money is what ends with sources or stays in purses."""
    trace = trace_shares(made.flows, made.source_of, made.opening)
    giving = made.source_of >= 0
    paid_in = made.flows[giving].sum(axis=1) + made.opening.sum(axis=0)
    means = made.flows.sum(axis=0) + made.opening.sum(axis=1)
    kept = np.where(giving, 0.0, means - made.flows.sum(axis=1))
    ended = kept @ trace.mix + made.flows[:, giving].sum(axis=1) @ trace.mix
    np.testing.assert_allclose(ended, paid_in, rtol=0, atol=1e-11)


@given(payments())
def test_backwards_and_forwards_agree(made: Payments) -> None:
    trace = trace_shares(made.flows, made.source_of, made.opening)
    giving = made.source_of >= 0
    starts = made.flows[giving] + made.opening.T
    paid, kept, circling = trace_ends(made.flows, made.source_of, starts, made.opening)
    assert not circling.any()
    total = paid.sum(axis=1) + kept.sum(axis=1)
    np.testing.assert_allclose(total, starts.sum(axis=1), rtol=0, atol=1e-11)
    for source in range(made.sources):
        back = (made.flows * trace.mix[:, source, None]).sum(axis=0)
        np.testing.assert_allclose(paid[source, giving], back[giving], rtol=0, atol=1e-11)


@given(payments())
def test_own_money_explains_the_share_looked_through(made: Payments) -> None:
    """s = with_own + own s: what is looked through is what is left, scaled up."""
    through = trace_shares(made.flows, made.source_of)
    for purse in np.flatnonzero((made.source_of < 0) & (through.inflow > 0.0)):
        beside = own_money(made.flows, made.source_of, purse)
        own = beside.receipts[purse, -1]
        assert 0.0 <= own <= 1.0 + 1e-12
        if own < 0.999 and through.receipts_untraced[purse] == 0.0:
            np.testing.assert_allclose(
                through.receipts[purse], beside.receipts[purse, :-1] / (1.0 - own), atol=1e-9
            )


@given(payments(), st.sampled_from([1e-12, 1e-3, 1e3, 1e12]))
def test_scaling_money_keeps_shares(made: Payments, factor: float) -> None:
    plain = trace_shares(made.flows, made.source_of, made.opening)
    scaled = trace_shares(factor * made.flows, made.source_of, factor * made.opening)
    np.testing.assert_allclose(scaled.receipts, plain.receipts, rtol=0, atol=1e-12)
    np.testing.assert_array_equal(scaled.undefined, plain.undefined)


@given(payments(), st.randoms(use_true_random=False))
def test_reordering_entities_reorders_shares(made: Payments, rng: Any) -> None:
    n = made.flows.shape[0]
    order = np.array(rng.sample(range(n), n))
    plain = trace_shares(made.flows, made.source_of, made.opening)
    moved = trace_shares(
        made.flows[np.ix_(order, order)], made.source_of[order], made.opening[order]
    )
    np.testing.assert_allclose(moved.receipts, plain.receipts[order], rtol=0, atol=1e-12)
    np.testing.assert_allclose(moved.mix, plain.mix[order], rtol=0, atol=1e-12)


@given(payments(), st.integers(0, 6))
def test_two_identical_halves_are_one_entity(made: Payments, which: int) -> None:
    purses = np.flatnonzero(made.source_of < 0)
    purse, n = int(purses[which % purses.size]), made.flows.shape[0]
    halves = np.zeros((n + 1, n + 1))
    halves[:n, :n] = made.flows
    halves[purse] /= 2
    halves[:, purse] /= 2
    halves[n], halves[:, n] = halves[purse], halves[:, purse]
    opening = np.vstack([made.opening, made.opening[purse] / 2])
    opening[purse] /= 2
    split = trace_shares(halves, np.append(made.source_of, -1), opening)
    plain = trace_shares(made.flows, made.source_of, made.opening)
    np.testing.assert_allclose(split.receipts[:n], plain.receipts, rtol=0, atol=1e-12)
    np.testing.assert_allclose(split.receipts[n], plain.receipts[purse], rtol=0, atol=1e-12)


@given(payments(), st.integers(0, 6))
def test_closed_money_stays_undefined_whatever_is_around_it(made: Payments, size: int) -> None:
    """A ring without outside money beside the rest: undefined, and nothing else moves."""
    n, ring = made.flows.shape[0], 2 + size % 3
    flows = np.zeros((n + ring, n + ring))
    flows[:n, :n] = made.flows
    flows[n:, n:] = np.roll(np.eye(ring), 1, axis=1)
    source_of = np.r_[made.source_of, np.full(ring, -1)]
    opening = np.vstack([made.opening, np.zeros((ring, made.sources))])
    trace = trace_shares(flows, source_of, opening)
    plain = trace_shares(made.flows, made.source_of, made.opening)
    np.testing.assert_array_equal(trace.receipts_untraced[n:], 1.0)
    assert trace.undefined[n:].all()
    np.testing.assert_allclose(trace.receipts[:n], plain.receipts, rtol=0, atol=1e-13)


def test_who_is_paid_by_a_closed_ring_is_undefined_in_part() -> None:
    flows = [("a", "b", 10.0), ("b", "a", 10.0), ("a", "c", 30.0), ("users", "c", 10.0)]
    traced = trace_payments(flows, ["users"])
    assert traced.undefined == ("a", "b", "c")
    row = traced.entities.index("c")
    assert traced.shares[row].tolist() == [0.25]
    assert traced.untraced[row] == 0.75
    with pytest.raises(InputError, match=r"undefined: 0\.75 of it"):
        traced.share("c", "users")


def test_a_payer_without_money_is_undefined() -> None:
    traced = trace_payments([("ghost", "labs", 5.0)], ["users"])
    assert traced.undefined == ("ghost", "labs")
    assert traced.inflow.tolist() == [0.0, 5.0]


@pytest.mark.parametrize("leak", [1e-3, 1e-9, 1e-13])
def test_a_ring_with_hardly_any_outside_money_is_traced_exactly(leak: float) -> None:
    flows = [("a", "b", 1.0), ("b", "a", 1.0), ("users", "a", leak), ("funds", "b", 3 * leak)]
    traced = trace_payments([*flows, ("b", "c", 4 * leak)], ["users", "funds"])
    for entity in ("a", "b", "c"):
        assert traced.share(entity, "users") == pytest.approx(
            0.25, rel=1e-2 if entity != "c" else 1
        )
    exact = leak / (leak + 3 * leak / (1 + 3 * leak))
    assert traced.share("a", "users") == pytest.approx(exact, rel=1e-12)


def test_opening_cash_carries_its_origin_through_time() -> None:
    """Last quarter's mix of the purse is this quarter's opening: 60 of users, 40 of funds."""
    flows = np.zeros((4, 4))
    flows[0, 2], flows[2, 3] = 100.0, 150.0
    opening = np.zeros((4, 3))
    opening[2] = [20.0, 60.0, 20.0]
    trace = trace_shares(flows, np.array([0, 1, -1, -1]), opening)
    np.testing.assert_allclose(trace.receipts[3], [0.6, 0.3, 0.1])
    np.testing.assert_allclose(trace.receipts[2], [1.0, 0.0, 0.0])
    np.testing.assert_allclose(trace.mix[2], [0.6, 0.3, 0.1])


def test_composition_of_sales_alone() -> None:
    flows = np.zeros((4, 4))
    flows[0, 2], flows[1, 3], flows[2, 3] = 10.0, 90.0, 10.0
    trace = trace_shares(flows, np.array([0, 1, -1, -1]))
    np.testing.assert_allclose(trace.receipts[3], [0.1, 0.9])
    sales = np.zeros((4, 2))
    sales[2, 0] = 10.0
    shares, untraced = composition(sales, trace.mix, trace.mix_untraced)
    np.testing.assert_allclose(shares[0], [1.0, 0.0])
    assert untraced.tolist() == [0.0, 1.0]


# --- bounds ----------------------------------------------------------------------------------


@given(payments())
def test_pro_rata_lies_within_the_bounds(made: Payments) -> None:
    inflow = made.flows.sum(axis=0)
    for purse in np.flatnonzero((made.source_of < 0) & (inflow > 0.0)):
        beside = own_money(made.flows, made.source_of, purse, made.opening).receipts[purse]
        least, most = source_bounds(made.flows, made.source_of, purse, made.opening)
        assert (beside >= least[:-1] - 1e-9).all()
        assert (beside <= most[:-1] + 1e-9).all()
        assert (least >= 0.0).all()
        assert (least <= most + 1e-12).all()
        assert (most <= 1.0).all()
        assert most[-1] <= 1e-9  # nobody pays out what never came in


@given(st.integers(2, 9), st.integers(0, 2**32 - 1), st.sampled_from([0.1, 0.4, 1.0]))
def test_maximum_flow_is_that_of_networkx(n: int, seed: int, density: float) -> None:
    rng = np.random.default_rng(seed)
    capacity = rng.random((n, n)) * 10.0 ** rng.integers(-3, 4, (n, n))
    capacity *= rng.random((n, n)) < density
    graph = nx.DiGraph()
    graph.add_nodes_from(range(n))
    graph.add_edges_from(
        (int(i), int(j), {"capacity": capacity[i, j]}) for i, j in np.argwhere(capacity > 0.0)
    )
    known = nx.maximum_flow_value(graph, 0, n - 1)
    assert max_flow(capacity, 0, n - 1) == pytest.approx(known, rel=1e-12, abs=1e-300)


def test_bounds_count_money_from_nowhere_apart() -> None:
    """Labs pay 100 and received 60: 40 came from somewhere nobody named."""
    bounds = payment_bounds(
        [("users", "labs", 60.0), ("labs", "clouds", 100.0)], "clouds", ["users"]
    )
    assert bounds.sources["users"] == pytest.approx((0.6, 0.6))
    assert bounds.unexplained == pytest.approx((0.4, 0.4))


def test_money_paid_to_a_source_goes_no_further() -> None:
    flows = [("users", "funds", 50.0), ("funds", "labs", 50.0), ("users", "labs", 10.0)]
    bounds = payment_bounds(flows, "labs", ["users", "funds"])
    assert bounds.sources == {
        "users": pytest.approx((1 / 6, 1 / 6)), "funds": pytest.approx((5 / 6, 5 / 6))
    }  # fmt: skip
    ends = forward_trace(flows, "users", ["funds"])
    assert ends.paid == pytest.approx({"funds": 50 / 60, "labs": 10 / 60})


# --- loops -----------------------------------------------------------------------------------


@given(payments())
def test_without_its_loops_a_network_has_no_circle(made: Payments) -> None:
    names = tuple(f"e{i}" for i in range(made.flows.shape[0]))
    found = loops_of(made.flows, names)
    rest = nx.from_numpy_array(found.directional, create_using=nx.DiGraph)
    assert nx.is_directed_acyclic_graph(rest)
    assert (found.directional >= 0.0).all()
    assert (found.circular >= 0.0).all()
    np.testing.assert_allclose(found.circular + found.directional, made.flows, rtol=1e-15)
    np.testing.assert_allclose(
        found.circular.sum(axis=0), found.circular.sum(axis=1), rtol=0, atol=1e-10
    )


@given(payments())
def test_loops_add_up_to_the_circular_part(made: Payments) -> None:
    names = tuple(f"e{i}" for i in range(made.flows.shape[0]))
    found = loops_of(made.flows, names)
    total = np.zeros_like(made.flows)
    for loop in found.loops:
        assert len(set(loop.entities)) == len(loop.entities) > 1
        assert loop.entities[0] == min(loop.entities)
        places = [names.index(name) for name in loop.entities]
        total[places, [*places[1:], places[0]]] += loop.amount
    np.testing.assert_allclose(total, found.circular, rtol=0, atol=1e-10)
    amounts = [loop.amount for loop in found.loops]
    assert amounts == sorted(amounts, reverse=True)
    for name in names:
        through = sum(loop.amount for loop in found.through(name))
        assert found.round_trip(name) == pytest.approx(through, abs=1e-10)


@given(payments(), st.randoms(use_true_random=False), st.sampled_from([1e-9, 7.0, 1e9]))
def test_the_circular_part_knows_no_order_and_no_unit(
    made: Payments, rng: Any, factor: float
) -> None:
    n = made.flows.shape[0]
    order = np.array(rng.sample(range(n), n))
    plain = circular_part(made.flows)
    moved = circular_part(factor * made.flows[np.ix_(order, order)])
    np.testing.assert_allclose(
        moved, factor * plain[np.ix_(order, order)], rtol=1e-8, atol=1e-10 * factor
    )


def test_balanced_flow_forwarding_by_hand() -> None:
    """Two loops share a: a-b can carry 2 and a-c 4; a pays 3 and 3, so both carry alike first.

    Forwarding in proportion 1:1 is stopped by b, which pays 2 back: 2 round each loop. Then only
    a-c is left, with 1 that a can still pay.
    """
    flows = [("a", "b", 3.0), ("b", "a", 2.0), ("a", "c", 3.0), ("c", "a", 4.0)]
    found = decompose_loops(flows)
    assert [(loop.entities, loop.amount) for loop in found.loops] == [
        (("a", "c"), pytest.approx(3.0)),
        (("a", "b"), pytest.approx(2.0)),
    ]
    assert found.circularity == pytest.approx(10.0 / 12.0)


def test_a_chain_has_no_loops() -> None:
    found = decompose_loops([("a", "b", 3.0), ("b", "c", 2.0)])
    assert found.loops == ()
    assert found.circularity == 0.0
    assert decompose_loops([]).circularity == 0.0


# --- the chain underneath --------------------------------------------------------------------


@given(st.integers(1, 8), st.integers(0, 2**32 - 1))
def test_visits_and_exits_are_one_chain(n: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    moves = rng.random((n, n)) * (rng.random((n, n)) < 0.6)
    leaving = rng.random(n) + 0.01
    total = moves.sum(axis=1) + leaving
    moves, leaving = moves / total[:, None], leaving / total
    found, closed = visits(moves, leaving, np.eye(n))
    assert not closed.any()
    np.testing.assert_allclose(found, np.linalg.inv(np.eye(n) - moves), rtol=1e-10, atol=1e-12)
    shares, _ = exit_shares(moves, np.diag(leaving))
    np.testing.assert_allclose(shares, found * leaving, rtol=1e-10)


@given(st.integers(2, 8), st.integers(0, 2**32 - 1))
def test_the_stationary_distribution_is_stationary(n: int, seed: int) -> None:
    moves = np.random.default_rng(seed).random((n, n)) + 1e-3
    often = stationary(moves)
    np.testing.assert_allclose(
        often @ (moves / moves.sum(axis=1, keepdims=True)), often, rtol=1e-11
    )
    assert often.sum() == pytest.approx(1.0)


# --- the door --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("flows", "words"),
    [
        ([("a", "b")], r"flows\[0\] is \('a', 'b'\)"),
        (["abc"], r"flows\[0\] is 'abc'"),
        ([None], r"flows\[0\] is None"),
        ([("a", "b", 1.0), ("a", 3, 1.0)], r"flows\[1\] is"),
        ([("a", "b", "much")], "'much'; expected a number"),
        ([("a", "b", -1.0)], "pays 'b' -1; expected a finite amount"),
        ([("a", "b", float("nan"))], "pays 'b' nan"),
        ([("a", "b", float("inf"))], "pays 'b' inf"),
        ([("a", "a", 1.0)], "'a' pays itself"),
    ],
)
def test_wrong_payments_name_their_row(flows: Any, words: str) -> None:
    with pytest.raises(InputError, match=words):
        trace_flows(flows, ["a"])


def test_wrong_names_are_met_with_a_hint() -> None:
    flows = [("users", "labs", 1.0), ("labs", "clouds", 1.0)]
    with pytest.raises(InputError, match="expected a list of names"):
        trace_flows(flows, "users")
    with pytest.raises(InputError, match="users more than once"):
        trace_flows(flows, ["users", "users"])
    with pytest.raises(InputError, match="Did you mean 'clouds'"):
        payment_bounds(flows, "cloud", ["users"])
    with pytest.raises(InputError, match="Did you mean 'labs'"):
        trace_payments(flows, ["users"]).share("lab", "users")
    with pytest.raises(InputError, match="receives nothing"):
        payment_bounds(flows, "users", ["users"])
    with pytest.raises(InputError, match="'clouds' pays nothing"):
        forward_trace(flows, "clouds")
    with pytest.raises(InputError, match="neither pays nor is paid"):
        own_money_round_trip(flows, "chips", ["users"])
    with pytest.raises(InputError, match="opening has shape"):
        trace_shares(np.zeros((2, 2)), np.array([0, -1]), np.zeros((2, 0)))
    with pytest.raises(InputError, match="opening holds amounts"):
        trace_shares(np.zeros((2, 2)), np.array([0, -1]), -np.ones((2, 1)))


def test_no_payments_give_an_empty_frame() -> None:
    frame = trace_flows([], ["users"])
    assert frame.empty
    assert list(frame.columns) == ["users"]


@given(payments(with_cash=False))
def test_the_frame_holds_the_shares(made: Payments) -> None:
    rows = named(made.flows)
    assume(rows)
    sources = [f"e{i}" for i in range(made.sources)]
    traced = trace_payments(rows, sources)
    frame = trace_flows([*rows, *((a, b, 0.0) for a, b, _ in rows)], sources)
    assert tuple(frame.index) == traced.entities
    np.testing.assert_array_equal(frame.to_numpy(), traced.shares)
    np.testing.assert_allclose(frame.sum(axis=1), 1.0, atol=1e-12)
    received = made.flows.sum(axis=0)
    inflow = {f"e{i}": received[i] for i in np.flatnonzero(received > 0.0)}
    assert frame.attrs["inflow"] == pytest.approx(inflow)


@given(st.integers(1, 6), st.integers(1, 3), st.integers(0, 2**32 - 1))
def test_many_chains_at_once_leave_as_each_alone(nodes: int, ends: int, seed: int) -> None:
    """Side by side or one by one: closed sets and empty rows included."""
    rng = np.random.default_rng(seed)
    shape = (4, nodes, nodes)
    moves = rng.exponential(size=shape) * (rng.random(shape) < 0.6) * 10.0 ** rng.integers(-9, 9)
    exits = rng.exponential(size=(4, nodes, ends)) * (rng.random((4, nodes, ends)) < 0.4)
    found = exit_shares_of_each(moves, exits)
    for case in range(4):
        shares, lost = exit_shares(moves[case], exits[case])
        np.testing.assert_allclose(found[case, :, :-1], shares, rtol=1e-9, atol=1e-12)
        np.testing.assert_allclose(found[case, :, -1], lost, rtol=1e-9, atol=1e-12)
    compiled = exit_shares_compiled(moves, exits)
    np.testing.assert_allclose(compiled, found, rtol=1e-12, atol=1e-15)
