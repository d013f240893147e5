"""The published JSON Schemas of the market layer."""

from __future__ import annotations

from typing import Any

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
NUMBER: Schema = {"type": "number"}
WHOLE: Schema = {"type": "integer", "minimum": 0}
FLAG: Schema = {"type": "boolean"}
DAY: Schema = {"type": "string", "format": "date"}
SHARE: Schema = {"type": "number", "minimum": 0, "maximum": 1}


def _record(**fields: Schema) -> Schema:
    return {"type": "object", "properties": dict(fields), "required": list(fields)}


def _list(item: Schema) -> Schema:
    return {"type": "array", "items": item}


def _maybe(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}


FAILED = _list(_record(service=TEXT, words=TEXT))
PROPOSALS = _record(file=_maybe(TEXT), facts=_list(TEXT), failed=FAILED)
"""The table of readings that were fetched for a document, their facts, and who failed."""


def gauge_schema() -> Schema:
    """Return the schema of the panel of gauges."""
    reading = _record(value=NUMBER, date=DAY, fact=TEXT)
    row = _record(
        **dict.fromkeys(("id", "group", "title", "definition", "caveat"), TEXT),
        unit={"enum": ["ratio", "share"]},
        latest=reading,
        at_note=_maybe(reading),
        record=reading,
        peak=_maybe(reading),
        peak_is_anothers=FLAG,
        distance=_maybe(NUMBER),
        percentile=_maybe(SHARE),
        years=WHOLE,
        verdict={"enum": ["yes", "no", "undetermined"]},
        history=_list(reading),
    )
    sentences = _list(_record(gauge=TEXT, words=TEXT, facts=_list(TEXT)))
    passport = _record(source=TEXT, url=TEXT, grade=TEXT, basis=TEXT, note=TEXT)
    record = _record(
        as_of=DAY,
        note_date=_maybe(DAY),
        gauges=_list(row),
        **{"for": sentences, "against": sentences, "undetermined": sentences},
        ai_firms=_maybe(_record(names=_list(TEXT), weight=SHARE, date=DAY, facts=_list(TEXT))),
        backwards=_list(
            _record(
                gauge=TEXT,
                to={"enum": ["peak", "median"]},
                price_to_book=NUMBER,
                target=NUMBER,
                fall=_maybe(NUMBER),
                index_fall=_maybe(NUMBER),
            )
        ),
        facts={"type": "object", "additionalProperties": passport},
    )
    record["properties"]["proposals"] = PROPOSALS
    return record


def overlay_schema() -> Schema:
    """Return the schema of what a scenario does to the index."""
    both = _record(before=_maybe(NUMBER), after=_maybe(NUMBER))
    firm = _record(
        id=TEXT,
        **dict.fromkeys(("market_value", "book", "weight"), NUMBER),
        **dict.fromkeys(("value_change", "book_change", "contribution"), NUMBER),
    )
    at = {
        "quarter": {"type": "string", "pattern": "^[0-9]{4}Q[1-4]$"},
        "price_change": NUMBER,
        **dict.fromkeys(("price_to_book", "weight", "largest_weight"), both),
        "firms": _list(firm),
    }
    return _record(
        manifest={"type": "object"},
        snapshot=DAY,
        rerating=NUMBER,
        **at,
        worst=_record(**at),
        not_in_run=_list(TEXT),
        facts=_list(TEXT),
    )


def mirror_schema() -> Schema:
    """Return the schema of the dot-com years and now on one axis."""
    place = {"type": "integer", "minimum": -400, "maximum": 400}
    point = _record(
        first=place,
        last=place,
        value=NUMBER,
        **dict.fromkeys(("low", "high", "relative"), _maybe(NUMBER)),
        facts={**_list(TEXT), "minItems": 1},
    )
    columns = _list(_maybe(NUMBER))
    side = _record(zero=_maybe(point), points=_list(point), columns=columns)
    run = _record(values=_list(NUMBER), relative=_maybe(_list(NUMBER)), columns=columns)
    apart = _record(run=NUMBER, fact=NUMBER, facts=_list(TEXT), words=TEXT)
    told = {"side": {"enum": ["then", "now", "run"]}, "words": TEXT}
    indicator = _record(
        **dict.fromkeys(("id", "group", "words", "note"), TEXT),
        unit={"enum": ["ratio", "share", "usd_bn_a_year", "count_a_year", "zero_is_100"]},
        scale={"enum": ["level", "start"]},
        then=side,
        now=side,
        run=_maybe(run),
        apart=_maybe(apart),
        gaps=_list(_record(**told)),
    )
    passport = _record(source=TEXT, url=TEXT, grade=TEXT, basis=TEXT, note=TEXT)
    quarter = {"type": "string", "pattern": "^[0-9]{4}Q[1-4]$"}
    record = _record(
        manifest={"type": "object"},
        as_of=DAY,
        axis=_record(first=place, last=place, then=quarter, now=quarter),
        columns=_list(place),
        indicators=_list(indicator),
        gaps=_list(_record(indicator=TEXT, **told)),
        facts={"type": "object", "additionalProperties": passport},
    )
    record["properties"]["proposals"] = PROPOSALS
    return record


