"""The main job: facts, accounts, simulation, answers, one document."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from cardhouse.accounts import economy_facts, open_world
from cardhouse.engine.chain import Chain, compile_chain
from cardhouse.engine.runs import Run
from cardhouse.facts import Fact, FactTable
from cardhouse.model.scenario import Scenario
from cardhouse.model.world import World
from cardhouse.studies.accelerator_classes import AcceleratorClass, accelerator_classes
from cardhouse.studies.accelerator_market import Market, Priced, price_all
from cardhouse.studies.claim_facts import with_then
from cardhouse.studies.claims import evidence_on, judge_claims
from cardhouse.studies.document import build_document
from cardhouse.studies.document_accelerators import accelerators_row
from cardhouse.studies.document_entities import member_rows
from cardhouse.studies.document_journal import journal_rows
from cardhouse.studies.draw_bench import Source
from cardhouse.studies.draw_numbers import Drawing
from cardhouse.studies.driving import check_reach
from cardhouse.studies.lever_paths import check_quarters
from cardhouse.studies.levers import REMOVE, Setting
from cardhouse.studies.own_figures import doubts
from cardhouse.studies.scenario_files import combine, load_scenario
from cardhouse.studies.simulation import Chains
from cardhouse.studies.uncertainty import Wanted, uncertainty, with_probabilities
from cardhouse.studies.views import View


@dataclass(frozen=True)
class StudyResult:
    """A run: its document, the world it started from, its trajectory and the baseline's.

    ``baseline`` is None where nothing was moved, and the trajectory is the baseline itself.
    ``view`` holds the run with its books and, where there are populations, with their members.
    """

    document: dict[str, Any]
    world: World
    trajectory: Run
    baseline: Run | None = None
    view: View | None = None

    def members(self) -> list[dict[str, Any]]:
        """Return a row for each member of each population."""
        return [] if self.view is None else member_rows(self.view)

    def journal(self, *, members: bool = False) -> list[dict[str, Any]]:
        """Return every payment of the run, with its contract, its law, what was owed and paid."""
        return [] if self.view is None else journal_rows(self.view, members=members)


@dataclass(frozen=True)
class Study:
    """One scenario on one world: the run, the baseline beside it, and what follows from both.

    ``compiled`` and ``still`` are the world compiled and its baseline, where they are known.
    ``own_facts`` are those of a person's own tables, which the document tells apart, and
    ``warnings`` say which of them can hardly be meant.
    """

    world: World
    scenario: Scenario
    quarters: int
    facts: FactTable | None = None
    accelerators: tuple[AcceleratorClass, ...] = ()
    wanted: Wanted | None = None
    compiled: Chains | None = None
    still: View | None = None
    own_facts: tuple[Fact, ...] = ()
    warnings: tuple[str, ...] = ()

    @cached_property
    def chains(self) -> Chains:
        """Return the world compiled."""
        return self.compiled or Chains.of(self.world)

    @cached_property
    def baseline(self) -> View:
        """Return the run in which nothing is moved."""
        return self.still or View.of(self.chains, None, self.quarters)

    @cached_property
    def view(self) -> View:
        """Return the scenario's run: the baseline itself where the scenario moves nothing."""
        if not moves_something(self.scenario):
            return self.baseline
        return View.of(self.chains, self.scenario, self.quarters)

    @cached_property
    def told_facts(self) -> FactTable | None:
        """Return the facts that claims and sources are looked up in."""
        return with_then(self.facts)

    @cached_property
    def document(self) -> dict[str, Any]:
        """Return the result document."""
        claims = judge_claims(self.baseline, self.told_facts, accelerators=self.priced)
        drawn = self._drawn(claims)
        return build_document(
            self.view,
            self.scenario,
            baseline=self.baseline if self.view is not self.baseline else None,
            claims=claims if drawn is None else with_probabilities(claims, drawn["claims"]),
            facts=self.told_facts,
            accelerators=None
            if self.market is None
            else accelerators_row(self.priced, self.market),
            uncertainty=drawn and {name: drawn[name] for name in drawn if name != "claims"},
            own_facts=self.own_facts,
            warnings=self.warnings,
        )

    def _drawn(self, claims: Sequence[Mapping[str, Any]]) -> dict[str, Any] | None:
        """Return what draws say, where any are wanted."""
        if self.wanted is None:
            return None
        evidence = evidence_on(self.baseline, self.told_facts, self.priced)
        return uncertainty(self.wanted, evidence, claims)

    @cached_property
    def market(self) -> Market | None:
        """Return what figures of accelerators are read from; no scenario changes it."""
        if self.facts is None or not self.accelerators:
            return None
        return Market.of(self.world, self.facts)

    @cached_property
    def priced(self) -> tuple[Priced, ...]:
        """Return the classes of accelerators with their costs and rental prices."""
        return () if self.market is None else price_all(self.accelerators, self.market)

    def result(self) -> StudyResult:
        """Return document and trajectories."""
        apart = self.view is not self.baseline
        return StudyResult(
            document=self.document,
            world=self.world,
            trajectory=self.view.trajectory,
            baseline=self.baseline.trajectory if apart else None,
            view=self.view,
        )


