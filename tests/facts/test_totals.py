"""Totals are the sums of their parts, and a metric's time is what its nature says."""

from __future__ import annotations

import itertools

import pytest

from cardhouse.errors import FactError
from cardhouse.facts import Fact, FactTable, Metric, dictionaries, load_facts, load_metrics
from cardhouse.facts.text import CsvRow

ROUNDING = 0.003
INCOMPLETE = {"84abe856a5"}
"""Its note says that it holds long-term investments, too."""
TOTALS = sorted(name for name, metric in load_metrics().items() if metric.parts)


@pytest.fixture(scope="module")
def facts() -> FactTable:
    return load_facts()


def bounds(fact: Fact) -> tuple[float, float]:
    low, high = (fact.number if side is None else side for side in (fact.low, fact.high))
    assert isinstance(low, float)
    assert isinstance(high, float)
    return low, high


def choices(facts: FactTable, total: Fact, metric: Metric) -> list[tuple[Fact, ...]]:
    """Return the ways to fill a total's parts from facts of its time; none if a part lacks one."""
    same = (total.period_start, total.period_end, total.unit)
    found = [
        [
            part
            for part in facts.find(total.entity, name, total.item)
            if (part.period_start, part.period_end, part.unit) == same
        ]
        for name in metric.parts
    ]
    return list(itertools.product(*found))


def fits(total: Fact, parts: tuple[Fact, ...]) -> bool:
    """Return whether the ranges of a total and of the sum of its parts meet, but for rounding."""
    low, high = bounds(total)
    least, most = (sum(side) for side in zip(*map(bounds, parts), strict=True))
    slack = ROUNDING * max(abs(high), abs(most))
    return least - slack <= high and low <= most + slack


@pytest.mark.parametrize("name", TOTALS)
def test_totals_are_the_sums_of_their_parts(name: str, facts: FactTable) -> None:
    metric = load_metrics()[name]
    for total in (fact for fact in facts if fact.metric == name and fact.id not in INCOMPLETE):
        ways = choices(facts, total, metric)
        assert not ways or any(fits(total, parts) for parts in ways), total


def test_several_totals_have_all_their_parts(facts: FactTable) -> None:
    metrics = load_metrics()
    checked = [
        fact for fact in facts if metrics[fact.metric].parts
        and choices(facts, fact, metrics[fact.metric])
    ]  # fmt: skip
    assert len({fact.metric for fact in checked}) >= 4


def test_failures_add_up_to_their_running_total(facts: FactTable) -> None:
    years = [
        fact.number
        for fact in facts.find("dotcom_sector", "failures_count")
        if (fact.period_end - fact.period_start).days > 300
    ]
    running = facts.find("dotcom_sector", "failures_cumulative")
    sums = list(itertools.accumulate(years))
    assert sums[1] in {fact.number for fact in running}


@pytest.mark.parametrize(
    ("part", "whole"),
    [
        ("vc_ai", "vc_total"),
        ("ipo_count_us_issuers", "ipo_count"),
        ("first_round_investment", "investment"),
        ("public_firms_profitable_count", "public_firms_count"),
    ],
)
def test_a_part_is_not_above_its_whole(part: str, whole: str, facts: FactTable) -> None:
    pairs = [
        (one, all_of_it)
        for one in facts
        if one.metric == part
        for all_of_it in facts.find(one.entity, whole, "", "")
        if (one.period_start, one.period_end) == (all_of_it.period_start, all_of_it.period_end)
    ]
    assert pairs
    assert all(bounds(one)[0] <= bounds(all_of_it)[1] for one, all_of_it in pairs)


def test_a_part_that_is_no_metric_is_refused() -> None:
    revenue = load_metrics()["revenue"]
    total = Metric(**{**vars(revenue), "metric": "both", "sum_of": "revenue + revenu"})
    assert total.parts == ("revenue", "revenu")
    with pytest.raises(FactError, match=r"metrics\.csv:2: sum_of names 'revenu'"):
        dictionaries._check_parts(CsvRow("metrics.csv:2", {}), total, {"revenue"})


class TestTime:
    def test_a_flow_has_a_period(self, facts: FactTable) -> None:
        metrics = load_metrics()
        odd = {
            fact.metric
            for fact in facts.everything()
            if metrics[fact.metric].nature == "flow" and fact.period_start == fact.period_end
        }
        assert odd == {"spend"}
        assert "a day means a yearly pace" in metrics["spend"].perimeter

    def test_a_stock_has_a_date(self, facts: FactTable) -> None:
        metrics = load_metrics()
        odd = {
            fact.id
            for fact in facts.everything()
            if metrics[fact.metric].nature == "stock" and fact.period_start != fact.period_end
        }
        assert odd == set()

    @pytest.mark.parametrize(
        ("nature", "units"),
        [
            ("share", {"share"}),
            ("count", {"count", "count_mn"}),
            ("date", {"date"}),
            ("duration", {"days", "months", "years"}),
        ],
    )
    def test_units_go_with_the_nature(self, nature: str, units: set[str], facts: FactTable) -> None:
        metrics = load_metrics()
        found = {fact.unit for fact in facts.everything() if metrics[fact.metric].nature == nature}
        assert found <= units

    def test_only_dates_are_told_in_dates(self, facts: FactTable) -> None:
        metrics = load_metrics()
        natures = {metrics[f.metric].nature for f in facts.everything() if f.unit == "date"}
        assert natures == {"date"}
