"""Facts out of series: FRED's, and Shiller's workbook."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from cardhouse.errors import LiveError
from cardhouse.facts.live import answers, series
from cardhouse.facts.live.asked import Pulled, Series, Wanted, load_series
from cardhouse.facts.live.fetch import Answer, Fetcher
from cardhouse.facts.live.hosts import load_hosts
from cardhouse.facts.live.proposals import proposed, tier_of
from cardhouse.facts.schema import Fact

FRED_KEY = "FRED_API_KEY"
FRED_PAGE = "https://fred.stlouisfed.org/series"


def pull_fred(fetcher: Fetcher, wanted: Wanted) -> Pulled:
    """Return series of FRED: by its API where the user has a key, else by the public CSV."""
    pulled = Pulled()
    for one in load_series():
        values = _observed(fetcher, one.series, wanted, pulled)
        if one.over:
            below = dict(_observed(fetcher, one.over, wanted, pulled))
            values = [(day, value / below[day]) for day, value in values if below.get(day)]
        picked = [(start, end, value * one.factor) for start, end, value in PICKS[one.pick](values)]
        for start, end, value in picked:
            _check_range(one, value, end)
            pulled.facts.append(_series_fact(one, start, end, value, pulled.asked[-1]))
        if not picked:
            pulled.gaps.append(f"{one.series}: no figure since {wanted.since}")
    return pulled


def _observed(
    fetcher: Fetcher, name: str, wanted: Wanted, pulled: Pulled
) -> list[series.Observation]:
    """Return a series' observations since a day."""
    hosts, key = load_hosts(), os.environ.get(FRED_KEY, "")
    since = wanted.since.isoformat()
    if key:
        parameters = {"series_id": name, "file_type": "json", "observation_start": since}
        answer = fetcher.get(
            hosts["fred_api"], "/fred/series/observations", answers.JSON,
            partial(series.fred_json, series=name), parameters, secret={"api_key": key},
        )  # fmt: skip
    else:
        parameters = {"id": name, "cosd": since}
        read = partial(series.fred_csv, series=name)
        path = "/graph/fredgraph.csv"
        answer = fetcher.get(hosts["fred_graph"], path, answers.CSV, read, parameters)
    pulled.asked.append(answer)
    return [one for one in answer.told if one[0] >= wanted.since]


Picked = list[tuple[dt.date, dt.date, float]]


def _quarter_ends(values: Sequence[series.Observation]) -> Picked:
    """Return the last observation of each quarter, and so the newest one."""
    last: dict[tuple[int, int], series.Observation] = {}
    for day, value in values:
        last[day.year, (day.month - 1) // 3] = (day, value)
    return [(day, day, value) for day, value in last.values()]


def _months(values: Sequence[series.Observation]) -> Picked:
    return [(day, _last_day(day, 1), value) for day, value in values]


def _quarters(values: Sequence[series.Observation]) -> Picked:
    return [(day, _last_day(day, 3), value) for day, value in values]


def _last_day(first: dt.date, months: int) -> dt.date:
    """Return the last day of so many months from a first day on."""
    year, month = divmod(first.year * 12 + first.month - 1 + months, 12)
    return dt.date(year, month + 1, 1) - dt.timedelta(days=1)


PICKS: Mapping[str, Callable[[Sequence[series.Observation]], Picked]] = {
    "quarter_end": _quarter_ends,
    "month": _months,
    "quarter": _quarters,
}


def _check_range(one: Series, value: float, end: dt.date) -> None:
    if not one.least <= value <= one.most:
        raise LiveError(
            f"FRED series {one.series}: {value:g} on {end} lies outside {one.least:g} to "
            f"{one.most:g}. Its unit has changed: nothing of it is proposed."
        )


def _series_fact(
    one: Series, start: dt.date, end: dt.date, value: float, answer: Answer[Any]
) -> Fact:
    named = f"{one.series} over {one.over}" if one.over else one.series
    known = max(answer.fetched, end)
    return proposed(
        f"FRED {named} {end}",
        entity=one.entity,
        tier=tier_of(one.entity),
        metric=one.metric,
        item=one.item,
        unit=one.unit,
        period_start=start.isoformat(),
        period_end=end.isoformat(),
        value=f"{value:.10g}",
        basis="derived" if one.over else "reported",
        grade=one.grade,
        published=known.isoformat(),
        source=f"FRED {named}",
        url=f"{FRED_PAGE}/{one.series}",
        note="; ".join(part for part in (one.note, f"fetched {answer.fetched}") if part),
    )


def pull_shiller(fetcher: Fetcher, wanted: Wanted) -> Pulled:
    """Return CAPE and the index's monthly mean out of Shiller's own workbook."""
    host, pulled = load_hosts()["shiller"], Pulled()
    address = host.base
    if not address.endswith((".xls", ".xlsx")):
        page = fetcher.get(host, "/", answers.PAGE, series.shiller_link)
        pulled.asked.append(page)
        address = page.told
    answer = fetcher.get(host, address, answers.XLS, series.shiller_months)
    pulled.asked.append(answer)
    for month in answer.told:
        if _last_day(month.first, 1) >= wanted.since:
            pulled.facts += _month_facts(month, answer)
    if not pulled.facts:
        pulled.gaps.append(f"CAPE: no month since {wanted.since}")
    return pulled


def _month_facts(month: series.Month, answer: Answer[Any]) -> list[Fact]:
    told = {"cape": ("ratio", month.cape), "index_month_average": ("index", month.price)}
    provisional = "provisional: earnings are not reported yet; " if month.earnings is None else ""
    end = _last_day(month.first, 1)
    return [
        proposed(
            f"Shiller {metric} {month.first:%Y-%m}",
            entity="sp500",
            tier=tier_of("sp500"),
            metric=metric,
            unit=unit,
            period_start=month.first.isoformat(),
            period_end=end.isoformat(),
            value=f"{value:.10g}",
            basis="reported",
            grade="B" if provisional and metric == "cape" else "A",
            published=max(answer.fetched, end).isoformat(),
            source="Shiller, ie_data.xls",
            url="https://shillerdata.com/",
            note=f"{provisional if metric == 'cape' else ''}fetched {answer.fetched}",
        )
        for metric, (unit, value) in told.items()
        if value is not None
    ]
