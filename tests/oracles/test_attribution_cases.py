"""Tracing against chains known from textbooks and payments worked by hand, and its properties."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cardhouse.analysis.tracing import (
    decompose_loops,
    forward_trace,
    own_money_round_trip,
    payment_bounds,
    trace_payments,
)
from cardhouse.engine.absorbing import exit_shares, visits
from cardhouse.studies.kernels import trace_flows

KNOWN = json.loads(Path(__file__).with_name("attribution_cases.json").read_text("utf-8"))
CHAIN, CIRCLE = KNOWN["payments"]
every_chain = pytest.mark.parametrize("chain", KNOWN["chains"], ids=lambda chain: chain["name"])
both = pytest.mark.parametrize("case", KNOWN["payments"], ids=lambda case: case["name"])


@every_chain
def test_chains_leave_through_the_exits_the_textbook_says(chain: dict[str, Any]) -> None:
    shares, lost = exit_shares(np.array(chain["moves"]), np.array(chain["exits"], dtype=float))
    np.testing.assert_allclose(shares, chain["shares"], rtol=0, atol=1e-12)
    np.testing.assert_array_equal(lost, 0.0)


@every_chain
def test_chains_visit_as_often_as_the_textbook_says(chain: dict[str, Any]) -> None:
    leaving = np.array(chain["exits"], dtype=float).sum(axis=1)
    found, closed = visits(np.array(chain["moves"]), leaving, np.eye(3))
    np.testing.assert_allclose(found, chain["visits"], rtol=0, atol=1e-12)
    np.testing.assert_allclose(found.sum(axis=1), chain["steps"], rtol=0, atol=1e-12)
    assert not closed.any()


@both
def test_shares_are_those_worked_by_hand(case: dict[str, Any]) -> None:
    frame = trace_flows([tuple(row) for row in case["flows"]], case["sources"])
    assert list(frame.columns) == case["sources"]
    for entity, shares in case["shares"].items():
        for source, share in shares.items():
            assert frame.loc[entity, source] == pytest.approx(share, abs=1e-12)
    assert set(frame.index) == set(case["shares"])
    assert frame.attrs["undefined"] == []


@both
def test_every_row_adds_to_one_and_nothing_is_negative(case: dict[str, Any]) -> None:
    shares = trace_payments(case["flows"], case["sources"]).shares
    np.testing.assert_allclose(shares.sum(axis=1), 1.0, rtol=0, atol=1e-12)
    assert (shares >= 0.0).all()


def test_of_the_chip_makers_eighty_users_pay_twenty_four() -> None:
    frame = trace_flows(CHAIN["flows"], CHAIN["sources"])
    dollars = frame.loc["chips"] * frame.attrs["inflow"]["chips"]
    assert dollars.to_dict() == pytest.approx({"users": 24.0, "investors": 56.0})


def test_own_money_stands_beside_the_shares() -> None:
    trip = own_money_round_trip(CIRCLE["flows"], "chips", CIRCLE["sources"])
    assert trip.own == pytest.approx(0.20, abs=1e-12)
    assert trip.sources == pytest.approx({"users": 0.30, "investors": 0.50})
    assert trip.looked_through == pytest.approx({"users": 0.375, "investors": 0.625})
    assert trace_payments(CIRCLE["flows"], CIRCLE["sources"]).round_trip("chips") == trip.own


def test_bounds_of_the_circle() -> None:
    bounds = payment_bounds(CIRCLE["flows"], "chips", CIRCLE["sources"])
    assert bounds.sources["users"] == pytest.approx((0.125, 0.375), abs=1e-15)
    assert bounds.own == pytest.approx((0.0, 0.25), abs=1e-15)
    assert bounds.unexplained == (0.0, 0.0)


def test_the_loop_of_the_circle() -> None:
    found = decompose_loops(CIRCLE["flows"])
    assert [loop.entities for loop in found.loops] == [("chips", "labs", "clouds")]
    assert found.loops[0].amount == pytest.approx(20.0)
    assert not decompose_loops(CHAIN["flows"]).loops


@both
def test_dollars_in_are_dollars_at_the_ends(case: dict[str, Any]) -> None:
    """What each source put in ends somewhere; backwards and forwards agree on where."""
    traced = trace_payments(case["flows"], case["sources"])
    paid_in = dict.fromkeys(case["sources"], 0.0)
    for payer, _, amount in case["flows"]:
        if payer in paid_in:
            paid_in[payer] += amount
    for source, dollars in paid_in.items():
        ends = forward_trace(case["flows"], source, case["sources"])
        assert ends.dollars == dollars
        assert sum(ends.paid.values()) + sum(ends.kept.values()) == pytest.approx(1.0)
        spent = {name: sum(a for p, _, a in case["flows"] if p == name) for name in traced.entities}
        for name, received in zip(traced.entities, traced.inflow, strict=True):
            kept = (received - spent[name]) * traced.share(name, source)
            at_end = {**ends.kept, **ends.paid}.get(name, 0.0)
            assert dollars * at_end == pytest.approx(kept, abs=1e-9)


def test_splitting_an_entity_in_two_halves_changes_nothing() -> None:
    halves = [
        (payer.replace("clouds", half), payee.replace("clouds", half), amount / 2)
        for payer, payee, amount in CIRCLE["flows"]
        for half in ("clouds a", "clouds b")
    ]
    split = trace_payments(halves, CIRCLE["sources"])
    assert {"clouds a", "clouds b"} < set(split.entities)
    for entity in split.entities:
        for source, share in CIRCLE["shares"][entity.split()[0]].items():
            assert split.share(entity, source) == pytest.approx(share, abs=1e-12)


@pytest.mark.parametrize("sources", [[], ["users"]])
def test_a_pure_loop_is_undefined_and_says_so(sources: list[str]) -> None:
    loop = [("a", "b", 10.0), ("b", "c", 10.0), ("c", "a", 10.0)]
    with pytest.warns(UserWarning, match="undefined"):
        frame = trace_flows(loop, sources)
    assert frame.attrs["undefined"] == ["a", "b", "c"]
    assert frame.isna().to_numpy().all()
    assert frame.attrs["untraced"] == {"a": 1.0, "b": 1.0, "c": 1.0}
    assert trace_payments(loop, sources).undefined == ("a", "b", "c")
