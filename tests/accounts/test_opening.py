"""The shipped economy opens with its own figures, and only with what was known by then."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from cardhouse.accounts import known_economies, open_world, read_definition
from cardhouse.accounts.periods import first_quarter, quarter_number, span_in_quarters
from cardhouse.errors import AccountsError, EconomyError
from cardhouse.facts import Fact, load_facts
from cardhouse.model.vocabulary import ContractKind as K
from cardhouse.model.vocabulary import EntityKind
from cardhouse.model.world import World

SALES = (K.SALE, K.INPUT, K.PROGRAM, K.CAPEX)


@cache
def opened(as_of: str | None = None) -> World:
    return open_world("ai", base="2025Q2", as_of=as_of)


def below(world: World, entity: str) -> set[str]:
    """Return an entity with the divisions and lines under it."""
    inside = {entity}
    while True:
        more = {one.id for one in world.entities if one.parent in inside} - inside
        if not more:
            return inside
        inside |= more


def revenue(world: World, entity: str) -> float:
    inside = below(world, entity)
    return sum(c.amount for c in world.contracts if c.kind in SALES and c.payee in inside)


def is_filed_in(fact: Fact, base: str) -> bool:
    """Return whether a fact is a grade A figure of the base quarter itself, or of its end."""
    number = quarter_number(base)
    exact = span_in_quarters(fact.period_start, fact.period_end) <= 1
    return (
        fact.grade == "A" and exact and first_quarter(fact.period_start, fact.period_end) == number
    )


class TestFigures:
    @pytest.mark.parametrize(
        ("entity", "filed"),
        [
            ("nvidia", 46.743),
            ("aws", 30.873),
            ("google_cloud", 13.624),
            ("azure", 29.878),
            ("coreweave", 1.213),
            ("oracle", 15.903),
        ],
    )
    def test_filed_revenue_of_the_quarter_stands(self, entity: str, filed: float) -> None:
        assert revenue(opened(), entity) == pytest.approx(filed, rel=0.01)

    def test_identities_hold(self) -> None:
        assert opened().residual < 1e-9

    def test_grade_a_figures_hardly_move(self) -> None:
        grades = {fact.id: fact.grade for fact in load_facts()}
        filed = [move for move in opened().moves if grades[move.fact] == "A"]
        near = [
            move
            for move in filed
            if abs(move.balanced - move.observed) <= 0.01 * abs(move.observed)
        ]
        assert len(filed) >= 30
        assert len(near) >= 0.9 * len(filed)

    def test_who_must_be_there_is_there(self) -> None:
        needed = {
            "cursor", "perplexity", "jasper", "other_apps", "openai", "anthropic", "cohere", "xai",
            "mistral", "aws", "azure", "google_cloud", "oracle", "coreweave", "nvidia", "amd",
            "broadcom", "amazon", "microsoft", "alphabet", "meta", "consumers", "consumers_free",
            "enterprises", "developers", "venture", "bonds", "private_credit", "public_equity",
        }  # fmt: skip
        assert needed <= {entity.id for entity in opened().entities}

    def test_each_line_has_a_price_and_a_market_and_each_firm_a_purse(self) -> None:
        world = opened()
        assert all(firm.cash > 0 for firm in world.firms)
        assert all(world.entity(line.id).market for line in world.lines)

    def test_ai_and_other_business_of_a_cloud_are_told_apart(self) -> None:
        world = opened()
        by_line = {line.id: line.is_ai for line in world.lines}
        for division in ("aws", "azure", "google_cloud"):
            kinds = {by_line[name] for name in below(world, division) if name in by_line}
            assert kinds == {True, False}

    def test_flows_without_a_fact_are_marked(self) -> None:
        world, facts = opened(), load_facts().by_id
        marked = [contract for contract in world.contracts if contract.estimated]
        assert marked
        for contract in world.contracts:
            assert contract.estimated == (not contract.facts)
            assert all(fact in facts for fact in contract.facts)

    def test_what_no_money_moves_for_is_no_flow(self) -> None:
        free = [c for c in opened().contracts if c.terms.get("pays") == 0.0]
        assert {c.amount for c in free} == {0.0}
        assert all(c.terms["volume"] > 0 for c in free)

    def test_stock_pay_is_a_cost_and_no_flow(self) -> None:
        world = opened()
        openai = next(firm for firm in world.firms if firm.id == "openai")
        assert openai.stock_pay == pytest.approx(1.3, abs=0.4)


class TestDates:
    def test_what_was_announced_later_is_not_known(self) -> None:
        then, now = opened("2025-08-21"), opened()
        observed = {move.what: move.observed for move in then.moves}
        assert observed["NVIDIA revenue"] != 46.743
        assert {move.what: move.observed for move in now.moves}["NVIDIA revenue"] == 46.743
        assert {one.id for one in then.rounds} < {one.id for one in now.rounds}

    def test_a_base_after_the_date_is_refused(self) -> None:
        with pytest.raises(AccountsError, match=r"ends on 2025-06-30, after .* 2025-05-01"):
            open_world("ai", base="2025Q2", as_of="2025-05-01")

    def test_a_base_without_facts_names_who_is_missing(self) -> None:
        with pytest.raises(AccountsError, match=r"2019Q1 cannot be opened.*openai"):
            open_world("ai", base="2019Q1")

    @pytest.mark.parametrize(
        ("as_of", "base"), [(None, "2026Q1"), ("2025-08-21", "2025Q2"), ("2025-06-29", "2025Q1")]
    )
    def test_the_newest_quarter_of_the_date_opens_unasked(
        self, as_of: str | None, base: str
    ) -> None:
        assert open_world("ai", as_of=as_of).base == base

    @pytest.mark.parametrize("base", ["2023Q1", "2023Q4", "2024Q3", "2025Q4", "2026Q1"])
    def test_any_quarter_opens_and_its_filed_figures_stand(self, base: str) -> None:
        world = open_world("ai", base=base)
        grades = {fact.id: fact for fact in load_facts()}
        here = [move for move in world.moves if is_filed_in(grades[move.fact], base)]
        near = [m for m in here if abs(m.balanced - m.observed) <= 0.01 * abs(m.observed)]
        assert world.residual < 1e-9
        assert len(here) >= 10
        assert len(near) >= 0.95 * len(here)
        large = [move for move in world.moves if abs(move.in_sd) > 2]
        assert len(large) <= 20
        assert [move.what for move in large if not move.cause] == []

    def test_a_date_is_a_date(self) -> None:
        with pytest.raises(AccountsError, match=r"'soon', which is not a date"):
            open_world("ai", as_of="soon")


class TestOverriddenFilings:
    def test_a_filing_that_would_be_overridden_is_refused_and_the_clash_is_named(
        self, tmp_path: Path
    ) -> None:
        rows = (
            "entity,tier,metric,item,counterparty,unit,period_start,period_end,value,low,high,"
            "basis,grade,source,published,url,note,id,known_from,known_from_basis\n"
            "aws,clouds,revenue,,,usd_bn,2025-04-01,2025-06-30,60,,,filing,A,made up,2025-08-01,"
            "https://example.com,,,2025-08-01,stated\n"
        )
        (tmp_path / "mine.csv").write_text(rows, encoding="utf-8")
        with pytest.raises(AccountsError, match=r"filed figure .* clashes most with .*AWS"):
            open_world("ai", base="2025Q2", extra_facts=[tmp_path / "mine.csv"])


class TestDefinitions:
    def test_every_shipped_economy_reads(self) -> None:
        assert "ai" in known_economies()
        for economy in known_economies():
            assert read_definition(economy).ids(EntityKind.FIRM)

    def test_an_unknown_economy_is_mended(self) -> None:
        with pytest.raises(EconomyError, match=r"there is no economy 'ia'.*Shipped: ai"):
            open_world("ia")


class TestBalanceSheets:
    def test_stakes_between_firms_stand_at_cost(self) -> None:
        held = {(stake.investor, stake.firm): stake.cost for stake in opened().stakes}
        assert held["microsoft", "openai"] == pytest.approx(11.6, rel=0.05)
        assert held["amazon", "anthropic"] == pytest.approx(6.6, rel=0.05)
        later = {(s.investor, s.firm): s.cost for s in open_world("ai", base="2026Q1").stakes}
        assert held["nvidia", "openai"] < 0.1
        assert later["nvidia", "openai"] == pytest.approx(20.0, rel=0.05), "two thirds of 30"
        assert later["amazon", "openai"] == pytest.approx(15.0, rel=0.05), "at once of 50"

    def test_customers_who_pay_later_are_receivables(self) -> None:
        nvidia = next(firm for firm in opened().firms if firm.id == "nvidia")
        assert nvidia.receivables == pytest.approx(27.81, rel=0.02)

    @pytest.mark.parametrize(
        ("firm", "end", "drawn_less_repaid"),
        [("microsoft", 46.17, 46.17 - 39.21), ("coreweave", 11.17, 11.17 - 8.8)],
    )
    def test_debt_grows_by_what_is_drawn_less_what_is_repaid(
        self, firm: str, end: float, drawn_less_repaid: float
    ) -> None:
        world = opened()
        debt = sum(one.amount for one in world.debts if one.firm == firm)
        drawn = sum(c.amount for c in world.contracts_of(K.DEBT_DRAWN) if c.payee == firm)
        repaid = sum(c.amount for c in world.contracts_of(K.REPAYMENT) if c.payer == firm)
        assert debt == pytest.approx(end, rel=0.02)
        assert drawn - repaid == pytest.approx(drawn_less_repaid, rel=0.15)


def test_what_is_repaid_by_a_day_falls_due_then_from_every_base() -> None:
    days: dict[str, set[float]] = {}
    for base in ("2024Q4", "2025Q2", "2026Q1"):
        world = open_world("ai", base=base)
        for debt in world.debts:
            if debt.bullet:
                due = quarter_number(base) + debt.maturity_quarters
                days.setdefault(f"{debt.firm} {debt.pool}", set()).add(due)
    assert days
    assert all(len(found) == 1 for found in days.values())
    books = {
        one.maturity_quarters
        for base in ("2025Q2", "2026Q1")
        for one in open_world("ai", base=base).debts
        if one.firm == "oracle"
    }
    assert len(books) == 1, "a book's loans follow each other"