SAYS = ("changes", "differs", "new", "agrees", "known")


def _statements() -> dict[str, Schema]:
    """Return the parts of a document that set a table's facts beside what is known."""
    number_or_day: Schema = {"type": ["number", "string"]}
    maybe: Schema = {"type": ["number", "string", "null"]}
    words = (
        "id", "entity", "tier", "metric", "item", "counterparty", "unit", "basis", "published",
        "known_from_basis", "source", "url", "note",
    )  # fmt: skip
    fact = _record(
        **dict.fromkeys(words, TEXT),
        **dict.fromkeys(("period_start", "period_end", "known_from"), DAY),
        value=number_or_day,
        low=maybe,
        high=maybe,
        grade={"enum": ["A", "B", "C"]},
    )
    row = _record(
        says={"enum": list(SAYS)},
        fact=fact,
        before=_maybe(fact),
        beside=_list(fact),
        distance=_maybe(NUMBER),
    )
    return {
        "fact": fact,
        "counts": _record(**dict.fromkeys(SAYS, WHOLE)),
        "statements": _list(row),
    }


def pull_schema() -> Schema:
    """Return the schema of what services were asked, and what they say beside what is known."""
    parts = _statements()
    answer = _record(
        address=TEXT,
        fetched=DAY,
        sha256={"type": "string", "pattern": "^[0-9a-f]{64}$"},
        bytes=WHOLE,
        new=FLAG,
    )
    return _record(
        day=DAY,
        file=_maybe(TEXT),
        services=_list(_record(service=TEXT, facts=WHOLE, answers=_list(answer))),
        failed=FAILED,
        gaps=_list(TEXT),
        notices=_list(TEXT),
        counts=parts["counts"],
        statements=parts["statements"],
    )


def statements_schema() -> Schema:
    """Return the schema of a table's facts beside what is known."""
    parts = _statements()
    return _record(file=TEXT, counts=parts["counts"], statements=parts["statements"])


def accept_schema() -> Schema:
    """Return the schema of what a person's own table took in."""
    fact = _statements()["fact"]
    return _record(
        file=TEXT,
        into=TEXT,
        added=_list(fact),
        replaced=_list(_record(before=fact, after=fact)),
        left=_list(fact),
    )


def constituents_schema() -> Schema:
    """Return the schema of an index added up from its constituents."""
    ratios = ("price_to_book", "price_to_book_positive", "price_to_book_median")
    return _record(
        file=TEXT,
        **dict.fromkeys(("firms", "firms_with_book", "negative_books"), WHOLE),
        market_value=NUMBER,
        **dict.fromkeys((*ratios, "price_to_sales", "price_to_earnings"), _maybe(NUMBER)),
        top_share=SHARE,
        largest=_list(_record(name=TEXT, share=SHARE)),
    )


def explosive_schema() -> Schema:
    """Return the schema of the explosive-root tests of a series."""
    numbers = _list(NUMBER)
    tested = _record(
        form={"enum": ["level", "logarithm"]},
        **dict.fromkeys(("length", "lag", "window", "minimum_duration"), WHOLE),
        starts_at=SHARE,
        ends_at=SHARE,
        critical_values={"enum": ["monte_carlo", "wild_bootstrap"]},
        replications=WHOLE,
        seed=WHOLE,
    )
    statistic = _record(
        name={"enum": ["adf", "sadf", "gsadf"]},
        value=NUMBER,
        critical=numbers,
        standard_errors=numbers,
        p_value=SHARE,
        **{"from": TEXT, "to": TEXT},
    )
    episode = _record(
        start=TEXT, peak=TEXT, end=_maybe(TEXT), points=WHOLE, statistic=NUMBER, lasts=FLAG
    )
    points = _record(
        dates=_list(TEXT),
        values=numbers,
        first_end=WHOLE,
        **dict.fromkeys(("bsadf", "starts_above", "ends_below"), numbers),
    )
    return _record(
        series=TEXT,
        tested=tested,
        statistics=_list(statistic),
        explosive=FLAG,
        episodes=_list(episode),
        points=points,
    )
