"""Tranches of rounds: what a quarter pays and what is still promised are the whole, at any date."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardhouse.accounts import open_world, read_definition
from cardhouse.accounts.definition import TABLES, Definition
from cardhouse.accounts.figures import Figure, Figures
from cardhouse.accounts.periods import last_day, quarter_number
from cardhouse.accounts.signed_rounds import list_rounds, lumps_due, read_tranches
from cardhouse.accounts.tables import Row
from cardhouse.facts import load_facts
from cardhouse.model.vocabulary import ContractKind as K
from cardhouse.model.world import World

SIGNED = quarter_number("2026Q1")


def row_of(table: str, **cells: str) -> Row:
    """Return a row with some cells filled."""
    return Row(table, 2, {column: cells.get(column, "") for column in TABLES[table]})


def figure(value: float, name: str = "fact") -> Figure:
    day = last_day(SIGNED)
    return Figure(
        name, "giver", "investment", "", "taker", day, day, value, None, None, "reported", "B",
        day, "a paper",
    )  # fmt: skip


def tranche(share: float, later: int, **cells: str) -> Row:
    return row_of(
        "rounds.csv",
        id=f"after_{later}",
        investor="giver",
        firm="taker",
        entity="giver",
        metric="investment",
        counterparty="taker",
        share=repr(share),
        paid_on=last_day(SIGNED + later).isoformat(),
        **cells,
    )


def observed(reading: str) -> Row:
    return row_of(
        "observations.csv",
        id=reading,
        of="flow",
        reading=reading,
        entity="giver",
        metric="investment",
        counterparty="taker",
    )


def defined(rounds: list[Row]) -> Definition:
    tables = {**{name: [] for name in TABLES}, "rounds.csv": rounds}
    return Definition("test", {**tables, "observations.csv": [observed("tranches")]})


schedules = st.lists(st.tuples(st.floats(0.01, 1.0), st.integers(0, 12)), min_size=1, max_size=6)


class TestOfAnySchedule:
    @given(schedule=schedules, value=st.floats(0.1, 500.0))
    def test_all_quarters_together_pay_what_is_promised(
        self, schedule: list[tuple[float, int]], value: float
    ) -> None:
        definition = defined([tranche(share, later) for share, later in schedule])
        known = Figures([figure(value)])
        last = max(later for _, later in schedule)
        flows = [
            read_tranches(definition, observed("tranches"), known, base)[0].value
            for base in range(SIGNED, SIGNED + last + 1)
        ]
        whole = value * sum(share for share, _ in schedule)
        assert sum(flows) == pytest.approx(whole)
        for base in range(SIGNED, SIGNED + last + 3):
            (paid,) = read_tranches(definition, observed("tranches_paid"), known, base)
            promised = sum(one.amount for one in list_rounds(definition, known, base))
            assert paid.value + promised == pytest.approx(whole)
            assert paid.value == pytest.approx(sum(flows[: base - SIGNED + 1]))
            assert paid.sd > 0

    @given(schedule=schedules, off=st.integers(1, 8))
    def test_outside_its_quarters_it_says_nothing_of_a_flow(
        self, schedule: list[tuple[float, int]], off: int
    ) -> None:
        definition = defined([tranche(share, later) for share, later in schedule])
        known, last = Figures([figure(3.0)]), max(later for _, later in schedule)
        for base in (SIGNED - off, SIGNED + last + off):
            assert read_tranches(definition, observed("tranches"), known, base) == []
            assert lumps_due(definition, known, base) == {}
        assert read_tranches(definition, observed("tranches_paid"), known, SIGNED - off) == []

    @given(schedule=schedules)
    def test_what_nobody_knew_was_neither_paid_nor_promised(
        self, schedule: list[tuple[float, int]]
    ) -> None:
        definition = defined([tranche(share, later) for share, later in schedule])
        assert read_tranches(definition, observed("tranches"), Figures([]), SIGNED) == []
        assert list_rounds(definition, Figures([]), SIGNED - 1) == ()

    def test_what_is_not_certain_is_promised_and_never_counted_as_paid(self) -> None:
        definition = defined([tranche(0.3, 0), tranche(0.7, 3, probability="0.5")])
        known = Figures([figure(50.0)])
        (paid,) = read_tranches(definition, observed("tranches_paid"), known, SIGNED + 4)
        assert paid.value == pytest.approx(15.0)
        (left,) = list_rounds(definition, known, SIGNED)
        assert (left.amount, left.probability) == pytest.approx((35.0, 0.5))

    def test_a_fact_that_takes_its_place_ends_it_once_known(self) -> None:
        definition = defined([tranche(1.0, 2, superseded_by="newer")])
        assert len(list_rounds(definition, Figures([figure(10.0)]), SIGNED)) == 1
        heir = replace(figure(1.0, "newer"), entity="other")
        assert list_rounds(definition, Figures([figure(10.0), heir]), SIGNED) == ()


@cache
def opened(base: str, as_of: str | None = None) -> World:
    return open_world("ai", base=base, as_of=as_of)


def paid(world: World, payer: str) -> float:
    return sum(
        one.amount
        for one in world.contracts_of(K.EQUITY)
        if (one.payer, one.payee) == (payer, "openai")
    )


def promised(world: World, payer: str) -> float:
    return sum(one.amount for one in world.rounds if (one.investor, one.firm) == (payer, "openai"))


class TestTheRoundOf2026:
    """122 for OpenAI: 30 of NVIDIA, 50 of Amazon, 42 of SoftBank and others."""

    @pytest.mark.parametrize(
        ("payer", "whole"), [("nvidia", 30.0), ("amazon", 50.0), ("strategic", 42.0)]
    )
    def test_each_payer_pays_and_owes_its_part(self, payer: str, whole: float) -> None:
        world = opened("2026Q1")
        assert paid(world, payer) + promised(world, payer) == pytest.approx(whole, abs=0.3)

    def test_suppliers_paid_what_openai_raised_in_the_quarter(self) -> None:
        world = opened("2026Q1")
        assert paid(world, "nvidia") == pytest.approx(20.0, rel=0.01)
        assert paid(world, "amazon") == pytest.approx(15.0, rel=0.01)
        assert paid(world, "strategic") < 0.3
        cash = next(firm.cash for firm in world.firms if firm.id == "openai")
        assert cash == pytest.approx(73.0, rel=0.01), "fact e6ae5041a9"

    @pytest.mark.parametrize("payer", ["nvidia", "amazon"])
    def test_the_stake_is_what_was_paid(self, payer: str) -> None:
        world = opened("2026Q1")
        held = {(one.investor, one.firm): one.cost for one in world.stakes}
        assert held[payer, "openai"] == pytest.approx(paid(world, payer), rel=0.01)

    def test_nvidia_spends_no_more_on_stakes_than_it_filed(self) -> None:
        """42.4 in the half year to 26 July 2026: base quarter and the one after."""
        world, filed = opened("2026Q1"), load_facts().by_id["a41c2a5e7d"].value
        spent = sum(one.amount for one in world.contracts_of(K.EQUITY) if one.payer == "nvidia")
        due = sum(one.amount for one in world.rounds if one.investor == "nvidia")
        assert 30.0 < spent + due < filed

    def test_before_it_nobody_of_them_had_paid(self) -> None:
        for payer in ("nvidia", "amazon"):
            assert paid(opened("2025Q2"), payer) == pytest.approx(0.0, abs=0.05)

    def test_the_letter_gives_way_on_the_day_its_heir_is_known(self) -> None:
        before = {one.id: one for one in opened("2025Q2", "2026-02-26").rounds}
        after = {one.id: one for one in opened("2025Q2", "2026-02-27").rounds}
        assert before["nvidia_openai_letter"].probability < 0.5
        assert not any(name.startswith(("nvidia_openai_f", "amazon_openai")) for name in before)
        assert "nvidia_openai_letter" not in after
        assert after["nvidia_openai_first"].amount + after["nvidia_openai_rest"].amount == (
            pytest.approx(30.0)
        )

    def test_what_stands_on_conditions_says_so(self) -> None:
        (rest,) = (one for one in opened("2026Q1").rounds if one.investor == "amazon")
        assert rest.amount == pytest.approx(35.0)
        assert rest.probability < 1.0
        assert rest.condition

    def test_tranches_never_pay_more_than_their_fact(self) -> None:
        shares: dict[tuple[str, ...], float] = {}
        for row in read_definition("ai").rows("rounds"):
            key = tuple(row.text(name) for name in ("entity", "metric", "counterparty", "dated"))
            shares[key] = shares.get(key, 0.0) + row.number_of("share")
        assert all(share <= 1.0 + 1e-9 for share in shares.values())


class TestTheRoundOfXai:
    def test_the_twenty_of_january_2026_are_received_in_its_quarter(self) -> None:
        world = opened("2026Q1")
        got = {one.payer: one.amount for one in world.contracts_of(K.EQUITY) if one.payee == "xai"}
        assert got["venture"] == pytest.approx(14.0, rel=0.02)
        assert got["nvidia"] == pytest.approx(6.0, rel=0.05)
        held = {(one.investor, one.firm): one.cost for one in world.stakes}
        assert held["nvidia", "xai"] == pytest.approx(6.0, rel=0.05)

    def test_its_cash_is_that_of_the_group_it_is_a_part_of(self) -> None:
        cash = next(firm.cash for firm in opened("2026Q1").firms if firm.id == "xai")
        assert cash == pytest.approx(load_facts().by_id["56740215d5"].value, rel=0.02)

    def test_before_it_is_promised_if_known(self) -> None:
        due = {one.id: one.amount for one in opened("2025Q2").rounds if one.firm == "xai"}
        assert sum(due.values()) == pytest.approx(20.0)
        known = opened("2025Q2", "2025-12-31")
        assert not any(one.firm == "xai" for one in known.rounds)
        got = sum(one.amount for one in known.contracts_of(K.EQUITY) if one.payee == "xai")
        assert got == pytest.approx(2.1, rel=0.1)
