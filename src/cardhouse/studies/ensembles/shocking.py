"""Period shocks of some paths: factors with mean 1 that move and come back, entity by entity."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from cardhouse.engine.arrays import Chain
from cardhouse.engine.shocks import Shocks, calm
from cardhouse.studies.ensembles.streams import Streams
from cardhouse.studies.ensembles.uncertain import SHOCK, Uncertain, listed_inputs

Array = NDArray[np.float64]


def drawn_shocks(chain: Chain, seed: int, quarters: int, first: int, count: int) -> Shocks:
    """Return the shocks of paths ``first`` to ``first + count - 1``.

    An entity's luck in a quarter follows from seed, path, quarter, entity and stream: it is the
    same under every scenario, in a longer run, and whoever else is in the chain. Members of a
    population share its luck.
    """
    members = chain.world.members
    lines = [_whole(chain, at, members) for at in range(len(chain.line_ids))]
    pools = [chain.node_ids[node] for node in chain.pool_nodes]
    inputs = [one for one in listed_inputs() if one.kind == SHOCK]
    whose = [_entities(one, lines, pools) for one in inputs]
    places = [(one.id, name) for one, who in zip(inputs, whose, strict=True) for name in who]
    luck = Streams(seed).uniforms_at(places, range(1, quarters + 1), first, count)
    normal, at = np.asarray(ndtri(luck)), 0
    out = calm(chain, quarters, count)
    for one, who in zip(inputs, whose, strict=True):
        courses = _courses(one, normal[at : at + len(who)])
        at += len(who)
        if one.id.startswith("demand"):
            _spread(out.demand, courses, who, [lines[line] for line in chain.sales.line])
        elif one.id.startswith("capital"):
            _spread(out.supply, courses, who, pools)
        else:
            _spread(out.price, courses, who, lines)
    return out


def _entities(one: Uncertain, lines: Sequence[str], pools: Sequence[str]) -> tuple[str, ...]:
    """Return those who have luck of their own in a shock."""
    return tuple(dict.fromkeys({"line": lines, "pool": pools}.get(one.across, ["chain"])))


def _whole(chain: Chain, line: int, members: Mapping[str, str]) -> str:
    """Return the line's id; of a member's line, the id of the line that it is a copy of."""
    name = chain.line_ids[line]
    firm = chain.firm_ids[chain.firm_of_line[line]]
    return name.rpartition("_")[0] if firm in members else name


def _spread(room: Array, courses: Array, who: Sequence[str], names: Sequence[str]) -> None:
    """Multiply courses (entity, quarter, path) into the places of those they belong to."""
    if who == ("chain",):
        room *= courses[0, :, :, None]
        return
    row = {name: number for number, name in enumerate(who)}
    room *= np.moveaxis(courses[[row[name] for name in names]], 0, 2)


def _courses(one: Uncertain, luck: Array) -> Array:
    """Return a shock's factors (entity, quarter, path) of standard normals after row 0.

    Row 0 is 1, and so is every row's mean.
    """
    kept, sd = float(one.persistence or 0.0), one.middle
    entities, quarters, paths = luck.shape
    out, log = np.ones((entities, quarters + 1, paths)), np.zeros((entities, paths))
    variance = 0.0
    for quarter in range(quarters):
        log = kept * log + sd * luck[:, quarter]
        variance = kept * kept * variance + sd * sd
        out[:, quarter + 1] = np.exp(log - 0.5 * variance)
    return out
