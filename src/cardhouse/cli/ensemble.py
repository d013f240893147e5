"""Many paths: what is drawn, run and reduced, with its Monte Carlo error."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cardhouse.cli import INTERRUPTED
from cardhouse.cli.guard import print_json, say, warn, working
from cardhouse.cli.options import (
    DEFAULT_ECONOMY,
    DEFAULT_QUARTERS,
    AsOf,
    Base,
    EconomyArgument,
    Facts,
    Json,
    Quarters,
    Question,
    Quiet,
    Scenarios,
    Seed,
    Settings,
    existing,
)
from cardhouse.errors import InputError
from cardhouse.studies.asking import checked_date

if TYPE_CHECKING:
    from cardhouse.studies.ensembles.asking import Asked
    from cardhouse.studies.ensembles.executors import Executor
    from cardhouse.studies.ensembles.folders import Folder
    from cardhouse.studies.ensembles.running import Outcome, Progress, Told

DEFAULT_PATHS = 1000
SUMMARY_WORDS = "report.html, summary.json, tables/, and ensemble.zarr to go on from"


@dataclass(frozen=True)
class Options:
    """How an ensemble is drawn and run, as options."""

    paths: int
    seed: int
    design: str
    certain: tuple[str, ...]
    exceed: tuple[str, ...]
    members: bool
    against: str | None

    def asked(self, question: Question) -> Asked:
        """Return what is asked; what is wrong with an option is said before the accounts open."""
        checked_date(question.as_of)
        from cardhouse.studies.ensembles.asking import Asked
        from cardhouse.studies.ensembles.keep import Exceed, Keep
        from cardhouse.studies.ensembles.plan import Plan
        from cardhouse.studies.levers import parse_settings

        return Asked(
            scenarios=question.scenarios,
            levers=parse_settings(question.settings),
            quarters=question.quarters,
            plan=Plan(self.paths, self.seed, self.design),
            keep=Keep(exceed=tuple(Exceed.read(text) for text in self.exceed)),
            certain=self.certain,
            members=self.members,
            against=self.against,
        )


@dataclass(frozen=True)
class Place:
    """Where an ensemble is run and kept."""

    executor: Executor
    folder: Folder | None
    resume: bool


def answer(asked: Asked, question: Question, place: Place, progress: Told) -> Outcome:
    """Open the accounts and run the ensemble."""
    from cardhouse.studies.draw_bench import Source
    from cardhouse.studies.ensembles.keeping import kept_ensemble
    from cardhouse.studies.own_figures import doubts

    own = tuple(existing(path) for path in question.facts)
    source = Source(question.economy, question.base, checked_date(question.as_of), own)
    accounts = source.open() if asked.draws_accounts else None
    world = question.world() if accounts is None else accounts.world
    warn(doubts(source, world))
    return kept_ensemble(
        asked.study(world),
        accounts,
        place.folder,
        resume=place.resume,
        executor=place.executor,
        progress=progress,
    )


def place_of(
    threads: int | None, cluster: str | None, out: str | None, *, resume: bool, seconds: float
) -> Place:
    """Return where the ensemble is run and kept, checked before anything is computed."""
    from cardhouse.studies.ensembles.placing import executor_of

    executor = executor_of(threads, cluster, seconds)
    if out is None:
        if resume:
            raise InputError("--resume goes on with what is kept in a folder. Add --out DIR.")
        return Place(executor, None, resume)
    from cardhouse.studies.ensembles.folders import Folder, zarr_package

    zarr_package()
    return Place(executor, Folder(out), resume)


def ensemble(  # noqa: PLR0913 - one argument an option is how a command is declared
    *,
    economy: EconomyArgument = DEFAULT_ECONOMY,
    paths: Annotated[
        int, typer.Option("-n", "--paths", metavar="N", help="How many paths.")
    ] = DEFAULT_PATHS,
    seed: Seed = None,
    scenario: Scenarios = None,
    setting: Settings = None,
    base: Base = None,
    as_of: AsOf = None,
    quarters: Quarters = DEFAULT_QUARTERS,
    facts: Facts = None,
    design: Annotated[
        str,
        typer.Option(
            "--design", metavar="DESIGN", help="How parameters are spread: sobol or random."
        ),
    ] = "sobol",
    certain: Annotated[
        list[str] | None,
        typer.Option(
            "--certain",
            metavar="KIND",
            help="Do not draw these: accounts, terms, parameters, shocks. Repeatable.",
        ),
    ] = None,
    exceed: Annotated[
        list[str] | None,
        typer.Option(
            "--exceed",
            metavar="EVENT",
            help="Count this, too: 'openai.cash<5'. Repeatable.",
        ),
    ] = None,
    against: Annotated[
        str | None,
        typer.Option(
            "--against",
            metavar="ID|FILE",
            help="Set each path against this scenario's, with the same luck.",
        ),
    ] = None,
    members: Annotated[
        bool, typer.Option("--members", help="Run the firms of a population one by one.")
    ] = False,
    threads: Annotated[
        int | None,
        typer.Option("--threads", metavar="K", help="Tasks done at a time (one a processor)."),
    ] = None,
    cluster: Annotated[
        str | None,
        typer.Option(
            "--cluster", metavar="ADDRESS", help="Do tasks on this Dask scheduler's workers."
        ),
    ] = None,
    out: Annotated[
        str | None,
        typer.Option("--out", metavar="DIR", help="Folder or address to keep the ensemble in."),
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with what --out holds of this ensemble.")
    ] = False,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Run many paths, each with its own accounts, parameters and shocks.

    Tells how likely each firm is to fail, how far figures spread and who loses how much, each with
    its Monte Carlo error. Results follow from N and the seed alone, whatever the threads; the same
    seed gives the same luck under every scenario.

    For example:
      cardhouse ensemble -n 1000
      cardhouse ensemble -n 1000 --scenario capital-freeze --against baseline
      cardhouse ensemble -n 2000 --certain shocks --certain terms --json
      cardhouse ensemble --exceed 'openai.cash<5' --exceed 'nvidia.revenue>150'
      cardhouse ensemble -n 100000 --threads 8 --out big
      cardhouse ensemble -n 100000 --threads 8 --out big --resume
      cardhouse ensemble -n 1000000 --cluster tcp://10.0.0.5:8786
    """
    question = Question.of(
        economy,
        base,
        as_of,
        scenario=scenario,
        setting=setting,
        facts=facts,
        quarters=quarters,
    )
    options = Options(
        paths, seed or 0, design, tuple(certain or ()), tuple(exceed or ()), members, against
    )
    asked = options.asked(question)
    place = place_of(threads, cluster, out, resume=resume, seconds=asked.seconds)
    with working("Opening the accounts ...", quiet=quiet or as_json) as told:
        outcome = _answered(asked, question, place, lambda progress: told(words_of(progress)))
        document = _written(outcome, place)
    if as_json:
        print_json(document)
    elif not quiet:
        _show(document, out)


