"""Worlds and runs for a notebook: the same results as the document, as frames.

pandas and xarray are imported only where a frame is asked for.
"""

from __future__ import annotations

import html
import json
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from cardhouse.accounts import economy_facts, known_economies, open_world
from cardhouse.analysis.ledger import SERIES, Ledger
from cardhouse.analysis.rules import PRO_RATA
from cardhouse.errors import InputError, did_you_mean
from cardhouse.facts import FactTable, load_facts
from cardhouse.model.scenario import Scenario
from cardhouse.model.world import World
from cardhouse.studies.accelerator_classes import accelerator_classes
from cardhouse.studies.draw_bench import Source
from cardhouse.studies.draw_numbers import asked_for
from cardhouse.studies.lever_paths import check_quarters
from cardhouse.studies.manifest import same_position
from cardhouse.studies.own_figures import doubts
from cardhouse.studies.run import Study, own_facts_of, scenario_on
from cardhouse.studies.trace_answers import TraceQuestion, trace_to
from cardhouse.studies.uncertainty import Wanted
from cardhouse.studies.views import numbers

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

UNITS = {
    "revenue": "USD bn a quarter",
    "full_cost": "USD bn a quarter",
    "operating_result": "USD bn a quarter",
    "cash_result": "USD bn a quarter",
    "capex": "USD bn a quarter",
    "raised": "USD bn a quarter",
    "cash": "USD bn",
    "debt": "USD bn",
    "price": "index, base quarter 1",
}
"""The variables of `Run.data` with their units."""

SHOWN_FIRMS = 12


def open_economy(
    economy: str = "ai",
    *,
    base: str | None = None,
    as_of: str | None = None,
    facts: Sequence[Path] = (),
) -> World:
    """Return the balanced opening position of an economy.

    Parameters
    ----------
    economy
        A shipped economy (``ai``), or the path of a folder with an economy's tables.
    base
        The base quarter, such as ``2025Q2``; none: the newest with enough facts, but none after
        the last quarter that the economy's tables are made for (``base_until``).
    as_of
        An ISO date: only facts public by then are used; none: all of them.
    facts
        Tables of one's own facts, laid over the shipped ones.

    Returns
    -------
    World
        Entities, the contracts between them, and balance sheets; frozen.

    Raises
    ------
    CardhouseError
        When the economy, quarter, date or a table is wrong: the message says what and where.

    Examples
    --------
    >>> import cardhouse as ch
    >>> world = ch.open("ai", base="2026Q1")
    >>> world.base, world.entity("nvidia").name
    ('2026Q1', 'NVIDIA')
    """
    return open_world(economy, base=base, as_of=as_of, extra_facts=[Path(one) for one in facts])


