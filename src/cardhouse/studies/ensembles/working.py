"""The work of one task: open its leaves' worlds, run their paths, reduce what they leave."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from cardhouse.analysis.tree_fold import TreeFold
from cardhouse.compiling import is_compiled
from cardhouse.engine.arrays import Array, Chain
from cardhouse.engine.chain import compile_chain
from cardhouse.engine.collapse import behind, collapse
from cardhouse.engine.drivers import Drivers
from cardhouse.engine.kernel.simulate import BLOCK, run_compiled, simulate_compiled
from cardhouse.engine.populations import expand
from cardhouse.engine.shocks import Shocks
from cardhouse.errors import EconomyError
from cardhouse.model.scenario import Scenario
from cardhouse.model.world import World
from cardhouse.studies.driving import drivers_of
from cardhouse.studies.ensembles.keep import Keep
from cardhouse.studies.ensembles.observing import (
    Layout,
    Observed,
    arrays_of,
    empty,
    needed,
    observe,
    write_changes,
)
from cardhouse.studies.ensembles.plan import Leaf, Plan
from cardhouse.studies.ensembles.shocking import drawn_shocks
from cardhouse.studies.ensembles.stopping import heed_stop
from cardhouse.studies.ensembles.tally import Tally
from cardhouse.studies.ensembles.uncertain import (
    PARAMETER,
    SHOCK,
    TERM,
    drawn_parameters,
    with_terms,
)
from cardhouse.studies.simulation import Chains

BATCH = 512
"""Paths that the engine runs side by side: more take memory and no less time."""


@dataclass(frozen=True)
class Study:
    """What every path of an ensemble has in common: plain values that any process can work on.

    ``world`` is the balanced opening position, from which entities, ranges and the layout come;
    ``certain`` are the kinds of inputs that are not drawn; ``members`` tells whether firms of a
    population run one by one; ``against`` is a scenario whose paths, with the same luck, those of
    ``scenario`` are set against.
    """

    world: World
    scenario: Scenario
    quarters: int
    plan: Plan
    keep: Keep = field(default_factory=Keep)
    certain: frozenset[str] = frozenset()
    members: bool = False
    against: Scenario | None = None

    def layout(self) -> Layout:
        """Return what is kept of whom."""
        chain = compile_chain(self.world)
        against = self.against is not None
        return Layout.of(chain, self.keep, self.plan, self.quarters, against=against)


@dataclass(frozen=True)
class Work:
    """A leaf with the world that it starts from."""

    leaf: Leaf
    world: World


def _paths(
    study: Study, layout: Layout, leaf: Leaf, chains: Chains, scenario: Scenario
) -> Observed:
    """Return what is kept of a leaf's paths under a scenario."""
    drivers = drivers_of(chains.expanded, scenario, study.quarters)
    seen = empty(layout, leaf.count)
    for place in range(0, leaf.count, BATCH):
        heed_stop()
        count = min(BATCH, leaf.count - place)
        luck = _luck(study, chains.expanded, leaf.first + place, count)
        arrays = simulate_chunk(chains, drivers, luck, needed(layout))
        observe(arrays, chains.own, layout, seen, place)
    return seen


@dataclass(frozen=True)
class Luck:
    """What is drawn for some paths in a row."""

    parameters: Mapping[str, list[float]]
    shocks: Shocks | None
    paths: int


def simulate_chunk(
    chains: Chains, drivers: Drivers, luck: Luck, names: Sequence[str]
) -> Mapping[str, Array]:
    """Run some paths side by side: the one place where an ensemble meets the engine.

    Returns arrays by name (path, quarter, entity), told on the world's own chain. One thread a
    chunk: chunks are what is spread. A chunk of one path runs by the laws of many, lest these be
    compiled for both.
    """
    if chains.expanded is chains.own:
        kept = run_compiled(
            chains.own,
            drivers,
            keep=names,
            parameters=luck.parameters,
            shocks=luck.shocks,
            paths=luck.paths,
            threads=1,
            block=BLOCK,
        )
        return kept.arrays
    run = simulate_compiled(
        chains.expanded,
        drivers,
        keep=behind(names),
        parameters=luck.parameters,
        shocks=luck.shocks,
        paths=luck.paths,
        threads=1,
        block=BLOCK,
    )
    return arrays_of(collapse(run, chains.own), names, luck.paths)


def _luck(study: Study, chain: Chain, first: int, count: int) -> Luck:
    """Return what is drawn for paths ``first`` to ``first + count - 1``."""
    plan, certain = study.plan, study.certain
    parameters = {} if PARAMETER in certain else drawn_parameters(study.world, plan, first, count)
    shocks = None
    if SHOCK not in certain:
        shocks = drawn_shocks(chain, plan.seed, study.quarters, first, count)
    return Luck(parameters, shocks, count)


def compile_first(study: Study, layout: Layout) -> None:
    """Compile the engine where it is not yet: before processes are started that would all want it.

    Done by one path of the balanced world, which is thrown away.
    """
    if not is_compiled("engine"):
        do_leaf(study, layout, Work(Leaf(0, 0, 1), study.world))


def do_task(study: Study, layout: Layout, leaves: list[Work]) -> Tally:
    """Return the tally of a task's leaves."""
    fold: TreeFold[Tally] = TreeFold(Tally.merge, len(leaves))
    for at, work in enumerate(leaves):
        fold.add(at, do_leaf(study, layout, work))
    return fold.result()


def do_leaf(study: Study, layout: Layout, work: Work) -> Tally:
    """Return the tally of a leaf; one whose accounts cannot be run tells why."""
    heed_stop()
    leaf, world = work.leaf, work.world
    if TERM not in study.certain:
        world = with_terms(world, study.plan, leaf.number)
    try:
        own = compile_chain(world)
        run = compile_chain(expand(world)) if study.members else own
        seen = _paths(study, layout, leaf, Chains(own, run), study.scenario)
        if study.against is not None:
            other = _paths(study, layout, leaf, Chains(own, run), study.against)
            seen = write_changes(seen, other, layout)
    except EconomyError as error:
        return Tally.refused(layout, leaf.count, str(error))
    numbers = np.arange(leaf.first, leaf.first + leaf.count)
    return Tally.of(seen, layout, numbers)