def _written(outcome: Outcome, place: Place) -> dict[str, Any]:
    """Return an ensemble's document, and leave it in its folder where it has one."""
    from cardhouse.studies.ensembles.document import ensemble_document

    if place.folder is not None:
        from cardhouse.report.ensemble_page import ensemble_html
        from cardhouse.studies.ensembles.keeping import write_documents

        write_documents(outcome, place.folder, {"report.html": ensemble_html})
    return ensemble_document(outcome)


def _answered(asked: Asked, question: Question, place: Place, progress: Told) -> Outcome:
    """Run the ensemble; interrupted, say how to go on."""
    try:
        return answer(asked, question, place, progress)
    except KeyboardInterrupt:
        if place.folder is None:
            raise
        say(
            f"Interrupted; finished tasks are kept in {place.folder.name}. Go on with the same "
            "command and --resume."
        )
        raise typer.Exit(INTERRUPTED) from None


def words_of(progress: Progress) -> str:
    """Return how far the work is: paths, rate, time left."""
    rate, left = progress.rate, progress.left
    done = f"{progress.done:,} of {progress.paths:,} paths"
    if left is None:
        return f"{done} ..."
    return f"{done}, {rate:,.0f} a second, {duration(left)} left ..."


def duration(seconds: float) -> str:
    """Return a duration in words.

    Examples
    --------
    >>> duration(59.2), duration(61.0), duration(7400.0)
    ('1 min 0 s', '1 min 1 s', '2 h 3 min')
    """
    whole = max(int(-(-seconds // 1)), 0)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def _show(document: dict[str, Any], out: str | None) -> None:
    from cardhouse.cli.ensemble_tables import ensemble_tables
    from cardhouse.cli.tables import show

    show(ensemble_tables(document))
    if out is not None:
        typer.echo(f"\nKept in {out}: {SUMMARY_WORDS}")
