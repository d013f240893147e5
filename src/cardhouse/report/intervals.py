"""How sure a figure is, as it stands beside the figure: 80 % intervals from draws.

Every function answers for a run without draws, too: with nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cardhouse.report.wording import NO_BREAK, money

Document = Mapping[str, Any]

HOW_TO_GET_THEM = "No draws: add --draws 500 for 80% intervals and the probability of each claim."
SURE = 0.95
"""Probability from which a claim is called sure, or below 1 less which its opposite is."""


def ends(document: Document, key: str) -> tuple[float, float] | None:
    """Return both ends of a figure's interval by its key; None where it was not drawn."""
    one = _figures(document).get(key)
    return None if one is None else (one["low"], one["high"])


def _figures(document: Document) -> Mapping[str, Mapping[str, float]]:
    return (document.get("uncertainty") or {}).get("figures", {})


def is_drawn(document: Document) -> bool:
    """Tell whether a run has draws."""
    return bool(document.get("uncertainty"))


def hundredths(document: Document, key: str) -> str:
    """Return a share's interval in hundredths, ``48 to 64``: cents or per cent.

    Examples
    --------
    >>> hundredths({"uncertainty": {"figures": {"a": {"low": 0.478, "high": 0.64}}}}, "a")
    '48 to 64'
    >>> hundredths({}, "a")
    ''
    """
    found = ends(document, key)
    return "" if found is None else _between(*(f"{100 * one:.0f}" for one in found))


def billions(document: Document, key: str) -> str:
    """Return the interval of an amount in USD bn, ``1.2 to 3.4``."""
    found = ends(document, key)
    return "" if found is None else _between(*(money(one) for one in found))


def _between(low: str, high: str) -> str:
    return f"{low} to {high}"


def bracketed(span: str) -> str:
    """Return an interval in brackets, after a space; nothing for none.

    Examples
    --------
    >>> "56 cents" + bracketed("48 to 64"), "56 cents" + bracketed("")
    ('56 cents (48 to 64)', '56 cents')
    """
    return f" ({span})" if span else ""


def claims_sentence(document: Document) -> str:
    """Return how sure the claims' verdicts are: those that are, and those that are open."""
    known = [one for one in document["claims"] if one["probability"] is not None]
    open_ = [one for one in known if 1.0 - SURE < one["probability"] < SURE]
    if not known:
        return ""
    open_.sort(key=lambda one: -one["probability"])
    words = [f"{one['id']} {one['probability']:.0%}" for one in open_]
    sure = (
        f"Sure in {SURE:.0%} of draws, either way: {len(known) - len(open_)} of {len(known)} claims"
    )
    return f"{sure}; open, with how often they hold: {', '.join(words)}." if words else f"{sure}."


def probability(claim: Mapping[str, Any]) -> str:
    """Return how often a claim holds among the draws; nothing where it was not drawn.

    Examples
    --------
    >>> probability({"probability": 0.8, "probability_draws": 500, "probability_error": 0.018})
    'probability that it holds 80% (500 draws, ±2)'
    """
    if claim["probability"] is None:
        return ""
    told = f"probability that it holds {claim['probability']:.0%}"
    if "probability_draws" not in claim:
        return told
    points = max(1, round(100 * claim["probability_error"]))
    return f"{told} ({claim['probability_draws']} draws, ±{points})"


def stands_on(document: Document) -> str:
    """Return what the intervals are, in one sentence."""
    drawn = document["uncertainty"]
    return (
        f"Ranges in brackets hold {drawn['interval']:.0%} of {drawn['draws']:,} draws from the "
        f"balanced accounts (seed{NO_BREAK}{drawn['seed']}): what the facts leave open, not what "
        "the laws do."
    )
