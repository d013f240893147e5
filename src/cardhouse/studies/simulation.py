"""Running a world: populations as single firms, told again as the rows that the world has."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, partial

from cardhouse.engine.chain import Chain, compile_chain
from cardhouse.engine.collapse import Folds, collapse, folds_between
from cardhouse.engine.drivers import Drivers
from cardhouse.engine.populations import expand
from cardhouse.engine.runs import Run
from cardhouse.engine.simulate import simulate
from cardhouse.errors import InputError, did_you_mean
from cardhouse.model.world import World

ENGINE = "CARDHOUSE_ENGINE"
READABLE, COMPILED = "readable", "compiled"

WATCHED = (
    "alive", "cash", "charged", "explosive", "loan_rate", "loans", "restructured", "revenue",
    "stress", "volume", "record.bought", "record.capex", "record.depreciation", "record.failed",
    "record.line_cost", "record.outcome", "record.paid", "record.programs", "record.revenue",
)  # fmt: skip
"""What a live picture reads of a run; the rest is played once more when somebody asks for it."""


@dataclass(frozen=True)
class Chains:
    """A world compiled twice: as it is told, and with the members of its populations."""

    own: Chain
    expanded: Chain

    @classmethod
    def of(cls, world: World) -> Chains:
        """Compile a world; one chain does for both where it has no population."""
        own, larger = compile_chain(world), expand(world)
        return cls(own, own if larger is world else compile_chain(larger))

    @cached_property
    def folds(self) -> Folds | None:
        """Return where each element of the expanded chain stands in the world's own."""
        return None if self.expanded is self.own else folds_between(self.expanded, self.own)


@dataclass(frozen=True)
class Played:
    """A run on the world's own chain, and the same run member by member."""

    told: Run
    whole: Run


def play(chains: Chains, drivers_for: Callable[[Chain], Drivers]) -> Played:
    """Simulate with the drivers that `drivers_for` gives for a chain, by the engine in use.

    Raises
    ------
    InputError
        When the environment names an engine that there is not.
    """
    whole = engine_in_use()(chains.expanded, drivers_for(chains.expanded))
    return Played(collapse(whole, chains.own, chains.folds), whole)


def engine_in_use() -> Callable[[Chain, Drivers], Run]:
    """Return the engine that ``CARDHOUSE_ENGINE`` names: the readable one where it names none.

    Both give the same numbers but for rounding. The compiled one is fifteen times as fast, and
    takes most of a minute to be compiled on a new machine: too long for a first run, worth it for
    a service.
    """
    named = os.environ.get(ENGINE, READABLE)
    if named == COMPILED:
        from cardhouse.engine.kernel.simulate import simulate_compiled

        return partial(simulate_compiled, keep=WATCHED)
    if named != READABLE:
        raise InputError(
            f"{ENGINE} is '{named}'.{did_you_mean(named, (READABLE, COMPILED))} Set it to "
            f"{READABLE} or {COMPILED}, or leave it unset."
        )
    return simulate