def run_world(  # noqa: PLR0913 - one call does all that a notebook asks of a run
    world: World | str,
    scenario: str | Path | Scenario | Sequence[str | Path | Scenario] = (),
    *,
    quarters: int = 20,
    levers: Mapping[str, float] | None = None,
    facts: FactTable | None = None,
    draws: int = 0,
    seed: int = 0,
    processes: int = 1,
    extra_facts: Sequence[Path] = (),
) -> Run:
    """Run one scenario, or several in order, on a world.

    Parameters
    ----------
    world
        From `open_economy`, or built by hand; the name of an economy opens it as it is.
    scenario
        A shipped id, the path of a file, a `Scenario`, or several of them; none: the baseline.
    quarters
        Quarters to simulate, 1 to 400.
    levers
        Levers that hold for the whole run, applied last.
    facts
        The facts behind the world, for sources and claims; none: the shipped ones, with
        `extra_facts`. Draws use these, so both cannot be given.
    draws
        Draws from the posterior of the accounts, for `Run.intervals` and the probabilities of
        claims: 0 for none, 500 are usual. Only a world as `open_economy` gives it can be drawn.
    seed
        What the draws follow from, beside the accounts.
    processes
        Over how many processes the draws are spread.
    extra_facts
        The tables of one's own facts that the world was opened with.

    Raises
    ------
    CardhouseError
        When anything given is wrong: the message says what, where and what to do.

    Examples
    --------
    >>> import cardhouse as ch
    >>> world = ch.open("ai", base="2026Q1")
    >>> run = ch.run(world, "demand-disappoints", quarters=8, levers={"interest_shift": 1})
    >>> run
    Run(ai, demand-disappoints, 2026Q1 to 2028Q1: ... firms, ... fail)
    >>> bool(run.ledger().loc[("2026Q1", "nvidia"), "revenue"] > 50)
    True
    """
    world = open_economy(world, facts=extra_facts) if isinstance(world, str) else world
    given = [scenario] if isinstance(scenario, str | Path | Scenario) else list(scenario)
    combined = scenario_on(world, given, levers or {})
    own = [Path(one) for one in extra_facts]
    known = _facts_behind(world, own) if facts is None else facts
    drawing = asked_for(draws, seed if draws else None, processes)
    if drawing and facts is not None:
        raise InputError("draws need the facts' tables: name yours in extra_facts, not in facts.")
    wanted = None if drawing is None else Wanted(_source_of(world, own), drawing)
    shipped = world.economy in known_economies()
    source = Source.of(world, own if shipped and facts is None else ())
    return Run(
        Study(
            world,
            combined,
            check_quarters(quarters),
            known,
            accelerator_classes(world.economy) if shipped else (),
            wanted,
            own_facts=own_facts_of(source),
            warnings=tuple(doubts(source, world)) if source.extra_facts else (),
        )
    )


def _source_of(world: World, extra_facts: Sequence[Path]) -> Source:
    """Return the accounts behind a world; raises InputError where it is not theirs."""
    source = Source.of(world, extra_facts)
    opened = open_world(
        source.economy, base=source.base, as_of=source.as_of, extra_facts=source.extra_facts
    )
    if same_position(opened, world):
        return source
    raise InputError(
        f"this world of '{world.economy}' is not the one that its facts give, so there is no "
        "posterior to draw from. Take it from cardhouse.open and change nothing in it, and name "
        "tables of your own in extra_facts; or run it without draws."
    )


def _facts_behind(world: World, extra_facts: Sequence[Path]) -> FactTable:
    """Return the facts of a shipped economy, or all shipped facts for one of somebody's own."""
    shipped = world.economy in known_economies()
    return economy_facts(world.economy, extra_facts) if shipped else load_facts(extra_facts)


