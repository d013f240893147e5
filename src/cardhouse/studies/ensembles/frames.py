"""An ensemble for a notebook: fans, default probabilities and losses as frames."""

from __future__ import annotations

import html
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from cardhouse.accounts import Accounts
from cardhouse.errors import InputError, did_you_mean
from cardhouse.model.scenario import Scenario
from cardhouse.model.world import World
from cardhouse.studies.draw_bench import Source
from cardhouse.studies.ensembles.asking import Asked
from cardhouse.studies.ensembles.document import ensemble_document
from cardhouse.studies.ensembles.folders import Folder
from cardhouse.studies.ensembles.keep import CHAIN, Keep
from cardhouse.studies.ensembles.keeping import kept_ensemble, write_documents
from cardhouse.studies.ensembles.placing import executor_of
from cardhouse.studies.ensembles.plan import Plan
from cardhouse.studies.ensembles.reopening import Reopened, reopen
from cardhouse.studies.ensembles.running import Outcome, Told
from cardhouse.studies.ensembles.tally import Whole
from cardhouse.studies.levers import Setting
from cardhouse.studies.manifest import same_position

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr


def ensemble_of(  # noqa: PLR0913 - one call does all that a notebook asks of an ensemble
    world: World,
    scenario: str | Path | Scenario | Sequence[str | Path | Scenario] = (),
    *,
    n: int = 1000,
    seed: int = 0,
    quarters: int = 20,
    levers: Mapping[str, Setting] | None = None,
    keep: Keep | None = None,
    design: str = "sobol",
    certain: Collection[str] = (),
    members: bool = False,
    against: str | Path | Scenario | None = None,
    threads: int | None = None,
    cluster: str | None = None,
    out: str | Path | None = None,
    resume: bool = False,
    extra_facts: Sequence[Path] = (),
    progress: Told | None = None,
) -> Ensemble:
    """Run many paths of a scenario, each with its own accounts, parameters and shocks.

    Parameters
    ----------
    world
        From `open`; built by hand only with ``certain=("accounts",)``.
    scenario
        A shipped id, the path of a file, a `Scenario`, or several of them; none: the baseline.
        The same seed gives the same luck under every scenario.
    n
        Number of paths.
    seed
        What all draws follow from.
    quarters
        Quarters to simulate, 1 to 400.
    levers
        Levers that hold for the whole run, applied last.
    keep
        What is recorded; none: the usual.
    design
        How parameters are spread over their ranges: ``sobol`` or ``random``.
    certain
        What is not drawn: of ``accounts``, ``terms``, ``parameters``, ``shocks``.
    members
        Whether the firms of a population run one by one, as in `run`; else as one firm.
    against
        A scenario (``"baseline"``) that each path is set against with the same luck: variables
        ending in ``_change``, of which the errors are much smaller than those of levels.
    threads
        How many tasks are done at a time; none: one for each processor, where there is enough to
        do. Where there is, they are done in processes of their own. The results do not depend on
        it.
    cluster
        The address of a Dask scheduler whose workers do the tasks, with the same results. Needs
        the extra ``cluster``.
    out
        A folder, or an address that fsspec reaches, in which the ensemble is kept; none: nowhere.
        Needs the extra ``ensemble``.
    resume
        Whether to go on with what `out` holds of this ensemble.
    extra_facts
        The tables of one's own facts that the world was opened with.
    progress
        Told after each task how far the work is.

    Raises
    ------
    CardhouseError
        When anything given is wrong: the message says what, where and what to do.

    Examples
    --------
    Thousands of paths are usual; a few show the shape of the answer.

    >>> import cardhouse as ch
    >>> world = ch.open("ai", base="2026Q1")
    >>> found = ch.ensemble(world, n=8, seed=7, quarters=2, certain="accounts")
    >>> found
    Ensemble(ai, baseline, 2026Q1 to 2026Q3: 8 of 8 paths, seed 7)
    >>> list(found.fan("nvidia", "revenue").columns)[:4]
    ['mean', 'error', 'sd', 'q0.05']
    """
    given = [scenario] if isinstance(scenario, str | Path | Scenario) else list(scenario)
    asked = Asked(
        scenarios=tuple(given),
        levers=levers or {},
        quarters=quarters,
        plan=Plan(n, seed, design),
        keep=keep or Keep(),
        certain=(certain,) if isinstance(certain, str) else tuple(certain),
        members=members,
        against=against,
    )
    study, own = asked.study(world), [Path(one) for one in extra_facts]
    accounts = accounts_of(world, own) if asked.draws_accounts else None
    folder, executor = (
        None if out is None else Folder(out),
        executor_of(threads, cluster, asked.seconds),
    )
    outcome = kept_ensemble(
        study, accounts, folder, resume=resume, executor=executor, progress=progress
    )
    if folder is not None:
        write_documents(outcome, folder)
    return Ensemble(Finished(outcome))


