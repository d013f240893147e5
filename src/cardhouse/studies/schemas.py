"""The published JSON Schemas (draft 2020-12): what files may say and what commands print."""

from __future__ import annotations

from typing import Any

from cardhouse.analysis.buyers import BOUGHT
from cardhouse.analysis.journal import FORCES
from cardhouse.analysis.promises import FIRM, LETTER, UNPROMISED
from cardhouse.analysis.rules import RULES
from cardhouse.engine.links import FLOW_KINDS
from cardhouse.engine.resolution import OUTCOMES
from cardhouse.studies.ensemble_schemas import ensemble_schema
from cardhouse.studies.ledger_schemas import envelope_schema, people_schema, prices_schema
from cardhouse.studies.market_schemas import (
    accept_schema,
    constituents_schema,
    explosive_schema,
    gauge_schema,
    mirror_schema,
    overlay_schema,
    pull_schema,
    statements_schema,
)
from cardhouse.studies.own_schemas import doctor_schema, new_schema
from cardhouse.studies.scenario_models import scenario_schema
from cardhouse.studies.schemas_accelerators import accelerators_part, accelerators_schema

Schema = dict[str, Any]

DRAFT = "https://json-schema.org/draft/2020-12/schema"
STATUS = ("active", "stressed", "restructured", "rescued", "in_default", "gone")
STRENGTHS = (FIRM, LETTER, UNPROMISED)
VERDICTS = ("holds", "in_part", "does_not_hold", "undetermined")
KINDS = ("firm", "division", "parent", "population", "segment", "pool", "outside")

TEXT: Schema = {"type": "string"}
NUMBER: Schema = {"type": "number"}
MAYBE_NUMBER: Schema = {"type": ["number", "null"]}
MAYBE_TEXT: Schema = {"type": ["string", "null"]}
FLAG: Schema = {"type": "boolean"}
QUARTER: Schema = {"type": "string", "pattern": "^[0-9]{4}Q[1-4]$"}
MAYBE_QUARTER: Schema = {"anyOf": [QUARTER, {"type": "null"}]}
SHARE: Schema = {"type": "number", "minimum": 0, "maximum": 1.000001}


def published_schemas() -> dict[str, Schema]:
    """Return every published schema by its kind."""
    return {
        "scenario": scenario_schema(),
        "run": _titled("run", "Result of a run, USD bn a quarter", _run()),
        "accounts": _titled("accounts", "Balanced opening accounts", _accounts()),
        "compare": _titled("compare", "Runs side by side, USD bn", _compare()),
        "ensemble": _titled("ensemble", "Many paths: fans, defaults, losses", ensemble_schema()),
        "trace": _titled("trace", "Who ultimately pays, or where dollars end", _trace()),
        "loops": _titled("loops", "Money that runs round among firms", _loops()),
        "committed": _titled("committed", "What is promised beside what was paid", _promises()),
        "scenarios": _titled("scenarios", "The shipped scenarios", _scenarios()),
        "levers": _titled("levers", "The levers", _levers()),
        "figure": _titled("figure", "Why a balanced figure is what it is", _figure()),
        "answer": _titled("answer", "Why a number of a run is what it is", _answer()),
        "accelerators": _titled(
            "accelerators", "What an hour of an accelerator costs, USD", _accelerators()
        ),
        "facts": _titled("facts", "Sourced facts", _facts()),
        "gauge": _titled("gauge", "Valuation gauges beside the dot-com peak", gauge_schema()),
        "explosive": _titled("explosive", "Explosive roots of a series", explosive_schema()),
        "overlay": _titled("overlay", "What a scenario does to the index", overlay_schema()),
        "mirror": _titled("mirror", "The dot-com years and now on one axis", mirror_schema()),
        "constituents": _titled(
            "constituents", "An index added up from its constituents", constituents_schema()
        ),
        "pull": _titled("pull", "What services say, as proposed facts", pull_schema()),
        "statements": _titled(
            "statements", "A table's facts beside what is known", statements_schema()
        ),
        "accept": _titled("accept", "Rows that a person's table took in", accept_schema()),
        "check": _titled("check", "The files that were checked", _check()),
        "new": _titled("new", "A folder that was made to start from", new_schema()),
        "doctor": _titled("doctor", "The environment, checked", doctor_schema()),
        "manifest": _titled("manifest", "What a run wrote", _manifest_file()),
    }


