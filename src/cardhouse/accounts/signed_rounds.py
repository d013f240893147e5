"""Rounds that are signed: facts of money promised, dated after the base quarter."""

from __future__ import annotations

import datetime as dt

from cardhouse.accounts.definition import Definition
from cardhouse.accounts.figures import Figure, Figures
from cardhouse.accounts.periods import quarter_of
from cardhouse.accounts.tables import Row
from cardhouse.errors import EconomyError
from cardhouse.model.world import Round


def list_rounds(definition: Definition, figures: Figures, base: int) -> tuple[Round, ...]:
    """Return the rounds that were known and are paid after the base quarter.

    A row of ``rounds.csv`` names the fact (entity, metric, counterparty and, where there are
    several, the date) and the share of it that is paid on ``paid_on``. A round whose fact was not
    known yet does not exist.
    """
    found = []
    for row in definition.rows("rounds"):
        row.needed("paid_on")
        quarter = quarter_of(row.day("paid_on") or dt.date.max) - base
        fact = _fact(row, figures)
        if fact is not None and quarter > 0:
            found.append(_round(row, fact, quarter))
    return tuple(found)


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
    """Return the fact of a round, None when nothing like it was known."""
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
