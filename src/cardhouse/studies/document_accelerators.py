"""The part of the document on accelerators: what an hour costs, and what it is rented for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

from cardhouse.analysis import accelerators as hours
from cardhouse.analysis.accelerators import INPUTS, Accelerator, cost_per_hour
from cardhouse.errors import InputError
from cardhouse.facts import FactTable
from cardhouse.model.world import World
from cardhouse.studies.accelerator_classes import ASKED, UNITS, Input
from cardhouse.studies.accelerator_market import (
    Market,
    Priced,
    Rental,
    Span,
    cost_span,
)

Row = dict[str, Any]
BREAKEVENS = {
    "price": hours.breakeven_price,
    "life": hours.breakeven_life,
    "utilisation": hours.breakeven_utilisation,
    "rate_earned": hours.rate_earned,
    "payback_years": hours.payback_years,
}
"""What is solved for at a rental price; None where no value does."""

SPAN = ("value", "low", "high")
TAKEN = {"hours_taken": "use_per_month", "hours_taken_in_full": "full_use_per_month"}
"""Hours that users take in a month, and the inputs that tell their cost."""


def accelerators_row(priced: Sequence[Priced], market: Market) -> Row | None:
    """Return the part of the document, None for an economy without accelerators.

    Parameters
    ----------
    priced
        The classes of accelerators of the economy with their costs.
    market
        What they were read from: its day and the inputs as asked.
    """
    if not priced:
        return None
    return {
        "day": market.day.isoformat(),
        "asked": dict(market.asked),
        "classes": [_class(one) for one in priced],
        "prices": [row for one in priced for row in _asked_prices(one)],
    }


def accelerators_document(
    priced: Sequence[Priced], market: Market, world: World, facts: FactTable
) -> Row:
    """Return the part as a document of its own, with the facts that it names; see its schema.

    Raises
    ------
    InputError
        When the economy has no table of accelerators.
    """
    part = accelerators_row(priced, market)
    if part is None:
        raise InputError(
            f"economy '{world.economy}' has no accelerators. Add a table accelerators.csv to it."
        )
    return {
        "schema": "cardhouse/accelerators/1",
        "economy": world.economy,
        "base_quarter": world.base,
        "as_of": world.as_of,
        **part,
        "facts": {name: facts.by_id[name].cells() for name in cited_facts(part)},
    }


def cited_facts(part: Mapping[str, Any] | None) -> list[str]:
    """Return the ids of the facts that the part names, each once."""
    if part is None:
        return []
    rows = [row for one in part["classes"] for row in (*one["inputs"], *one["rentals"])]
    ids = [fact for row in rows for fact in (*row["facts"], *row.get("cost_facts", ()))]
    return list(dict.fromkeys(ids))


def accelerator_rows(
    part: Mapping[str, Any] | None,
) -> dict[str, tuple[tuple[str, ...], list[tuple[Any, ...]]]]:
    """Return the part as tables of columns and rows: costs with their inputs, and rents."""
    priced = [one for one in (part or {}).get("classes", ()) if one["cost"]]
    if not priced:
        return {}
    parts = tuple(priced[0]["cost"]["parts"])
    costs = [
        (
            one["id"],
            *(one["cost"][name] for name in SPAN),
            *(one["cost"]["parts"][name] for name in parts),
            *(known[name]["value"] for name in INPUTS),
        )
        for one in priced
        for known in [{row["name"]: row for row in one["inputs"]}]
    ]
    rents = [
        (
            one["id"],
            *(rental[name] for name in ("day", "kind", "value")),
            *((rental["cost"] or {}).get(name) for name in SPAN),
            *((rental["breakeven"] or {}).get(name) for name in BREAKEVENS),
            rental["fact"],
        )
        for one in priced
        for rental in one["rentals"]
    ]
    told = tuple(f"cost_{name}" for name in SPAN)
    solved = tuple(f"breakeven_{name}" if name in INPUTS else name for name in BREAKEVENS)
    return {
        "accelerators": (("class", *told, *(f"part_{name}" for name in parts), *INPUTS), costs),
        "accelerator_rents": (("class", "day", "kind", "rent", *told, *solved, "fact"), rents),
    }


def _class(one: Priced) -> Row:
    words = {"id": one.id, "name": one.name, "left_out": one.left_out}
    inputs = [_input(known) for known in one.inputs.values()]
    if one.machine is None or one.cost is None:
        return {
            **words, "inputs": inputs, "cost": None, "cost_if_all_sold": None, "outlay": None,
            "swings": [], "rentals": [], "units": _units(one.inputs),
        }  # fmt: skip
    whole = cost_per_hour(replace(one.machine, utilisation=1.0)).total
    return {
        **words,
        "inputs": inputs,
        "cost": {**asdict(one.cost), "parts": asdict(cost_per_hour(one.machine))},
        "cost_if_all_sold": whole,
        "outlay": one.machine.outlay,
        "swings": _swings(one.machine, one.inputs),
        "rentals": [_rental(rental) for rental in one.rentals],
        "units": _units(one.inputs),
    }


def _input(one: Input) -> Row:
    return {
        "name": one.name,
        "unit": UNITS[one.name],
        "value": one.value,
        "low": one.low,
        "high": one.high,
        "basis": one.basis,
        "range_basis": one.range_basis,
        "day": None if one.day is None else one.day.isoformat(),
        "facts": list(one.facts),
        "note": one.note,
    }


def _swings(machine: Accelerator, inputs: Mapping[str, Input]) -> list[Row]:
    """Return the cost with one input at either end of its range, widest first."""
    rows = []
    for name in INPUTS:
        ends = [
            cost_per_hour(replace(machine, **{name: end})).total
            for end in (inputs[name].low, inputs[name].high)
        ]
        rows.append({"name": name, "low": min(ends), "high": max(ends)})
    return sorted(rows, key=lambda row: row["low"] - row["high"])


def _rental(one: Rental) -> Row:
    row: Row = {
        "fact": one.facts[0],
        "kind": one.kind,
        "day": one.day.isoformat(),
        **asdict(one.price),
        "is_nearest": one.is_nearest,
        "cost": None,
        "margin": None,
        "margin_share": None,
        "covers": None,
        "hours_sold": None,
        "dearest": None,
        "breakeven": None,
        "facts": list(one.facts),
        "cost_facts": list(one.cost_facts),
        "note": one.note,
    }
    if one.machine is None or one.cost is None:
        return row
    rent = one.price.value
    margin = Span(
        rent - one.cost.value, one.price.low - one.cost.high, one.price.high - one.cost.low
    )
    return row | {
        "cost": asdict(one.cost),
        "margin": asdict(margin),
        "margin_share": margin.value / rent,
        "covers": margin.value >= 0.0,
        "hours_sold": one.machine.utilisation,
        "dearest": dict(zip(("input", "at", "cost"), one.dearest, strict=True)),
        "breakeven": {name: solve(one.machine, rent) for name, solve in BREAKEVENS.items()},
    }


def _units(inputs: Mapping[str, Input]) -> Row:
    """Return how many were bought in the base quarter, millions: sales over price, and counted."""
    price = inputs.get("seller_price") or inputs.get("price")
    sold, every, counted = (inputs.get(name) for name in ("sales", "all_sales", "counted"))
    return {
        "bought": _bought(sold, price),
        "if_all_sales": _bought(every, price),
        "counted": None if counted is None else _span(counted),
    }


def _bought(sales: Input | None, price: Input | None) -> Row | None:
    if sales is None or price is None:
        return None
    return asdict(
        Span(
            hours.units_bought(sales.value, price.value),
            hours.units_bought(sales.low, price.high),
            hours.units_bought(sales.high, price.low),
        )
    )


def _span(one: Input) -> Row:
    return {"value": one.value, "low": one.low, "high": one.high}


def _asked_prices(one: Priced) -> list[Row]:
    """Return what prices mean: the one that somebody asks for, or those of the economy's table."""
    asked = one.inputs.get("asked_price")
    if "price" in one.inputs and one.inputs["price"].basis == ASKED:
        asked = one.inputs["price"]
    if asked is None or one.machine is None:
        return []
    return [_at_price(one, price) for price in dict.fromkeys((asked.low, asked.value, asked.high))]