def _titled(kind: str, title: str, schema: Schema) -> Schema:
    name = f"cardhouse/{kind}/1"
    schema["properties"] = {"schema": {"const": name}, **schema["properties"]}
    schema["required"] = ["schema", *schema["required"]]
    return {"$schema": DRAFT, "$id": name, "title": f"cardhouse {kind}: {title}", **schema}


def _record(**fields: Schema) -> Schema:
    """Return the schema of an object; further keys are allowed, so that versions can add some."""
    return {"type": "object", "properties": dict(fields), "required": list(fields)}


def _optional(schema: Schema, *names: str) -> Schema:
    """Return the schema of an object in which some keys may be missing."""
    return {**schema, "required": [name for name in schema["required"] if name not in names]}


def _list(item: Schema) -> Schema:
    return {"type": "array", "items": item}


def _map(value: Schema) -> Schema:
    return {"type": "object", "additionalProperties": value}


def _manifest() -> Schema:
    words = ("economy_title", "subject", "caution", "idle_levers")
    return _optional(
        _record(
            version=TEXT,
            facts_version=TEXT,
            facts_digest=TEXT,
            economy=TEXT,
            economy_title=TEXT,
            subject=TEXT,
            caution=TEXT,
            base_quarter=QUARTER,
            as_of={"type": "string", "format": "date"},
            scenario=TEXT,
            scenario_title=TEXT,
            scenario_words=TEXT,
            levers=_map(NUMBER),
            idle_levers=_list(TEXT),
            seed={"type": ["integer", "null"]},
            digest={"type": "string", "minLength": 8},
        ),
        *words,
    )


def _manifest_file() -> Schema:
    schema = _manifest()
    schema["properties"]["files"] = _map({"type": "string", "pattern": "^[0-9a-f]{64}$"})
    schema["required"] = [*schema["required"], "files"]
    return schema


def _entity() -> Schema:
    numbers = _list(MAYBE_NUMBER)
    return _optional(
        _record(
            id=TEXT,
            name=TEXT,
            tier=TEXT,
            market=TEXT,
            kind={"enum": list(KINDS)},
            parent=MAYBE_TEXT,
            includes=_list(TEXT),
            revenue=numbers,
            full_cost=numbers,
            operating_result=numbers,
            cash_result=numbers,
            cash=numbers,
            debt=numbers,
            raised=numbers,
            price=numbers,
            status=_list({"enum": [*STATUS, None]}),
            default_quarter=MAYBE_QUARTER,
            ai=FLAG,
            buys={"enum": list(BOUGHT)},
            members={"type": "integer"},
            alive=_list({"type": "integer"}),
            defaults=_list({"type": "integer"}),
            lost=numbers,
        ),
        "parent",
        "includes",
        "members",
        "alive",
        "defaults",
        "lost",
        "ai",
        "buys",
        "price",
        "status",
        "market",
    )


def _tier() -> Schema:
    names = ("revenue", "full_cost", "operating_result", "cash_result", "capex", "raised")
    series = {name: _list(MAYBE_NUMBER) for name in (*names, "loss_making_firms")}
    return _optional(_record(tier=TEXT, **series), "loss_making_firms")


def _flow() -> Schema:
    kinds = list(FLOW_KINDS)
    return _optional(
        _record(
            payer=TEXT,
            payee=TEXT,
            kind={"enum": kinds},
            amount=_list(NUMBER),
            estimated=FLAG,
            ai_share=SHARE,
            facts=_list(TEXT),
        ),
        "estimated",
        "ai_share",
        "facts",
    )


