"""Period shocks of some paths: factors with mean 1 that move and come back, entity by entity."""

from __future__ import annotations

from collections.abc import Mapping

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
    out = calm(chain, quarters, count)
    members = chain.world.members
    lines = [_whole(chain, at, members) for at in range(len(chain.line_ids))]
    pools = [chain.node_ids[node] for node in chain.pool_nodes]
    for one in (one for one in listed_inputs() if one.kind == SHOCK):
        names = {"line": lines, "pool": pools}.get(one.across, ["chain"])
        who = tuple(dict.fromkeys(names))
        luck = Streams(seed).uniforms_of(one.id, who, range(1, quarters + 1), first, count)
        found = dict(zip(who, _courses(one, np.asarray(ndtri(luck))), strict=True))
        if one.id.startswith("demand"):
            _spread(out.demand, found, [lines[line] for line in chain.sales.line])
        elif one.id.startswith("capital"):
            _spread(out.supply, found, pools)
        else:
            _spread(out.price, found, lines)
    return out


def _whole(chain: Chain, line: int, members: Mapping[str, str]) -> str:
    """Return the line's id; of a member's line, the id of the line that it is a copy of."""
    name = chain.line_ids[line]
    firm = chain.firm_ids[chain.firm_of_line[line]]
    return name.rpartition("_")[0] if firm in members else name


def _spread(room: Array, found: dict[str, Array], names: list[str]) -> None:
    """Multiply courses (quarter, path) into the places of those they belong to."""
    for at, name in enumerate(names):
        room[:, :, at] *= found[name] if name in found else found["chain"]


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
