"""The published schemas of the ledger's envelopes, people and prices."""

from __future__ import annotations

from typing import Any

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
NUMBER: Schema = {"type": "number"}
FLAG: Schema = {"type": "boolean"}
TEXTS: Schema = {"type": "array", "items": TEXT}
AMOUNTS: Schema = {"type": "object", "additionalProperties": NUMBER}


def envelope_schema() -> Schema:
    """Return the schema of a back-of-envelope: inputs, the revenue needed, the hole."""
    numbers = (
        "run_rate_usd_bn",
        "multiplier",
        "gross_margin",
        "spend_usd_bn",
        "revenue_needed_usd_bn",
        "revenue_usd_bn",
        "hole_usd_bn",
    )
    words = {"id": TEXT, "name": TEXT, "published": FLAG, "facts": TEXTS}
    return _record({**words, **dict.fromkeys(numbers, NUMBER)})


def people_schema() -> Schema:
    """Return the schema of people: how many, and what each brings in and costs in a year."""
    count = _record({"value": NUMBER, "low": NUMBER, "high": NUMBER, "facts": TEXTS})
    words = {"id": TEXT, "name": TEXT, "uncertain": TEXT, "lines": TEXTS, "segments": TEXTS}
    amounts = ("revenue_usd_bn", "service_usd_bn", "full_cost_usd_bn")
    years = ("per_user_year", "per_payer_year", "free_user_year")
    return _record(
        {
            **words,
            "users": _or_none(count),
            "payers": _or_none(count),
            **dict.fromkeys(amounts, NUMBER),
            **dict.fromkeys(years, _or_none(AMOUNTS)),
            "gap_by_source_per_person_year": AMOUNTS,
        }
    )


def prices_schema() -> Schema:
    """Return the schema of the prices at which users pay most."""
    numbers = ("price", "paying_share", "revenue", "cost_of_service", "full_cost")
    flags = ("covers_service", "covers_full_cost")
    at_price = _record({**dict.fromkeys(numbers, NUMBER), **dict.fromkeys(flags, FLAG)})
    segment = _record(
        {
            **dict.fromkeys(("id", "segment", "line", "name"), TEXT),
            **dict.fromkeys(("conversion", "spread"), NUMBER),
            **dict.fromkeys(("today", "best", "most_kept"), at_price),
        }
    )
    elastic = _record({"id": TEXT, "lines": TEXTS, "elasticity": NUMBER, "takings": TEXT})
    return _record({"held": TEXT, "segments": _list(segment), "elastic": _list(elastic)})


def _record(fields: Schema) -> Schema:
    return {"type": "object", "properties": fields, "required": list(fields)}


def _list(item: Schema) -> Schema:
    return {"type": "array", "items": item}


def _or_none(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}
