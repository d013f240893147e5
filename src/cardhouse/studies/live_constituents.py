"""Today's constituents of the S&P 500 added up, as proposed facts."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from cardhouse.analysis.index_aggregates import Aggregates
from cardhouse.errors import InputError, LiveError
from cardhouse.facts import Fact
from cardhouse.facts.live import answers
from cardhouse.facts.live.asked import Pulled, Wanted, load_filers
from cardhouse.facts.live.fetch import Answer, Fetcher
from cardhouse.facts.live.hosts import load_hosts
from cardhouse.facts.live.proposals import proposed, tier_of
from cardhouse.studies.constituents import BOOK, NAME, Added, added_up

FILE = "/data/constituents-financials.csv"
FEWEST_FIRMS = 480
"""On some days the data set lacks many firms' market values: such a file is not added up."""
INDEX, INDEX_FIRM = "sp500", "nvidia"
SOURCE = "computed from datasets/s-and-p-500-companies-financials"
ADDRESS = "https://github.com/datasets/s-and-p-500-companies-financials"
BILLION = 1e9


def pull_constituents(fetcher: Fetcher, wanted: Wanted) -> Pulled:
    """Return ratios of the index added up from its firms, and the chain's firms in it.

    The file says no day: its figures count for the day on which it was fetched.
    """
    host = load_hosts()["constituents"]
    answer = fetcher.get(host, FILE, answers.CSV, _read)
    found, rows, values = answer.told
    if found.firms < FEWEST_FIRMS:
        raise LiveError(
            f"{host.words}: only {found.firms} firms have a market value in it, at least "
            f"{FEWEST_FIRMS} are needed for the index. Try again on another day."
        )
    pulled = Pulled(asked=[answer])
    if answer.fetched < wanted.since:
        return pulled
    pulled.facts += _index_facts(found, answer)
    by_symbol = {row[NAME]: (row, float(value)) for row, value in zip(rows, values, strict=True)}
    for filer in load_filers().values():
        told = by_symbol.get(filer.symbol)
        if told is None or not told[1] > 0:
            pulled.gaps.append(f"{filer.entity}: not among the index's firms")
            continue
        pulled.facts += _firm_facts(filer.entity, *told, answer)
        if filer.entity == INDEX_FIRM:
            share = told[1] / found.market_value
            pulled.facts.append(_fact(filer.entity, "sp500_weight", "share", share, answer))
    return pulled


def _read(body: bytes) -> Added:
    try:
        return added_up(body.decode("utf-8-sig"), "the constituents file")
    except (InputError, UnicodeDecodeError) as error:
        raise LiveError(f"{error} Its format has changed.") from None


RATIOS = {
    "price_to_book_constituents": "price_to_book",
    "price_to_book_constituents_positive_book": "price_to_book_positive",
    "price_to_book_constituents_median": "price_to_book_median",
    "price_to_sales_constituents": "price_to_sales",
    "trailing_pe_positive_earners": "price_to_earnings",
}
"""Metrics by the ratio they are."""


def _index_facts(found: Aggregates, answer: Answer[Any]) -> list[Fact]:
    told = {metric: getattr(found, ratio) for metric, ratio in RATIOS.items()}
    facts = [
        _fact(INDEX, metric, "ratio", value, answer)
        for metric, value in told.items()
        if value is not None
    ]
    facts.append(_fact(INDEX, "market_cap", "usd_bn", found.market_value / BILLION, answer))
    return [*facts, _fact(INDEX, "top10_share", "share", found.top_share, answer)]


def _firm_facts(
    entity: str, row: Mapping[str, str], value: float, answer: Answer[Any]
) -> list[Fact]:
    facts = [_fact(entity, "market_cap", "usd_bn", value / BILLION, answer, tier="market")]
    book = float(row[BOOK]) if row[BOOK].strip() else math.nan
    if math.isfinite(book) and book > 0:
        facts.append(_fact(entity, "price_to_book_firm", "ratio", book, answer, tier="market"))
    return facts


def _fact(
    entity: str, metric: str, unit: str, value: float, answer: Answer[Any], tier: str = ""
) -> Fact:
    day = answer.fetched.isoformat()
    return proposed(
        f"constituents {entity} {metric}",
        entity=entity,
        tier=tier or tier_of(entity),
        metric=metric,
        unit=unit,
        period_start=day,
        period_end=day,
        value=f"{value:.6g}",
        basis="derived",
        grade="B",
        published=day,
        known_from=day,
        known_from_basis="stated",
        source=SOURCE,
        url=ADDRESS,
        note=f"the file of the day it was fetched, {day}; Yahoo Finance",
    )