def open_ensemble(folder: str | Path) -> Ensemble:
    """Return an ensemble that was kept, by `ensemble` or by ``cardhouse ensemble --out``.

    Nothing is run. The paths that were kept whole need the extra ``ensemble``; all else is read
    without it.

    Parameters
    ----------
    folder
        The folder, or an address that fsspec reaches.

    Raises
    ------
    InputError
        When there is no ensemble in it, or one that is not finished.

    Examples
    --------
    >>> import cardhouse as ch
    >>> ch.open_ensemble("nowhere")
    Traceback (most recent call last):
    ...
    cardhouse.errors.InputError: 'nowhere' holds no ensemble: there is no summary.json in it. ...
    """
    return Ensemble(reopen(folder))


def accounts_of(world: World, extra_facts: Sequence[Path]) -> Accounts:
    """Return the accounts behind a world; raises InputError where it is not theirs."""
    accounts = Source.of(world, extra_facts).open()
    if same_position(accounts.world, world):
        return accounts
    raise InputError(
        f"this world of '{world.economy}' is not the one that its facts give, so there is no "
        "posterior to draw from. Take it from cardhouse.open and change nothing in it, and name "
        'tables of your own in extra_facts; or take its accounts as certain: certain="accounts".'
    )


@dataclass(frozen=True)
class Finished:
    """An ensemble that was run in this process."""

    outcome: Outcome

    @cached_property
    def document(self) -> dict[str, Any]:
        """Return everything as one document."""
        return ensemble_document(self.outcome)

    @property
    def whole(self) -> Whole:
        """Return the paths that were kept whole."""
        return self.outcome.tally.whole

    @property
    def series(self) -> Sequence[tuple[str, str]]:
        """Return variable and entity of each series of a path."""
        return self.outcome.layout.series