def _ledger() -> Schema:
    pays = _optional(_record(with_programs=MAYBE_NUMBER, without_programs=MAYBE_NUMBER), "cash")
    pays["properties"]["cash"] = MAYBE_NUMBER
    firm = _record(
        firm=TEXT,
        tier=TEXT,
        revenue=NUMBER,
        full_cost=NUMBER,
        subsidy=NUMBER,
        cash_part=NUMBER,
        noncash_part=NUMBER,
    )
    return _optional(
        _record(
            users_pay_per_dollar_of_cost=pays,
            subsidy_sold_use_usd_bn=NUMBER,
            subsidy_by_source=_map(NUMBER),
            subsidy_by_tier_and_source=_map(_map(NUMBER)),
            subsidy_by_firm=_list(firm),
            revenue_needed_usd_bn=MAYBE_NUMBER,
            implied_expected_growth=_map({}),
            back_of_envelope=_list(envelope_schema()),
            people=_list(people_schema()),
            best_price=prices_schema(),
        ),
        "subsidy_sold_use_usd_bn",
        "subsidy_by_tier_and_source",
        "back_of_envelope",
        "people",
        "best_price",
    )


def _claim() -> Schema:
    figure = _optional(
        _record(name=TEXT, value={}, unit=TEXT, facts=_list(TEXT), when=TEXT),
        "unit",
        "facts",
        "when",
    )
    verdict: Schema = {"enum": list(VERDICTS)}
    shares: Schema = {
        "type": "object",
        "propertyNames": {"enum": list(VERDICTS)},
        "additionalProperties": SHARE,
    }
    ruling = _record(definition=TEXT, verdict=verdict, probability=SHARE, verdict_shares=shares)
    claim = _record(
        id=TEXT,
        claim=TEXT,
        verdict=verdict,
        by_definition=_list(_optional(ruling, "probability", "verdict_shares")),
        probability={"anyOf": [SHARE, {"type": "null"}]},
        probability_error=NUMBER,
        probability_draws={"type": "integer", "minimum": 1},
        verdict_shares=shares,
        figures=_list(figure),
        **{"for": _list(TEXT), "against": _list(TEXT)},
        facts=_list(TEXT),
    )
    optional = ("by_definition", "probability_error", "probability_draws", "verdict_shares")
    return _optional(claim, *optional)


def _uncertainty() -> Schema:
    """Return the schema of what draws say of the base quarter's figures."""
    numbers = ("value", "low", "median", "high", "mean", "mc_error")
    count: Schema = {"type": "integer", "minimum": 0}
    figure = _record(**dict.fromkeys(numbers, NUMBER), draws=count)
    return _record(
        draws=count,
        seed=count,
        interval=SHARE,
        runs=count,
        accounts_residual_max=NUMBER,
        figures=_map(figure),
    )


def _fragility() -> Schema:
    default = _optional(
        _record(
            entity=TEXT,
            name=TEXT,
            quarter=QUARTER,
            owed=NUMBER,
            paid=NUMBER,
            loss_by_holder=_map(NUMBER),
            cause=TEXT,
            outcome={"enum": list(OUTCOMES[1:])},
        ),
        "loss_by_holder",
        "cause",
        "outcome",
    )
    fall = _record(
        entity=TEXT,
        quarter=QUARTER,
        round={"type": "integer"},
        cause=TEXT,
        outcome={"enum": [*OUTCOMES[1:]]},
        unpaid_by=_map(NUMBER),
        leaves=_map(NUMBER),
    )
    found = _record(
        defaults=_list(default),
        cascade=_list(fall),
        maturities=_list(_record(year={"type": "integer"}, amount=NUMBER)),
        profit_share=_map(NUMBER),
        profit_herfindahl=MAYBE_NUMBER,
        loss_making_share=_record(
            firms=MAYBE_NUMBER, revenue=MAYBE_NUMBER, users_spending=MAYBE_NUMBER
        ),
    )
    return _optional(found, "cascade")


def _payment() -> Schema:
    """Return the schema of a row of the journal: one payment of one quarter."""
    return _record(
        quarter=QUARTER,
        kind={"enum": list(FLOW_KINDS)},
        payer=TEXT,
        payee=TEXT,
        contract=MAYBE_TEXT,
        committed=MAYBE_NUMBER,
        law=TEXT,
        force={"enum": list(FORCES)},
        owed=NUMBER,
        paid=NUMBER,
        lost=NUMBER,
        facts=_list(TEXT),
    )


def _member() -> Schema:
    return _record(
        id=TEXT,
        population=TEXT,
        revenue=_list(MAYBE_NUMBER),
        cash=_list(MAYBE_NUMBER),
        alive=_list(FLAG),
        default_quarter=MAYBE_QUARTER,
    )


