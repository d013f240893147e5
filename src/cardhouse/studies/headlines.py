"""The figures that people repeat, at two states of the facts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from cardhouse.studies.run import run_study

SHOWN_PAYERS = 6
FIRMS = ("firm", "parent", "division")


def headlines(
    economy: str, base: str | None, as_of: str | None, extra_facts: Sequence[Path] = ()
) -> tuple[str, dict[str, float | None]]:
    """Return the base quarter and its headline figures by name: shares, and USD bn a quarter."""
    document = run_study(
        economy=economy, base=base, as_of=as_of, quarters=1, extra_facts=extra_facts
    ).document
    figures = {**_users(document), **_sizes(document), **_payers(document)}
    return document["manifest"]["base_quarter"], figures


def headlines_between(
    economy: str, base: str | None, dates: tuple[str, str], extra_facts: Sequence[Path] = ()
) -> dict[str, Any]:
    """Return headline figures of one quarter with what was known on two days.

    The quarter is `base`, or the newest that opens on the earlier day.
    """
    quarter, before = headlines(economy, base, dates[0], extra_facts)
    _, after = headlines(economy, quarter, dates[1], extra_facts)
    rows = [
        {"figure": name, "before": then, "after": now} for name, then, now in moved(before, after)
    ]
    return {"economy": economy, "base_quarter": quarter, "figures": rows}


def moved(
    before: Mapping[str, float | None], after: Mapping[str, float | None]
) -> list[tuple[str, float | None, float | None]]:
    """Return rows of (name, before, after) for headlines that stand on either side."""
    names = dict.fromkeys([*before, *after])
    return [(name, before.get(name), after.get(name)) for name in names]


def _users(document: Mapping[str, Any]) -> dict[str, float | None]:
    pays = document["ledger"]["users_pay_per_dollar_of_cost"]
    return {
        "users pay per dollar of cost": pays["with_programs"],
        "users pay, training and research apart": pays["without_programs"],
        "costs that customers do not pay, USD bn": document["ledger"]["subsidy_usd_bn"],
    }


def _sizes(document: Mapping[str, Any]) -> dict[str, float | None]:
    return {
        f"{tier['tier']}: result, USD bn": tier["operating_result"][0]
        for tier in document["tiers"]
        if any(tier["revenue"])
    }


def _payers(document: Mapping[str, Any]) -> dict[str, float | None]:
    """Return the largest shares in the trace of the largest seller of the last selling tier."""
    tiers = [tier["tier"] for tier in document["tiers"] if any(tier["revenue"])]
    sellers = [
        one
        for one in document["entities"]
        if tiers and one["tier"] == tiers[-1] and one["kind"] in FIRMS
    ]
    if not sellers:
        return {}
    seller = max(sellers, key=lambda one: one["revenue"][0] or 0.0)
    shares = document["trace"].get(seller["id"], {})
    largest = sorted(shares.items(), key=lambda pair: -pair[1])[:SHOWN_PAYERS]
    names = {one["id"]: one["name"] for one in document["entities"]}
    return {
        f"{seller['name']} paid by {names.get(source) or source.replace('_', ' ')}": share
        for source, share in largest
    }
