"""Amounts in the accounts' unit, by rates that are facts themselves."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import pytest

from cardhouse.errors import FactError
from cardhouse.facts import Fact, FactTable, load_facts, load_units, to_accounts_unit

WriteTable = Callable[..., Path]
Invent = Callable[..., Fact]


@pytest.fixture(scope="module")
def facts() -> FactTable:
    return load_facts()


@pytest.fixture
def invent(write_table: WriteTable) -> Invent:
    """Return a function that makes the invented fact, without range, with changes."""

    def make(**cells: str) -> Fact:
        path = write_table({"low": "", "high": "", **cells})
        (fact,) = (one for one in load_facts([path]) if one.source == "A newspaper")
        return fact

    return make


class TestAmounts:
    @pytest.mark.parametrize(
        ("unit", "value"), [("usd_bn", "2.5"), ("usd_mn", "2500"), ("usd", "2500000000")]
    )
    def test_in_dollars_become_billions(self, unit: str, value: str, invent: Invent) -> None:
        amount, low, high, kind = to_accounts_unit(invent(unit=unit, value=value))
        assert amount == pytest.approx(2.5, rel=1e-15)
        assert (low, high, kind) == (None, None, "usd_bn")

    def test_keep_their_range(self, invent: Invent) -> None:
        fact = invent(unit="usd_mn", value="100", low="90", high="120")
        value, low, high, _ = to_accounts_unit(fact)
        assert (value, low, high) == pytest.approx((0.1, 0.09, 0.12))

    @pytest.mark.parametrize("unit", ["share", "ratio"])
    def test_shares_and_ratios_stay_as_they_are(self, unit: str, invent: Invent) -> None:
        assert to_accounts_unit(invent(unit=unit, value="-0.4")) == (-0.4, None, None, unit)

    def test_everything_else_is_evidence(self, invent: Invent) -> None:
        for unit in ("count_mn", "usd_per_hour", "gw", "years"):
            assert to_accounts_unit(invent(unit=unit, value="7")) == (7.0, None, None, "evidence")
        value, *_, kind = to_accounts_unit(invent(unit="date", value="2030-01-02"))
        assert (value, kind) == (float(dt.date(2030, 1, 2).toordinal()), "evidence")

    def test_every_shipped_fact_converts(self, facts: FactTable) -> None:
        kinds = {to_accounts_unit(fact)[3] for fact in facts}
        assert kinds == {"usd_bn", "share", "ratio", "evidence"}

    def test_every_unit_says_what_it_is(self) -> None:
        for unit in load_units().values():
            assert unit.meaning
            assert (unit.kind == "usd_bn") == (unit.usd_bn is not None)


class TestCurrencies:
    @pytest.mark.parametrize(("year", "rate"), [("2023", 1.081), ("2024", 1.082), ("2025", 1.13)])
    def test_euros_use_the_rate_of_their_year(self, year: str, rate: float, invent: Invent) -> None:
        fact = invent(
            unit="eur_bn", value="2", period_start=f"{year}-01-01", period_end=f"{year}-12-31"
        )
        assert to_accounts_unit(fact)[0] == pytest.approx(2 * rate)

    def test_a_later_fact_uses_the_last_rate(self, invent: Invent) -> None:
        assert to_accounts_unit(invent(unit="eur_bn", value="1"))[0] == pytest.approx(1.13)

    def test_a_trillion_won_is_about_seven_tenths_of_a_billion(self, facts: FactTable) -> None:
        (fact,) = (f for f in facts.find("sk_hynix", "revenue") if f.number == 17.6391)
        assert to_accounts_unit(fact)[0] == pytest.approx(17.6391 / 1.422, rel=1e-3)

    def test_a_vintage_knows_only_the_rates_of_its_day(self, facts: FactTable) -> None:
        then = facts.known_at(dt.date(2025, 8, 21)).find("fx", "exchange_rate")
        fact = next(f for f in facts.find("mistral", "arr") if f.unit == "eur_bn")
        assert fact.period_end.year == 2025
        assert to_accounts_unit(fact, then)[0] == pytest.approx(fact.number * 1.082)
        assert to_accounts_unit(fact)[0] == pytest.approx(fact.number * 1.13)

    def test_without_a_rate_are_refused(self, invent: Invent) -> None:
        with pytest.raises(FactError, match="in EUR, and no rate") as caught:
            to_accounts_unit(invent(unit="eur_bn", value="1"), [])
        assert "item 'EUR'" in str(caught.value)
