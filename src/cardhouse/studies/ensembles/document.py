"""An ensemble as one document: fans, defaults, losses, each figure with its Monte Carlo error."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from typing import Any

import numpy as np

from cardhouse.analysis.intervals import share_error
from cardhouse.analysis.moments import Moments
from cardhouse.engine.arrays import Array
from cardhouse.studies.ensembles.keep import CHAIN, CHANGE, unit_of
from cardhouse.studies.ensembles.observing import COMPLETED, ENDINGS, Layout
from cardhouse.studies.ensembles.running import Outcome
from cardhouse.studies.ensembles.tally import Tally
from cardhouse.studies.ensembles.uncertain import uncertain_inputs
from cardhouse.studies.ensembles.working import Study
from cardhouse.studies.manifest import digest_of, manifest_of
from cardhouse.studies.scenario_times import later
from cardhouse.studies.views import numbers

Row = dict[str, Any]

SCHEMA = "cardhouse/ensemble/1"
QUANTILES = (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95)
LOSS_QUANTILES = (0.5, 0.9, 0.95, 0.99)
WORST = 0.95
ENOUGH_LEAVES = 8
"""From so many leaves on, how far they differ tells the error of a mean; below, how paths do."""
SINCE_BASE = ("left_unpaid", "lost")
"""Variables of which a series that is zero throughout is left out."""


def ensemble_manifest(study: Study, layout: Layout) -> Row:
    """Return what an ensemble is made of; its digest covers everything the numbers follow from."""
    plan, base = study.plan, manifest_of(study.world, study.scenario, study.quarters)
    inputs = [asdict(one) for one in uncertain_inputs(study.world, study.certain)]
    made: Row = {
        "paths": plan.paths,
        "seed": plan.seed,
        "design": plan.design,
        "leaves": plan.leaves,
        "certain": sorted(study.certain),
        "members": study.members,
        "populations": len(study.world.populations),
        "keep": {**asdict(study.keep), "points": layout.points},
        "against": None if study.against is None else study.against.id,
        "against_title": None if study.against is None else study.against.title,
    }
    if study.against is not None:
        made["against_digest"] = digest_of(study.world, study.against, study.quarters)
    text = json.dumps([base["digest"], made, inputs], sort_keys=True)
    return {**base, **made, "digest": hashlib.sha256(text.encode()).hexdigest()}


def ensemble_document(outcome: Outcome) -> Row:
    """Return an ensemble as a document (``cardhouse/ensemble/1``).

    An ``error`` is a Monte Carlo standard error: it falls with the root of the number of draws and
    says nothing about the model.
    """
    study, layout, tally = outcome.study, outcome.layout, outcome.tally
    world = study.world
    names = {one.id: one.name for one in world.entities} | {CHAIN: "all firms"}
    quarters = [later(world.base, number) for number in range(study.quarters + 1)]
    endings = dict(zip(ENDINGS, tally.endings.tolist(), strict=True))
    shares = _Shares(layout, tally)
    return {
        "schema": SCHEMA,
        "manifest": ensemble_manifest(study, layout),
        "quarters": quarters,
        "endings": endings,
        "refusal": tally.refusal or None,
        "quantile_rank_error": tally.sketch.rank_error,
        "inputs": [
            {**asdict(one), "assumption": one.is_assumption}
            for one in uncertain_inputs(world, study.certain)
        ],
        "series": list(_series(layout, tally, names)),
        "defaults": list(_defaults(layout, shares, names)),
        "together": list(_together(layout, shares)),
        "failures": _failures(layout, shares),
        "losses": list(_losses(layout, tally, names)),
        "exceedances": list(_exceedances(layout, shares)),
    }


# --- errors --------------------------------------------------------------------------------------


def mean_error(between: Moments, within: Moments) -> Array:
    """Return the standard error of means.

    Paths of a leaf share their accounts, so that leaves are the independent draws; where these are
    few, paths are taken as such.
    """
    return between.error if between.count >= ENOUGH_LEAVES else within.error


def _effective(tally: Tally) -> Array:
    """Return how many independent paths the paths of an ensemble are worth (series, quarter)."""
    paths = tally.moments.count
    error = mean_error(tally.between, tally.moments)
    with np.errstate(divide="ignore", invalid="ignore"):
        worth = np.square(tally.moments.sd / error)
    return np.clip(np.where(np.isfinite(worth), worth, paths), 1.0, paths)


def _quantile_errors(tally: Tally, at: Iterable[float]) -> Iterator[Array]:
    """Yield the standard error of each quantile (cell,): ranks one error apart, read as values."""
    worth = _effective(tally).ravel()
    for share in at:
        step = np.sqrt(share * (1.0 - share) / worth)
        ends = np.clip(np.stack([share - step, share + step], axis=1), 0.0, 1.0)
        found = tally.sketch.quantiles(ends)
        yield (found[:, 1] - found[:, 0]) / 2.0


class _Shares:
    """Shares of paths with their errors, by the places that `Events.shares` gives them."""

    def __init__(self, layout: Layout, tally: Tally) -> None:
        self.paths = int(tally.endings[ENDINGS.index(COMPLETED)])
        events = tally.events
        self.counts = events.shares(1)
        self.leaves = tally.event_shares
        rows = layout.quarters + 1
        sizes = (events.failed.size, events.pairs.size, events.exceeded.size, events.ever.size)
        self.failed, self.pairs, self.exceeded, self.ever, self.number = (
            int(sum(sizes[:at])) for at in range(5)
        )
        self.rows = rows

    def share(self, place: int) -> float:
        """Return a share of paths."""
        return float(self.counts[place]) / self.paths

    def error(self, place: int) -> float:
        """Return its error: that between leaves, and no less than that of independent paths."""
        least = share_error(int(self.counts[place]), self.paths)
        if self.leaves.count < ENOUGH_LEAVES:
            return least
        return max(least, float(self.leaves.error[place]))

    def told(self, place: int) -> Row:
        """Return a share and its error."""
        return {"probability": self.share(place), "error": self.error(place)}

    def course(self, first: int) -> Row:
        """Return the shares of all quarters from a place on, and their errors."""
        places = range(first, first + self.rows)
        return {
            "by_quarter": [self.share(at) for at in places],
            "by_quarter_error": [self.error(at) for at in places],
        }


# --- parts ---------------------------------------------------------------------------------------


def _series(layout: Layout, tally: Tally, names: Mapping[str, str]) -> Iterator[Row]:
    shape = tally.moments.mean.shape
    found = tally.sketch.quantiles(np.array(QUANTILES)).reshape(*shape, -1)
    errors = [one.reshape(shape) for one in _quantile_errors(tally, QUANTILES)]
    error, sd = mean_error(tally.between, tally.moments), tally.moments.sd
    for at, (variable, entity) in enumerate(layout.series):
        mean = tally.moments.mean[at]
        if variable.removesuffix(CHANGE) in SINCE_BASE and not sd[at].any() and not mean.any():
            continue
        yield {
            "variable": variable,
            "entity": entity,
            "name": names.get(entity, entity),
            "unit": unit_of(variable),
            "mean": numbers(mean),
            "error": numbers(error[at]),
            "sd": numbers(sd[at]),
            "quantiles": {f"{q:g}": numbers(found[at, :, k]) for k, q in enumerate(QUANTILES)},
            "quantile_errors": {f"{q:g}": numbers(errors[k][at]) for k, q in enumerate(QUANTILES)},
        }


def _defaults(layout: Layout, shares: _Shares, names: Mapping[str, str]) -> Iterator[Row]:
    for at, firm in enumerate(layout.firms):
        first = shares.failed + at * shares.rows
        last = first + shares.rows - 1
        row = {"entity": firm, "name": names.get(firm, firm)}
        yield {**row, **shares.told(last), **shares.course(first)}


def _together(layout: Layout, shares: _Shares) -> Iterator[Row]:
    """Yield pairs that failed in one path or more, beside what independence would give."""
    for at, (one, other) in enumerate(layout.pairs):
        place = shares.pairs + at
        if not shares.counts[place]:
            continue
        alone = [
            shares.share(shares.failed + (firm + 1) * shares.rows - 1) for firm in (one, other)
        ]
        yield {
            "first": layout.firms[one],
            "second": layout.firms[other],
            **shares.told(place),
            "if_independent": alone[0] * alone[1],
        }


def _failures(layout: Layout, shares: _Shares) -> Row:
    places = range(shares.number, shares.number + len(layout.firms) + 1)
    return {
        "firms": list(range(len(layout.firms) + 1)),
        "probability": [shares.share(at) for at in places],
        "error": [shares.error(at) for at in places],
    }


def _losses(layout: Layout, tally: Tally, names: Mapping[str, str]) -> Iterator[Row]:
    """Yield what holders of claims have lost by the last quarter, the largest loss first."""
    rows = layout.quarters + 1
    kept = [
        (layout.place[variable, entity], entity)
        for variable, entity in layout.series
        if variable == "lost"
    ]
    error = mean_error(tally.between, tally.moments)
    above, beyond = tally.sketch.share_above(0.0), tally.sketch.mean_beyond(WORST)
    found = tally.sketch.quantiles(np.array(LOSS_QUANTILES))
    off = np.stack(list(_quantile_errors(tally, LOSS_QUANTILES)), axis=1)
    kept.sort(key=lambda one: -float(tally.moments.mean[one[0], -1]))
    for at, entity in kept:
        cell = at * rows + rows - 1
        mean = float(tally.moments.mean[at, -1])
        if mean <= 0.0:
            continue
        yield {
            "holder": entity,
            "name": names.get(entity, entity),
            "mean": mean,
            "error": numbers(error[at, -1:])[0],
            "probability": float(above[cell]),
            "quantiles": _by_quantile(found[cell]),
            "quantile_errors": _by_quantile(off[cell]),
            "mean_of_worst": float(beyond[cell]),
        }


def _by_quantile(values: Array) -> dict[str, float | None]:
    return {f"{q:g}": one for q, one in zip(LOSS_QUANTILES, numbers(values), strict=True)}


def _exceedances(layout: Layout, shares: _Shares) -> Iterator[Row]:
    for at, event in enumerate(layout.keep.exceed):
        yield {
            "event": event.text,
            **shares.told(shares.ever + at),
            **shares.course(shares.exceeded + at * shares.rows),
        }