def _own_fact() -> Schema:
    """Return the schema of one of a person's own facts: what the accounts made of it."""
    numbers = dict.fromkeys(("observed", "balanced", "in_sd"), MAYBE_NUMBER)
    value: Schema = {"type": ["number", "string"]}
    return _record(fact=TEXT, what=TEXT, value=value, unit=TEXT, is_used=FLAG, **numbers)


def _move() -> Schema:
    return _optional(
        _record(
            fact=TEXT,
            what=TEXT,
            observed=NUMBER,
            balanced=NUMBER,
            in_sd=NUMBER,
            cause=TEXT,
            source=TEXT,
            url=TEXT,
        ),
        "cause",
        "source",
        "url",
    )


TRACE_MORE = (
    "trace_cumulated",
    "trace_ai_cumulated",
    "trace_purse",
    "trace_receipts_cumulated_usd_bn",
    "trace_rules",
    "trace_from",
    "trace_from_cumulated",
    "trace_from_usd_bn",
    "trace_from_cumulated_usd_bn",
    "round_trips",
    "committed",
)
"""Parts of a trace that documents of earlier versions do not have."""


def _run() -> Schema:
    shares = _map(_map(SHARE))
    return _optional(
        _record(
            manifest=_manifest(),
            quarters=_list(QUARTER),
            entities=_list(_entity()),
            tiers=_list(_tier()),
            flows=_list(_flow()),
            ledger=_ledger(),
            ledger_by_quarter={"type": "object"},
            trace=shares,
            trace_by_quarter=_map(_map(_list(MAYBE_NUMBER))),
            trace_receipts_usd_bn=_map(NUMBER),
            trace_round_trip_usd_bn=_map(NUMBER),
            trace_bounds=_map(_map(_list(NUMBER))),
            trace_ai=shares,
            **dict.fromkeys(("trace_cumulated", "trace_ai_cumulated", "trace_purse"), shares),
            trace_receipts_cumulated_usd_bn=_map(NUMBER),
            trace_rules=_map(shares),
            **dict.fromkeys(("trace_from", "trace_from_cumulated"), shares),
            **dict.fromkeys(("trace_from_usd_bn", "trace_from_cumulated_usd_bn"), _map(NUMBER)),
            round_trips=_record(base=_record(**_loop_parts()), cumulated=_record(**_loop_parts())),
            committed=_committed(),
            claims=_list(_claim()),
            accelerators=accelerators_schema(),
            fragility=_fragility(),
            checks=_record(money_residual_max=NUMBER, accounts_residual_max=NUMBER),
            accounts=_optional(
                _record(
                    moves=_list(_move()),
                    estimated_share_of_flows=NUMBER,
                    own_facts=_list(_own_fact()),
                ),
                "own_facts",
            ),
            facts=_map({"type": "object"}),
            baseline={"type": ["object", "null"]},
            warnings=_list(TEXT),
            uncertainty=_uncertainty(),
            journal=_list(_payment()),
            members=_list(_member()),
        ),
        "trace_bounds",
        "trace_ai",
        "trace_receipts_usd_bn",
        *TRACE_MORE,
        "accelerators",
        "facts",
        "baseline",
        "uncertainty",
        "journal",
        "members",
    )


def _accounts() -> Schema:
    series = ("revenue", "full_cost", "operating_result", "cash_result", "cash", "debt", "raised")
    words = ("id", "name", "tier", "kind")
    entity = _record(
        **dict.fromkeys(words, TEXT),
        parent=MAYBE_TEXT,
        **dict.fromkeys(series, MAYBE_NUMBER),
        capex=NUMBER,
    )
    row = _record(kind=TEXT, net=_list(NUMBER))
    named = _record(name=TEXT, amounts=_list(NUMBER), adds_to_zero=FLAG)
    column = _record(unit=TEXT, account=TEXT)
    matrix = _record(
        title=TEXT, note=TEXT, columns=_list(column), rows=_list(named), residual=NUMBER
    )
    document = _record(
        manifest=_manifest(),
        entities=_list(entity),
        conflicts=_list(_move()),
        estimated_share_of_flows=NUMBER,
        matrix=_record(layers=_list(TEXT), rows=_list(row), total=_list(NUMBER)),
        matrices=_record(flows=matrix, balance=matrix),
        warnings=_list(TEXT),
    )
    return _optional(document, "matrices")


