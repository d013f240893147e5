"""How sure a figure is, as it stands beside the figure: 80 % intervals from draws.

Every function answers for a run without draws, too: with nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cardhouse.report.wording import NO_BREAK, money, words

Document = Mapping[str, Any]

HOW_TO_GET_THEM = "No draws: add --draws 500 for 80% intervals and the probability of each claim."
SHOWN_OPEN = 5
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
    """Return how sure the claims' verdicts are, definition by definition: sure ones, open ones."""
    known = [one for claim in document["claims"] for one in _rulings(claim)]
    open_ = [one for one in known if 1.0 - SURE < one[1] < SURE]
    if not known:
        return ""
    open_.sort(key=lambda one: -one[1])
    shown = [f"{name} {share:.0%}" for name, share in open_[:SHOWN_OPEN]]
    more = len(open_) - len(shown)
    others = [f"{more} more"] if more else []
    sure = (
        f"{len(known) - len(open_)} of {len(known)} readings of the claims come out the same in at "
        f"least {SURE:.0%} of draws"
    )
    told = "; ".join([*shown, *others])
    return f"{sure}. Open, with how often they hold: {told}." if shown else f"{sure}."


def _rulings(claim: Mapping[str, Any]) -> list[tuple[str, float]]:
    """Return how often a claim holds by each definition; by its one reading where it has one."""
    found = [
        (f"{words(claim['id'])} ({one['definition']})", one["probability"])
        for one in claim.get("by_definition") or ()
        if one.get("probability") is not None
    ]
    whole = claim["probability"]
    return found or ([(words(claim["id"]), whole)] if whole is not None else [])


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


def often(ruling: Mapping[str, Any]) -> str:
    """Return how often a claim holds by one definition, after a comma; nothing without draws.

    Examples
    --------
    >>> often({"probability": 0.98}), often({"probability": 0.0}), often({})
    (', holds in 98% of draws', ', holds in no draw', '')
    """
    share = ruling.get("probability")
    if share is None:
        return ""
    return f", holds in {share:.0%} of draws" if share else ", holds in no draw"


def stands_on(document: Document) -> str:
    """Return what the intervals are, in one sentence."""
    drawn = document["uncertainty"]
    return (
        f"Ranges in brackets hold {drawn['interval']:.0%} of {drawn['draws']:,} draws from the "
        f"balanced accounts (seed{NO_BREAK}{drawn['seed']}): what the facts leave open, not what "
        "the laws do."
    )
