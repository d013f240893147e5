"""The shapes of answers as JSON Schemas: the published ones, and those of this API alone."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from starlette.responses import Response

from cardhouse.studies.schemas import DRAFT, published_schemas
from cardhouse.web.problems import KINDS, MEDIA_TYPE

PREFIX = "/api/v1"
"""Where all addresses of the API begin."""

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
NUMBER: Schema = {"type": "number"}
WHOLE: Schema = {"type": "integer"}
FLAG: Schema = {"type": "boolean"}
SERIES: Schema = {"type": "array", "items": NUMBER, "description": "one value a quarter"}
GAPPED: Schema = {"type": "array", "items": {"type": ["number", "null"]}}
TEXTS: Schema = {"type": "array", "items": TEXT}
WHOLES: Schema = {"type": "array", "items": WHOLE}
OBJECT: Schema = {"type": "object"}
GROUPS = ["trade", "capital", "return", "cost", "other"]


def _record(**fields: Schema) -> Schema:
    return {"type": "object", "properties": dict(fields), "required": list(fields)}


def _some(item: Schema) -> Schema:
    return {"type": "array", "items": item}


def _map(value: Schema) -> Schema:
    return {"type": "object", "additionalProperties": value}


def _one_of(*words: str) -> Schema:
    return {"type": "string", "enum": list(words)}


def _maybe(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}


def _ends(**more: Schema) -> Schema:
    return _record(payer=WHOLE, payee=WHOLE, group=_one_of(*GROUPS), **more)


def _stage() -> Schema:
    strength = _one_of("firm", "letter")
    promise = {"id": TEXT, "key": TEXT, "kind": TEXT, "strength": strength, "usd_bn": NUMBER}
    node = _record(
        id=TEXT,
        name=TEXT,
        role=_one_of("pool", "segment", "firm", "source", "sink"),
        tier=TEXT,
        column=WHOLE,
    )
    node["properties"] |= {"folds": TEXTS, "members": WHOLE}
    return _record(
        schema={"const": "cardhouse/stage/1"},
        version=TEXT,
        facts_version=TEXT,
        facts_digest=TEXT,
        economy=TEXT,
        economy_title=TEXT,
        subject=TEXT,
        caution=TEXT,
        base_quarter=TEXT,
        as_of=TEXT,
        digest=TEXT,
        kept=WHOLE,
        quarters=TEXTS,
        tiers=_some(_record(id=TEXT, name=TEXT)),
        columns=_some(_record(column=WHOLE, heading=TEXT)),
        nodes=_some(node),
        ribbons=_some(
            _ends(kinds=TEXTS, way=_one_of("forward", "side", "back"), red=FLAG, keys=TEXTS)
        ),
        committed=_record(
            ribbons=_some(_ends(amount=SERIES, **promise)),
            nodes=_record(received=_some(SERIES), paid=_some(SERIES)),
            unscheduled=_some(_ends(condition=TEXT, **promise)),
            note=TEXT,
        ),
        largest=_record(node_usd_bn=NUMBER, ribbon_usd_bn=NUMBER, column_usd_bn=_some(NUMBER)),
        seller=_maybe(_record(id=TEXT, name=TEXT)),
        sources=_some(_source()),
        groups=_map(TEXT),
        firms=TEXTS,
    )


def _source() -> Schema:
    return _record(
        id=TEXT, name=TEXT, group=_one_of("users", "investors", "firms", "business", "rest")
    )


def _view() -> Schema:
    number = _record(
        id=_one_of("users_pay", "subsidy", "users_share", "failures"),
        key=TEXT,
        unit=_one_of("share", "usd_bn", "count"),
        what=TEXT,
        values=GAPPED,
        shown=TEXTS,
        detail=TEXTS,
    )
    tier = _record(
        tier=TEXT, revenue=SERIES, full_cost=SERIES, operating_result=SERIES, raised=SERIES
    )
    population = _record(id=TEXT, name=TEXT, members=WHOLE, alive=WHOLES, defaults=WHOLES)
    failure = _record(
        entity=TEXT,
        name=TEXT,
        quarter=TEXT,
        at=WHOLE,
        outcome=_one_of("liquidated", "restructured", "rescued", ""),
    )
    return _record(
        schema={"const": "cardhouse/view/1"},
        digest=TEXT,
        stage=TEXT,
        scenario=TEXT,
        title=TEXT,
        levers=_map(NUMBER),
        idle_levers=TEXTS,
        sentence=TEXT,
        numbers={"type": "array", "items": number, "minItems": 4, "maxItems": 4},
        ribbons=_record(at=WHOLES, paid=_some(SERIES)),
        nodes=_record(received=_some(SERIES), paid=_some(SERIES)),
        upstream=SERIES,
        tiers=_some(tier),
        payers=_record(at=WHOLES, share=_some(SERIES)),
        failures=_some(failure),
        populations=_some(population),
        status=_map(TEXT),
        changes_nothing=FLAG,
    )


def _of_run(run: Schema, kind: str, *names: str) -> Schema:
    """Return the shape of some parts of a run's document."""
    parts = {name: run["properties"][name] for name in ("manifest", "quarters", *names)}
    return _record(schema={"const": f"cardhouse/{kind}/1"}, names=_map(TEXT), **parts)