def _figure() -> Schema:
    term = _record(unknown=TEXT, factor=NUMBER, value=NUMBER, sd=NUMBER, estimated=FLAG)
    fact = _record(fact=TEXT, what=TEXT, source=TEXT, moves=NUMBER)
    words = ("figure", "expression", "economy", "as_of")
    return _record(
        **dict.fromkeys(words, TEXT),
        base_quarter=QUARTER,
        value=NUMBER,
        sd=NUMBER,
        terms=_list(term),
        facts=_list(fact),
    )


def _answer_input(value: Schema) -> Schema:
    """Return the schema of what enters a number: of many rows the largest, to ask for next."""
    shape = _record(input=TEXT, value=value, rows={"type": "integer", "minimum": 0})
    shape["properties"]["largest"] = _list(_record(key=TEXT, value=value))
    return shape


def _answer() -> Schema:
    value: Schema = {"anyOf": [MAYBE_NUMBER, _list(MAYBE_NUMBER)]}
    words = ("answer", "economy", "as_of", "scenario", "unit", "formula")
    return _record(
        **dict.fromkeys(words, TEXT),
        base_quarter=QUARTER,
        value=value,
        inputs=_list(_answer_input(value)),
        payments=_list(_record(payment=TEXT, usd_bn=NUMBER, facts=_list(TEXT))),
        facts=_list(TEXT),
    )


def _trace() -> Schema:
    part = _optional(
        _record(
            who=TEXT, share=SHARE, usd_bn=NUMBER, least=MAYBE_NUMBER, most=MAYBE_NUMBER, sink=TEXT
        ),
        "sink",
    )
    return _optional(
        _record(
            manifest=_manifest(),
            direction={"enum": ["to", "from"]},
            entity=TEXT,
            of={"enum": ["all", "ai", "purse"]},
            period=TEXT,
            rule={"enum": list(RULES)},
            usd_bn=NUMBER,
            round_trip_usd_bn=MAYBE_NUMBER,
            parts=_list(part),
            sentence=TEXT,
            note=TEXT,
            warnings=_list(TEXT),
        ),
        "of",
        "period",
        "rule",
    )


def _loop() -> Schema:
    """Return the schema of a loop: legs hold amounts by kind, or parts with how sure they are."""
    part = _record(what=TEXT, strength={"enum": list(STRENGTHS)}, usd_bn=NUMBER)
    leg = _record(payer=TEXT, payee=TEXT, financial=FLAG, kinds=_map(NUMBER), parts=_list(part))
    return _optional(
        _record(
            entities=_list(TEXT),
            names=_list(TEXT),
            usd_bn=NUMBER,
            financial=FLAG,
            legs=_list(_optional(leg, "kinds", "parts")),
            promised_all_round=FLAG,
        ),
        "promised_all_round",
    )


def _loop_parts() -> dict[str, Schema]:
    return {
        "loops": _list(_loop()),
        "smaller": _record(loops={"type": "integer"}, usd_bn=NUMBER),
        "by_seller": _map(_record(usd_bn=NUMBER, financial_usd_bn=NUMBER)),
    }


def _loops() -> Schema:
    return _record(
        manifest=_manifest(),
        basis={"enum": ["paid", "committed"]},
        entity=MAYBE_TEXT,
        period=TEXT,
        **_loop_parts(),
        sentence=TEXT,
        note=TEXT,
        warnings=_list(TEXT),
    )


def _promise() -> Schema:
    amounts = dict.fromkeys(("paid", "promised", "binding", "expected"), NUMBER)
    return _record(
        **dict.fromkeys(("id", "payer", "payee", "kind", "condition"), TEXT),
        strength={"enum": list(STRENGTHS[:2])},
        probability=SHARE,
        **amounts,
        **{"from": QUARTER, "to": MAYBE_QUARTER},
        facts=_list(TEXT),
    )


def _promises() -> Schema:
    return _record(
        manifest=_manifest(),
        entity=MAYBE_TEXT,
        period=TEXT,
        promises=_list(_promise()),
        sentence=TEXT,
        note=TEXT,
        warnings=_list(TEXT),
    )


