"""Verdicts follow from definitions: at the threshold, beyond it, and without figures."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardhouse.analysis.claims import (
    FAILS,
    HOLDS,
    IN_PART,
    PROFIT_OF,
    TOGETHER,
    UNDETERMINED,
    Business,
    Figure,
    Finding,
    Outcome,
    above,
    below_cost,
    gap_filled,
    lost_without,
    mostly,
    negative_margins,
    not_covered,
    range_of_shares,
    takes_profit,
    thin_margins,
    within,
)

amounts = st.floats(0.01, 1e3)
sellers = st.lists(
    st.builds(Business, st.sampled_from("abcd"), amounts, amounts, amounts), min_size=1, max_size=4
)


def prices(*values: float) -> list[Figure]:
    return [Figure(f"plan {at}", value, "USD", (f"f{at}",)) for at, value in enumerate(values)]


class TestWithin:
    @pytest.mark.parametrize(
        ("values", "verdict"),
        [
            ((20.0, 200.0), HOLDS),
            ((19.9, 200.0), IN_PART),
            ((19.9, 200.1), FAILS),
            ((), UNDETERMINED),
        ],
    )
    def test_verdict(self, values: tuple[float, ...], verdict: str) -> None:
        assert within(prices(*values), 20.0, 200.0).verdict == verdict

    def test_evidence_stands_on_both_sides(self) -> None:
        found = within(prices(6.67, 100.0, 2400.0), 20.0, 200.0)
        assert found.supports == ("plan 1: 100 USD, within 20 to 200.",)
        assert found.opposes == (
            "plan 0: 6.67 USD, below 20 to 200.",
            "plan 2: 2,400 USD, above 20 to 200.",
        )
        assert [one.facts for one in found.figures] == [("f0",), ("f1",), ("f2",)]


class TestBelowCost:
    @pytest.mark.parametrize(("service", "verdict"), [(1.1, HOLDS), (0.9, FAILS)])
    def test_verdict(self, service: float, verdict: str) -> None:
        assert below_cost([Business("a", 1.0, service)]).verdict == verdict
        assert below_cost([Business("a", 1.0, 0.5, service)], "full").verdict == verdict
        assert below_cost([Business("a", 1.0, 9.0, paid=service)], "paid").verdict == verdict

    def test_some_below_while_all_together_are_above(self) -> None:
        assert below_cost([Business("a", 1.0, 2.0), Business("b", 9.0, 4.5)]).verdict == IN_PART

    def test_nobody_sells(self) -> None:
        assert below_cost([Business("a", 0.0, 1.0, 1.0)]).verdict == UNDETERMINED

    def test_each_seller_is_told(self) -> None:
        found = below_cost([Business("a", 1.0, 2.0, 3.0), Business("b", 9.0, 4.5, 5.0)])
        assert len(found.supports) == 1
        assert found.supports[0].startswith("a: sales of 1.00 bn a quarter, cost of 2.00 bn")
        assert found.opposes == ("b: sales of 9.00 bn a quarter, cost of 4.50 bn to serve.",)


class TestMargins:
    def test_most_and_all_together_must_lose(self) -> None:
        small = [Business("a", 1.0, 1.2), Business("b", 1.0, 1.2)]
        assert negative_margins(small).verdict == HOLDS
        assert negative_margins([*small, Business("c", 50.0, 20.0)]).verdict == IN_PART
        assert negative_margins([Business("c", 50.0, 20.0)]).verdict == FAILS
        assert negative_margins([]).verdict == UNDETERMINED

    def test_thin_is_below_the_threshold_all_together(self) -> None:
        thin, fat = Business("thin", 1.0, 0.95), Business("fat", 9.0, 6.0)
        assert thin_margins([thin], 0.1).verdict == HOLDS
        assert thin_margins([thin, fat], 0.1).verdict == IN_PART
        assert thin_margins([fat], 0.1).verdict == FAILS
        assert thin_margins([], 0.1).verdict == UNDETERMINED

    @given(sellers)
    def test_every_seller_stands_on_one_side(self, found: list[Business]) -> None:
        judged = thin_margins(found, 0.1)
        assert len(judged.supports) + len(judged.opposes) == len(found)


class TestGap:
    @pytest.mark.parametrize(
        ("rounds", "verdict"), [(6.0, HOLDS), (5.0, IN_PART), (1.0, IN_PART), (0.5, FAILS)]
    )
    def test_verdict(self, rounds: float, verdict: str) -> None:
        gap = {"venture": rounds, "cash": 10.0 - rounds}
        assert gap_filled(gap, {"venture": rounds}, 0.1).verdict == verdict

    def test_without_a_gap_nothing_is_filled(self) -> None:
        assert gap_filled({}, {}, 0.1).verdict == UNDETERMINED


class TestProfit:
    def test_verdict(self) -> None:
        assert takes_profit({"a": 6.0, "b": 4.0}, ["a"]).verdict == HOLDS
        assert takes_profit({"a": 4.0, "b": 3.0, "c": 3.0}, ["a"]).verdict == IN_PART
        assert takes_profit({"a": 4.0, "b": 6.0}, ["a"]).verdict == FAILS
        assert takes_profit({"a": -4.0}, ["a"]).verdict == UNDETERMINED

    def test_a_loss_takes_no_profit_away(self) -> None:
        found = takes_profit({"a": 6.0, "b": 4.0, "c": -100.0}, ["a"])
        assert [one.value for one in found.figures] == [0.6, 0.4, 0.6]
        assert found.figures[-1].name == f"{PROFIT_OF}{TOGETHER}"


class TestShares:
    def test_most_by_all_some_or_no_measure(self) -> None:
        assert mostly({"a": 0.6, "b": 0.7}).verdict == HOLDS
        assert mostly({"a": 0.6, "b": 0.5}).verdict == IN_PART
        assert mostly({"a": 0.5}).verdict == FAILS
        assert mostly({"a": None}).verdict == UNDETERMINED

    def test_a_dollar_is_covered_or_not(self) -> None:
        assert not_covered({"a": 0.6, "b": 0.99}).verdict == HOLDS
        assert not_covered({"a": 0.6, "b": 1.0}).verdict == IN_PART
        assert not_covered({"a": 1.0}).verdict == FAILS
        assert not_covered({"a": None}).verdict == UNDETERMINED


class TestLoss:
    @pytest.mark.parametrize(
        ("lost", "anyway", "verdict"),
        [(0.6, 0.0, HOLDS), (0.6, 0.2, IN_PART), (0.6, 0.55, FAILS), (0.0, 0.0, FAILS)],
    )
    def test_what_falls_anyway_does_not_count(
        self, lost: float, anyway: float, verdict: str
    ) -> None:
        assert lost_without([Outcome("Firms", lost, anyway)], 0.1).verdict == verdict

    def test_nobody_can_fall(self) -> None:
        assert lost_without([], 0.1).verdict == UNDETERMINED

    def test_too_little_beyond_what_falls_anyway_speaks_against_it(self) -> None:
        found = lost_without([Outcome("Firms", 0.1, 0.09)], 0.1)
        assert (found.verdict, found.supports) == (FAILS, ())
        assert found.opposes == ("Firms: 10% lost, 9% without the scenario.",)

    def test_the_fallen_are_named(self) -> None:
        found = lost_without([Outcome("Firms", 0.5, 0.0, ("A", "B"))], 0.1)
        assert found.supports == ("Firms: 50% lost (A, B), 0% without the scenario.",)


@given(st.dictionaries(st.sampled_from("abc"), st.floats(0.0, 1.0), min_size=1))
def test_a_range_is_that_of_its_perimeters(shares: dict[str, float]) -> None:
    by_each, told = range_of_shares(shares, "The firm")
    assert by_each == all(share > 0.5 for share in shares.values())
    low, high = min(shares.values()), max(shares.values())
    assert told.startswith(f"The firm takes {low:.0%} to {high:.0%} of operating profit: ")
    assert all(f"{share:.0%} ({name})" in told for name, share in shares.items())


class TestAbove:
    def test_verdict(self) -> None:
        now, then = Figure("now", 5.3, "ratio"), Figure("in 2000", 5.1, "ratio")
        assert above([(now, then), (now, then)]).verdict == HOLDS
        assert above([(now, then), (then, now)]).verdict == IN_PART
        assert above([(then, now)]).verdict == FAILS
        assert above([(now, now)]).verdict == FAILS
        assert above([]).verdict == UNDETERMINED

    def test_a_figure_that_is_missing_decides_nothing(self) -> None:
        then = Figure("in 2000", 5.1, "ratio")
        assert above([(Figure("now", None, "ratio"), then)]).verdict == UNDETERMINED


def test_a_finding_says_nothing_it_was_not_given() -> None:
    assert Finding(UNDETERMINED) == Finding(UNDETERMINED, (), (), ())