def _at_price(one: Priced, price: float) -> Row:
    at = replace(one.inputs["price"], value=price, low=price, high=price)
    inputs = {**one.inputs, "price": at}
    span = cost_span(inputs)
    if one.machine is None or span is None:
        raise ValueError("a class without a cost has no cost at another price")
    parts = cost_per_hour(replace(one.machine, price=price))
    return {
        "id": f"{one.id}:{price:.0f}",
        "class": one.id,
        "price": price,
        "cost": asdict(span),
        "accelerator": parts.accelerator,
        "accelerator_share": parts.accelerator / parts.total,
        "tariffs": [_tariff(rental, parts) for rental in one.nearest_rentals()],
        "tokens": _tokens(inputs, span),
        "plan": _plan(inputs, span),
    }


def _tariff(rental: Rental, parts: hours.Cost) -> Row:
    rent = rental.price.value
    return {
        "fact": rental.facts[0],
        "kind": rental.kind,
        "day": rental.day.isoformat(),
        "rent": rent,
        "cost_share": parts.total / rent,
        "accelerator_share": parts.accelerator / rent,
        "facts": list(rental.facts),
    }


def _tokens(inputs: Mapping[str, Input], cost: Span) -> Row | None:
    """Return what a million tokens cost at an assumed speed, and the speed that a price needs."""
    speed, price = inputs.get("tokens_per_second"), inputs.get("token_price")
    if speed is None:
        return None
    needed = None
    if price is not None:
        needed = hours.tokens_per_second_needed(cost.value, price.value)
    return {
        "per_million": asdict(
            Span(
                hours.cost_per_million_tokens(cost.value, speed.value),
                hours.cost_per_million_tokens(cost.low, speed.high),
                hours.cost_per_million_tokens(cost.high, speed.low),
            )
        ),
        "list_price": None if price is None else price.value,
        "needed_per_second": needed,
    }


def _plan(inputs: Mapping[str, Input], cost: Span) -> Row | None:
    """Return the hours that a subscription pays for in a month, and those that users take."""
    plan = inputs.get("plan_price")
    if plan is None:
        return None
    return {
        "price": plan.value,
        "hours": asdict(Span(plan.value / cost.value, plan.low / cost.high, plan.high / cost.low)),
        **{
            told: None if name not in inputs else inputs[name].value / cost.value
            for told, name in TAKEN.items()
        },
    }
