"""Options that mean the same in every command, and what they become."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cardhouse.cli import completion
from cardhouse.cli.completion import shipped_economies
from cardhouse.errors import InputError, did_you_mean
from cardhouse.studies import asking

if TYPE_CHECKING:
    from cardhouse.model.world import World
    from cardhouse.studies.run import StudyResult


DEFAULT_ECONOMY = asking.DEFAULT_ECONOMY
DEFAULT_QUARTERS = asking.DEFAULT_QUARTERS


_ECONOMY = f"A shipped economy ({', '.join(shipped_economies())}) or a folder of your own."
EconomyArgument = Annotated[
    str, typer.Argument(metavar="ECONOMY", help=_ECONOMY, autocompletion=completion.economies)
]
Economy = Annotated[
    str,
    typer.Option(
        "--economy", metavar="ECONOMY", help=_ECONOMY, autocompletion=completion.economies
    ),
]
Base = Annotated[
    str | None,
    typer.Option("--base", metavar="QUARTER", help="Base quarter, such as 2025Q2."),
]
AsOf = Annotated[
    str | None,
    typer.Option("--as-of", metavar="DATE", help="Use the facts known on this day."),
]
Scenarios = Annotated[
    list[str] | None,
    typer.Option(
        "--scenario",
        metavar="ID|FILE",
        help="A scenario (see `cardhouse scenarios`) or file; several apply in order. Repeatable.",
        autocompletion=completion.scenarios,
    ),
]
Settings = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="LEVER=VALUE",
        help="Move one lever (see `cardhouse levers`) for the whole run. Repeatable.",
        autocompletion=completion.settings,
    ),
]
Facts = Annotated[
    list[Path] | None,
    typer.Option(
        "--facts",
        metavar="CSV",
        help="A table of your own facts on top of the shipped ones. Repeatable.",
    ),
]
Quarters = Annotated[
    int, typer.Option("--quarters", metavar="N", help="Quarters to simulate, 1 to 400.")
]
Draws = Annotated[
    int,
    typer.Option(
        "--draws",
        metavar="N",
        help="Redo it with so many random draws of the accounts, for intervals and "
        "probabilities: 0, or 20 and more.",
    ),
]
Seed = Annotated[
    int | None,
    typer.Option(
        "--seed",
        metavar="S",
        help="The random draws follow from this number (0).",
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document and nothing else.")]
Quiet = Annotated[bool, typer.Option("--quiet", help="Print no progress and no summary.")]


@dataclass(frozen=True)
class Question:
    """What is to be computed: the common options of the commands that run the model."""

    economy: str
    base: str | None
    as_of: str | None
    scenarios: tuple[str, ...] = ()
    settings: tuple[str, ...] = ()
    facts: tuple[Path, ...] = ()
    quarters: int = DEFAULT_QUARTERS
    draws: int = 0
    seed: int | None = None

    @classmethod
    def of(  # noqa: PLR0913 - as many as there are common options
        cls,
        economy: str,
        base: str | None,
        as_of: str | None,
        *,
        scenario: Sequence[str] | None = None,
        setting: Sequence[str] | None = None,
        facts: Sequence[Path] | None = None,
        quarters: int = DEFAULT_QUARTERS,
        draws: int = 0,
        seed: int | None = None,
    ) -> Question:
        """Return the question that options ask, as they come from the command line."""
        moved = (tuple(scenario or ()), tuple(setting or ()))
        return cls(economy, base, as_of, *moved, tuple(facts or ()), quarters, draws, seed)

    def world(self) -> World:
        """Open the balanced accounts alone, without running anything."""
        as_of = asking.checked_date(self.as_of)
        extra_facts = [existing(path) for path in self.facts]
        from cardhouse.accounts import open_world

        return open_world(self.economy, base=self.base, as_of=as_of, extra_facts=extra_facts)

    def answer(self, progress: Callable[[float], None] | None = None) -> StudyResult:
        """Run the main job on these options; `progress` is told the share of draws done."""
        from cardhouse.studies.draw_numbers import asked_for, usable_processors
        from cardhouse.studies.lever_paths import check_quarters
        from cardhouse.studies.levers import parse_settings

        settings = parse_settings(self.settings)
        quarters = check_quarters(self.quarters)
        drawing = asked_for(self.draws, self.seed, usable_processors(), progress)
        as_of = asking.checked_date(self.as_of)
        extra_facts = [existing(path) for path in self.facts]
        from cardhouse.studies.run import run_study  # heavy: only once the options are in order

        return run_study(
            economy=self.economy,
            base=self.base,
            as_of=as_of,
            scenarios=list(self.scenarios),
            settings=settings,
            quarters=quarters,
            extra_facts=extra_facts,
            drawing=drawing,
        )


def one_of(option: str, word: str, known: Sequence[str]) -> str:
    """Return a word that an option knows; raises InputError otherwise."""
    if word in known:
        return word
    raise InputError(
        f"{option} '{word}' is not known.{did_you_mean(word, known)} Use one of {', '.join(known)}."
    )


def existing(path: Path) -> Path:
    """Return the path of a file that exists; raises InputError otherwise."""
    if path.is_file():
        return path
    raise InputError(f"--facts names '{path}', and there is no such file. Check the path.")
