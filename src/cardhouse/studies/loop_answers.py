"""Loops and promises of a run on request: whole lists, or those of one entity."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from cardhouse.analysis.round_trips import round_trips
from cardhouse.errors import InputError, did_you_mean
from cardhouse.studies.document_loops import committed_row, loops_row
from cardhouse.studies.trace_answers import called, period_of, rows_asked
from cardhouse.studies.views import View

Row = dict[str, Any]

PAID = (
    "Only payments between firms; equity, guarantees and buy-backs are financing. Loops with such "
    "a leg are taken out first, the widest first. A firm's total is what it paid and got back: the "
    "most that can have run round. What a trace says came back is less, for there each payment "
    "carries the mix of its payer's purse."
)
COMMITTED = (
    "Amounts over the whole life of a promise, after the base quarter. Where nothing is promised "
    "a leg is worth what this run pays along it later, marked unpromised."
)


def paid_loops(
    view: View,
    manifest: Mapping[str, Any],
    entity: str | None = None,
    quarter: str | None = None,
    *,
    is_cumulated: bool = False,
    warnings: Sequence[str] = (),
) -> Row:
    """Return the loops along which money ran round among firms.

    ``warnings`` are the run's, which the answer repeats.

    Raises
    ------
    InputError
        When there is no such firm or quarter.
    """
    first, last = rows_asked(view, quarter, is_cumulated=is_cumulated)
    firm = _purse(view, entity)
    row = loops_row(view, round_trips(view.books, range(first, last + 1)))
    period = period_of(view, (first, last))
    loops = _through(row["loops"], firm)
    if firm is None:
        total = sum(loop["usd_bn"] for loop in row["loops"] if loop["financial"])
        sentence = (
            f"Round trips in {period}: ${total:.2f} bn ran round in loops with finance in them"
        )
    else:
        own = row["by_seller"].get(firm, {"usd_bn": 0.0, "financial_usd_bn": 0.0})
        name = called(view.chain.world, firm)
        sentence = (
            f"Round trips of {name} in {period}: ${own['usd_bn']:.2f} bn, of which "
            f"${own['financial_usd_bn']:.2f} bn in loops with finance in them"
        )
    return {
        **_common(manifest, "paid", firm, period),
        "loops": loops,
        "smaller": row["smaller"],
        "by_seller": {name: one for name, one in row["by_seller"].items() if firm in (None, name)},
        "sentence": sentence,
        "note": PAID,
        "warnings": list(warnings),
    }


def promised_loops(
    view: View,
    manifest: Mapping[str, Any],
    entity: str | None = None,
    *,
    warnings: Sequence[str] = (),
) -> Row:
    """Return the loops among firms that promises would close.

    ``warnings`` are the run's, which the answer repeats.

    Raises
    ------
    InputError
        When there is no such firm.
    """
    firm, row = _purse(view, entity), committed_row(view)
    whose = f" of {called(view.chain.world, firm)}" if firm else ""
    base = view.quarters[0]
    return {
        **_common(manifest, "committed", firm, f"after {base}"),
        "loops": _through(row["loops"], firm),
        "smaller": row["smaller"],
        "by_seller": {},
        "sentence": f"Loops{whose} on the committed basis, promises as they stand after {base}",
        "note": COMMITTED,
        "warnings": list(warnings),
    }


def promises(
    view: View,
    manifest: Mapping[str, Any],
    entity: str | None = None,
    *,
    warnings: Sequence[str] = (),
) -> Row:
    """Return what is promised, beside what was paid in the base quarter.

    ``warnings`` are the run's, which the answer repeats.

    Raises
    ------
    InputError
        When the economy has no such entity.
    """
    world, row = view.chain.world, committed_row(view)
    found = row["promises"]
    if entity is not None:
        if entity not in world.by_id:
            raise InputError(f"there is no entity '{entity}'.{did_you_mean(entity, world.by_id)}")
        found = [one for one in found if entity in _sides(view, one)]
    firm = sum(one["promised"] for one in found if one["strength"] == "firm")
    letters = sum(one["promised"] for one in found if one["strength"] == "letter")
    whose = f" by or to {called(world, entity)}" if entity else ""
    return {
        "schema": "cardhouse/committed/1",
        "manifest": dict(manifest),
        "entity": entity,
        "period": f"after {view.quarters[0]}",
        "promises": found,
        "sentence": (
            f"Promised{whose} after {view.quarters[0]}: ${firm:,.1f} bn firm, "
            f"${letters:,.1f} bn by letter of intent"
        ),
        "note": (
            "Paid is what the base quarter paid under the same contract: tranches of one contract "
            "repeat the same sum. Of a credit line, a "
            "guarantee or a buy-back the amount is the most that can be called."
        ),
        "warnings": list(warnings),
    }


def _sides(view: View, promise: Mapping[str, Any]) -> set[str]:
    """Return who takes part in a promise: units and their purses."""
    world = view.chain.world
    shown = {promise["payer"], promise["payee"]}
    return shown | {world.purse_of(name) for name in shown}


def _purse(view: View, entity: str | None) -> str | None:
    """Return the firm whose loops are asked for: of a division, its parent."""
    world, firms = view.chain.world, view.chain.firm_ids
    if entity is None:
        return None
    owner = world.purse_of(entity) if entity in world.by_id else entity
    if owner not in firms:
        raise InputError(
            f"'{entity}' is no firm, and only firms take part in loops."
            f"{did_you_mean(entity, firms)} Firms are {', '.join(firms)}."
        )
    return owner


def _through(loops: list[Row], firm: str | None) -> list[Row]:
    return [loop for loop in loops if firm is None or firm in loop["entities"]]


def _common(manifest: Mapping[str, Any], basis: str, firm: str | None, period: str) -> Row:
    return {
        "schema": "cardhouse/loops/1",
        "manifest": dict(manifest),
        "basis": basis,
        "entity": firm,
        "period": period,
    }