def run_study(
    *,
    economy: str,
    base: str | None = None,
    as_of: str | None = None,
    scenarios: Sequence[str] = (),
    settings: Mapping[str, Setting] | None = None,
    quarters: int = 20,
    extra_facts: Sequence[Path] = (),
    drawing: Drawing | None = None,
) -> StudyResult:
    """Open an economy, run scenarios on it and answer everything in one document.

    Parameters
    ----------
    economy
        A shipped economy, or the path of a folder with an economy's tables.
    base, as_of
        The base quarter and the day up to which facts are known; none: the economy's and the last.
    scenarios
        Shipped ids or paths of files, applied in order; none: the baseline.
    settings
        Levers that hold for the whole run, applied last, each in its own unit.
    quarters
        Quarters to simulate, 1 to 400.
    extra_facts
        Tables of one's own facts, laid over the shipped ones.
    drawing
        Draws from the posterior of the accounts, for intervals and probabilities; None: none.

    Returns
    -------
    StudyResult

    Raises
    ------
    CardhouseError
        When anything given is wrong: the message says what, where and what to do.
    """
    world = open_world(economy, base=base, as_of=as_of, extra_facts=extra_facts)
    scenario = scenario_on(world, scenarios, settings or {})
    facts = economy_facts(economy, extra_facts)
    classes = accelerator_classes(economy)
    source = Source(economy, world.base, world.as_of, tuple(extra_facts))
    return Study(
        world,
        scenario,
        check_quarters(quarters),
        facts,
        classes,
        None if drawing is None else Wanted(source, drawing),
        own_facts=own_facts_of(source),
        warnings=tuple(doubts(replace(source, as_of=as_of), world)),
    ).result()


def own_facts_of(source: Source) -> tuple[Fact, ...]:
    """Return the facts that a person's own tables added or replaced."""
    if not source.extra_facts:
        return ()
    without = economy_facts(source.economy).by_id
    known = economy_facts(source.economy, source.extra_facts)
    return tuple(fact for fact in known.everything() if without.get(fact.id) != fact)


def scenario_on(
    world: World,
    scenarios: Sequence[str | Path | Scenario],
    settings: Mapping[str, Setting],
    chain: Chain | None = None,
) -> Scenario:
    """Return scenarios and settings as one scenario, checked against a world.

    ``chain`` is the world compiled, where it is known.

    Raises
    ------
    ScenarioError
        When a scenario is not valid, or a setting would move nothing in this world.
    """
    parts = [
        one if isinstance(one, Scenario) else load_scenario(one, world.base) for one in scenarios
    ]
    combined = combine(parts, settings)
    if settings:
        check_reach(chain or compile_chain(world), [name for name in settings if name != REMOVE])
    return combined


def moves_something(scenario: Scenario) -> bool:
    """Tell whether a scenario moves any lever or makes anything happen.

    Examples
    --------
    >>> moves_something(Scenario("still", "Still", "", "", {}))
    False
    """
    return bool(scenario.levers or scenario.shocks or scenario.events)