class Ensemble:
    """Many paths of one scenario, reduced; frames are made when asked for."""

    def __init__(self, found: Finished | Reopened) -> None:
        self._found = found

    @property
    def document(self) -> dict[str, Any]:
        """Return everything as one document, as ``cardhouse ensemble --json`` prints it."""
        return self._found.document

    def fan(self, entity: str, variable: str) -> pd.DataFrame:
        """Return one variable of an entity over time, as spread over the paths.

        Parameters
        ----------
        entity
            A firm, a line (for ``price``), whoever can lose what it is owed (for ``lost``), or
            ``chain``, all firms together.
        variable
            ``revenue``, ``result``, ``capex``, ``raised``, ``cash``, ``debt``, ``left_unpaid``,
            ``lost``, ``price``; of the chain also ``users_pay`` and ``confidence``; with
            ``_change`` behind, against the other scenario.

        Returns
        -------
        pandas.DataFrame
            By quarter: mean, its Monte Carlo error, sd, and quantiles with theirs;
            ``attrs["unit"]`` holds the unit.
        """
        import pandas as pd

        row = self._series(entity, variable)
        columns = {name: row[name] for name in ("mean", "error", "sd")}
        for at, values in row["quantiles"].items():
            columns[f"q{at}"] = values
            columns[f"q{at}_error"] = row["quantile_errors"][at]
        index = pd.Index(self.document["quarters"], name="quarter")
        frame = pd.DataFrame(columns, index=index, dtype=float)
        frame.attrs["unit"] = row["unit"]
        return frame

    def _series(self, entity: str, variable: str) -> dict[str, Any]:
        rows = {(row["entity"], row["variable"]): row for row in self.document["series"]}
        if (entity, variable) in rows:
            return rows[entity, variable]
        variables = dict.fromkeys(name for _, name in rows)
        if variable not in variables:
            raise InputError(
                f"there is no variable '{variable}' in this ensemble."
                f"{did_you_mean(variable, variables)} It keeps {', '.join(variables)}."
            )
        whom = [one for one, name in rows if name == variable]
        raise InputError(
            f"'{variable}' of '{entity}' is not in this ensemble, or is zero throughout."
            f"{did_you_mean(entity, whom)} It is kept of {', '.join(whom[:8])} ..."
        )

    def default_probabilities(self) -> pd.DataFrame:
        """Return the share of paths in which each firm has failed, by quarter, and the error.

        Columns: the quarters; ``probability`` and ``error`` are those of the last.
        """
        import pandas as pd

        quarters = self.document["quarters"]
        rows = [
            {
                "entity": row["entity"],
                **dict(zip(quarters, row["by_quarter"], strict=True)),
                "probability": row["probability"],
                "error": row["error"],
            }
            for row in self.document["defaults"]
        ]
        return pd.DataFrame(rows).set_index("entity")

    def together(self) -> pd.DataFrame:
        """Return pairs of firms that fail in the same path, beside what independence would give."""
        import pandas as pd

        columns = ["first", "second", "probability", "error", "if_independent"]
        frame = pd.DataFrame(self.document["together"], columns=columns)
        return frame.sort_values("probability", ascending=False, ignore_index=True)

    def losses(self) -> pd.DataFrame:
        """Return what each holder of claims has lost by the last quarter (USD bn), largest first.

        Columns: mean and its error, the share of paths with any loss, quantiles, and the mean of
        the worst 5 % of paths.
        """
        import pandas as pd

        rows = [
            {
                **{name: row[name] for name in ("holder", "mean", "error", "probability")},
                **{f"q{at}": value for at, value in row["quantiles"].items()},
                "mean_of_worst": row["mean_of_worst"],
            }
            for row in self.document["losses"]
        ]
        columns = ["holder", "mean", "error", "probability"]
        frame = pd.DataFrame(rows) if rows else pd.DataFrame(columns=columns)
        return frame.set_index("holder")

    @cached_property
    def paths(self) -> xr.DataArray:
        """Return the paths that were kept whole, over (path, quarter, series)."""
        import pandas as pd
        import xarray as xr

        whole = self._found.whole
        series = pd.MultiIndex.from_tuples(self._found.series, names=["variable", "entity"])
        return xr.DataArray(
            np.moveaxis(whole.values, 2, 0).swapaxes(1, 2),
            dims=("path", "quarter", "series"),
            coords={
                "path": whole.numbers,
                "quarter": self.document["quarters"],
                **xr.Coordinates.from_pandas_multiindex(series, "series"),
            },
        )

    def __repr__(self) -> str:
        """Say what was run in one line."""
        made, last = self.document["manifest"], self.document["quarters"][-1]
        return (
            f"Ensemble({made['economy']}, {made['scenario']}, {made['base_quarter']} to {last}: "
            f"{self.document['endings']['completed']:,} of {made['paths']:,} paths, "
            f"seed {made['seed']})"
        )

    def _repr_html_(self) -> str:
        """Return the firms most likely to fail, for a notebook."""
        rows = sorted(self.document["defaults"], key=lambda row: -row["probability"])
        body = "".join(
            f"<tr><th>{html.escape(row['name'])}</th>"
            f"<td>{row['probability']:.1%}</td><td>{row['error']:.1%}</td></tr>"
            for row in rows[:12]
        )
        heads = "<th></th><th>fails by the end</th><th>±</th>"
        return (
            f"<p>{html.escape(repr(self))}</p>"
            f"<table><thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table>"
        )


__all__ = ["CHAIN", "Ensemble", "ensemble_of", "open_ensemble"]
