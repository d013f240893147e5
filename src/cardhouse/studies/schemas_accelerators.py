"""The published schema of what accelerators cost: part of a run, and a document of its own."""

from __future__ import annotations

from typing import Any

from cardhouse.analysis.accelerators import INPUTS
from cardhouse.studies.accelerator_classes import ASKED, ASSUMPTION, FACT, UNITS
from cardhouse.studies.document_accelerators import BREAKEVENS, TAKEN

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
NUMBER: Schema = {"type": "number"}
MAYBE_NUMBER: Schema = {"type": ["number", "null"]}
MAYBE_FLAG: Schema = {"type": ["boolean", "null"]}
DAY: Schema = {"type": "string", "format": "date"}
IDS: Schema = {"type": "array", "items": TEXT}


def _record(**fields: Schema) -> Schema:
    return {"type": "object", "properties": dict(fields), "required": list(fields)}


def _list(item: Schema) -> Schema:
    return {"type": "array", "items": item}


def _maybe(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}


SPAN = _record(value=NUMBER, low=NUMBER, high=NUMBER)


def accelerators_schema() -> Schema:
    """Return the schema of the part of a run; null in an economy without accelerators."""
    return _maybe(accelerators_part())


def accelerators_part() -> Schema:
    """Return the schema of the part where there is one."""
    return _record(
        day=DAY,
        asked={"type": "object", "additionalProperties": NUMBER},
        classes=_list(_class()),
        prices=_list(_price()),
    )


def _class() -> Schema:
    parts = dict.fromkeys(("accelerator", "server", "site", "power", "other"), NUMBER)
    cost = _record(value=NUMBER, low=NUMBER, high=NUMBER, parts=_record(**parts))
    swing = _record(name={"enum": list(INPUTS)}, low=NUMBER, high=NUMBER)
    units = _record(bought=_maybe(SPAN), if_all_sales=_maybe(SPAN), counted=_maybe(SPAN))
    return _record(
        id=TEXT,
        name=TEXT,
        left_out=TEXT,
        inputs=_list(_input()),
        cost=_maybe(cost),
        cost_if_all_sold=MAYBE_NUMBER,
        outlay=MAYBE_NUMBER,
        swings=_list(swing),
        rentals=_list(_rental()),
        units=units,
    )


def _input() -> Schema:
    basis: Schema = {"enum": [FACT, ASSUMPTION, ASKED]}
    return _record(
        name={"enum": list(UNITS)},
        unit=TEXT,
        value=NUMBER,
        low=NUMBER,
        high=NUMBER,
        basis=basis,
        range_basis=basis,
        day=_maybe(DAY),
        facts=IDS,
        note=TEXT,
    )


def _rental() -> Schema:
    dearest = _record(input={"enum": list(INPUTS)}, at=NUMBER, cost=NUMBER)
    return _record(
        fact=TEXT,
        kind=TEXT,
        day=DAY,
        value=NUMBER,
        low=NUMBER,
        high=NUMBER,
        is_nearest={"type": "boolean"},
        cost=_maybe(SPAN),
        margin=_maybe(SPAN),
        margin_share=MAYBE_NUMBER,
        covers=MAYBE_FLAG,
        hours_sold=MAYBE_NUMBER,
        dearest=_maybe(dearest),
        breakeven=_maybe(_record(**dict.fromkeys(BREAKEVENS, MAYBE_NUMBER))),
        facts=IDS,
        cost_facts=IDS,
        note=TEXT,
    )


def _price() -> Schema:
    tariff = _record(
        fact=TEXT, kind=TEXT, day=DAY, rent=NUMBER, cost_share=NUMBER, accelerator_share=NUMBER,
        facts=IDS,
    )  # fmt: skip
    tokens = _record(per_million=SPAN, list_price=MAYBE_NUMBER, needed_per_second=MAYBE_NUMBER)
    plan = _record(price=NUMBER, hours=SPAN, **dict.fromkeys(TAKEN, MAYBE_NUMBER))
    fields = {
        "id": TEXT,
        "class": TEXT,
        "price": NUMBER,
        "cost": SPAN,
        "accelerator": NUMBER,
        "accelerator_share": NUMBER,
        "tariffs": _list(tariff),
        "tokens": _maybe(tokens),
        "plan": _maybe(plan),
    }
    return _record(**fields)