def _beside(run: Schema, kind: str) -> Schema:
    """Return the shape of a part of a run's document with the facts that it names."""
    parts = {name: run["properties"][name] for name in ("manifest", kind)}
    facts = run["properties"].get("facts", _map(OBJECT))
    return _record(schema={"const": f"cardhouse/{kind}-of-run/1"}, facts=facts, **parts)


def _more(schema: Schema, where: str, **fields: Schema) -> Schema:
    """Return a published shape whose rows (in list ``where``; "" for itself) say more here."""
    whole = copy.deepcopy(schema)
    target = whole["properties"][where]["items"] if where else whole
    target["properties"] |= fields
    target["required"] = [*target["required"], *fields]
    return whole


def _ledger(run: Schema) -> Schema:
    shape = _of_run(run, "ledger", "ledger", "ledger_by_quarter")
    shape = _more(shape, "", sources=_some(_source()))
    ledger = copy.deepcopy(shape["properties"]["ledger"])
    ledger["required"] = [one for one in ledger["required"] if one not in LEFT_OUT]
    shape["properties"]["ledger"] = ledger
    return shape


LEFT_OUT = ("people", "best_price", "back_of_envelope")
"""Long parts of the ledger that a request may leave out."""


def _told(published: Mapping[str, Schema]) -> dict[str, Schema]:
    """Return the published shapes of which this API says more."""
    reach = {"range": TEXT, "step": {"type": ["number", "null"]}, "reaches": FLAG}
    sign = _record(entity=TEXT, tier=TEXT, figure=TEXT, direction=TEXT, at=WHOLE, words=TEXT)
    levers = _more(published["levers"], "levers", **reach)
    end = {"type": ["integer", "null"]}
    shock = _record(lever=TEXT, value=NUMBER, start=WHOLE, end=end, shape=TEXT)
    event = _record(event=TEXT, entity=TEXT, at=WHOLE)
    moves = {"shocks": _some(shock), "events": _some(event)}
    scenarios = _more(published["scenarios"], "scenarios", signs=_some(sign), **moves)
    return {
        "levers": _more(levers, "", groups=TEXTS),
        "scenarios": _more(scenarios, "", groups=TEXTS),
        "trace": _more(published["trace"], "", names=_map(TEXT), groups=_map(TEXT)),
        "committed": _more(published["committed"], "", names=_map(TEXT)),
    }


