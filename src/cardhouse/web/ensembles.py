"""What a background computation is: paths of an ensemble, draws from the accounts, or both."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from cardhouse.studies.draw_bench import Source
from cardhouse.studies.draw_numbers import asked_for
from cardhouse.studies.ensembles.asking import Asked as Paths
from cardhouse.studies.ensembles.document import ensemble_document
from cardhouse.studies.ensembles.keep import Exceed, Keep
from cardhouse.studies.ensembles.plan import Plan
from cardhouse.studies.ensembles.running import Progress, run_ensemble
from cardhouse.web import answers
from cardhouse.web.openings import Opening
from cardhouse.web.questions import Asked

Tell = Callable[[float], None]
Document = dict[str, Any]

OPENED = 0.04
"""Share of the work that opening the accounts is told as."""
OF_DRAWS = 0.3
"""Share of the work that draws are told as, where there are paths, too."""


@dataclass(frozen=True)
class Wanted:
    """A run's question, how many paths and draws answer it, and from which seed."""

    asked: Asked
    paths: int = 0
    draws: int = 0
    seed: int = 0
    exceed: tuple[str, ...] = ()

    def check(self) -> None:
        """Raise InputError where a number or a word cannot be."""
        asked_for(self.draws, self.seed if self.draws else None)
        if self.paths:
            self.ensemble()

    def ensemble(self) -> Paths:
        """Return the ensemble that is asked for."""
        return Paths(
            scenarios=self.asked.scenarios,
            levers=dict(self.asked.settings),
            quarters=self.asked.quarters,
            plan=Plan(self.paths, self.seed),
            keep=Keep(exceed=tuple(Exceed.read(text) for text in self.exceed)),
        )


def compute(wanted: Wanted, tell: Tell) -> Document:
    """Return what paths and draws say of a run.

    With paths it is the document of ``cardhouse ensemble --json``, what draws say of the accounts
    and the claims beside it where there are any; without, that alone.
    """
    part = 0.0 if not wanted.draws else OF_DRAWS if wanted.paths else 1.0
    told = _draws(wanted, lambda done: tell(part * done)) if wanted.draws else {}
    if not wanted.paths:
        return told
    found = _paths(wanted, lambda done: tell(part + (1.0 - part) * done))
    return {**found, **{name: told[name] for name in ("uncertainty", "claims") if name in told}}


def _paths(wanted: Wanted, tell: Tell) -> Document:
    """Return an ensemble's document."""
    economy, base, as_of = wanted.asked.place
    asked = wanted.ensemble()
    accounts = Source(economy, base, as_of).open()
    tell(OPENED)

    def far(progress: Progress) -> None:
        tell(OPENED + (1.0 - OPENED) * progress.done / progress.paths)

    return ensemble_document(run_ensemble(asked.study(accounts.world), accounts, progress=far))


def _draws(wanted: Wanted, tell: Tell) -> Document:
    """Return what draws from the accounts say of the base quarter and of the claims."""
    asked = wanted.asked
    opening = Opening(asked.place, scenes=1)
    scenario = opening.scenario(asked.scenarios, asked.moves)
    tell(OPENED)
    drawing = asked_for(
        wanted.draws, wanted.seed, 1, lambda done: tell(OPENED + (1.0 - OPENED) * done)
    )
    return answers.drawn(opening, scenario, asked, drawing)
