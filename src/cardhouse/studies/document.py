"""The result document of a run (``cardhouse/run/1``), as the published schema says."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from cardhouse.model.scenario import Scenario
from cardhouse.model.world import World
from cardhouse.studies.document_accelerators import cited_facts
from cardhouse.studies.document_entities import default_quarter, entity_rows, tier_rows
from cardhouse.studies.document_flows import estimated_share, flow_rows
from cardhouse.studies.document_fragility import fragility_row
from cardhouse.studies.document_ledger import (
    PAYS,
    facts_named,
    ledger_by_quarter,
    ledger_row,
    use_cost_of,
)
from cardhouse.studies.document_loops import committed_row, round_trip_rows
from cardhouse.studies.document_trace import trace_rows
from cardhouse.studies.driving import idle_levers
from cardhouse.studies.manifest import manifest_of, with_draws
from cardhouse.studies.traces import Traced
from cardhouse.studies.views import View

if TYPE_CHECKING:
    from cardhouse.facts import Fact, FactTable

Document = dict[str, Any]


def build_document(  # noqa: PLR0913 - one argument a source of the document
    view: View,
    scenario: Scenario,
    *,
    baseline: View | None = None,
    claims: Iterable[Mapping[str, Any]] = (),
    facts: FactTable | None = None,
    accelerators: Document | None = None,
    uncertainty: Mapping[str, Any] | None = None,
    own_facts: Sequence[Fact] = (),
    warnings: Sequence[str] = (),
) -> Document:
    """Return the document of a run.

    Parameters
    ----------
    view
        The run.
    scenario
        What was moved in it.
    baseline
        The run in which nothing is moved, where it differs.
    claims
        The claims of the thesis as they were judged.
    facts
        The facts behind the world, for the sources of moves and claims; none: ids alone.
    accelerators
        What an hour of an accelerator costs, where the economy has a table of them.
    uncertainty
        What draws from the accounts say of the base quarter; none: nothing was drawn.
    own_facts
        The facts of a person's own tables, which the document tells apart.
    warnings
        What of a person's own figures can hardly be meant, a sentence each.
    """
    world = view.chain.world
    use = use_cost_of(view)
    judged = [dict(claim) for claim in claims]
    quarters = view.books.rows - 1
    ledger = ledger_row(view, use, facts)
    return {
        "schema": "cardhouse/run/1",
        "manifest": {
            **_manifest(manifest_of(world, scenario, quarters), uncertainty),
            "idle_levers": idle_levers(view.chain, scenario),
        },
        "quarters": view.quarters,
        "entities": entity_rows(view),
        "tiers": tier_rows(view),
        "flows": flow_rows(view),
        "ledger": ledger,
        "ledger_by_quarter": ledger_by_quarter(view, use),
        **trace_rows(Traced(view)),
        "round_trips": round_trip_rows(view),
        "committed": committed_row(view),
        "claims": judged,
        "accelerators": accelerators,
        "fragility": fragility_row(view),
        "checks": {
            "money_residual_max": view.trajectory.money_residual,
            "accounts_residual_max": world.residual,
        },
        "accounts": {
            "moves": [_move(move, facts) for move in world.moves],
            "estimated_share_of_flows": estimated_share(view.chain),
            "own_facts": [_own_fact(fact, world) for fact in own_facts],
        },
        "facts": _facts(
            [*_cited(view, judged), *facts_named(ledger), *cited_facts(accelerators)], facts
        ),
        "baseline": None if baseline is None else _baseline(baseline),
        "warnings": list(warnings),
        **({} if uncertainty is None else {"uncertainty": uncertainty}),
    }


def _manifest(plain: Document, uncertainty: Mapping[str, Any] | None) -> Document:
    """Return the manifest, with number and seed of the draws where there are any."""
    if uncertainty is None:
        return plain
    return with_draws(plain, uncertainty["draws"], uncertainty["seed"])


def _baseline(view: View) -> Document:
    """Return what is set beside a scenario's run: rows, flows and headline figures."""
    use = use_cost_of(view)
    failed = [
        {"entity": name, "quarter": default_quarter(view, firm)}
        for firm, name in enumerate(view.chain.firm_ids)
    ]
    return {
        "entities": entity_rows(view),
        "tiers": tier_rows(view),
        "flows": flow_rows(view),
        "users_pay_per_dollar_of_cost": {name: use.paid_per_dollar(name) for name in PAYS},
        "defaults": [one for one in failed if one["quarter"] is not None],
    }


def _move(move: Any, facts: FactTable | None) -> Document:
    """Return what balancing did to one fact, with its source."""
    row = {
        "fact": move.fact,
        "what": move.what,
        "observed": move.observed,
        "balanced": move.balanced,
        "in_sd": move.in_sd,
        "cause": move.cause,
    }
    fact = facts.by_id.get(move.fact) if facts is not None else None
    return row if fact is None else {**row, "source": fact.source, "url": fact.url}


def _own_fact(fact: Fact, world: World) -> Document:
    """Return what became of one of a person's own facts; no move where the accounts do not ask."""
    used = {move.fact: move for move in world.moves}.get(fact.id)
    what = f"{fact.entity} {fact.metric.replace('_', ' ')}, {fact.period_end:%Y-%m}"
    return {
        "fact": fact.id,
        "what": what if used is None else used.what,
        "value": fact.value if isinstance(fact.value, float) else str(fact.value),
        "unit": fact.unit,
        "is_used": used is not None,
        "observed": None if used is None else used.observed,
        "balanced": None if used is None else used.balanced,
        "in_sd": None if used is None else used.in_sd,
    }


def _cited(view: View, claims: list[Document]) -> list[str]:
    """Return the ids of all facts that the document names, each once."""
    world = view.chain.world
    ids = [move.fact for move in world.moves]
    ids += [fact for contract in world.contracts for fact in contract.facts]
    ids += [fact for round_ in world.rounds for fact in round_.facts]
    ids += [fact for claim in claims for fact in claim["facts"]]
    return list(dict.fromkeys(ids))


def _facts(ids: Iterable[str], facts: FactTable | None) -> dict[str, Document]:
    """Return the facts by id, cells as they stand in the tables, figures as numbers."""
    if facts is None:
        return {}
    found = {name: facts.by_id[name] for name in dict.fromkeys(ids) if name in facts.by_id}
    return {
        name: {**fact.cells(), **{part: _figure(getattr(fact, part)) for part in FIGURES}}
        for name, fact in found.items()
    }


FIGURES = ("value", "low", "high")


def _figure(value: Any) -> float | str | None:
    return value if value is None or isinstance(value, float | int) else str(value)
