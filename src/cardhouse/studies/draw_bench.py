"""The bench on which draws are answered: accounts opened once, then draw after draw.

Draws are made in one place and handed out, so that no answer depends on where it was computed:
the last digits of a decomposition follow from how many threads a process may use.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from cardhouse.accounts import Accounts, economy_facts, open_accounts
from cardhouse.engine.chain import Array
from cardhouse.facts import Fact, FactTable
from cardhouse.model.world import World
from cardhouse.studies.claim_evidence import Evidence
from cardhouse.studies.drawn_answers import answers_of, base_view, filled
from cardhouse.studies.drawn_claims import Docket, Verdicts, figures_of, judged, verdicts_of
from cardhouse.studies.drawn_facts import drawn_values, facts_in_claims
from cardhouse.studies.drawn_trace import Asked
from cardhouse.studies.simulation import Chains
from cardhouse.studies.views import View


@dataclass(frozen=True)
class Source:
    """Which accounts are drawn from: plain words that a process of its own can open again."""

    economy: str
    base: str | None = None
    as_of: str | None = None
    extra_facts: tuple[Path, ...] = ()

    @classmethod
    def of(cls, world: World, extra_facts: Sequence[Path] = ()) -> Source:
        """Return the source of a world that was opened from the facts."""
        return cls(world.economy, world.base, world.as_of, tuple(extra_facts))

    def open(self) -> Accounts:
        """Return the balanced accounts."""
        return open_accounts(
            self.economy, base=self.base, as_of=self.as_of, extra_facts=self.extra_facts
        )


@dataclass(frozen=True)
class Task:
    """What is done with every draw.

    ``evidence`` holds what judges look at beside the accounts and the facts: it is not drawn.
    ``keys`` and ``run_keys`` are the figures kept of a draw, and of one with runs.
    """

    source: Source
    seed: int
    asked: Asked
    docket: Docket
    evidence: Mapping[str, Any]
    keys: tuple[str, ...]
    run_keys: tuple[str, ...]


@dataclass(frozen=True)
class Drawn:
    """One draw: figures, verdicts by claim, and the largest gap of an identity in it.

    ``figures`` (key,) are in the order of the task's keys; NaN where the draw does not tell one.
    """

    number: int
    figures: Array
    verdicts: dict[str, Verdicts]
    residual: float


@dataclass(frozen=True)
class Job:
    """Some draws in a row: of the base quarter, or with the runs that slow claims need.

    ``values`` are the draws themselves, (draw, unknown), number ``first`` first.
    """

    runs: bool
    first: int
    values: Array

    @property
    def count(self) -> int:
        """Return how many draws they are."""
        return len(self.values)


class Bench:
    """The accounts of a task, opened once."""

    def __init__(self, task: Task) -> None:
        self._task = task

    def do(self, job: Job) -> list[Drawn]:
        """Return the draws of a job."""
        answer = self._run if job.runs else self._at_base
        return [
            answer(number, self._accounts.world_of(values))
            for number, values in enumerate(job.values, start=job.first)
        ]

    @cached_property
    def _accounts(self) -> Accounts:
        return self._task.source.open()

    @cached_property
    def _facts(self) -> FactTable:
        """Return the facts known on the date of the accounts."""
        source, as_of = self._task.source, self._accounts.world.as_of
        facts = economy_facts(source.economy, source.extra_facts)
        return facts.known_at(dt.date.fromisoformat(as_of))

    @cached_property
    def _doubtful(self) -> list[Fact]:
        """Return the facts that are drawn, too."""
        docket = self._task.docket
        return facts_in_claims(self._facts, [*docket.quick, *docket.slow])

    def _evidence(self, number: int, view: View) -> Evidence:
        values = drawn_values(self._doubtful, self._task.seed, number)
        return Evidence(view=view, facts=self._facts.with_values(values), **self._task.evidence)

    def _at_base(self, number: int, world: World) -> Drawn:
        """Answer a draw from its base quarter alone."""
        view = base_view(world)
        found = judged(self._task.docket.quick, self._evidence(number, view))
        figures = {**answers_of(view, self._task.asked), **figures_of(found)}
        kept = filled(self._task.keys, figures)
        return Drawn(number, kept, verdicts_of(found), world.residual)

    def _run(self, number: int, world: World) -> Drawn:
        """Judge the claims that need runs."""
        view = View.of(Chains.of(world), None, self._task.docket.horizon)
        found = judged(self._task.docket.slow, self._evidence(number, view))
        kept = filled(self._task.run_keys, figures_of(found))
        return Drawn(number, kept, verdicts_of(found), world.residual)


def jobs_of(accounts: Accounts, draws: int, seed: int, runs: int, size: int) -> Iterator[Job]:
    """Yield the jobs of a task: the long ones first, one draw each, then `size` draws at a time."""
    for number, values in enumerate(accounts.drawn(runs, seed)):
        yield Job(runs=True, first=number, values=values[None, :])
    waiting: list[Array] = []
    for number, values in enumerate(accounts.drawn(draws, seed), start=1):
        waiting.append(values)
        if len(waiting) == size or number == draws:
            yield Job(runs=False, first=number - len(waiting), values=np.stack(waiting))
            waiting = []
