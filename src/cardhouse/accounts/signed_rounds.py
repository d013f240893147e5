"""Rounds that are signed: facts of money promised, paid in tranches at their days.

A tranche after the base quarter is a promise. One inside it was paid: observations read it
(`read_tranches`), and the prior of the flow that pays it steps back (`lumps_due`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from cardhouse.accounts.definition import Definition
from cardhouse.accounts.figures import LEAST_SD, Figure, Figures
from cardhouse.accounts.periods import quarter_of
from cardhouse.accounts.readings import NONE_SD, Reading
from cardhouse.accounts.tables import Row
from cardhouse.errors import EconomyError
from cardhouse.model.world import Round

TRANCHES = ("tranches", "tranches_paid")
"""Readings of facts by their rounds: what the quarter pays, and what was paid by its end."""


def list_rounds(definition: Definition, figures: Figures, base: int) -> tuple[Round, ...]:
    """Return the rounds that were known and are paid after the base quarter.

    A row of ``rounds.csv`` names the fact (entity, metric, counterparty and, where there are
    several, the date) and the share of it that is paid on ``paid_on``. A round whose fact was not
    known yet does not exist, nor does one that another known fact supersedes.
    """
    found = []
    for row in definition.rows("rounds"):
        fact, quarter = _fact(row, figures), _quarter(row) - base
        if fact is not None and quarter > 0:
            found.append(_round(row, fact, quarter))
    return tuple(found)


def read_tranches(
    definition: Definition, observed: Row, figures: Figures, base: int
) -> list[Reading]:
    """Return what the rounds of the facts that a row observes say was paid.

    From the quarter of the fact to that of its last tranche a quarter pays what is due in it, and
    one in which nothing is due pays nothing, to 2 % of the whole. Outside of these quarters the
    rounds say nothing of a flow. Tranches that are not certain count as not paid.
    """
    tranches = _tranches(definition, observed, figures)
    if not tranches:
        return []
    fact = max((one.fact for one in tranches), key=lambda figure: (figure.value, figure.id))
    first, last = quarter_of(fact.start), max(one.quarter for one in tranches)
    by_now = observed.text("reading") == "tranches_paid"
    if base < first or (base > last and not by_now):
        return []
    paid = sum(
        one.amount for one in tranches if one.quarter == base or (by_now and one.quarter < base)
    )
    sd = paid * fact.sd / fact.value if paid > 0 else max(NONE_SD * fact.value, LEAST_SD)
    return [Reading(fact, paid, sd, 0.0)]


def lumps_due(definition: Definition, figures: Figures, base: int) -> Mapping[str, float]:
    """Return what tranches pay in the base quarter, by what an observation says they pay.

    A flow that comes in lumps has no prior worth keeping in the quarter of a lump.
    """
    due: dict[str, float] = {}
    for row in definition.rows("observations"):
        if row.text("reading") == "tranches":
            for reading in read_tranches(definition, row, figures, base):
                due[row.text("of")] = reading.value
    return due


@dataclass(frozen=True)
class _Tranche:
    """A part of a fact that is paid in a quarter, USD bn."""

    fact: Figure
    amount: float
    quarter: int


def _tranches(definition: Definition, observed: Row, figures: Figures) -> list[_Tranche]:
    """Return the certain tranches of the facts that an observation selects."""
    picked = ("entity", "metric", "counterparty")
    found = []
    for row in definition.rows("rounds"):
        if any(row.text(name) != observed.text(name) for name in picked):
            continue
        fact = _fact(row, figures)
        if fact is not None and row.number_of("probability", 1.0) >= 1.0:
            found.append(_Tranche(fact, row.number_of("share") * fact.value, _quarter(row)))
    return found


def _quarter(row: Row) -> int:
    """Return the quarter in which a tranche is paid."""
    row.needed("paid_on")
    return quarter_of(row.day("paid_on") or dt.date.max)


def _round(row: Row, fact: Figure, quarter: int) -> Round:
    """Return one tranche of a round."""
    return Round(
        id=row.text("id"),
        investor=row.text("investor"),
        firm=row.text("firm"),
        amount=row.number_of("share") * fact.value,
        quarter=quarter,
        probability=row.number_of("probability", 1.0),
        condition=row.text("condition"),
        facts=(fact.id,),
        earmark=row.text("earmark"),
    )


def _fact(row: Row, figures: Figures) -> Figure | None:
    """Return the fact of a round, None when nothing like it was known or it was superseded."""
    if row.text("superseded_by") in figures.by_id:
        return None
    entity, metric = row.needed("entity"), row.needed("metric")
    dated = row.day("dated")
    known = [
        figure
        for figure in figures.find(entity, metric, "*", row.text("counterparty") or "*")
        if not dated or figure.start == dated
    ]
    if len(known) > 1:
        ids = ", ".join(figure.id for figure in known)
        raise EconomyError(
            f"{row.place}: {len(known)} facts fit round '{row.text('id')}' ({ids}). "
            "Give the column 'dated' or 'counterparty' so that one fits."
        )
    return known[0] if known else None
