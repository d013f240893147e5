"""Why a balanced figure is what it is: its formula, its sd, and the facts that decide it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from cardhouse.accounts import Accounts, open_accounts
from cardhouse.errors import InputError, did_you_mean

WORDS = ("revenue", "cash_costs", "depreciation", "operating_income", "operating_cash", "cash")
"""What ``entity.word`` may ask for besides an expression over flows and positions."""
SHORT = re.compile(r"(?P<entity>[a-z][a-z0-9_]*)\.(?P<word>[a-z_]+)")
SHOWN_TERMS = 40


def explain_figure(
    figure: str,
    *,
    economy: str,
    base: str | None = None,
    as_of: str | None = None,
    extra_facts: Sequence[Path] = (),
) -> dict[str, Any]:
    """Return a balanced figure with its formula and the facts that move it.

    Parameters
    ----------
    figure
        ``entity.word`` such as ``openai.revenue``, or an expression as in the economy's table of
        observations: ``revenue(aws) - 0.5 * cash:amazon``.
    economy, base, as_of, extra_facts
        As in a run.

    Returns
    -------
    dict
        ``value`` and ``sd`` (USD bn), ``terms`` (unknown, factor, balanced value, sd, whether a
        fact speaks of it), ``facts`` (id, what, how much believing it moves the figure).
    """
    expression = as_expression(figure)
    accounts = open_accounts(economy, base=base, as_of=as_of, extra_facts=extra_facts)
    row = accounts.reader.read(expression, f"'{figure}'")
    balanced = accounts.solution.balanced
    spread = row @ balanced.factor
    return {
        "schema": "cardhouse/figure/1",
        "figure": figure,
        "expression": expression,
        "economy": accounts.world.economy,
        "base_quarter": accounts.world.base,
        "as_of": accounts.world.as_of,
        "value": float(row @ balanced.values),
        "sd": float(np.sqrt((spread**2).sum())),
        "terms": _terms(accounts, row),
        "facts": _moves(accounts, expression),
    }


def as_expression(figure: str) -> str:
    """Return the expression that a figure's short name stands for; others as they are.

    Examples
    --------
    >>> as_expression("openai.revenue"), as_expression("nvidia.cash"), as_expression("cash:openai")
    ('revenue(openai)', 'cash:nvidia', 'cash:openai')
    """
    short = SHORT.fullmatch(figure)
    if short is None:
        return figure
    entity, word = short["entity"], short["word"]
    if word not in WORDS:
        raise InputError(
            f"'{figure}': there is no figure '{word}'.{did_you_mean(word, WORDS)} "
            f"Use one of {', '.join(WORDS)}, or an expression such as revenue({entity})."
        )
    return f"cash:{entity}" if word == "cash" else f"{word}({entity})"


def _terms(accounts: Accounts, row: np.ndarray[Any, Any]) -> list[dict[str, Any]]:
    """Return the unknowns that a figure adds up, largest first."""
    balanced, names = accounts.solution.balanced, accounts.solution.problem.unknown_names
    spoken = np.zeros(len(names), dtype=bool)
    for one in accounts.observations:
        spoken |= np.abs(one.of) > 0
    found = [
        {
            "unknown": names[place],
            "factor": float(row[place]),
            "value": float(balanced.values[place]),
            "sd": float(balanced.sd[place]),
            "estimated": not bool(spoken[place]),
        }
        for place in np.flatnonzero(row)
    ]
    return sorted(found, key=lambda term: -abs(term["factor"] * term["value"]))


def _moves(accounts: Accounts, expression: str) -> list[dict[str, Any]]:
    """Return the facts that move a figure, by how much, largest first."""
    what = {one.figure.id: (one.what, one.figure.source) for one in accounts.observations}
    return [
        {"fact": fact, "what": what[fact][0], "source": what[fact][1], "moves": move}
        for fact, move in accounts.influence(expression).items()
        if abs(move) > 1e-9
    ]
