"""What a person asks of an ensemble, checked before anything is computed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from cardhouse.model.scenario import Scenario
from cardhouse.model.world import World
from cardhouse.studies.ensembles.keep import Keep
from cardhouse.studies.ensembles.placing import seconds_of
from cardhouse.studies.ensembles.plan import Plan, check_plan
from cardhouse.studies.ensembles.uncertain import ACCOUNTS, read_certain
from cardhouse.studies.ensembles.working import Study
from cardhouse.studies.lever_paths import check_quarters
from cardhouse.studies.levers import Setting
from cardhouse.studies.run import scenario_on


@dataclass(frozen=True)
class Asked:
    """A scenario, how many paths, and what is drawn; raises InputError where it cannot be."""

    scenarios: tuple[str | Path | Scenario, ...] = ()
    levers: Mapping[str, Setting] = field(default_factory=dict)
    quarters: int = 20
    plan: Plan = field(default_factory=lambda: Plan(1000))
    keep: Keep = field(default_factory=Keep)
    certain: Sequence[str] = ()
    members: bool = False
    against: str | Path | Scenario | None = None

    def __post_init__(self) -> None:
        """Refuse numbers and words that cannot be."""
        check_quarters(self.quarters)
        check_plan(self.plan)
        read_certain(self.certain)

    @property
    def draws_accounts(self) -> bool:
        """Tell whether the accounts behind the world are needed."""
        return ACCOUNTS not in read_certain(self.certain)

    @property
    def seconds(self) -> float:
        """Return about how long a processor works on it."""
        twice = self.against is not None
        return seconds_of(self.plan, self.quarters, members=self.members, twice=twice)

    def study(self, world: World) -> Study:
        """Return the study of a world; raises ScenarioError where scenario and world do not fit."""
        other = None if self.against is None else scenario_on(world, [self.against], {})
        return Study(
            world=world,
            scenario=scenario_on(world, self.scenarios, self.levers),
            quarters=self.quarters,
            plan=self.plan,
            keep=self.keep,
            certain=read_certain(self.certain),
            members=self.members,
            against=other,
        )
