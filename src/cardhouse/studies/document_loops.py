"""The document's loops: money that runs round among firms, as paid and as promised."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from cardhouse.analysis.promises import (
    UNPROMISED,
    Label,
    Promise,
    committed_loops,
    list_promises,
)
from cardhouse.analysis.round_trips import Leg, RoundTrips, Trip, by_firm, round_trips
from cardhouse.studies.document_flows import shown_as
from cardhouse.studies.scenario_times import later
from cardhouse.studies.views import View

Row = dict[str, Any]

TOLD_FROM = 0.002
"""Part of the widest loop from which a loop is told; smaller ones are counted and added up."""
PART_FROM = 0.0005
"""Part of a leg from which a kind of payment is told."""


def round_trip_rows(view: View) -> Row:
    """Return the loops of the base quarter and of all quarters added up."""
    rows = range(view.books.rows)
    found = {"base": round_trips(view.books), "cumulated": round_trips(view.books, rows)}
    return {name: loops_row(view, one) for name, one in found.items()}


def loops_row(view: View, found: RoundTrips) -> Row:
    """Return loops with their legs, what ran round by seller, and the small ones as a sum."""
    told, small = _told(found.trips)
    return {
        "loops": [_loop(view, trip) for trip in told],
        "smaller": {"loops": len(small), "usd_bn": sum(trip.amount for trip in small)},
        "by_seller": {
            name: {"usd_bn": whole, "financial_usd_bn": financial}
            for name, (whole, financial) in by_firm(found).items()
        },
    }


def _told(trips: Iterable[Trip]) -> tuple[list[Trip], list[Trip]]:
    """Return loops, the widest first, and those too small to be told one by one."""
    every = sorted(trips, key=lambda trip: (-trip.amount, trip.entities))
    widest = every[0].amount if every else 0.0
    told = [trip for trip in every if trip.amount >= TOLD_FROM * widest]
    return told, every[len(told) :]


def _loop(view: View, trip: Trip) -> Row:
    """Return one loop: who pays whom in order, the dollars that run round, each leg by kind."""
    return {
        "entities": list(trip.entities),
        "names": [view.chain.world.entity(name).name for name in trip.entities],
        "usd_bn": trip.amount,
        "financial": trip.is_financial,
        "legs": [_leg(leg) for leg in trip.legs],
    }


def _leg(leg: Leg) -> Row:
    return {
        "payer": leg.payer,
        "payee": leg.payee,
        "financial": leg.is_financing,
        "kinds": _parts(leg),
    }


def _parts(leg: Leg) -> dict[str, float]:
    """Return a leg's amount by kind, largest first, without what is next to nothing."""
    whole = sum(leg.kinds.values())
    parts = sorted(leg.kinds.items(), key=lambda part: -part[1])
    return {kind: amount for kind, amount in parts if amount >= PART_FROM * whole}


def committed_row(view: View) -> Row:
    """Return what is promised, beside what was paid, and the loops on the committed basis."""
    promises = list_promises(view.chain.world)
    found, labels = committed_loops(view.books)
    told, small = _told(found.trips)
    return {
        "promises": [promise_row(view, one) for one in promises],
        "by_payer": _by_payer(view, promises),
        "loops": [_committed_loop(view, trip, labels) for trip in told],
        "smaller": {"loops": len(small), "usd_bn": sum(trip.amount for trip in small)},
    }


def promise_row(view: View, one: Promise) -> Row:
    """Return one promise: who, to whom, for what, how much, how sure, when."""
    base = view.chain.world.base
    return {
        "id": one.id,
        "payer": shown_as(view.chain, one.payer),
        "payee": shown_as(view.chain, one.payee),
        "kind": one.kind,
        "strength": one.strength,
        "probability": one.probability,
        "paid": one.paid,
        "promised": one.amount,
        "binding": one.binding,
        "expected": one.expected,
        "from": later(base, one.first),
        "to": None if one.last is None else later(base, one.last),
        "condition": one.condition,
        "facts": list(one.facts),
    }


def _by_payer(view: View, promises: Sequence[Promise]) -> dict[str, Row]:
    """Return what each purse promised, firm and by letter, beside what it paid on it."""
    world, rows = view.chain.world, dict[str, Row]()
    counted: set[tuple[str, str, str]] = set()
    for one in promises:
        row = rows.setdefault(
            world.purse_of(one.payer), {"paid": 0.0, "firm": 0.0, "letter": 0.0, "expected": 0.0}
        )
        key = (one.payer, one.payee, one.kind)
        if key not in counted:  # several tranches of one contract share what was paid
            row["paid"] += one.paid
            counted.add(key)
        row[one.strength] += one.amount
        row["expected"] += one.expected
    return rows


def _committed_loop(view: View, trip: Trip, labels: dict[str, Label]) -> Row:
    """Return a loop whose legs say how sure each part is."""
    row = _loop(view, trip)
    for told in row["legs"]:
        parts = {label: (labels[label], amount) for label, amount in told.pop("kinds").items()}
        told["parts"] = [
            {"what": kind, "strength": strength, "usd_bn": amount}
            for (kind, strength), amount in parts.values()
        ]
    strengths = {part["strength"] for leg in row["legs"] for part in leg["parts"]}
    return {**row, "promised_all_round": UNPROMISED not in strengths}