class Run:
    """One scenario run on one world; frames are made when asked for."""

    def __init__(self, study: Study) -> None:
        self._study = study

    @property
    def world(self) -> World:
        """Return the opening position."""
        return self._study.world

    @property
    def scenario(self) -> Scenario:
        """Return what was moved."""
        return self._study.scenario

    @property
    def study(self) -> Study:
        """Return the study behind the frames: trajectories and books, and the baseline's."""
        return self._study

    @property
    def document(self) -> dict[str, Any]:
        """Return everything as one document, as ``cardhouse run --json`` prints it."""
        return self._study.document

    @cached_property
    def data(self) -> xr.Dataset:
        """Return series over (quarter, entity): NaN where an entity has none.

        ``attrs["units"]`` stands on each variable; ``attrs["facts"]`` holds the ids of the facts
        on each entity's flows, as JSON: so that the data set can be written to any format.
        """
        import xarray as xr

        rows = [row for row in self.document["entities"] if row["revenue"]]
        quarters = self.document["quarters"]
        made = {
            name: (("quarter", "entity"), _columns(rows, name, len(quarters)), {"units": unit})
            for name, unit in UNITS.items()
        }
        ids = [row["id"] for row in rows]
        words = {name: ("entity", [row[name] for row in rows]) for name in ("name", "tier", "kind")}
        return xr.Dataset(
            made,
            coords={"quarter": quarters, "entity": ids, **words},
            attrs=_told_in_text(
                {**self.document["manifest"], "facts": _facts_by_entity(self.world)}
            ),
        )

    def ledger(self, *, ai: bool = False, cumulated: bool = False) -> pd.DataFrame:
        """Return subsidies by quarter and firm, the cash part split by source (USD bn).

        Parameters
        ----------
        ai
            The firms' AI lines alone.
        cumulated
            Every quarter added to those before it.
        """
        import pandas as pd

        view = self._study.view
        ledger = view.ai_ledger if ai else view.ledger
        ledger = ledger.cumulated() if cumulated else ledger
        index = pd.MultiIndex.from_product(
            [view.quarters, view.chain.firm_ids], names=["quarter", "firm"]
        )
        return pd.DataFrame(_ledger_columns(ledger), index=index)

    def trace(
        self,
        entity: str,
        *,
        rule: str = PRO_RATA,
        quarter: str | None = None,
        cumulated: bool = False,
        purse: bool = False,
        ai: bool = False,
    ) -> pd.DataFrame:
        """Return who ultimately paid an entity's sales, largest share first.

        Parameters
        ----------
        entity
            A firm, a division or a line that sells.
        rule
            Which money of a purse pays which bill: ``pro_rata``, ``own_money``, ``income_first``,
            ``cash_first``, ``capital_first``.
        quarter, cumulated
            One quarter of the run, the base quarter by default; or all of them added up.
        purse, ai
            What the firm had to spend instead; its AI sales alone.

        Returns
        -------
        pandas.DataFrame
            Columns: share, USD bn, and the least and most that any way of following money allows.
            ``attrs`` holds receipts and the dollars of its own that came back to it.
        """
        import pandas as pd

        asked = TraceQuestion(entity, rule, quarter, cumulated, purse, ai)
        answer = trace_to(self._study.view, self.document["manifest"], asked)
        frame = pd.DataFrame(answer["parts"]).set_index("who").rename_axis("source")
        frame.attrs |= {name: answer[name] for name in ("usd_bn", "round_trip_usd_bn", "sentence")}
        return frame

    def round_trips(self, *, cumulated: bool = False) -> pd.DataFrame:
        """Return money that ran round among firms: loop, USD bn, whether finance is in it."""
        import pandas as pd

        found = self.document["round_trips"]["cumulated" if cumulated else "base"]["loops"]
        columns = ["entities", "usd_bn", "financial"]
        rows = [{**one, "entities": tuple(one["entities"])} for one in found]
        return pd.DataFrame(rows, columns=columns)

    def trace_over_time(self, entity: str) -> pd.DataFrame:
        """Return who ultimately paid an entity's sales, quarter by source."""
        import pandas as pd

        traced = self.document["trace_by_quarter"]
        if entity not in traced:
            raise InputError(
                f"there is no trace to '{entity}': no such entity ever sells anything here."
                f"{did_you_mean(entity, traced)}"
            )
        index = pd.Index(self.document["quarters"], name="quarter")
        return pd.DataFrame(traced[entity], index=index).rename_axis("source", axis=1)

    def defaults(self) -> pd.DataFrame:
        """Return the defaults in order of time: who, when, owed, paid, why, who loses."""
        import pandas as pd

        columns = ["entity", "name", "quarter", "owed", "paid", "cause", "loss_by_holder"]
        rows = self.document["fragility"]["defaults"]
        return pd.DataFrame(rows, columns=columns)

    def claims(self) -> pd.DataFrame:
        """Return the sentences of the thesis with their verdicts."""
        import pandas as pd

        columns = ["id", "claim", "verdict", "probability", "definition", "for", "against"]
        return pd.DataFrame(self.document["claims"], columns=columns).set_index("id")

    def intervals(self, beginning: str = "") -> pd.DataFrame:
        """Return what draws say of the base quarter's figures, by their keys in the document.

        Columns: the value of the balanced accounts, both ends of the 80 % interval, median, mean,
        the Monte Carlo error of the ends, and the draws.

        Parameters
        ----------
        beginning
            How the keys begin: ``trace.nvidia.``; none: all of them.

        Raises
        ------
        InputError
            When nothing was drawn.
        """
        import pandas as pd

        drawn = self.document.get("uncertainty")
        if drawn is None:
            raise InputError("nothing was drawn in this run. Run it with draws=500.")
        rows = {key: one for key, one in drawn["figures"].items() if key.startswith(beginning)}
        return pd.DataFrame.from_dict(rows, orient="index").rename_axis("figure")

    def __repr__(self) -> str:
        """Say what was run and what became of it in one line."""
        quarters = self._study.view.quarters
        failed = int(self._study.view.trajectory.of_record("failed").any(axis=0).sum())
        return (
            f"Run({self.world.economy}, {self.scenario.id}, {quarters[0]} to {quarters[-1]}: "
            f"{len(self._study.view.chain.firm_ids)} firms, {failed} fail)"
        )

    def _repr_html_(self) -> str:
        """Return a small table for a notebook: the largest firms at both ends of the run."""
        quarters = self.document["quarters"]
        rows = [row for row in self.document["entities"] if row["kind"] in ("firm", "parent")]
        rows.sort(key=lambda row: -row["revenue"][0])
        words = ("", f"revenue {quarters[0]}", f"revenue {quarters[-1]}", "fails")
        heads = "".join(f"<th>{one}</th>" for one in words)
        body = "".join(_html_row(row) for row in rows[:SHOWN_FIRMS])
        return (
            f"<p>{html.escape(repr(self))}</p><table><thead><tr>{heads}</tr></thead>"
            f"<tbody>{body}</tbody></table><p>USD bn a quarter</p>"
        )


