"""Opening positions kept in memory, with all that follows from them alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property, partial
from typing import Any

from cardhouse.accounts import economy_facts, open_world
from cardhouse.facts import FactTable
from cardhouse.model.scenario import Scenario
from cardhouse.model.world import World
from cardhouse.report.live_stage import LiveStage, Scene
from cardhouse.studies.accelerator_classes import AcceleratorClass, accelerator_classes
from cardhouse.studies.levers import Setting
from cardhouse.studies.manifest import Digester
from cardhouse.studies.run import Study, moves_something, scenario_on
from cardhouse.studies.scenario_files import load_scenario
from cardhouse.studies.simulation import Chains
from cardhouse.studies.uncertainty import Wanted
from cardhouse.studies.views import View
from cardhouse.web.kept import Made
from cardhouse.web.limits import Limits

VIEWS = 2
"""Runs kept for one opening position, some fifty megabytes each: one run has several looks."""
DOCUMENTS = 4
"""Result documents kept for one opening position, some ten megabytes each."""

Place = tuple[str, str | None, str | None]
"""Economy, base quarter, day of knowledge: as asked."""


class Opening:
    """A balanced world, compiled, with its facts, its scenarios and its baselines."""

    def __init__(self, place: Place, scenes: int) -> None:
        economy, base, as_of = place
        self.economy = economy
        self.world: World = open_world(economy, base=base, as_of=as_of)
        self.chains = Chains.of(self.world)
        self.digester = Digester(self.world)
        self._scenes: Made[int, Scene] = Made(scenes)
        self._stages: Made[tuple[int, int], LiveStage] = Made(4 * scenes)
        self._views: Made[str, View] = Made(VIEWS)
        self._documents: Made[str, dict[str, Any]] = Made(DOCUMENTS)
        self._scenarios: Made[str, Scenario] = Made(64)

    @cached_property
    def facts(self) -> FactTable:
        """Return the facts that the economy reads."""
        return economy_facts(self.economy)

    @cached_property
    def accelerators(self) -> tuple[AcceleratorClass, ...]:
        """Return the economy's classes of accelerators."""
        return accelerator_classes(self.economy)

    def scenario(self, names: Sequence[str], settings: Mapping[str, Setting]) -> Scenario:
        """Return shipped scenarios and settings as one scenario, checked against the world."""
        parts = [self._scenarios.get(name, partial(self._load, name)) for name in names]
        return scenario_on(self.world, parts, settings, self.chains.own)

    def _load(self, name: str) -> Scenario:
        return load_scenario(name, self.world.base)

    def scene(self, quarters: int) -> Scene:
        """Return the baseline over so many quarters, and what follows from it."""
        return self._scenes.get(
            quarters, lambda: Scene(View.of(self.chains, None, quarters), self.digester)
        )

    def stage(self, quarters: int, kept: int) -> LiveStage:
        """Return the stage of a picture."""
        return self._stages.get((quarters, kept), lambda: self.scene(quarters).stage(kept))

    def view(self, scenario: Scenario, quarters: int) -> View:
        """Return a run: the one place where the engine is called; the baseline's own if still."""
        if not moves_something(scenario):
            return self.scene(quarters).baseline
        key = f"{self.digester.of(scenario, quarters)} {quarters}"
        return self._views.get(key, lambda: View.of(self.chains, scenario, quarters))

    def study(self, scenario: Scenario, quarters: int, wanted: Wanted | None = None) -> Study:
        """Return the study of a scenario, with everything that is known already."""
        return Study(
            self.world,
            scenario,
            quarters,
            self.facts,
            self.accelerators,
            wanted,
            compiled=self.chains,
            still=self.scene(quarters).baseline,
        )

    def document(self, scenario: Scenario, quarters: int) -> dict[str, Any]:
        """Return the main job's document; the last ones are kept."""
        key = f"{self.digester.of(scenario, quarters)} {scenario.id} {quarters}"
        return self._documents.get(key, lambda: self.study(scenario, quarters).document)


class Openings:
    """The opening positions asked for last."""

    def __init__(self, limits: Limits) -> None:
        self._made: Made[Place, Opening] = Made(limits.openings)
        self._scenes = limits.scenes

    def get(self, place: Place) -> Opening:
        """Return an opening position, balanced where it is not kept."""
        return self._made.get(place, lambda: Opening(place, self._scenes))

    def known(self, place: Place) -> Opening | None:
        """Return an opening position only where it is kept."""
        return self._made.known(place)
