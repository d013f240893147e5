"""The work of one task: open its leaves' worlds, run their paths, reduce what they leave."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from cardhouse.analysis.tree_fold import TreeFold
from cardhouse.engine.arrays import Chain
from cardhouse.engine.chain import compile_chain
from cardhouse.engine.collapse import collapse
from cardhouse.engine.drivers import Drivers
from cardhouse.engine.populations import expand
from cardhouse.engine.shocks import Shocks
from cardhouse.engine.simulate import Trajectory, simulate
from cardhouse.errors import EconomyError
from cardhouse.model.scenario import Scenario
from cardhouse.model.world import World
from cardhouse.studies.driving import drivers_of
from cardhouse.studies.ensembles.keep import Keep
from cardhouse.studies.ensembles.observing import Layout, empty, observe
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

BATCH = 128
"""Paths that the engine runs side by side: more take memory and no less time."""


@dataclass(frozen=True)
class Study:
    """What every path of an ensemble has in common: plain values that any process can work on.

    ``world`` is the balanced opening position, from which entities, ranges and the layout come;
    ``certain`` are the kinds of inputs that are not drawn; ``members`` tells whether firms of a
    population run one by one.
    """

    world: World
    scenario: Scenario
    quarters: int
    plan: Plan
    keep: Keep = field(default_factory=Keep)
    certain: frozenset[str] = frozenset()
    members: bool = False

    def layout(self) -> Layout:
        """Return what is kept of whom."""
        return Layout.of(compile_chain(self.world), self.keep, self.plan, self.quarters)


@dataclass(frozen=True)
class Work:
    """A leaf with the world that it starts from."""

    leaf: Leaf
    world: World


@dataclass(frozen=True)
class Luck:
    """What is drawn for some paths in a row."""

    parameters: Mapping[str, list[float]]
    shocks: Shocks | None
    paths: int


def simulate_chunk(chain: Chain, drivers: Drivers, luck: Luck) -> Trajectory:
    """Run some paths side by side: the one place where an ensemble meets the engine."""
    return simulate(
        chain, drivers, parameters=luck.parameters, shocks=luck.shocks, paths=luck.paths
    )


def _luck(study: Study, chain: Chain, first: int, count: int) -> Luck:
    """Return what is drawn for paths ``first`` to ``first + count - 1``."""
    plan, certain = study.plan, study.certain
    parameters = {} if PARAMETER in certain else drawn_parameters(study.world, plan, first, count)
    shocks = None
    if SHOCK not in certain:
        shocks = drawn_shocks(chain, plan.seed, study.quarters, first, count)
    return Luck(parameters, shocks, count)


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
        drivers = drivers_of(run, study.scenario, study.quarters)
        seen = empty(layout, leaf.count)
        for place in range(0, leaf.count, BATCH):
            heed_stop()
            count = min(BATCH, leaf.count - place)
            luck = _luck(study, run, leaf.first + place, count)
            observe(collapse(simulate_chunk(run, drivers, luck), own), layout, seen, place)
    except EconomyError as error:
        return Tally.refused(layout, leaf.count, str(error))
    numbers = np.arange(leaf.first, leaf.first + leaf.count)
    return Tally.of(seen, layout, numbers)
