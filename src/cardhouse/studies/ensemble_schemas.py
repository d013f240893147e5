"""The published JSON Schema of an ensemble."""

from __future__ import annotations

from typing import Any

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
NUMBER: Schema = {"type": "number"}
MAYBE_NUMBER: Schema = {"type": ["number", "null"]}
MAYBE_TEXT: Schema = {"type": ["string", "null"]}
WHOLE: Schema = {"type": "integer", "minimum": 0}
FLAG: Schema = {"type": "boolean"}
QUARTER: Schema = {"type": "string", "pattern": "^[0-9]{4}Q[1-4]$"}
SHARE: Schema = {"type": "number", "minimum": 0, "maximum": 1}
KINDS = ("accounts", "term", "parameter", "shock")


def _record(**fields: Schema) -> Schema:
    return {"type": "object", "properties": dict(fields), "required": list(fields)}


def _list(item: Schema) -> Schema:
    return {"type": "array", "items": item}


def _map(value: Schema) -> Schema:
    return {"type": "object", "additionalProperties": value}


def ensemble_schema() -> Schema:
    """Return the schema of an ensemble: fans, defaults and losses with their Monte Carlo errors."""
    event = {"probability": SHARE, "error": SHARE}
    course = {"by_quarter": _list(SHARE), "by_quarter_error": _list(SHARE)}
    return _record(
        manifest=_manifest(),
        quarters=_list(QUARTER),
        endings=_record(**dict.fromkeys(("completed", "explosive", "refused"), WHOLE)),
        refusal=MAYBE_TEXT,
        quantile_rank_error=SHARE,
        inputs=_list(_input()),
        series=_list(
            _record(
                **dict.fromkeys(("variable", "entity", "name", "unit"), TEXT),
                **dict.fromkeys(("mean", "error", "sd"), _list(MAYBE_NUMBER)),
                **dict.fromkeys(("quantiles", "quantile_errors"), _map(_list(MAYBE_NUMBER))),
            )
        ),
        defaults=_list(_record(entity=TEXT, name=TEXT, **event, **course)),
        together=_list(_record(first=TEXT, second=TEXT, **event, if_independent=SHARE)),
        failures=_record(firms=_list(WHOLE), probability=_list(SHARE), error=_list(SHARE)),
        losses=_list(
            _record(
                **dict.fromkeys(("holder", "name"), TEXT),
                mean=NUMBER,
                error=MAYBE_NUMBER,
                probability=SHARE,
                **dict.fromkeys(("quantiles", "quantile_errors"), _map(MAYBE_NUMBER)),
                mean_of_worst=NUMBER,
            )
        ),
        exceedances=_list(_record(event=TEXT, **event, **course)),
    )


def _manifest() -> Schema:
    words = ("version", "facts_version", "facts_digest", "economy", "scenario", "design", "digest")
    return _record(
        **dict.fromkeys(words, TEXT),
        base_quarter=QUARTER,
        as_of={"type": "string", "format": "date"},
        **dict.fromkeys(("quarters", "paths", "leaves", "seed", "populations"), WHOLE),
        levers=_map(NUMBER),
        certain=_list({"enum": list(KINDS)}),
        members=FLAG,
        **dict.fromkeys(("against", "against_title"), MAYBE_TEXT),
        keep={"type": "object"},
    )


def _input() -> Schema:
    return _record(
        **dict.fromkeys(("id", "across", "distribution", "words", "source"), TEXT),
        kind={"enum": list(KINDS)},
        middle=NUMBER,
        **dict.fromkeys(("low", "high", "persistence"), MAYBE_NUMBER),
        assumption=FLAG,
    )