def _committed() -> Schema:
    payer = _record(**dict.fromkeys(("paid", "firm", "letter", "expected"), NUMBER))
    parts = {name: part for name, part in _loop_parts().items() if name != "by_seller"}
    return _record(promises=_list(_promise()), by_payer=_map(payer), **parts)


def _accelerators() -> Schema:
    part = accelerators_part()["properties"]
    head = _record(economy=TEXT, base_quarter=QUARTER, as_of={"type": "string", "format": "date"})
    return _record(**head["properties"], **part, facts=_map({"type": "object"}))


def _compare() -> Schema:
    dates = dict.fromkeys(("base_quarter", "last_quarter"), QUARTER)
    words = ("label", "title", "words", "scenario", "as_of", "facts_version", "digest")
    move = _optional(
        _record(
            words=TEXT,
            value=NUMBER,
            to={"type": ["integer", "null"]},
            shape=TEXT,
            **{"from": {"type": "integer"}},
        ),
        "value",
        "from",
        "to",
        "shape",
    )
    own: Schema = {"type": "integer", "minimum": 0}
    column = _record(**dict.fromkeys(words, TEXT), **dates, own_facts=own)
    names = dict.fromkeys(("input", "words", "unit"), TEXT)
    moved = _record(**names, moves=_list(_list(move)), differs=FLAG)
    told = dict.fromkeys(("figure", "group", "words", "unit"), TEXT)
    outcome = _record(
        **told, how={"enum": ["last", "sum"]}, values=_list(MAYBE_NUMBER), differs=FLAG
    )
    source = _record(source=TEXT, name=TEXT, shares=_list(SHARE), differs=FLAG)
    payers = _record(of=TEXT, name=TEXT, sources=_list(source))
    return _record(
        economy=TEXT,
        quarters={"type": "integer", "minimum": 1},
        columns={**_list(column), "minItems": 2},
        sentence=TEXT,
        inputs=_list(moved),
        outcomes=_list(outcome),
        defaults=_list(
            _record(
                entity=TEXT,
                name=TEXT,
                quarters=_list(_list(QUARTER)),
                outcomes=_list(_list({"enum": list(OUTCOMES[1:])})),
            )
        ),
        payers={"anyOf": [payers, {"type": "null"}]},
        warnings=_list(TEXT),
    )


def _scenarios() -> Schema:
    words = ("id", "title", "words", "reason", "extends", "group")
    one = _record(**dict.fromkeys(words, TEXT), levers=_map(NUMBER), moves=_list(TEXT))
    return _record(scenarios=_list(one))


def _levers() -> Schema:
    words = ("id", "words", "group", "unit", "channel", "selector")
    one = _record(
        **dict.fromkeys(words, TEXT),
        kind={"enum": ["factor", "level", "entities"]},
        **dict.fromkeys(("default", "low", "high"), MAYBE_NUMBER),
    )
    return _record(levers=_list(one))


def _facts() -> Schema:
    words = ("entity", "tier", "metric", "item", "counterparty", "unit", "basis", "published")
    passport = ("known_from_basis", "source", "url", "note")
    day: Schema = {"type": "string", "format": "date"}
    value: Schema = {"type": ["number", "string"]}
    bound: Schema = {"type": ["number", "string", "null"]}
    fact = _record(
        id={"type": "string", "pattern": "^[0-9a-f]{10}$"},
        **dict.fromkeys((*words, *passport), TEXT),
        **dict.fromkeys(("period_start", "period_end", "known_from"), day),
        value=value,
        low=bound,
        high=bound,
        grade={"enum": ["A", "B", "C"]},
    )
    return _record(
        version=TEXT,
        digest={"type": "string", "pattern": "^[0-9a-f]{64}$"},
        total={"type": "integer", "minimum": 0},
        facts=_list(fact),
        metrics=_map({"type": "object"}),
        entities=_map({"type": "object"}),
    )


def _check() -> Schema:
    told = _list(TEXT)
    file = _record(file=TEXT, problems=told, expected=told, warnings=told, replaces=told)
    return _record(files=_list(_optional(file, "expected", "warnings", "replaces")))
