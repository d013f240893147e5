"""The answers that are drawn: the base quarter's figures of a run's document, by their keys.

Only row 0 is needed: nothing is simulated, and populations are told as one firm.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from cardhouse.analysis.fragility import profit_shares
from cardhouse.engine.chain import Array, compile_chain
from cardhouse.engine.drivers import neutral
from cardhouse.engine.simulate import simulate
from cardhouse.model.world import World
from cardhouse.studies.document_ledger import ledger_row, use_cost_of
from cardhouse.studies.drawn_trace import Asked, drawn_trace
from cardhouse.studies.views import View, named

Row = dict[str, Any]

NOTHING_WHERE_ABSENT = (
    "trace.", "trace_ai.", "round_trips.", "ledger.subsidy_by_source.", "ledger.subsidy_by_firm.",
    "ledger.ai.subsidy_by_source.", "ledger.ai.subsidy_by_firm.", "fragility.profit_share.",
    "fragility.profit_share_ai.",
)  # fmt: skip
"""Keys of parts of a whole: one that a draw does not tell is 0 there, not unknown."""
RESTS_ON_FACTS = ("people", "best_price", "back_of_envelope")
"""Parts of the ledger that lean on figures beside the accounts, which are not drawn with them."""
ROW_NAMES = ("id", "firm", "tier", "name")
"""What names a row of a list: the first of these that it has."""


def base_view(world: World) -> View:
    """Return a world's base quarter: its accounts as a run of no quarters."""
    chain = compile_chain(world)
    still = neutral(chain, 0)
    return View(simulate(chain, still), still)


def answers_of(view: View, asked: Asked) -> dict[str, float]:
    """Return the base quarter's figures by their keys in the document."""
    ledger = ledger_row(view, use_cost_of(view))
    told = {
        "ledger": {name: part for name, part in ledger.items() if name not in RESTS_ON_FACTS},
        **drawn_trace(view, asked),
        "fragility": _fragility(view),
    }
    return dict(flat(told))


def filled(keys: Sequence[str], found: Mapping[str, float]) -> Array:
    """Return a draw's figures in the order of `keys` (key,); NaN where it does not tell one."""
    return np.array(
        [found.get(key, 0.0 if key.startswith(NOTHING_WHERE_ABSENT) else np.nan) for key in keys]
    )


def flat(told: Any, path: str = "") -> Iterator[tuple[str, float]]:
    """Yield numbers with their keys; rows of a list stand under what names them.

    Examples
    --------
    >>> dict(flat({"a": {"b": 1.0, "c": None}, "d": [{"firm": "x", "e": 2.0}], "f": [3.0]}))
    {'a.b': 1.0, 'd.x.e': 2.0}
    """
    if isinstance(told, list):
        told = _by_name(told)
    if isinstance(told, Mapping):
        for name, inner in told.items():
            yield from flat(inner, f"{path}.{name}" if path else str(name))
    elif isinstance(told, float) and np.isfinite(told):
        yield path, told


def _by_name(rows: list[Any]) -> Row:
    """Return rows that have a name by it; a series has no names and is left out."""
    found = {}
    for row in rows:
        known = [name for name in ROW_NAMES if isinstance(row, Mapping) and name in row]
        if known:
            found[str(row[known[0]])] = row
    return found


def _fragility(view: View) -> Row:
    """Return where the profit is and how much of the chain loses money."""
    told: Row = {}
    parts = (("", view.operating_result, "whole"), ("_ai", view.ai_operating_result, "ai"))
    for suffix, results, part in parts:
        shares, index = profit_shares(results[0])
        told[f"profit_share{suffix}"] = named(view.chain.firm_ids, shares)
        told[f"profit_herfindahl{suffix}"] = index
        told[f"loss_making_share{suffix}"] = vars(view.loss_making[part])
    return told