def _told_in_text(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """Return attributes that every file format takes: what is no number or text as JSON."""
    return {
        name: value if _is_plain(value) else json.dumps(value, ensure_ascii=False)
        for name, value in attributes.items()
        if value is not None
    }


def _is_plain(value: Any) -> bool:
    return isinstance(value, int | float | str) and not isinstance(value, bool)


def _html_row(row: Mapping[str, Any]) -> str:
    cells = (
        f"{row['revenue'][0]:,.2f}",
        f"{row['revenue'][-1]:,.2f}",
        row["default_quarter"] or "",
    )
    return f"<tr><th>{html.escape(row['name'])}</th>{''.join(f'<td>{c}</td>' for c in cells)}</tr>"


def _columns(rows: Sequence[Mapping[str, Any]], name: str, quarters: int) -> Any:
    """Return one series of every row (quarter, row), NaN where a row has none."""
    empty = [None] * quarters
    return np.array([row.get(name) or empty for row in rows], dtype=np.float64).T


def _facts_by_entity(world: World) -> dict[str, list[str]]:
    """Return the ids of the facts on the flows of each entity, lines under their purse too."""
    found: dict[str, dict[str, None]] = {}
    for contract in world.contracts:
        ends = {contract.payer, contract.payee}
        for entity in ends | {world.purse_of(end) for end in ends}:
            found.setdefault(entity, {}).update(dict.fromkeys(contract.facts))
    return {entity: list(ids) for entity, ids in found.items() if ids}


def _ledger_columns(ledger: Ledger) -> dict[str, Any]:
    """Return the columns of a ledger's frame; sources that never give are left out."""
    columns: dict[str, Any] = {
        name: numbers(getattr(ledger, name).ravel()) for name in SERIES if name != "by_source"
    }
    for number, source in enumerate(ledger.sources):
        series = ledger.by_source[:, :, number]
        if series.any():
            columns[f"from_{source}"] = numbers(series.ravel())
    return columns