def _own(published: Mapping[str, Schema]) -> dict[str, Schema]:
    """Return the shapes that only this API has."""
    run = published["run"]
    opening = {"title": TEXT, "subject": TEXT, "caution": TEXT, "base_quarter": TEXT, "as_of": TEXT}
    economy = _record(id=TEXT, **opening, facts_version=TEXT, facts_digest=TEXT, firms=WHOLE)
    moved = {"observed": NUMBER, "balanced": NUMBER, "in_sd": NUMBER, "cause": TEXT}
    conflict = _record(fact=TEXT, what=TEXT, **moved, source=TEXT, url=TEXT)
    state = _one_of("waiting", "running", "done", "failed", "cancelled")
    links = {"type": "object", "properties": {"self": TEXT, "events": TEXT}}
    table = _record(name=TEXT, words=TEXT, urls=_map(TEXT))
    return {
        "stage": _stage(),
        "view": _view(),
        "ledger": _ledger(run),
        "fragility": _of_run(run, "fragility", "fragility"),
        "entities": _of_run(run, "entities", "entities", "tiers"),
        "claims": _beside(run, "claims"),
        "accelerators-of-run": _beside(run, "accelerators"),
        "matrix": OBJECT,
        "economies": _record(schema=TEXT, economies=_some(economy)),
        "conflicts": _record(schema=TEXT, base_quarter=TEXT, as_of=TEXT, conflicts=_some(conflict)),
        "schemas": _record(schema=TEXT, kinds=TEXTS),
        "glossary": _record(schema=TEXT, words=_some(_record(word=TEXT, meaning=TEXT))),
        "health": _record(status={"const": "ok"}, version=TEXT, facts_version=TEXT, build=TEXT),
        "tables": _record(schema=TEXT, tables=_some(table), zip=TEXT, recipes=_map(TEXT)),
        "job": _record(
            id=TEXT, state=state, progress=NUMBER, detail=TEXT, result=_maybe(OBJECT), links=links
        ),
    }


def _problem() -> Schema:
    return _record(type=TEXT, title=TEXT, status=WHOLE, detail=TEXT, instance=TEXT)


def documented(name: str | None, status: int = 200) -> dict[str, Any]:
    """Return how a route is documented: what it answers, and its problems."""
    shape = {"$ref": f"#/components/schemas/{name}"} if name else OBJECT
    body = {"content": {"application/json": {"schema": shape}}}
    wrong = {"content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/problem"}}}}
    told: dict[int | str, dict[str, Any]] = {status: {"description": "The answer.", **body}}
    if status == 200:
        told[304] = {"description": "The client has this answer already."}
    for code in sorted({code for code, _ in KINDS.values()}):
        title = next(words for number, words in KINDS.values() if number == code)
        told[code] = {"description": title, **wrong}
    return {"response_class": Response, "status_code": status, "responses": told}


def file_documented() -> dict[str, Any]:
    """Return how a route that sends a file is documented."""
    told = documented(None)
    told["responses"][200] = {
        "description": "The file.",
        "content": {"application/octet-stream": {"schema": {"type": "string"}}},
    }
    return told


def describe(app: FastAPI) -> Schema:
    """Return the OpenAPI 3.1 description, with the published schemas among its components."""
    if app.openapi_schema is None:
        whole = get_openapi(
            title=app.title,
            version=app.version,
            openapi_version="3.1.0",
            summary=app.summary,
            description=app.description,
            routes=app.routes,
            tags=app.openapi_tags,
        )
        published = _published()
        known = {**published, **_told(published), **_own(published), "problem": _problem()}
        parts = whole.setdefault("components", {}).setdefault("schemas", {})
        parts.update(known)
        whole["jsonSchemaDialect"] = DRAFT
        app.openapi_schema = whole
    return app.openapi_schema


def _published() -> dict[str, Schema]:
    """Return the published schemas as components; those with parts of their own keep their id."""
    return {
        name: {key: value for key, value in schema.items() if key != "$schema"}
        for name, schema in published_schemas().items()
        if "$defs" not in schema
    }
